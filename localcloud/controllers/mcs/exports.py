"""Exports: which Services are exported from which clusters, and the work of it.

A record under `mcs.exports` (`<membership>/<namespace>/<name>`) is an export that has been completed: the state of
the hosted controller, which outlives the ServiceExport until the removal is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from localcloud.controllers.mcs.members import EXPORT, Member, joined
from localcloud.controllers.writer import Writer
from localcloud.time.clock import rfc3339
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import Part, World

EXPORTS = "mcs.exports"
KINDS = ("mcs.export", "mcs.export.later")


# What `completed` answered last, by project, and the revision of the records that it was for.
_COMPLETED: Part[dict[str, tuple[int, dict[Name, list[Export]]]]] = Part("completed exports", lambda _: {})


@dataclass(frozen=True, order=True)
class Name:
    """What is the same in every cluster of a fleet: a Service's namespace and name."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Export:
    """A completed export. `ports` are the Service's, in its wire shape."""

    membership: str
    cluster: str
    service: Name
    ports: list[Json]
    headless: bool
    affinity: str


def key(membership: str, service: Name) -> str:
    """The export's key, and its resource in the ledger; `membership` is a full name."""
    return f"{membership}/{service.namespace}/{service.name}"


def wanted(member: Member) -> Iterator[Name]:
    """What the cluster asks to export: a ServiceExport and a Service of the same name."""
    for item in member.api.list(EXPORT):
        meta = item["metadata"]
        name = Name(meta["namespace"], meta["name"])
        if not meta.get("deletionTimestamp") and service_of(member, name) is not None:
            yield name


def service_of(member: Member, name: Name) -> Json | None:
    """The Service behind an export, unless it is being deleted or cannot be exported [documented]."""
    found = member.api.get("Service", name.namespace, name.name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return None
    return None if found["spec"].get("type") == "ExternalName" else found


def record(world: World, member: Member, name: Name) -> None:
    """Write down what the export is by now; nothing happens if that has not changed."""
    service = service_of(member, name)
    if service is None:
        return
    spec = service["spec"]
    found = {
        "cluster": member.cluster,
        "ports": spec.get("ports", []),
        "headless": spec.get("clusterIP") == "None",
        "affinity": spec.get("sessionAffinity", "None"),
    }
    where = key(member.membership, name)
    if world.store[EXPORTS].get(where) != found:
        world.store[EXPORTS].put(where, found)


def completed(world: World, project: str) -> Mapping[Name, list[Export]]:
    """The completed exports of a fleet, by Service, each in the order of memberships."""
    revision, known = world.store[EXPORTS].revision, world[_COMPLETED]
    if known.get(project, (-1, {}))[0] != revision:
        known[project] = (revision, _read(world, project))
    return known[project][1]


def _read(world: World, project: str) -> dict[Name, list[Export]]:
    found: dict[Name, list[Export]] = {}
    for where, row in world.store[EXPORTS].items(f"projects/{project}/locations/"):
        membership, namespace, name = where.rsplit("/", 2)
        service = Name(namespace, name)
        export = Export(membership, row["cluster"], service, row["ports"], row["headless"], row["affinity"])
        found.setdefault(service, []).append(export)
    return found


def exports_left(world: World, feature: str) -> list[str]:
    """What keeps the feature (full name) from being deleted: exports that are asked for or not removed yet."""
    project = feature.split("/")[1]
    asked = (key(member.membership, name) for member in joined(world, project) for name in wanted(member))
    return sorted({*asked, *world.store[EXPORTS].names(f"projects/{project}/locations/")})


def export_work(world: World, membership: str, namespace: str, name: str) -> Work | None:
    """The newest work that exported the Service from the cluster of `membership` (full name)."""
    found = [world.ledger.latest(kind, key(membership, Name(namespace, name))) for kind in KINDS]
    return max((work for work in found if work is not None), key=lambda work: work.id, default=None)


def export_works(world: World, project: str, namespace: str, name: str) -> list[Work]:
    """The works of all completed exports of a Service in the fleet of `project`, by membership."""
    exports = completed(world, project).get(Name(namespace, name), [])
    works = (export_work(world, export.membership, namespace, name) for export in exports)
    return [work for work in works if work is not None]


def tell(member: Member, name: Name, done: bool, now: float) -> None:
    """Write the conditions of a ServiceExport. Their types and reasons are not published by Google [inferred]."""
    item = member.api.get(EXPORT, name.namespace, name.name)
    if item is None:
        return
    valid = service_of(member, name) is not None
    wanted = (
        ("Initialized", valid, "ServiceFound" if valid else "ServiceNotFound"),
        ("Exported", done, "Exported" if done else "Pending"),
    )
    before = {c["type"]: c for c in item.get("status", {}).get("conditions", ())}
    if all(kind in before and before[kind]["status"] == str(holds) for kind, holds, _ in wanted):
        return
    fresh = [_condition(kind, holds, reason, now) for kind, holds, reason in wanted]
    conditions = [_kept(condition, before.get(condition["type"])) for condition in fresh]
    Writer(member.api, "gke-mcs-controller.gke.io").set_status(EXPORT, item, {"conditions": conditions})


def _condition(kind: str, holds: bool, reason: str, now: float) -> Json:
    return {
        "type": kind,
        "status": "True" if holds else "False",
        "reason": reason,
        "message": "",
        "lastTransitionTime": rfc3339(now, 0),
    }


def _kept(condition: Json, before: Json | None) -> Json:
    """With the time of its last transition, which is the old one if nothing changed."""
    if before is None or before.get("status") != condition["status"]:
        return condition
    return {**condition, "lastTransitionTime": before["lastTransitionTime"]}
