"""GKE Hub: a fleet's memberships, its features, and their long-running operations."""

from localcloud.gkehub import features, fleets, memberships, operations
from localcloud.gkehub.service import service

__all__ = ["features", "fleets", "memberships", "operations", "service"]
