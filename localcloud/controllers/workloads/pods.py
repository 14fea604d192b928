"""Pods and ReplicaSets as objects: what a Deployment turns into, and where a pod finds room. Pure: no cluster here.

Names follow from the owner and a count, not from chance, so that the same run has the same pods.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Iterable, Sequence

from localcloud.ids import keyed
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json

# Kubernetes leaves vowels and look-alikes out of generated names [documented].
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
DEPLOYMENT, REPLICA_SET = "apps/Deployment", "apps/ReplicaSet"
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"

# What GKE's own pods request of a node's CPU, in thousandths, and of the cluster's, which spreads over its nodes
# [inferred from public reports: one e2-medium node is full before the first workload, three have room].
SYSTEM_ON_EACH_NODE = 200
SYSTEM_IN_CLUSTER = 700


def letters(text: str, count: int) -> str:
    """`count` letters that follow from `text`."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
    found = ""
    for _ in range(count):
        number, rest = divmod(number, len(LETTERS))
        found += LETTERS[rest]
    return found


def owner_reference(owner: Json, kind: str, api_version: str = "apps/v1") -> Json:
    """What ties an object to the one that controls it."""
    meta = owner["metadata"]
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owned_by(item: Json, owner: Json) -> bool:
    """Whether `owner` controls `item`."""
    return any(ref["uid"] == owner["metadata"]["uid"] for ref in item["metadata"].get("ownerReferences", ()))


def owner_of(item: Json) -> str:
    """The name of the object that controls `item`, or an empty one."""
    return next(
        (ref["name"] for ref in item["metadata"].get("ownerReferences", ()) if ref.get("controller")), ""
    )


def template_hash(deployment: Json) -> str:
    """The hash that tells one pod template of a Deployment from another."""
    template = json.dumps(deployment["spec"]["template"], sort_keys=True)
    return letters(template, 10)


def replica_set(deployment: Json, revision: int) -> Json:
    """The ReplicaSet for the Deployment's present template; it is scaled afterwards."""
    meta, spec, mark = deployment["metadata"], deployment["spec"], template_hash(deployment)
    labels = {**spec["template"]["metadata"]["labels"], HASH_LABEL: mark}
    selector = {
        **spec["selector"],
        "matchLabels": {**spec["selector"].get("matchLabels", {}), HASH_LABEL: mark},
    }
    template = {**spec["template"], "metadata": {**spec["template"]["metadata"], "labels": labels}}
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


def pod(owner: Json, cluster: str, taken: Iterable[str]) -> Json:
    """A further pod of a ReplicaSet in `cluster` (a full name); its name is none of `taken`."""
    meta, template = owner["metadata"], owner["spec"]["template"]
    names, used, count = (f"{meta['name']}-", set(taken), 0)
    while (name := names + letters(f"{cluster}/{meta['namespace']}/{meta['name']}/{count}", 5)) in used:
        count += 1
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "generateName": names,
            "labels": template["metadata"].get("labels", {}),
            "annotations": template["metadata"].get("annotations", {}),
            "ownerReferences": [owner_reference(owner, "ReplicaSet")],
        },
        "spec": template["spec"],
    }


def millicpus(quantity: str | int | float) -> int:
    """A CPU quantity (`100m`, `0.5`, `2`) in thousandths."""
    text = str(quantity)
    return int(text[:-1]) if text.endswith("m") else int(float(text) * 1000)


def requested(pod_spec: Json) -> int:
    """What the containers of a pod request of the CPU, in thousandths."""
    requests = (c.get("resources", {}).get("requests", {}) for c in pod_spec.get("containers", ()))
    return sum(millicpus(request.get("cpu", 0)) for request in requests)


def free(node: Json, nodes: int, pods: Iterable[Json]) -> int:
    """CPU (thousandths) that is left on `node`, one of `nodes`, beside GKE's own pods and those of `pods` on it."""
    allocatable = millicpus(node.get("status", {}).get("allocatable", {}).get("cpu", 0))
    used = sum(
        requested(item["spec"])
        for item in pods
        if item["spec"].get("nodeName") == node["metadata"]["name"] and not finished(item)
    )
    return allocatable - SYSTEM_ON_EACH_NODE - SYSTEM_IN_CLUSTER // nodes - used


def finished(item: Json) -> bool:
    """Whether a pod has ended and holds nothing any more."""
    return item.get("status", {}).get("phase") in ("Succeeded", "Failed")


def node_for(item: Json, nodes: Sequence[Json], pods: Sequence[Json]) -> Json | None:
    """The node with room for `item`; which of several depends on the pod's name, not on who came first."""
    wanted, name = requested(item["spec"]), item["metadata"]["name"]
    roomy = [node for node in nodes if wanted == 0 or free(node, len(nodes), pods) >= wanted]
    if not roomy:
        return None
    siblings = _owners(item)
    crowd = {node["metadata"]["name"]: 0 for node in roomy}
    for other in pods:
        if other["spec"].get("nodeName") in crowd and _owners(other) & siblings:
            crowd[other["spec"]["nodeName"]] += 1
    return min(
        roomy, key=lambda n: (crowd[n["metadata"]["name"]], keyed(name + n["metadata"]["name"], 2**16))
    )


def _owners(item: Json) -> set[str]:
    return {ref["uid"] for ref in item["metadata"].get("ownerReferences", ())}


def address_in(node: Json, name: str, taken: Iterable[str]) -> str:
    """An address of the node's pod range that is none of `taken`; where the search begins depends on `name`."""
    hosts = list(ipaddress.IPv4Network(node["spec"]["podCIDR"]).hosts())[1:]
    used, start = set(taken), keyed(name, len(hosts))
    return next(str(host) for host in hosts[start:] + hosts[:start] if str(host) not in used)


def is_ready(item: Json) -> bool:
    """Whether a pod's condition Ready is True."""
    conditions = item.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


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
    return next((a["address"] for a in addresses if a["type"] == "InternalIP"), "")


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


def unschedulable(nodes: int, now: float) -> Json:
    """The status of a pod for which no node has room; the words are the scheduler's [documented]."""
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": f"0/{nodes} nodes are available: {nodes} Insufficient cpu.",
        "lastTransitionTime": rfc3339(now, 0),
    }
    return {"phase": "Pending", "conditions": [condition]}
