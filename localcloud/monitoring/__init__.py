"""Cloud Monitoring: notification channels and alert policies, kept as they are given; nothing is measured here."""

from localcloud.monitoring import channels, policies
from localcloud.monitoring.policies import create_policy
from localcloud.monitoring.service import service

__all__ = ["channels", "create_policy", "policies", "service"]
