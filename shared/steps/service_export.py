"""Service export: namespaces, the sample app, Services and ServiceExports, in every cluster as soon as it serves.

An import appears in every cluster of the fleet that has the namespace, so each cluster gets all of them
[documented, multi-cluster Services]. The export's kind comes to a cluster minutes after multi-cluster
Services are enabled; what does not need it is applied before. Done is when the config cluster's imports
list exactly the memberships that export: only then can a route find its backends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.google.compute import unix
from shared.google.gkehub import member_key
from shared.google.kubernetes import Cluster, Door, differs, doors
from shared.objects import body, is_ours, namespace
from shared.sample_app import NAME, deployment
from shared.spec import Environment, Service
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Change, Decision, Done, Outcome, Waiting
from shared.step.step import Context, Step

Json = dict[str, Any]
Key = tuple[str, str, str]  # kind, namespace, name

CREATED, KIND_KNOWN, IMPORTED = 300.0, 110.0, 300.0  # typical seconds [observed, observed, documented]


@dataclass(frozen=True)
class SeenCluster:
    """One cluster's objects that matter here. `exports_known` is whether it has the ServiceExport kind yet."""

    door: Door
    objects: Mapping[Key, Json]
    exports_known: bool


@dataclass(frozen=True)
class Application:
    """An object to apply, and where; a plan may have no cluster to apply it to yet."""

    door: Door | None
    object: Json


@dataclass(frozen=True)
class Seen:
    """Clusters that serve, by name; `doors` of all that exist; imports of the config cluster by namespace, name."""

    doors: Mapping[str, Door]
    clusters: Mapping[str, SeenCluster]
    imports: Mapping[tuple[str, str], Json]


def observe(context: Context) -> Seen:
    """Whatever of the wanted objects is there, in each cluster that serves."""
    wanted, session = context.wanted, context.session
    found = doors(session, wanted.project)
    known = {c.name: found[c.name, c.location] for c in wanted.clusters if (c.name, c.location) in found}
    seen = {name: _look(wanted, Cluster(session, door), door) for name, door in known.items() if door.is_open}
    config = seen.get(wanted.config_cluster)
    imports: list[Json] = []
    if config and config.exports_known:
        cluster = Cluster(session, config.door)
        imports = [each for ns in wanted.namespaces for each in cluster.list("ServiceImport", ns) or []]
    by_name = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in imports}
    return Seen(known, seen, by_name)


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """What to apply where, and what is waited for."""
    if wanted is None:
        raise NotImplementedError("exports are not withdrawn yet")
    if trouble := _foreign(wanted, seen) or _missing_service(wanted, seen):
        return Decision(trouble)
    now_possible, later = list[Change](), list[Change]()
    for cluster in wanted.clusters:
        there = seen.clusters.get(cluster.name)
        for change in _changes(wanted, cluster.name, there):
            exporting = change.body.object["kind"] == "ServiceExport"
            can = there is not None and (there.exports_known or not exporting)
            (now_possible if can else later).append(change)
    if not now_possible and not later and not _unlisted(wanted, seen):
        return Decision(Done())
    return Decision(_wait(wanted, seen, now, now_possible, later), now_possible, later)


def act(context: Context, change: Change) -> None:
    """Apply one object."""
    Cluster(context.session, change.body.door).apply(change.body.object)


SERVICE_EXPORT = Step("service_export", observe, decide, act)


def _look(wanted: Environment, cluster: Cluster, door: Door) -> SeenCluster:
    objects: dict[Key, Json] = {}
    exports_known = False
    for name in wanted.namespaces:
        found = cluster.get("Namespace", "", name)
        objects |= _keyed("Namespace", [found] if found else [])
        if found:
            objects |= _keyed("Service", cluster.list("Service", name) or [])
            exports = cluster.list("ServiceExport", name)
            exports_known = exports is not None
            objects |= _keyed("ServiceExport", exports or [])
    if wanted.sample_app and (app := cluster.get("Deployment", wanted.gateway.namespace, NAME)):
        objects |= _keyed("Deployment", [app])
    return SeenCluster(door, objects, exports_known)


def _keyed(kind: str, items: Iterable[Json]) -> dict[Key, Json]:
    return {(kind, each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in items}


def _key(wish: Json) -> Key:
    return wish["kind"], wish["metadata"].get("namespace", ""), wish["metadata"]["name"]


def _changes(wanted: Environment, cluster: str, there: SeenCluster | None) -> Iterator[Change]:
    """What one cluster lacks, in the order in which it can be applied."""
    resource = _path(wanted, cluster)
    for wish in _wanted_objects(wanted, cluster):
        kind, ns, name = _key(wish)
        live = there.objects.get((kind, ns, name)) if there else None
        if kind == "Namespace" and live is not None:
            continue  # whoever made it: namespaces are shared by those who work in them
        if live is None or differs(wish, live):
            where = f"{resource}/{kind}/{ns + '/' if ns else ''}{name}"
            yield Change(
                "update" if live else "create", where, body=Application(there.door if there else None, wish)
            )


def _wanted_objects(wanted: Environment, cluster: str) -> Iterator[Json]:
    """Every object that a cluster should have."""
    yield from (namespace(wanted.name, name) for name in wanted.namespaces)
    if wanted.sample_app:
        yield deployment(wanted.name, wanted.gateway.namespace)
    exported = wanted.exports(wanted.cluster(cluster))
    yield from (_service(wanted.name, each) for each in exported if each.selector is not None)
    yield from (body(wanted.name, "ServiceExport", each.name, each.namespace) for each in exported)


def _service(environment: str, service: Service) -> Json:
    ports = [{"port": service.port, "targetPort": service.target_port, "protocol": "TCP"}]
    spec = {"selector": dict(service.selector or {}), "ports": ports}
    return body(environment, "Service", service.name, service.namespace, spec=spec)


def _foreign(wanted: Environment, seen: Seen) -> Outcome | None:
    """An object of a wanted name that is there and not ours is in the way; namespaces are not."""
    for name, there in seen.clusters.items():
        for wish in _wanted_objects(wanted, name):
            kind, ns, called = _key(wish)
            live = there.objects.get((kind, ns, called))
            if kind == "Namespace" or live is None:
                continue
            if not is_ours(live, wanted.name):
                return Blocked(
                    code=f"{kind.upper()}_FOREIGN",
                    cause=f"{kind} {ns}/{called} in cluster {name} exists and is not this environment's.",
                    fix=f"Give it another name in the environment, or delete it from cluster {name}.",
                )
    return None


def _missing_service(wanted: Environment, seen: Seen) -> Outcome | None:
    """A service without a selector is the user's own, and must be there."""
    for each in wanted.services:
        for cluster in wanted.exporters(each):
            there = seen.clusters.get(cluster.name)
            if (
                each.selector is None
                and there
                and ("Service", each.namespace, each.name) not in there.objects
            ):
                return Blocked(
                    code="SERVICE_MISSING",
                    cause=f"Cluster {cluster.name} has no Service {each.namespace}/{each.name} to export.",
                    fix="Create it, or give the service a selector to have it made.",
                )
    return None


def _wait(
    wanted: Environment, seen: Seen, now: float, starting: list[Change], later: list[Change]
) -> Waiting:
    """For clusters that others wait for, the next look is the first that is due; imports are looked for once."""
    if later:
        waits = [wait for cluster in wanted.clusters if (wait := _for_cluster(cluster.name, seen, now))]
        return min(waits, key=lambda each: each.retry_after)
    names = ", ".join(_unlisted(wanted, seen)) or "every service"
    return Waiting(
        reason="ServiceImportMissing",
        message=f"imports of {names} do not list every exporting cluster yet",
        retry_after=remaining(now, None if starting else _exported_at(seen), IMPORTED, first=1.0),
    )


def _exported_at(seen: Seen) -> float | None:
    """When the last export was made."""
    made = [
        unix(live["metadata"]["creationTimestamp"])
        for there in seen.clusters.values()
        for (kind, _, _), live in there.objects.items()
        if kind == "ServiceExport"
    ]
    return max(made, default=None)


def _unlisted(wanted: Environment, seen: Seen) -> list[str]:
    """Services whose import does not list exactly the memberships that export them."""
    return [each.name for each in wanted.services if not _is_imported(wanted, each, seen)]


def _for_cluster(name: str, seen: Seen, now: float) -> Waiting | None:
    """Why a cluster cannot export yet, if it cannot."""
    there = seen.clusters.get(name)
    if there is None:
        door = seen.doors.get(name)
        since = unix(door.created) if door and door.created else None
        text = f"waiting for cluster {name} to be RUNNING"
        return Waiting(reason="ClusterProvisioning", message=text, retry_after=remaining(now, since, CREATED))
    if there.exports_known:
        return None
    born = [
        unix(o["metadata"]["creationTimestamp"])
        for (kind, _, _), o in there.objects.items()
        if kind == "Namespace"
    ]
    return Waiting(
        reason="ServiceExportUnknown",
        message=f"cluster {name} does not know ServiceExports yet",
        retry_after=remaining(now, max(born, default=None), KIND_KNOWN),
    )


def _is_imported(wanted: Environment, service_: Service, seen: Seen) -> bool:
    found = seen.imports.get((service_.namespace, service_.name))
    listed = {member_key(each["cluster"]) for each in (found or {}).get("status", {}).get("clusters", [])}
    expected = {
        member_key(seen.doors[cluster.name].membership)
        for cluster in wanted.exporters(service_)
        if cluster.name in seen.doors and seen.doors[cluster.name].membership
    }
    return bool(found) and listed == expected and len(expected) == len(service_.clusters)


def _path(wanted: Environment, cluster: str) -> str:
    location = wanted.cluster(cluster).location
    return f"projects/{wanted.project}/locations/{location}/clusters/{cluster}"
