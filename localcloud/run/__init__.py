"""Cloud Run: the services that functions run as, who may invoke each, and what a region has room for."""

from localcloud.run import services
from localcloud.run.service import service

__all__ = ["service", "services"]
