"""Objects in the form in which two clusters with the same history are equal."""

from __future__ import annotations

from typing import Any

from localcloud.wire.messages import Json

_CHANCE = frozenset(
    {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "managedFields", "generation"}
)
_MOMENTS = frozenset(
    {"observedGeneration", "lastTransitionTime", "lastUpdateTime", "lastProbeTime", "startTime"}
)
_RECONCILED = "networking.gke.io/last-reconcile-time"


def canonical(item: Json) -> Json:
    """`item` with its keys in order, less identities, versions, times and counters."""
    meta = {k: v for k, v in item["metadata"].items() if k not in _CHANCE}
    if "ownerReferences" in meta:
        meta["ownerReferences"] = [
            {k: v for k, v in reference.items() if k != "uid"} for reference in meta["ownerReferences"]
        ]
    if _RECONCILED in meta.get("annotations", {}):
        meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != _RECONCILED}
    out = {**item, "metadata": meta}
    if "status" in out:
        out["status"] = _timeless(out["status"])
    return {name: _ordered(out[name]) for name in sorted(out)}


def _timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [_timeless(part) for part in value]
    if isinstance(value, dict):
        return {name: _timeless(part) for name, part in value.items() if name not in _MOMENTS}
    return value


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(part) for part in value]
    return {name: _ordered(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
