"""A Service's Endpoints and EndpointSlice, from the pods that its selector chooses. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from localcloud.controllers.workloads.ownership import owner_reference
from localcloud.controllers.workloads.pods import is_ready
from localcloud.wire.messages import Json

SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True, order=True)
class Address:
    """Where a pod answers: its IP, its node, the node's zone; `pod` is its name."""

    ip: str
    node: str
    zone: str
    pod: str
    ready: bool = True


def chosen(service: Json, pods: Sequence[Json]) -> list[Json]:
    """The pods that the Service's selector chooses, in its namespace; none if it has no selector."""
    selector = service["spec"].get("selector")
    if not selector:
        return []
    return [
        pod
        for pod in pods
        if pod["metadata"]["namespace"] == service["metadata"]["namespace"]
        and selector.items() <= pod["metadata"].get("labels", {}).items()
        and not pod["metadata"].get("deletionTimestamp")
    ]


def addresses(pods: Sequence[Json], zones: dict[str, str]) -> list[Address]:
    """Where the pods that have an address answer, sorted; `zones` tells each node's zone."""
    return sorted(
        Address(
            pod["status"]["podIP"],
            pod["spec"].get("nodeName", ""),
            zones.get(pod["spec"].get("nodeName", ""), ""),
            pod["metadata"]["name"],
            is_ready(pod),
        )
        for pod in pods
        if pod.get("status", {}).get("podIP")
    )


def target_port(port: Json, pods: Sequence[Json]) -> int:
    """The number behind a Service port's `targetPort`; a name is looked up in the pods' containers. 0: nowhere."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    named = (
        declared["containerPort"]
        for pod in pods
        for container in pod["spec"]["containers"]
        for declared in container.get("ports", ())
        if declared.get("name") == target
    )
    return next(named, 0)


def _ports(service: Json, pods: Sequence[Json]) -> list[Json]:
    found = []
    for port in service["spec"].get("ports", ()):
        if number := target_port(port, pods):
            name = {"name": port["name"]} if port.get("name") else {}
            found.append({**name, "port": number, "protocol": port.get("protocol", "TCP")})
    return found


def endpoints(service: Json, pods: Sequence[Json], at: Sequence[Address]) -> Json:
    """The Endpoints object of the Service's name."""
    meta = service["metadata"]
    subset: Json = {"ports": _ports(service, pods)}
    for key, ready in (("addresses", True), ("notReadyAddresses", False)):
        if listed := [_listed(one, meta["namespace"]) for one in at if one.ready is ready]:
            subset[key] = listed
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "labels": meta.get("labels", {}),
            "ownerReferences": [owner_reference(service, "Service", "v1")],
        },
        "subsets": [subset] if at else [],
    }


def _listed(one: Address, namespace: str) -> Json:
    target = {"kind": "Pod", "namespace": namespace, "name": one.pod}
    return {"ip": one.ip, "nodeName": one.node, "targetRef": target}


def endpoint_slice(service: Json, pods: Sequence[Json], at: Sequence[Address], suffix: str) -> Json:
    """The EndpointSlice of the Service; `suffix` completes its name."""
    meta = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{meta['name']}-{suffix}",
            "namespace": meta["namespace"],
            "labels": {
                SERVICE_LABEL: meta["name"],
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [owner_reference(service, "Service", "v1")],
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(one, meta["namespace"]) for one in at],
        "ports": _ports(service, pods),
    }


def _endpoint(one: Address, namespace: str) -> Json:
    return {
        "addresses": [one.ip],
        "conditions": {"ready": one.ready, "serving": one.ready, "terminating": False},
        "nodeName": one.node,
        "zone": one.zone,
        "targetRef": {"kind": "Pod", "namespace": namespace, "name": one.pod},
    }
