"""What every Kubernetes object that Fleetgate applies has in common, and the namespace that several steps make.

Each bears a digest of what was asked for. What the server added to an object does not count as a difference
(`differs`), and so neither would what an earlier request named and this one leaves out; the digest tells.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from shared import labels

Json = dict[str, Any]

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


def body(environment: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Json:
    """An object of ours: its kind's version, its name, the label that says whose it is, and `rest`."""
    meta: Json = {"name": name, "labels": {labels.OWNER: environment}}
    if namespace:
        meta["namespace"] = namespace
    if rest:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        meta["annotations"] = {ASKED: hashlib.sha256(text.encode()).hexdigest()[:16]}
    return {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": meta, **rest}


def namespace(environment: str, name: str) -> Json:
    """The namespace `name`, made by whichever step is first; one that is there is used and left alone."""
    return body(environment, "Namespace", name)


def is_ours(live: Json, environment: str) -> bool:
    """Whether a live object bears the environment's label."""
    return labels.is_owned(live["metadata"].get("labels"), environment)
