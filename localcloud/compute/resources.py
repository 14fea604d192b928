"""Get, list, aggregated list and delete, for every kind in the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from localcloud.compute.errors import already_exists, in_use, not_found
from localcloud.compute.kinds import KINDS, OPERATIONS, Kind
from localcloud.compute.listing import aggregated, listed
from localcloud.compute.names import bad_field, full_name
from localcloud.compute.operations import begin, pending, refuse_pending, repeated
from localcloud.compute.service import service
from localcloud.compute.usage import users
from localcloud.regions import all_zones, regions
from localcloud.service import Call, Handler
from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json
from localcloud.world import World


@dataclass(frozen=True)
class Behaviour:
    """What a kind does beyond the registry's line.

    `view` shows what is not stored (an address in use, a network's subnetworks). `before_delete` refuses for
    reasons other than use. `goes_along` tells that a user (the last argument) is deleted with the resource
    and so does not keep it; `on_delete` deletes it.
    """

    view: Callable[[World, str, Json], Json] = lambda world, name, resource: resource
    before_delete: Callable[[World, str], None] = lambda world, name: None
    goes_along: Callable[[World, str, str], bool] = lambda world, name, user: False
    on_delete: Callable[[World, str], None] = lambda world, name: None


_PLAIN = Behaviour()
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(kind: Kind) -> Behaviour:
    """What the kind's own file registered in BEHAVIOURS, by collection."""
    return BEHAVIOURS.get(kind.stored, _PLAIN)


def shown(world: World, kind: Kind, name: str) -> Json:
    """The resource as it is answered.

    Raises:
        Refused: 404, also while it is being made [inferred, see operations].
    """
    resource = world.store[f"compute.{kind.stored}"].get(name)
    if resource is None:
        raise not_found(name)
    return behaviour(kind).view(world, name, resource)


def check_location(call: Call) -> None:
    """Refuse a region, zone or project that is not there [observed words for places, inferred for the
    project]."""
    if call.world.projects.find(call.project) is None:
        raise not_found(f"projects/{call.project}")
    for word, known in (("region", regions), ("zone", all_zones)):
        place = call.params.get(word)
        if place and place not in known():
            raise invalid(f"Invalid value for field '{word}': '{place}'. Unknown {word}.")


def refuse_taken(world: World, kind: Kind, name: str) -> None:
    """Refuse a name that is in use, or being made, or being deleted: of two inserts exactly one wins.

    Raises:
        Refused: 409 alreadyExists.
    """
    if name in world.store[f"compute.{kind.stored}"] or pending(world, name) is not None:
        raise already_exists(name)


def referred(call: Call, kind: Kind, field: str, value: str) -> str:
    """The full name of the resource that a body's field refers to.

    Raises:
        Refused: 400 malformed URL; 404; 400 resourceNotReady while a change of it is under way [all
        observed].
    """
    parts = full_name(value, call.project).split("/")
    if len(parts) < 5 or parts[-2] != kind.stored:
        raise bad_field(field, value, "The URL is malformed.")
    name = "/".join(["projects", call.world.projects.id_of(parts[1]), *parts[2:]])
    refuse_pending(call.world, name)
    if name not in call.world.store[f"compute.{kind.stored}"]:
        raise not_found(name)
    return name


def refuse_used(world: World, kind: Kind, name: str) -> None:
    """Refuse if anything uses the resource that would not go with it.

    Raises:
        Refused: 400 resourceInUseByAnotherResource.
    """
    for user in users(world, kind, name):
        if not behaviour(kind).goes_along(world, name, user):
            raise in_use(kind.title, name, user)


def delete(call: Call, kind: Kind) -> Json:
    """Begin to delete. Use is checked at once, and again at the end, when the operation fails for it.

    A network's use is found by the operation alone [observed].
    """
    check_location(call)
    if known := repeated(call):
        return known
    world, name = call.world, kind.name(call)
    refuse_pending(world, name)
    resource = shown(world, kind, name)
    behaviour(kind).before_delete(world, name)
    if kind.noun != "network":
        refuse_used(world, kind, name)

    def gone() -> None:
        refuse_used(world, kind, name)
        behaviour(kind).on_delete(world, name)
        world.store[f"compute.{kind.stored}"].delete(name)

    return begin(call, name, resource["id"], gone, kind.deletes)


def _everywhere(call: Call, kind: Kind) -> Iterator[tuple[str, Json]]:
    stored = call.world.store[f"compute.{kind.stored}"]
    return ((name, shown(call.world, kind, name)) for name in stored.names(f"projects/{call.project}/"))


def _get(kind: Kind) -> Handler:
    def get(call: Call) -> Json:
        check_location(call)
        return shown(call.world, kind, kind.name(call))

    return get


def _list(kind: Kind) -> Handler:
    def list_(call: Call) -> Json:
        check_location(call)
        parent = kind.parent(call)
        names = call.world.store[f"compute.{kind.stored}"].names(f"{parent}/")
        items = ((name, shown(call.world, kind, name)) for name in names)
        return listed(call, f"compute#{kind.noun}List", parent, items)

    return list_


def _aggregated(kind: Kind) -> Handler:
    def list_all(call: Call) -> Json:
        check_location(call)
        return aggregated(call, kind.aggregated, kind.noun, kind.stored, _everywhere(call, kind))

    return list_all


def _delete(kind: Kind) -> Handler:
    return lambda call: delete(call, kind)


for _kind in (*KINDS, *OPERATIONS):
    service.on(f"compute.{_kind.methods}.get")(_get(_kind))
    service.on(f"compute.{_kind.methods}.list")(_list(_kind))
    service.on(f"compute.{_kind.methods}.aggregatedList")(_aggregated(_kind))
for _kind in KINDS:
    service.on(f"compute.{_kind.methods}.delete")(_delete(_kind))
