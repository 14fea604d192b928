"""Identity and Access Management: who may do what, by roles, bindings and conditions, and how it is refused.

Its own API makes accounts and roles: `service_accounts.py` and `roles.py`.
"""

from localcloud.iam.access import Access, Use
from localcloud.iam.service import service

# Imported for the methods that they register.
from localcloud.iam import roles, service_accounts  # noqa: F401  # isort: skip

__all__ = ["Access", "Use", "service"]
