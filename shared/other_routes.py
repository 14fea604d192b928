"""Routes of somebody else's on our Gateway: what they take of our traffic, and what the controller says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from shared.gateway.status import of_gateway
from shared.gateway.takeovers import Takeover, cause, takeovers
from shared.gateway.wanted import wanted_objects
from shared.kubectl import deletion
from shared.objects import Key, KubeObject, is_ours, key_of
from shared.step.outcome import Blocked, Warned

if TYPE_CHECKING:
    from shared.spec import Environment

Objects = Mapping[Key, KubeObject]

_ROUTE = re.compile(r'HTTPRoute "([a-z0-9-]+)/([a-z0-9.-]+)"')


def foreign_route(wanted: Environment, message: str) -> tuple[str, str] | None:
    """Namespace and name of the route that a message of the controller is about, if it is none of ours.

    One that is attached to the Gateway and misconfigured stops all of it: errors are not isolated [observed].
    """
    found = _ROUTE.search(message)
    own = {(wanted.gateway.namespace, each.name) for each in wanted.routes}
    return None if found is None or found.groups() in own else (found[1], found[2])


def correction(wanted: Environment, foreign: tuple[str, str] | None) -> str:
    """What to do about a refusal, which may be about somebody else's route."""
    if foreign is None:
        return "Correct in the environment what the controller names, and publish the request again."
    command = deletion(wanted.project, wanted.config, "HTTPRoute", *foreign)
    return f"Have it corrected by whoever made it, or, if nobody needs it: {command}"


def unprogrammed(wanted: Environment, gateway: KubeObject) -> list[Warned]:
    """A Gateway that its controller does not program any more: what it programmed before still serves."""
    condition = of_gateway(gateway).get("Programmed")
    if condition is None or condition.status == "True":
        return []
    foreign = foreign_route(wanted, condition.message)
    what = f"Gateway {wanted.gateway.namespace}/{wanted.gateway.name} in cluster {wanted.config_cluster}"
    whose = f" HTTPRoute {'/'.join(foreign)} is not this environment's." if foreign else ""
    return [
        Warned(
            code="GATEWAY_NOT_PROGRAMMED",
            cause=f"{what} serves as it was programmed before, and takes up no change"
            f" ({condition.reason}): {condition.message}{whose}",
            fix=correction(wanted, foreign),
        )
    ]


def shared_traffic(wanted: Environment, objects: Objects) -> list[Warned]:
    """Routes of somebody else's that take a part of what ours would get: more specific ones. They may be meant so."""
    space, cluster = wanted.gateway.namespace, wanted.config_cluster
    parts: dict[str, list[Takeover]] = {}
    for each in _takeovers(wanted, objects):
        if not each.whole:
            parts.setdefault(each.foreign, []).append(each)
    return [
        Warned(
            code="TRAFFIC_SHARED",
            cause=f"HTTPRoute {space}/{foreign} in cluster {cluster} is not this environment's, and its more specific"
            f" matches take a part of {', '.join(f'{one.route} ({one.requests})' for one in taken)}.",
            fix=f"If that is not meant: {deletion(wanted.project, wanted.config, 'HTTPRoute', space, foreign)}",
        )
        for foreign, taken in parts.items()
    ]


def taken_traffic(wanted: Environment, objects: Objects) -> Blocked | None:
    """A route of somebody else's that takes everything of a rule of ours."""
    space, whole = wanted.gateway.namespace, [each for each in _takeovers(wanted, objects) if each.whole]
    if not whole:
        return None
    foreign = whole[0].foreign
    taken = [each for each in whole if each.foreign == foreign]
    return Blocked(
        code="TRAFFIC_TAKEN",
        cause=cause(space, foreign, wanted.config_cluster, taken),
        fix="Give the environment's route another hostname or path, or, if nobody needs the other one: "
        + deletion(wanted.project, wanted.config, "HTTPRoute", space, foreign),
    )


def _takeovers(wanted: Environment, objects: Objects) -> list[Takeover]:
    """What foreign routes take of ours: of those that are there as they are to be, of others as they will be."""
    space, name = wanted.gateway.namespace, wanted.gateway.name
    foreign = [
        live
        for (kind, where, _), live in objects.items()
        if (kind, where) == ("HTTPRoute", space) and not is_ours(live, wanted.name)
    ]
    return takeovers(_ours(wanted, objects), foreign, name, space) if foreign else []


def _ours(wanted: Environment, objects: Objects) -> Iterator[KubeObject]:
    for wish in wanted_objects(wanted):
        if wish["kind"] == "HTTPRoute":
            born = objects.get(key_of(wish), {"metadata": {}})["metadata"].get("creationTimestamp")
            yield {**wish, "metadata": {**wish["metadata"], "creationTimestamp": born}}
