"""Events as controllers' recorders write them: the same one again counts up [documented]."""

from __future__ import annotations

from localcloud.kubernetes.times import rfc3339
from localcloud.wire.messages import Json

Said = tuple[str, str, str, str]
"""(Normal or Warning, reason, message, component)."""


def counted_up(event: Json, now: float) -> Json:
    """An Event that is said once more."""
    return {**event, "count": event.get("count", 1) + 1, "lastTimestamp": rfc3339(now)}


def fresh(now: float, involved: Json, said: Said) -> Json:
    """An Event about `involved` that is said for the first time; it needs a name yet."""
    type_, reason, message, component = said
    meta, time = involved["metadata"], rfc3339(now)
    namespace = meta.get("namespace") or "default"
    about = {"kind": involved["kind"], "apiVersion": involved["apiVersion"], "name": meta["name"]}
    about |= {name: meta[name] for name in ("namespace", "uid", "resourceVersion") if name in meta}
    return {
        "metadata": {"namespace": namespace},
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
        "type": type_,
        "reportingComponent": component,
        "reportingInstance": "",
    }
