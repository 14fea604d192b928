"""Cloud Monitoring: notification channels, alert policies, and the alerts that conditions on the log raise.

Nothing is measured here, and nobody is notified.
"""

from localcloud.monitoring import alerts, channels, policies
from localcloud.monitoring.policies import create_policy
from localcloud.monitoring.service import service

__all__ = ["alerts", "channels", "create_policy", "policies", "service"]
