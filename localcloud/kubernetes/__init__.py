"""The Kubernetes API of one cluster: objects, patches with field ownership, watches, discovery, CRDs.

It stores, validates and serves; it runs nothing. Controllers (fleet, gateways, deployments) use the
methods of `KubernetesApi` in process and see every change through `subscribe`.
"""

from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.errors import StatusError

__all__ = ["KubernetesApi", "StatusError"]
