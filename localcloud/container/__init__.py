"""GKE's control plane: clusters, their operations, and what a cluster has when it comes up."""

from localcloud.container import clusters, operations, serverconfig, updates
from localcloud.container.service import service

__all__ = ["clusters", "operations", "serverconfig", "service", "updates"]
