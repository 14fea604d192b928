"""Kubernetes objects: what all that Fleetgate applies have in common, and whether a live one is as wanted.

Each bears a digest of what was asked for. What the server added to an object does not count as a difference
(`differs`), and so neither would what an earlier request named and this one leaves out; the digest tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from shared import labels
from shared.json_types import Json

KubeObject: TypeAlias = dict[str, Any]  # as its cluster shows it, or is to have it; parts of one are Json
Key = tuple[str, str, str]  # kind, namespace ("" for what has none) and name: unique in a cluster

ASKED = "fleetgate.dev/asked"  # annotation: digest of what was asked for
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


def body(environment: str, kind: str, name: str, namespace: str = "", **rest: Any) -> KubeObject:
    """An object of ours: its kind's version, its name, the label that says whose it is, and `rest`."""
    meta: Json = {"name": name, "labels": {labels.OWNER: environment}}
    if namespace:
        meta["namespace"] = namespace
    if rest:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        meta["annotations"] = {ASKED: hashlib.sha256(text.encode()).hexdigest()[:16]}
    return {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": meta, **rest}


def namespace(environment: str, name: str) -> KubeObject:
    """The namespace `name`, made by whichever step is first; one that is there is used and left alone."""
    return body(environment, "Namespace", name)


def key_of(item: Mapping[str, Any]) -> Key:
    """Kind, namespace and name of an object."""
    meta = item["metadata"]
    return item["kind"], meta.get("namespace") or "", meta["name"]


def full_name(cluster: str, key: Key) -> str:
    """An object's name in changes and reports: its cluster's full name, kind, namespace and name."""
    return "/".join(filter(None, (cluster, *key)))


def is_being_deleted(live: KubeObject) -> bool:
    """Whether an object is being deleted: it still has its name, and will not come back to life."""
    return "deletionTimestamp" in live["metadata"]


def is_ours(live: KubeObject, environment: str) -> bool:
    """Whether a live object bears the environment's label."""
    return labels.is_owned(live["metadata"].get("labels"), environment)


def differs(wanted: Any, live: Any) -> bool:
    """Whether `live` lacks something that `wanted` names; what the server added does not count."""
    if isinstance(wanted, Mapping):
        return not isinstance(live, Mapping) or any(
            differs(value, live.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        if not isinstance(live, list) or len(wanted) != len(live):
            return True
        return any(differs(one, other) for one, other in zip(wanted, live, strict=True))
    return bool(wanted != live)
