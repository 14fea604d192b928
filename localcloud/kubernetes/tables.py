"""What `kubectl get` prints: tables of the built-in kinds and of CRDs' own columns [documented]."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from localcloud.kubernetes.jsonpath import values_at
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.times import since
from localcloud.wire.messages import Json

Cell = Callable[[Json, float], Any]


class Column(NamedTuple):
    """A column. `priority` 0 is always shown, 1 with `-o wide`; `cell` makes it of (object, now)."""

    name: str
    cell: Cell
    priority: int = 0
    type: str = "string"


def table(kind: Kind, items: Iterable[Json], now: float, meta: Json, whole: bool = False) -> Json:
    """A Table of `items` at `now`. Each row carries its metadata, or with `whole` the object itself."""
    columns = columns_of(kind)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": [
            {
                "name": column.name,
                "type": column.type,
                "format": "name" if column.name == "Name" else "",
                "description": "",
                "priority": column.priority,
            }
            for column in columns
        ],
        "rows": [
            {"cells": [column.cell(item, now) for column in columns], "object": _object(item, whole)}
            for item in items
        ],
    }


def columns_of(kind: Kind) -> list[Column]:
    """The columns of `kind`."""
    if kind.key in _BUILTIN:
        return _BUILTIN[kind.key]
    if kind.custom and kind.columns:
        return [_NAME, *(_custom(column) for column in kind.columns)]
    created = Column("Created At", _at(".metadata.creationTimestamp"), type="date")
    return [_NAME, created if kind.key == _CRD else _AGE]


def _object(item: Json, whole: bool) -> Json:
    if whole:
        return item
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": item["metadata"],
    }


def _custom(column: Json) -> Column:
    path, is_date = column["jsonPath"], column["type"] == "date"

    def cell(item: Json, now: float) -> Any:
        found = values_at(item, path)
        if not found:
            return "<unknown>" if is_date else None
        if is_date:
            return since(found[0], now)
        return found[0] if isinstance(found[0], str | int | float | bool) else json.dumps(found[0])

    return Column(column["name"], cell, column.get("priority", 0), column["type"])


def _at(path: str, otherwise: Any = "<none>") -> Cell:
    return lambda item, now: next(iter(values_at(item, path)), otherwise)


def _age(item: Json, now: float) -> str:
    return since(item["metadata"].get("creationTimestamp"), now)


def _joined(path: str) -> Cell:
    return lambda item, now: ",".join(str(value) for value in values_at(item, path)) or "<none>"


def _count(path: str) -> Cell:
    return lambda item, now: len(next(iter(values_at(item, path)), ()))


def _pairs(path: str) -> Cell:
    def cell(item: Json, now: float) -> str:
        labels: Json = next(iter(values_at(item, path)), {})
        return ",".join(f"{key}={value}" for key, value in labels.items()) or "<none>"

    return cell


def _deployment_ready(item: Json, now: float) -> str:
    return f"{item.get('status', {}).get('readyReplicas', 0)}/{item['spec'].get('replicas', 0)}"


def _pod_ready(item: Json, now: float) -> str:
    states = item.get("status", {}).get("containerStatuses", [])
    ready = sum(bool(state.get("ready")) for state in states)
    return f"{ready}/{len(item['spec'].get('containers', []))}"


def _pod_status(item: Json, now: float) -> str:
    if item["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for state in item.get("status", {}).get("containerStatuses", ()):
        reason = state.get("state", {}).get("waiting", {}).get("reason")
        if reason:
            return str(reason)
    return str(item.get("status", {}).get("phase", "Unknown"))


def _restarts(item: Json, now: float) -> str:
    return str(sum(values_at(item, ".status.containerStatuses[*].restartCount")))


def _service_ports(item: Json, now: float) -> str:
    texts = (
        ":".join(str(port[name]) for name in ("port", "nodePort") if port.get(name)) + f"/{port['protocol']}"
        for port in item["spec"].get("ports", ())
    )
    return ",".join(texts) or "<none>"


def _external(item: Json, now: float) -> str:
    found = values_at(item, ".status.loadBalancer.ingress[*].ip")
    if found:
        return ",".join(found)
    return "<pending>" if item["spec"].get("type") == "LoadBalancer" else "<none>"


def _node_status(item: Json, now: float) -> str:
    ready = values_at(item, '.status.conditions[?(@.type=="Ready")].status')
    text = "Ready" if ready == ["True"] else "NotReady" if ready else "Unknown"
    return f"{text},SchedulingDisabled" if item.get("spec", {}).get("unschedulable") else text


def _roles(item: Json, now: float) -> str:
    prefix = "node-role.kubernetes.io/"
    labels: Json = item["metadata"].get("labels", {})
    return ",".join(name.removeprefix(prefix) for name in labels if name.startswith(prefix)) or "<none>"


def _node_address(kind: str) -> Cell:
    return _at(f'.status.addresses[?(@.type=="{kind}")].address')


def _first_seen(item: Json, now: float) -> str:
    return since(item.get("firstTimestamp") or item.get("eventTime"), now)


def _last_seen(item: Json, now: float) -> str:
    seen = item.get("lastTimestamp") or item.get("eventTime") or item.get("firstTimestamp")
    return since(seen, now)


def _involved(item: Json, now: float) -> str:
    about = item.get("involvedObject", {})
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


_CRD = "apiextensions.k8s.io/CustomResourceDefinition"
_NAME = Column("Name", lambda item, now: item["metadata"]["name"])
_AGE = Column("Age", _age)
_TEMPLATE = ".spec.template.spec.containers[*]"
_WORKLOAD: list[Column] = [
    Column("Containers", _joined(f"{_TEMPLATE}.name"), 1),
    Column("Images", _joined(f"{_TEMPLATE}.image"), 1),
    Column("Selector", _pairs(".spec.selector.matchLabels"), 1),
]
_BUILTIN: dict[str, list[Column]] = {
    "Namespace": [_NAME, Column("Status", _at(".status.phase")), _AGE],
    "Service": [
        _NAME,
        Column("Type", _at(".spec.type")),
        Column("Cluster-IP", _at(".spec.clusterIP")),
        Column("External-IP", _external),
        Column("Port(s)", _service_ports),
        _AGE,
        Column("Selector", _pairs(".spec.selector"), 1),
    ],
    "Pod": [
        _NAME,
        Column("Ready", _pod_ready),
        Column("Status", _pod_status),
        Column("Restarts", _restarts),
        _AGE,
        Column("IP", _at(".status.podIP"), 1),
        Column("Node", _at(".spec.nodeName"), 1),
        Column("Nominated Node", _at(".status.nominatedNodeName"), 1),
        Column("Readiness Gates", _joined(".spec.readinessGates[*].conditionType"), 1),
    ],
    "ConfigMap": [_NAME, Column("Data", _count(".data")), _AGE],
    "Secret": [_NAME, Column("Type", _at(".type")), Column("Data", _count(".data")), _AGE],
    "ServiceAccount": [_NAME, Column("Secrets", _count(".secrets")), _AGE],
    "Endpoints": [_NAME, Column("Endpoints", _joined(".subsets[*].addresses[*].ip")), _AGE],
    "Event": [
        Column("Last Seen", _last_seen),
        Column("Type", _at(".type", "")),
        Column("Reason", _at(".reason", "")),
        Column("Object", _involved),
        Column("Subobject", _at(".involvedObject.fieldPath", ""), 1),
        Column("Source", _at(".source.component", ""), 1),
        Column("Message", _at(".message", "")),
        Column("First Seen", _first_seen, 1),
        Column("Count", _at(".count", 1), 1),
        Column("Name", _NAME.cell, 1),
    ],
    "Node": [
        _NAME,
        Column("Status", _node_status),
        Column("Roles", _roles),
        _AGE,
        Column("Version", _at(".status.nodeInfo.kubeletVersion", "")),
        Column("Internal-IP", _node_address("InternalIP"), 1),
        Column("External-IP", _node_address("ExternalIP"), 1),
        Column("OS-Image", _at(".status.nodeInfo.osImage", "<unknown>"), 1),
        Column("Kernel-Version", _at(".status.nodeInfo.kernelVersion", "<unknown>"), 1),
        Column("Container-Runtime", _at(".status.nodeInfo.containerRuntimeVersion", "<unknown>"), 1),
    ],
    "apps/Deployment": [
        _NAME,
        Column("Ready", _deployment_ready),
        Column("Up-to-date", _at(".status.updatedReplicas", 0), 0),
        Column("Available", _at(".status.availableReplicas", 0), 0),
        _AGE,
        *_WORKLOAD,
    ],
    "apps/ReplicaSet": [
        _NAME,
        Column("Desired", _at(".spec.replicas", 0), type="integer"),
        Column("Current", _at(".status.replicas", 0), type="integer"),
        Column("Ready", _at(".status.readyReplicas", 0), type="integer"),
        _AGE,
        *_WORKLOAD,
    ],
    "discovery.k8s.io/EndpointSlice": [
        _NAME,
        Column("AddressType", _at(".addressType", "")),
        Column("Ports", _joined(".ports[*].port")),
        Column("Endpoints", _joined(".endpoints[*].addresses[*]")),
        _AGE,
    ],
}
