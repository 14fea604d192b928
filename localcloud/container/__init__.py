"""GKE's control plane: clusters, their operations, and what a cluster has when it comes up."""

from localcloud.container import clusters, operations, pools, serverconfig, updates
from localcloud.container.service import service

__all__ = ["clusters", "operations", "pools", "serverconfig", "service", "updates"]
