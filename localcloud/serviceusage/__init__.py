"""Service Usage: which APIs are on in a project, and the service agents that come with them."""

from localcloud.serviceusage.service import service

# Imported for the methods that they register.
from localcloud.serviceusage import identities, operations, services  # noqa: F401  # isort: skip

__all__ = ["service"]
