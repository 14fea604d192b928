"""What every Kubernetes object that Fleetgate applies has in common, and the namespace that several steps make."""

from __future__ import annotations

from typing import Any

from shared import labels

Json = dict[str, Any]


def body(environment: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Json:
    """An object of ours: its kind's version, its name, and the label that says whose it is."""
    meta: Json = {"name": name, "labels": {labels.OWNER: environment}}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": meta, **rest}


def namespace(environment: str, name: str) -> Json:
    """The namespace `name`, made by whichever step is first; one that is there is used and left alone."""
    return body(environment, "Namespace", name)


def is_ours(live: Json, environment: str) -> bool:
    """Whether a live object bears the environment's label."""
    return labels.is_owned(live["metadata"].get("labels"), environment)


VERSIONS = {
    "Namespace": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "ServiceExport": "net.gke.io/v1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
    "HealthCheckPolicy": "networking.gke.io/v1",
}
