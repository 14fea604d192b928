"""Kubernetes objects: what all objects that Fleetgate applies share, and how live and wanted ones are compared.

Fields that the server added are no difference (`differs`). A field that an older spec set and this one leaves out looks
the same. So each object has an annotation with a digest of its wanted content. The Gateway has another, with the spec
that it was last applied with: a verification by name compares the environment with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from shared import labels
from shared.json_types import Json

KubeObject: TypeAlias = dict[str, Any]  # as its cluster shows it, or is to have it; parts of one are Json
Key = tuple[str, str, str]  # kind, namespace ("" for what has none) and name: unique in a cluster

ASKED = "fleetgate.dev/asked"  # annotation: digest of the wanted content
SPEC = "fleetgate.dev/spec"  # annotation of the Gateway: the whole spec, as JSON
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
    """An object of ours: its kind's version, its name, the owner label, and `rest`."""
    meta: Json = {"name": name, "labels": {labels.OWNER: environment}}
    if namespace:
        meta["namespace"] = namespace
    if rest:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        meta["annotations"] = {ASKED: hashlib.sha256(text.encode()).hexdigest()[:16]}
    return {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": meta, **rest}


def namespace(environment: str, name: str) -> KubeObject:
    """The namespace `name`. The first step that needs it creates it; an existing one is never changed."""
    return body(environment, "Namespace", name)


def key_of(item: Mapping[str, Any]) -> Key:
    """Kind, namespace and name of an object."""
    meta = item["metadata"]
    return item["kind"], meta.get("namespace") or "", meta["name"]


def full_name(cluster: str, key: Key) -> str:
    """An object's name in changes and reports: its cluster's full name, kind, namespace and name."""
    return "/".join(filter(None, (cluster, *key)))


def is_being_deleted(live: KubeObject) -> bool:
    """Whether an object is being deleted. It keeps its name until then, and a deletion cannot be undone."""
    return "deletionTimestamp" in live["metadata"]


def is_ours(live: KubeObject, environment: str) -> bool:
    """Whether a live object has the environment's label."""
    return labels.is_owned(live["metadata"].get("labels"), environment)


def differs(wanted: Any, live: Any) -> bool:
    """Whether `live` differs in a field that `wanted` sets; fields that the server added do not count."""
    return difference(wanted, live) is not None


def difference(wanted: Any, live: Any, path: str = "") -> str | None:
    """The first field that `wanted` sets and in which `live` differs, such as `spec.rules[0].name`, or None."""
    if isinstance(wanted, Mapping):
        if not isinstance(live, Mapping):
            return path
        return _first(difference(value, live.get(key), _below(path, key)) for key, value in wanted.items())
    if isinstance(wanted, list | tuple):
        if not isinstance(live, list) or len(wanted) != len(live):
            return path
        pairs = enumerate(zip(wanted, live, strict=True))
        return _first(difference(one, other, f"{path}[{number}]") for number, (one, other) in pairs)
    return path if wanted != live else None


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _first(found: Iterable[str | None]) -> str | None:
    return next((each for each in found if each is not None), None)
