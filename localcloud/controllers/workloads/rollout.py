"""What a Deployment says of itself: its status from its ReplicaSets and their pods. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.controllers.workloads.pods import is_ready
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json


def counts(pods: Sequence[Json]) -> Json:
    """Replicas, ready and available; what is 0 is left out, as Kubernetes does."""
    ready = sum(is_ready(pod) for pod in pods)
    return _nonzero({"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready})


def replica_set_status(item: Json, pods: Sequence[Json]) -> Json:
    """The status of a ReplicaSet with these pods."""
    observed = {"observedGeneration": item["metadata"]["generation"], "replicas": len(pods)}
    return {**observed, **counts(pods), **_nonzero({"fullyLabeledReplicas": len(pods)})}


def deployment_status(deployment: Json, newest: Json, pods: Sequence[Json], old: int, now: float) -> Json:
    """The status of a Deployment: `pods` are those of its `newest` ReplicaSet, `old` the pods of the others."""
    wanted = deployment["spec"]["replicas"]
    ready = sum(is_ready(pod) for pod in pods)
    numbers = _nonzero(
        {
            "replicas": len(pods) + old,
            "updatedReplicas": len(pods),
            "readyReplicas": ready + old,
            "availableReplicas": ready + old,
            "unavailableReplicas": max(wanted - ready - old, 0),
        }
    )
    complete = ready >= wanted and not old
    fresh = [_available(ready + old >= wanted - wanted // 4), _progressing(newest, complete)]
    before = {c["type"]: c for c in deployment.get("status", {}).get("conditions", ())}
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        **numbers,
        "conditions": [_dated(condition, before.get(condition["type"]), now) for condition in fresh],
    }


def _available(enough: bool) -> Json:
    if enough:
        words = "Deployment has minimum availability."
        return {
            "type": "Available",
            "status": "True",
            "reason": "MinimumReplicasAvailable",
            "message": words,
        }
    words = "Deployment does not have minimum availability."
    return {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": words}


def _progressing(newest: Json, complete: bool) -> Json:
    name = newest["metadata"]["name"]
    reason = "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated"
    ending = "has successfully progressed." if complete else "is progressing."
    words = f'ReplicaSet "{name}" {ending}'
    return {"type": "Progressing", "status": "True", "reason": reason, "message": words}


def _dated(condition: Json, before: Json | None, now: float) -> Json:
    """With its times: of the last transition, and of the last update."""
    stamp = rfc3339(now, 0)
    if before is None:
        return {**condition, "lastTransitionTime": stamp, "lastUpdateTime": stamp}
    same = all(before.get(key) == value for key, value in condition.items())
    turned = before["status"] != condition["status"]
    return {
        **condition,
        "lastTransitionTime": stamp if turned else before["lastTransitionTime"],
        "lastUpdateTime": before["lastUpdateTime"] if same else stamp,
    }


def _nonzero(numbers: Json) -> Json:
    return {key: value for key, value in numbers.items() if value}
