"""Service export: namespaces, the sample app, Services and ServiceExports, in every cluster as soon as it serves.

An import appears in every cluster of the fleet that has the namespace, so each cluster gets all of them
[documented, multi-cluster Services]. The export's kind comes to a cluster minutes after multi-cluster
Services are enabled; what does not need it is applied before. Done is when the config cluster's imports
list exactly the memberships that export: only then can a route find its backends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.service_export import removal as export_removal
from functions.service_export.pruning import for_surplus, surplus
from functions.service_export.sample_app import NAME
from functions.service_export.wanted import InCluster, Key, changes, is_going, key_of, obstacle
from shared import labels
from shared.exports import withdrawal
from shared.exports.withdrawal import Held
from shared.google.cluster_reader import ClusterReader
from shared.google.cluster_writer import ClusterWriter
from shared.google.compute import unix
from shared.google.container import Cluster, clusters
from shared.google.gkehub import member_key
from shared.objects import Json
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.outcome import Blocked, Decision, Done, Outcome, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment, Service

CREATED, KIND_KNOWN, DELETED = 300.0, 110.0, 10.0  # typical seconds [observed]

# The same until an import lists a cluster's first export [documented], another one, or no longer [inferred].
IMPORTED, IMPORTED_LATER, WITHDRAWN = 300.0, 45.0, 60.0
UNHURRIED = 25.0  # once an import lists a cluster, its backends' health takes longer than that [observed]


@dataclass(frozen=True)
class Seen:
    """The environment's clusters: `known` are all that exist, `there` what is in those that serve, both by name.

    `imports` are the config cluster's, by namespace and name; `strangers` the names of the project's other
    clusters, by the key of their membership. `surplus` is what is ours and wanted no more, only looked for once
    nothing that is wanted is missing.
    """

    known: Mapping[str, Cluster] = field(default_factory=dict)
    there: Mapping[str, InCluster] = field(default_factory=dict)
    imports: Mapping[tuple[str, str], Json] = field(default_factory=dict)
    strangers: Mapping[str, str] = field(default_factory=dict)
    surplus: export_removal.Seen | None = None


def observe(context: Context) -> Seen:
    """Whatever of the wanted objects is there, in each cluster that serves."""
    wanted, session = context.wanted, context.session
    every = clusters(session, wanted.project)
    specs = {(spec.name, spec.location): spec for spec in wanted.clusters}
    known = {
        each.name: each
        for each in every
        if (spec := specs.get(each.key)) and (spec.existing or labels.is_owned(each.labels, wanted.name))
    }
    strangers = {
        member_key(each.membership): each.name
        for each in every
        if not labels.is_owned(each.labels, wanted.name)
    }
    ours = {member_key(each.membership) for each in known.values()}
    there = {
        spec.name: _look(wanted, ClusterWriter(session, known[spec.name]), known[spec.name])
        for spec in wanted.clusters
        if spec.name in known and known[spec.name].is_reachable
    }
    config = there.get(wanted.config_cluster)
    imports: list[Json] = []
    if config and config.exports_known:
        cluster = ClusterWriter(session, config.cluster)
        imports = [each for space in wanted.namespaces for each in cluster.list("ServiceImport", space) or []]
    seen = Seen(
        known,
        there,
        {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in imports},
        {key: name for key, name in strangers.items() if key and key not in ours},
    )
    return replace(seen, surplus=surplus(context, every)) if _is_complete(wanted, seen) else seen


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """What to apply where, and what is waited for."""
    assert wanted is not None, "its removal is a step of its own"
    if stop := _trouble(wanted, seen):
        return Decision(stop)
    ready, later, holds = list[Change](), list[Change](), list[Waiting]()
    for cluster in wanted.clusters:
        for change in changes(wanted, cluster, seen.there.get(cluster.name)):
            hold = _hold(change, cluster.name, seen, now)
            (later if hold else ready).append(change)
            holds += [hold] if hold else []
    if holds:
        return Decision(min(holds, key=lambda each: each.retry_after), ready, later)
    leaving = for_surplus(seen.surplus, now) if seen.surplus else None
    if leaving and not isinstance(leaving.outcome, Done):
        return leaving
    if missing := [each for each in wanted.services if not _is_imported(wanted, each, seen)]:
        return Decision(_for_imports(wanted, seen, missing, now, bool(ready)), ready)
    return Decision(None, ready) if ready else Decision(Done())


def act(context: Context, change: Change) -> None:
    """Apply or delete one object."""
    if isinstance(change.body, Held):
        withdrawal.delete(context, change)
        return
    cluster = ClusterWriter(context.session, change.body.cluster)
    if change.verb == "delete":
        cluster.delete(*key_of(change.body.object))
    else:
        cluster.apply(change.body.object)


SERVICE_EXPORT = LegacyStep("service_export", observe, decide, act)


def _look(wanted: Environment, api: ClusterReader, cluster: Cluster) -> InCluster:
    objects: dict[Key, Json] = {}
    exports_known = True
    for name in wanted.namespaces:
        exports = api.list("ServiceExport", name)
        exports_known = exports is not None
        if found := api.get("Namespace", "", name):
            objects |= _keyed("Namespace", [found])
            objects |= _keyed("Service", api.list("Service", name) or [])
            objects |= _keyed("ServiceExport", exports or [])
    is_there = ("Namespace", "", wanted.gateway.namespace) in objects
    if wanted.sample_app and is_there and (app := api.get("Deployment", wanted.gateway.namespace, NAME)):
        objects |= _keyed("Deployment", [app])
    return InCluster(cluster, objects, exports_known)


def _keyed(kind: str, items: Iterable[Json]) -> dict[Key, Json]:
    return {(kind, each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in items}


def _is_complete(wanted: Environment, seen: Seen) -> bool:
    """Whether every cluster has what it should, and no import lacks anybody: now what is too much matters."""
    served = all(
        (there := seen.there.get(each.name)) and not any(changes(wanted, each, there))
        for each in wanted.clusters
    )
    return served and all(
        set(_expected(wanted, each, seen).values()) <= _listed(each, seen) for each in wanted.services
    )


def _trouble(wanted: Environment, seen: Seen) -> Outcome | None:
    """What a person must mend: an object in the way, or a cluster of nobody's that exports the same."""
    for cluster in wanted.clusters:
        there = seen.there.get(cluster.name)
        if there and (stop := obstacle(wanted, cluster, there)):
            return stop
    for each in wanted.services:
        for member in _listed(each, seen) & seen.strangers.keys():
            name = seen.strangers[member]
            return Blocked(
                code="IMPORT_SHARED",
                cause=f"Cluster {name} of the fleet exports {each.namespace}/{each.name} too, and is not in this"
                " environment: the fleet takes equal names for one service, and would send it traffic.",
                fix=f"Choose another name or namespace, or, in {name}:"
                f" kubectl delete serviceexports.net.gke.io {each.name} --namespace={each.namespace}",
            )
    return None


def _hold(change: Change, cluster: str, seen: Seen, now: float) -> Waiting | None:
    """Why a change cannot be made yet, if it cannot."""
    there = seen.there.get(cluster)
    if there is None:
        return _for_cluster(cluster, seen, now)
    kind, space, name = key_of(change.body.object)
    for key in (("Namespace", "", space), (kind, space, name)):
        live = there.objects.get(key)
        if live and is_going(live):
            text = f"{key[0]} {key[2]} in cluster {cluster} is still being deleted"
            since = unix(live["metadata"]["deletionTimestamp"])
            return Waiting(reason="Deleting", message=text, retry_after=remaining(now, since, DELETED))
    if kind == "ServiceExport" and not there.exports_known:
        return _for_kind(cluster, there, now)
    return None


def _for_cluster(name: str, seen: Seen, now: float) -> Waiting:
    cluster = seen.known.get(name)
    since = unix(cluster.created) if cluster and cluster.created else None
    text = f"waiting for cluster {name} to be RUNNING"
    return Waiting(reason="ClusterProvisioning", message=text, retry_after=remaining(now, since, CREATED))


def _for_kind(name: str, there: InCluster, now: float) -> Waiting:
    """The kind comes to a cluster some time after the namespaces did, which are made as soon as it serves."""
    spaces = (live for (kind, _, _), live in there.objects.items() if kind == "Namespace")
    text = f"cluster {name} does not know ServiceExports yet"
    seconds = remaining(now, _newest(spaces), KIND_KNOWN)
    return Waiting(reason="ServiceExportUnknown", message=text, retry_after=seconds)


def _for_imports(
    wanted: Environment, seen: Seen, missing: list[Service], now: float, starting: bool
) -> Waiting:
    """Routes watch the imports by themselves; this one looks when the slowest of them is due."""
    keys = {("ServiceExport", each.namespace, each.name) for each in missing}
    exports = (live for there in seen.there.values() for key, live in there.objects.items() if key in keys)
    seconds = remaining(now, None if starting else _newest(exports), _typical(wanted, seen, missing))
    text = "; ".join(_told(wanted, each, seen) for each in missing)
    return Waiting(reason="ServiceImportMissing", message=text, retry_after=max(seconds, UNHURRIED))


def _typical(wanted: Environment, seen: Seen, missing: list[Service]) -> float:
    """How long the missing usually take: the first export of a cluster takes longest."""
    known = {member for each in wanted.services for member in _listed(each, seen)}
    lacking = {
        member
        for each in missing
        for member in _expected(wanted, each, seen).values()
        if member not in _listed(each, seen)
    }
    return (IMPORTED if lacking - known else IMPORTED_LATER) if lacking else WITHDRAWN


def _newest(items: Iterable[Json]) -> float | None:
    return max((unix(each["metadata"]["creationTimestamp"]) for each in items), default=None)


def _told(wanted: Environment, service: Service, seen: Seen) -> str:
    listed, expected = _listed(service, seen), _expected(wanted, service, seen)
    missing = [name for name, key in expected.items() if key not in listed]
    surplus = sorted(listed - set(expected.values()))
    told = [f"lacks {', '.join(missing)}"] if missing else []
    told += [f"still lists {', '.join(surplus)}"] if surplus else []
    return f"import {service.namespace}/{service.name} {' and '.join(told) or 'is not there yet'}"


def _is_imported(wanted: Environment, service: Service, seen: Seen) -> bool:
    """Whether the import lists exactly the memberships of the clusters that export the service."""
    expected = set(_expected(wanted, service, seen).values())
    return "" not in expected and _listed(service, seen) == expected


def _listed(service: Service, seen: Seen) -> set[str]:
    found = seen.imports.get((service.namespace, service.name), {})
    return {member_key(each["cluster"]) for each in found.get("status", {}).get("clusters", [])}


def _expected(wanted: Environment, service: Service, seen: Seen) -> dict[str, str]:
    """Exporting cluster → the key of its membership, "" while it has none."""
    names = [cluster.name for cluster in wanted.exporters(service)]
    return {name: member_key(seen.known[name].membership) if name in seen.known else "" for name in names}
