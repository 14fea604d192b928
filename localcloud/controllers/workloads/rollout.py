"""What ReplicaSets and Deployments say of themselves: a set of its pods, a Deployment of its sets. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.controllers.workloads.pods import is_ready
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json


def replica_set_status(item: Json, pods: Sequence[Json], refusal: str, now: float) -> Json:
    """The status of a ReplicaSet with these pods; `refusal` is why it could not make another, or empty."""
    ready = sum(is_ready(pod) for pod in pods)
    counts = {"readyReplicas": ready, "availableReplicas": ready, "fullyLabeledReplicas": len(pods)}
    observed = {"observedGeneration": item["metadata"]["generation"], "replicas": len(pods)}
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}
    told = _conditions([failure] if refusal else [], item, now)
    return {**observed, **_nonzero(counts), **({"conditions": told} if told else {})}


def ready(item: Json) -> int:
    """How many pods of a ReplicaSet are ready, as its status says."""
    return int(item.get("status", {}).get("readyReplicas", 0))


def deployment_status(deployment: Json, newest: Json, sets: Sequence[Json], now: float) -> Json:
    """The status of a Deployment: `newest` is the one of its `sets` that has the present template."""
    wanted, updated = deployment["spec"]["replicas"], _replicas(newest)
    old = [item for item in sets if item["metadata"]["uid"] != newest["metadata"]["uid"]]
    in_all, left = ready(newest) + sum(map(ready, old)), sum(map(_replicas, old))
    numbers = {
        "replicas": updated + left,
        "updatedReplicas": updated,
        "readyReplicas": in_all,
        "availableReplicas": in_all,
        "unavailableReplicas": max(wanted - in_all, 0),
    }
    complete = ready(newest) >= wanted and not left
    fresh = [_available(in_all >= wanted - wanted // 4), _progressing(newest, complete), *_failures(newest)]
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        **_nonzero(numbers),
        "conditions": _conditions(fresh, deployment, now),
    }


def _replicas(item: Json) -> int:
    return int(item.get("status", {}).get("replicas", 0))


def _failures(newest: Json) -> list[Json]:
    """Of its newest set a Deployment tells that pods could not be made [documented]."""
    told = newest.get("status", {}).get("conditions", ())
    kept = ("type", "status", "reason", "message")
    return [{key: c.get(key, "") for key in kept} for c in told if c.get("type") == "ReplicaFailure"]


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


def _conditions(fresh: Sequence[Json], item: Json, now: float) -> list[Json]:
    """`fresh` with their times; `item` has the conditions that were told before, by whomever."""
    before = {c.get("type"): c for c in item.get("status", {}).get("conditions", ())}
    with_update = item["kind"] == "Deployment"
    return [_dated(condition, before.get(condition["type"], {}), now, with_update) for condition in fresh]


def _dated(condition: Json, before: Json, now: float, with_update: bool) -> Json:
    """With its times: of the last transition, and of the last update where the kind has one."""
    stamp = rfc3339(now, 0)
    same = all(before.get(key) == value for key, value in condition.items())
    turned = before.get("status") != condition["status"]
    dated = {**condition, "lastTransitionTime": stamp}
    if not turned:
        dated["lastTransitionTime"] = before.get("lastTransitionTime", stamp)
    if with_update:
        dated["lastUpdateTime"] = before.get("lastUpdateTime", stamp) if same else stamp
    return dated


def _nonzero(numbers: Json) -> Json:
    return {key: value for key, value in numbers.items() if value}
