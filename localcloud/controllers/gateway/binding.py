"""Which listeners an HTTPRoute attaches to, as the Gateway API defines it [documented]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.controllers.gateway.names import Ref
from localcloud.kubernetes.selectors import takes
from localcloud.wire.messages import Json

GROUP = "gateway.networking.k8s.io"
# The class supports HTTPRoute and nothing else [documented: GatewayClass capabilities].
SUPPORTED_KINDS = [{"group": GROUP, "kind": "HTTPRoute"}]


@dataclass(frozen=True)
class Refusal:
    """Why a parent does not take a route: the reason of Accepted and what it says."""

    reason: str
    message: str


@dataclass(frozen=True)
class Binding:
    """A route on one listener, and the hostnames that it serves there ("*" is any)."""

    listener: str
    port: int
    hostnames: tuple[str, ...]


def ref_of(obj: Json) -> Ref:
    """An object's namespace and name."""
    return Ref(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def parents_of(route: Json, gateway: Ref) -> list[Json]:
    """The parentRefs of `route` that name `gateway`, in their order."""
    namespace = ref_of(route).namespace
    return [
        parent
        for parent in route.get("spec", {}).get("parentRefs", [])
        if parent.get("group", GROUP) == GROUP
        and parent.get("kind", "Gateway") == "Gateway"
        and Ref(parent.get("namespace", namespace), parent["name"]) == gateway
    ]


def supported_kinds(listener: Json) -> list[Json]:
    """`supportedKinds` of a listener's status: what it allows of what there is."""
    wanted = listener.get("allowedRoutes", {}).get("kinds") or SUPPORTED_KINDS
    return [kind for kind in SUPPORTED_KINDS if any(_same_kind(kind, other) for other in wanted)]


def unsupported_kinds(listener: Json) -> bool:
    """Whether a listener asks for a kind of route that the class does not have."""
    wanted = listener.get("allowedRoutes", {}).get("kinds") or []
    return any(not any(_same_kind(kind, other) for kind in SUPPORTED_KINDS) for other in wanted)


def bind(
    route: Json, parent: Json, gateway: Json, namespace_labels: Mapping[str, Mapping[str, str]]
) -> list[Binding] | Refusal:
    """Attach `route` to `gateway` by `parent`; `namespace_labels` are the labels of every namespace."""
    listeners = [x for x in gateway["spec"]["listeners"] if _meant(parent, x)]
    if not listeners:
        return Refusal("NoMatchingParent", "There are no matching Parents for the route")
    allowed = [x for x in listeners if _allows(x, ref_of(route), ref_of(gateway), namespace_labels)]
    if not allowed:
        return Refusal("NotAllowedByListeners", "The route is not allowed by any listener of the Gateway")
    bound = [Binding(x["name"], x["port"], hostnames) for x in allowed if (hostnames := _hostnames(route, x))]
    return bound or Refusal(
        "NoMatchingListenerHostname", "No listener hostname matches the route's hostnames"
    )


def intersect(listener: str, route: str) -> str:
    """The hostname that serves both, or "" if there is none. "" given means any, and so does "*"."""
    if not route or route == "*":
        return listener or "*"
    if not listener or listener == "*" or covers(listener, route):
        return route
    return listener if covers(route, listener) else ""


def covers(pattern: str, hostname: str) -> bool:
    """Whether `pattern` (a hostname, `*.suffix` or `*`) takes in `hostname`, which may be a wildcard itself.

    `*.example.com` stands for one label or more: not for `example.com`.
    """
    if pattern in ("*", hostname):
        return True
    return pattern.startswith("*.") and hostname.removeprefix("*").endswith(pattern[1:])


def _meant(parent: Json, listener: Json) -> bool:
    section, port = parent.get("sectionName"), parent.get("port")
    return section in (None, listener["name"]) and port in (None, listener["port"])


def _allows(listener: Json, route: Ref, gateway: Ref, labels: Mapping[str, Mapping[str, str]]) -> bool:
    if not supported_kinds(listener):
        return False
    namespaces = listener.get("allowedRoutes", {}).get("namespaces", {})
    wanted = namespaces.get("from", "Same")
    if wanted == "Selector":
        return takes(namespaces.get("selector", {}), labels.get(route.namespace, {}))
    return wanted == "All" or route.namespace == gateway.namespace


def _hostnames(route: Json, listener: Json) -> tuple[str, ...]:
    asked: Iterable[str] = route["spec"].get("hostnames") or [""]
    found = (intersect(listener.get("hostname", ""), hostname) for hostname in asked)
    return tuple(dict.fromkeys(hostname for hostname in found if hostname))


def _same_kind(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["kind"] == other["kind"] and other.get("group", GROUP) == one["group"])
