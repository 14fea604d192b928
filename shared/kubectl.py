"""kubectl commands for a person to run: each gets the credentials of its cluster first."""

from __future__ import annotations

import re
from typing import Protocol


class Located(Protocol):
    """A cluster, of a spec or of Google's."""

    @property
    def name(self) -> str:
        """Its short name."""

    @property
    def location(self) -> str:
        """Its zone or region."""


def in_cluster(project: str, cluster: Located, command: str) -> str:
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


def deletion(project: str, cluster: Located, kind: str, namespace: str, name: str) -> str:
    """The command that deletes one object from a cluster; `namespace` is "" for a kind that has none."""
    return in_cluster(project, cluster, f"kubectl delete {_object(kind, namespace, name)}")


def release(project: str, cluster: Located, kind: str, namespace: str, name: str) -> str:
    """The command that takes every finalizer off one object in a cluster."""
    patch = """--type=merge --patch='{"metadata":{"finalizers":null}}'"""
    return in_cluster(project, cluster, f"kubectl patch {_object(kind, namespace, name)} {patch}")


def _object(kind: str, namespace: str, name: str) -> str:
    word = kind.lower()
    plural = f"{word[:-1]}ies" if re.search("[^aeiou]y$", word) else f"{word}s"
    group = f".{_GROUPS[kind]}" if kind in _GROUPS else ""
    return f"{plural}{group} {name}" + (f" --namespace={namespace}" if namespace else "")
