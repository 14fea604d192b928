"""What `kubectl get` prints: tables of the built-in kinds and of CRDs' own columns [documented]."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from localcloud.kubernetes.jsonpath import values_at
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.times import since
from localcloud.wire.messages import Json

Cell = Callable[[Json, float], Any]
Column = tuple[str, Cell, int]
"""Heading, (object, now) → cell, priority: 0 always shown, 1 with `-o wide`."""


def table(kind: Kind, items: Iterable[Json], now: float, meta: Json, whole: bool = False) -> Json:
    """A Table of `items` at `now`. Each row carries its metadata, or with `whole` the object itself."""
    columns = columns_of(kind)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": [
            {
                "name": heading,
                "type": "string",
                "format": "name" if heading == "Name" else "",
                "description": "",
                "priority": priority,
            }
            for heading, _, priority in columns
        ],
        "rows": [
            {"cells": [cell(item, now) for _, cell, _ in columns], "object": _object(item, whole)}
            for item in items
        ],
    }


def columns_of(kind: Kind) -> list[Column]:
    """The columns of `kind`."""
    if kind.key in _BUILTIN:
        return _BUILTIN[kind.key]
    if kind.custom and kind.columns:
        return [_NAME, *(_custom(column) for column in kind.columns)]
    return [_NAME, ("Created At", _at(".metadata.creationTimestamp"), 0) if kind.key == _CRD else _AGE]


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
            return "" if not is_date else "<unknown>"
        if is_date:
            return since(found[0], now)
        return found[0] if isinstance(found[0], str | int | float | bool) else json.dumps(found[0])

    return (column["name"], cell, column.get("priority", 0))


def _at(path: str, otherwise: Any = "<none>") -> Cell:
    return lambda item, now: next(iter(values_at(item, path)), otherwise)


def _age(item: Json, now: float) -> str:
    return since(item["metadata"].get("creationTimestamp"), now)


def _joined(path: str) -> Cell:
    return lambda item, now: ",".join(str(value) for value in values_at(item, path)) or "<none>"


def _count(path: str) -> Cell:
    return lambda item, now: str(len(next(iter(values_at(item, path)), ())))


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


def _last_seen(item: Json, now: float) -> str:
    seen = item.get("lastTimestamp") or item.get("eventTime") or item.get("firstTimestamp")
    first, count = item.get("firstTimestamp"), item.get("count", 1)
    return f"{since(seen, now)} (x{count} over {since(first, now)})" if count > 1 else since(seen, now)


def _involved(item: Json, now: float) -> str:
    about = item.get("involvedObject", {})
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


_CRD = "apiextensions.k8s.io/CustomResourceDefinition"
_NAME: Column = ("Name", lambda item, now: item["metadata"]["name"], 0)
_AGE: Column = ("Age", _age, 0)
_TEMPLATE = ".spec.template.spec.containers[*]"
_WORKLOAD: list[Column] = [
    ("Containers", _joined(f"{_TEMPLATE}.name"), 1),
    ("Images", _joined(f"{_TEMPLATE}.image"), 1),
    ("Selector", _pairs(".spec.selector.matchLabels"), 1),
]
_BUILTIN: dict[str, list[Column]] = {
    "Namespace": [_NAME, ("Status", _at(".status.phase"), 0), _AGE],
    "Service": [
        _NAME,
        ("Type", _at(".spec.type"), 0),
        ("Cluster-IP", _at(".spec.clusterIP"), 0),
        ("External-IP", _external, 0),
        ("Port(s)", _service_ports, 0),
        _AGE,
        ("Selector", _pairs(".spec.selector"), 1),
    ],
    "Pod": [
        _NAME,
        ("Ready", _pod_ready, 0),
        ("Status", _pod_status, 0),
        ("Restarts", _restarts, 0),
        _AGE,
        ("IP", _at(".status.podIP"), 1),
        ("Node", _at(".spec.nodeName"), 1),
    ],
    "ConfigMap": [_NAME, ("Data", _count(".data"), 0), _AGE],
    "Secret": [_NAME, ("Type", _at(".type"), 0), ("Data", _count(".data"), 0), _AGE],
    "ServiceAccount": [_NAME, ("Secrets", _count(".secrets"), 0), _AGE],
    "Endpoints": [_NAME, ("Endpoints", _joined(".subsets[*].addresses[*].ip"), 0), _AGE],
    "Event": [
        ("Last Seen", _last_seen, 0),
        ("Type", _at(".type", ""), 0),
        ("Reason", _at(".reason", ""), 0),
        ("Object", _involved, 0),
        ("Source", _at(".source.component", ""), 1),
        ("Message", _at(".message", ""), 0),
        ("Name", _NAME[1], 1),
    ],
    "Node": [
        _NAME,
        ("Status", _node_status, 0),
        ("Roles", _roles, 0),
        _AGE,
        ("Version", _at(".status.nodeInfo.kubeletVersion", ""), 0),
        ("Internal-IP", _node_address("InternalIP"), 1),
        ("External-IP", _node_address("ExternalIP"), 1),
    ],
    "apps/Deployment": [
        _NAME,
        ("Ready", _deployment_ready, 0),
        ("Up-to-date", _at(".status.updatedReplicas", 0), 0),
        ("Available", _at(".status.availableReplicas", 0), 0),
        _AGE,
        *_WORKLOAD,
    ],
    "apps/ReplicaSet": [
        _NAME,
        ("Desired", _at(".spec.replicas", 0), 0),
        ("Current", _at(".status.replicas", 0), 0),
        ("Ready", _at(".status.readyReplicas", 0), 0),
        _AGE,
        *_WORKLOAD,
    ],
    "discovery.k8s.io/EndpointSlice": [
        _NAME,
        ("AddressType", _at(".addressType", ""), 0),
        ("Ports", _joined(".ports[*].port"), 0),
        ("Endpoints", _joined(".endpoints[*].addresses[*]"), 0),
        _AGE,
    ],
}
