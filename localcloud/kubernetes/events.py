"""Events as controllers' recorders write them: the same one again counts up [documented]."""

from __future__ import annotations

from localcloud.kubernetes.store import Store
from localcloud.kubernetes.times import rfc3339
from localcloud.wire.messages import Json

Said = tuple[str, str, str, str]
"""(Normal or Warning, reason, message, component)."""


def recorded(store: Store, now: float, involved: Json, said: Said) -> tuple[bool, Json]:
    """(whether it was said before, the Event to store). A new one still needs a name."""
    meta = involved["metadata"]
    namespace = meta.get("namespace") or "default"
    for event in store.items("Event", namespace):
        if event["involvedObject"].get("uid") == meta.get("uid") and _said(event) == said:
            return True, {**event, "count": event["count"] + 1, "lastTimestamp": rfc3339(now)}
    return False, _fresh(now, involved, namespace, said)


def _said(event: Json) -> Said:
    return event["type"], event["reason"], event["message"], event["source"].get("component", "")


def _fresh(now: float, involved: Json, namespace: str, said: Said) -> Json:
    type_, reason, message, component = said
    meta, time = involved["metadata"], rfc3339(now)
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
