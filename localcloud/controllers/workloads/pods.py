"""Pods and ReplicaSets as objects: what a Deployment turns into, and where a pod finds room. Pure: no cluster here.

Names follow from the owner and a count, not from chance, so that the same run has the same pods.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Collection, Iterator

from localcloud.controllers.workloads.ownership import owner_reference
from localcloud.kubernetes.quantities import amount
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json

# Kubernetes leaves vowels and look-alikes out of generated names [documented].
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
LONGEST_STEM = 58  # of a generated name [documented: k8s.io/apiserver, names.SimpleNameGenerator]
DEPLOYMENT, REPLICA_SET = "apps/Deployment", "apps/ReplicaSet"
MANAGER = "kube-controller-manager"
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


def letters(text: str, count: int) -> str:
    """`count` letters that follow from `text`."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
    found = ""
    for _ in range(count):
        number, rest = divmod(number, len(LETTERS))
        found += LETTERS[rest]
    return found


def template_hash(deployment: Json) -> str:
    """The hash that tells one pod template of a Deployment from another."""
    template = json.dumps(deployment["spec"]["template"], sort_keys=True)
    return letters(template, 10)


def replica_set(deployment: Json, revision: int) -> Json:
    """The ReplicaSet for the Deployment's present template; it is scaled afterwards."""
    meta, spec, mark = deployment["metadata"], deployment["spec"], template_hash(deployment)
    template_meta = spec["template"].get("metadata", {})
    labels = {**template_meta.get("labels", {}), HASH_LABEL: mark}
    selector = {
        **spec["selector"],
        "matchLabels": {**spec["selector"].get("matchLabels", {}), HASH_LABEL: mark},
    }
    template = {**spec["template"], "metadata": {**template_meta, "labels": labels}}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta['name']}-{mark}",
            "namespace": meta["namespace"],
            "labels": labels,
            "annotations": {REVISION: str(revision)},
            "ownerReferences": [owner_reference(deployment, "Deployment")],
        },
        "spec": {"replicas": spec["replicas"], "selector": selector, "template": template},
    }


def names(owner: Json, cluster: str, taken: Collection[str]) -> Iterator[str]:
    """Names for further pods of a ReplicaSet in `cluster` (a full name), none of them `taken`.

    They begin with what the API server leaves of a generated name's stem [documented: 58 characters].
    """
    meta = owner["metadata"]
    stem, key = f"{meta['name']}-"[:LONGEST_STEM], f"{cluster}/{meta['namespace']}/{meta['name']}"
    found = (stem + letters(f"{key}/{count}", 5) for count in itertools.count())
    return (name for name in found if name not in taken)


def pod(owner: Json, name: str) -> Json:
    """A further pod of a ReplicaSet."""
    meta, template = owner["metadata"], owner["spec"]["template"]
    template_meta = template.get("metadata", {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "generateName": f"{meta['name']}-",
            "labels": template_meta.get("labels", {}),
            "annotations": template_meta.get("annotations", {}),
            "ownerReferences": [owner_reference(owner, "ReplicaSet")],
        },
        "spec": template["spec"],
    }


def millicpus(quantity: str | int | float) -> int:
    """A CPU quantity (`100m`, `0.5`, `2`) in thousandths, what is less than one counting as one [documented].

    Raises:
        NotAQuantity: it is none.
    """
    return math.ceil(amount(quantity) * 1000)


def requested(pod_spec: Json) -> int:
    """What the containers of a pod request of the CPU, in thousandths."""
    requests = (c.get("resources", {}).get("requests", {}) for c in pod_spec.get("containers", ()))
    return sum(millicpus(request.get("cpu", 0)) for request in requests)


def finished(item: Json) -> bool:
    """Whether a pod has ended and holds nothing any more."""
    return item.get("status", {}).get("phase") in ("Succeeded", "Failed")


def is_ready(item: Json) -> bool:
    """Whether a pod's condition Ready is True."""
    conditions = item.get("status", {}).get("conditions", ())
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def running(item: Json, node: Json, address: str, now: float) -> Json:
    """The status of a pod whose containers run and are ready."""
    since = rfc3339(now, 0)
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": since} for kind in kinds],
        "hostIP": host_address(node),
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": since,
        "qosClass": "Burstable" if requested(item["spec"]) else "BestEffort",
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": container["image"],
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": since}},
            }
            for container in item["spec"]["containers"]
        ],
    }


def host_address(node: Json) -> str:
    """The node's address in the VPC."""
    addresses = node.get("status", {}).get("addresses", ())
    return next((a.get("address", "") for a in addresses if a.get("type") == "InternalIP"), "")


def starting(item: Json, node: Json, now: float) -> Json:
    """The status of a pod that has a node and pulls its images."""
    since = rfc3339(now, 0)
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    return {
        "phase": "Pending",
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
            {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": since},
        ],
        "hostIP": host_address(node),
        "startTime": since,
        "containerStatuses": [
            {
                "name": c["name"],
                "image": c["image"],
                "imageID": "",
                "ready": False,
                "restartCount": 0,
                "state": waiting,
            }
            for c in item["spec"]["containers"]
        ],
    }


def unschedulable(words: str, now: str) -> Json:
    """The status of a pod for which no node has room; `words` are the scheduler's."""
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": words,
        "lastTransitionTime": now,
    }
    return {"phase": "Pending", "conditions": [condition]}
