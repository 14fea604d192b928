"""kubectl commands for a person to run: each gets the credentials of its cluster first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.spec import Cluster


def in_cluster(project: str, cluster: Cluster, command: str) -> str:
    """`command`, after the command that gets credentials for its cluster.

    It uses the DNS endpoint, as our functions do: that is reachable from everywhere [documented, DNS-based endpoint].
    """
    credentials = (
        f"gcloud container clusters get-credentials {cluster.name} --location={cluster.location}"
        f" --project={project} --dns-endpoint"
    )
    return f"{credentials} && {command}"


# Kinds whose plural other groups have too, which kubectl could take [observed: multicluster.x-k8s.io's ServiceExport,
# Istio's Gateway].
_GROUPS = {
    "ServiceExport": "net.gke.io",
    "Gateway": "gateway.networking.k8s.io",
    "HTTPRoute": "gateway.networking.k8s.io",
    "ReferenceGrant": "gateway.networking.k8s.io",
    "HealthCheckPolicy": "networking.gke.io",
}


def deletion(project: str, cluster: Cluster, kind: str, namespace: str, name: str) -> str:
    """The command that deletes one object from a cluster; `namespace` is "" for a kind that has none."""
    plural = f"{kind.lower()[:-1]}ies" if kind.endswith("y") else f"{kind.lower()}s"
    group = f".{_GROUPS[kind]}" if kind in _GROUPS else ""
    space = f" --namespace={namespace}" if namespace else ""
    return in_cluster(project, cluster, f"kubectl delete {plural}{group} {name}{space}")
