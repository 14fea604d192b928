"""The Scale of a workload: its replicas alone, as autoscaling/v1 [documented]."""

from __future__ import annotations

from localcloud.wire.messages import Json

_META = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scaled(item: Json) -> Json:
    """The Scale of a workload."""
    meta = {k: v for k, v in item["metadata"].items() if k in _META}
    selector = item["spec"].get("selector", {}).get("matchLabels", {})
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": item["spec"].get("replicas", 0)},
        "status": {
            "replicas": item.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{k}={v}" for k, v in sorted(selector.items())),
        },
    }


def with_scale(item: Json, scale: Json) -> Json:
    """`item` with the replicas that `scale` asks for."""
    wanted = scale.get("spec", {}).get("replicas", 0)
    meta = dict(item["metadata"])
    version = scale.get("metadata", {}).get("resourceVersion")
    if version:
        meta["resourceVersion"] = version
    return {**item, "metadata": meta, "spec": {**item["spec"], "replicas": wanted}}
