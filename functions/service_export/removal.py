"""The exports' removal: withdrawn in every cluster first, and what they made seen gone, before anything else goes.

Network endpoint groups can only be deleted by the controllers of their own cluster [observed], and only once no
backend service uses them. So exports go first, everywhere; then, with the imports and their backend services gone,
the Services, whose groups go with them; the namespaces last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.service_export.namespaces import strangers_in
from shared.exports import withdrawal
from shared.exports.withdrawal import Held, candidates, deletion, is_own, owned
from shared.google import compute
from shared.google.cluster_reader import NEG, ClusterReader
from shared.google.container import Cluster
from shared.google.gkehub import member_key
from shared.google.session import Session
from shared.labels import asked_at
from shared.objects import Json, is_ours
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment

WITHDRAWN, DELETED = (
    60.0,
    10.0,
)  # typical seconds until imports, and until any other object, are gone [inferred]
PATIENCE = 600.0  # seconds of a request after which a cluster that does not answer is left to the audit
BACKEND = "gkemcs-"  # and namespace-name: the backend service of an export [observed]
_NAME_KEPT = 53  # characters of a longer name that are surely kept


@dataclass(frozen=True)
class Seen:
    """What is there, of the first stage in which anything is: later stages have not been looked at then.

    `asked` is when the request was published, unix seconds. `silent` are the clusters that should have answered
    and did not, `closed` those that do not serve, each with the reason. `spaces` are the namespaces of ours;
    `kept` are those of them that hold something of somebody else's, by resource, with what.
    """

    environment: str
    asked: float
    exports: tuple[Held, ...] = ()
    imports: tuple[Held, ...] = ()
    backends: tuple[str, ...] = ()
    workloads: tuple[Held, ...] = ()
    groups: tuple[Held, ...] = ()
    spaces: tuple[Held, ...] = ()
    kept: dict[str, str] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """Whose things are looked at, where, and which of them go: all of them, or what a changed spec leaves out.

    `project` is the fleet's; `gateway` the Gateway's namespace, "" if nobody knows it.
    """

    session: Session
    project: str
    name: str
    gateway: str
    asked: float
    goes: Callable[[Held], bool] = lambda held: True


def observe(context: Context) -> Seen:
    """Stage by stage, in every cluster, until something is found that is still to go."""
    place = context.place
    gateway = (place.gateway or "").partition("/")[0]
    asked = asked_at(context.message.claim.generation)
    return look(Scope(context.session, place.project, context.name, gateway, asked))


def look(scope: Scope) -> Seen:
    """What of a scope is still to go, of the first stage in which anything is."""
    places = candidates(scope.session, scope.project, scope.name)
    closed = {each.name: each.unreachable_because for each in places if not each.is_reachable}
    seen = Seen(scope.name, scope.asked, closed=closed)
    first = withdrawal.look(scope.session, places, lambda cluster: cluster.everywhere("ServiceExport") or ())
    silent = [cluster for cluster, _ in first.silent]
    seen = replace(seen, silent={cluster.name: why for cluster, why in first.silent})
    ours = tuple(each for each in first.found if _goes(each, scope.name) and scope.goes(each))
    if ours:
        return replace(seen, exports=ours)
    heard = [each for each in places if each.is_reachable and each not in silent]
    return _imported(scope, heard, first.found, seen)


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """What to delete now, and what is waited for."""
    if seen.exports:
        return Decision(_for_imports(seen, now), _deletions(seen.exports))
    if seen.imports or seen.backends:
        return Decision(_for_imports(seen, now))
    if going := _deletions(seen.workloads):
        return Decision(None, going)
    if held := (*seen.workloads, *seen.groups):
        return Decision(_for_objects(held, now))
    spaces = [each for each in seen.spaces if each.resource not in seen.kept]
    if going := _deletions(spaces):
        return Decision(_for_objects(spaces, now), going)
    if spaces:
        return Decision(_for_objects(spaces, now))
    if seen.silent and now < seen.asked + PATIENCE:
        text = "; ".join(f"cluster {name} does not answer: {why}" for name, why in seen.silent.items())
        return Decision(
            Waiting(reason="ClusterSilent", message=text, retry_after=remaining(now, seen.asked, 0))
        )
    return Decision(Done(outputs=_notes(seen)))


def act(context: Context, change: Change) -> None:
    """Begin to delete one object."""
    withdrawal.delete(context, change)


SERVICE_EXPORT_REMOVAL = LegacyStep("service_export", observe, decide, act, modes=frozenset({"destroy"}))


def _goes(export: Held, environment: str) -> bool:
    """Our exports, and every one of a cluster that is ours: when it goes, its endpoint groups would stay."""
    return is_own(export.cluster, environment) or is_ours(export.object, environment)


def _imported(scope: Scope, places: list[Cluster], exports: Iterable[Held], seen: Seen) -> Seen:
    """Imports that list what is exported no more; then the backend services of those."""
    kinds = ("ServiceImport", "Namespace")

    def read(cluster: ClusterReader) -> Iterator[Json]:
        yield from cluster.everywhere("ServiceImport") or ()
        yield from owned(cluster, scope.name, "Namespace")

    looks = withdrawal.look(scope.session, places, read)
    imports, spaces = ([each for each in looks.found if each.kind == kind] for kind in kinds)
    seen = replace(
        seen,
        spaces=tuple(each for each in spaces if scope.goes(each)),
        silent=seen.silent | {cluster.name: why for cluster, why in looks.silent},
    )
    ours = {each.name for each in spaces} | {scope.gateway} - {""}
    alive = {(member_key(each.cluster.membership), each.namespace, each.name) for each in exports}
    asked = {member_key(each.membership) for each in places}
    late = [each for each in imports if each.namespace in ours and _lists_too_much(each, alive, asked)]
    if late:
        return replace(seen, imports=tuple(late))
    backends = _backends(scope, ours, alive) if not seen.silent and not seen.closed else ()
    if backends:
        return replace(seen, backends=backends)
    return _working(scope, places, ours, seen)


def _lists_too_much(one: Held, alive: set[tuple[str, str, str]], asked: set[str]) -> bool:
    """Whether an import lists a cluster that was asked, and exports nothing of its name any more."""
    listed = {member_key(each["cluster"]) for each in one.object.get("status", {}).get("clusters", ())}
    return any((member, one.namespace, one.name) not in alive for member in listed & asked)


def _backends(scope: Scope, ours: set[str], alive: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Backend services of exports in our namespaces that nobody exports any more.

    Not asked while a cluster is not heard: whether it exports something cannot be told then.
    """
    found = compute.global_resources(scope.session, scope.project, "backendServices")
    used = tuple(f"{BACKEND}{space}-{name}"[:_NAME_KEPT] for _, space, name in alive)
    names = [each["name"] for each in found if each["name"].startswith(tuple(f"{BACKEND}{s}-" for s in ours))]
    return tuple(sorted(name for name in names if name[:_NAME_KEPT] not in used))


def _working(scope: Scope, places: list[Cluster], ours: set[str], seen: Seen) -> Seen:
    """Services and Deployments; then their endpoint groups; then who else is in the namespaces."""

    def workloads(cluster: ClusterReader) -> Iterator[Json]:
        yield from owned(cluster, scope.name, "Service", "Deployment")

    def groups(cluster: ClusterReader) -> Iterator[Json]:
        found = cluster.everywhere(NEG) or []
        yield from (each for each in found if each["metadata"]["namespace"] in ours)

    found = withdrawal.look(scope.session, places, workloads).found
    if going := tuple(each for each in found if scope.goes(each)):
        return replace(seen, workloads=going)
    found = withdrawal.look(scope.session, places, groups).found
    if going := tuple(each for each in found if each.is_going):
        return replace(seen, groups=going)
    kept = {
        each.resource: why for each in seen.spaces if not each.is_going and (why := _strangers(scope, each))
    }
    return replace(seen, kept=kept)


def _strangers(scope: Scope, space: Held) -> str:
    """What of somebody else's would go with a namespace. A cluster that is ours goes too, and all that is in
    it, but another Gateway would leave its load balancer behind: that is for the fleet to refuse.
    """
    cluster = ClusterReader(scope.session, space.cluster)
    if not is_own(space.cluster, scope.name):
        return strangers_in(cluster, space.name, scope.name)
    gateways = cluster.list("Gateway", space.name) or ()
    return ", ".join(f"gateways/{each['metadata']['name']}" for each in gateways)


def _deletions(found: Iterable[Held]) -> list[Change]:
    return [deletion(each) for each in found if not each.is_going]


def _for_imports(seen: Seen, now: float) -> Waiting:
    """Nothing tells since when an export is withdrawn, so the first look is reckoned from its deletion."""
    starting = any(not each.is_going for each in seen.exports)
    seconds = remaining(now, None if starting else seen.asked, WITHDRAWN)
    names = [
        f"{each.namespace}/{each.name} in {each.cluster.name}" for each in (*seen.exports, *seen.imports)
    ]
    told = ", ".join((*names, *seen.backends))
    what = "exports are being withdrawn" if seen.exports else "still imported, or behind a backend service"
    return Waiting(reason="ExportsWithdrawing", message=f"{what}: {told}", retry_after=seconds)


def _for_objects(found: Iterable[Held], now: float) -> Waiting:
    """What is being deleted, and what it says itself about why it is not gone."""
    items = list(found)
    since = min((each.since for each in items if each.is_going), default=None)
    told = "; ".join(f"{each.told()} is being deleted{_held_by(each)}" for each in items)
    return Waiting(reason="Deleting", message=told, retry_after=remaining(now, since, DELETED))


def _held_by(each: Held) -> str:
    """A namespace names what is left in it and the finalizers that hold that [documented: its conditions]."""
    conditions = each.object.get("status", {}).get("conditions", ())
    true = [one["message"] for one in conditions if one["status"] == "True" and one.get("message")]
    return f" ({'; '.join(true)})" if true and each.kind == "Namespace" else ""


def _notes(seen: Seen) -> Json:
    """What was left alone, and where nobody could look."""
    left = [{"resource": name, "why": f"it holds {why}"} for name, why in seen.kept.items()]
    unheard = [{"resource": name, "why": why} for name, why in {**seen.closed, **seen.silent}.items()]
    return {key: rows for key, rows in (("left", left), ("unheard", unheard)) if rows}
