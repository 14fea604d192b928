"""The fleet on its way out: ingress, then multi-cluster Services, if they are ours and nobody else uses them.

A feature serves every membership of the fleet, also those of clusters that are not ours. They use it if they
export Services, or if Gateways of a multi-cluster class are on theirs as the config cluster; then it stays, and
so does all that it needs. While Google says that a feature has resources, which it does for up to five minutes
after they are gone [observed: terraform-ecommerce-microservices-on-gke#20], it is waited for, and never forced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from functions.fleet.waits import ENABLED
from shared import errors, labels
from shared.google import importer, projects, serviceusage
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters
from shared.google.gkehub import INGRESS, MCS, Feature, Membership, features, member_key, memberships
from shared.google.gkehub_writes import delete_feature, delete_membership
from shared.google.session import Session
from shared.objects import Json
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context

APIS = tuple(f"{name}.googleapis.com" for name in (INGRESS, MCS, "trafficdirector"))
DISABLED, UNREGISTERED = 20.0, 20.0  # typical seconds, of an API [inferred] and of a membership [observed]
MULTI_CLUSTER = "-mc"  # ends the names of the GatewayClasses that a fleet's ingress serves [documented]


@dataclass(frozen=True)
class Leaving:
    """What is there. `features` are the two, whoever enabled them; `mine` those of them that are ours.

    `stale` are our memberships without a cluster; `used` says who else needs a feature, by its name; `granted`
    are the importer's principals that hold its role by our doing; `apis` those that are to be disabled and are
    enabled, or None; `notes` why an API was refused to be disabled in this call, "" if that was begun.
    """

    project: str
    features: Mapping[str, Feature]
    mine: frozenset[str]
    stale: Sequence[Membership] = ()
    used: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    granted: Sequence[str] = ()
    apis: Sequence[str] | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


def observe(context: Context) -> Leaving:
    """Features and memberships of the project, and what clusters that are not ours do with them."""
    session, project = context.session, context.place.project
    found = {name: each for name, each in features(session, project).items() if name in (MCS, INGRESS)}
    mine = frozenset(name for name, each in found.items() if labels.is_owned(each.labels, context.name))
    members = memberships(session, project)
    here = clusters(session, project) if members else []
    stale = [
        each for each in members.values() if _is_stale(each, here) and _is_ours(each, found, mine, context)
    ]
    others = _others(members, here, context.name)
    return Leaving(
        project,
        found,
        mine,
        stale,
        _used(session, found, mine, others, context.name),
        _granted(session, project, found, mine),
        serviceusage.enabled(session, project, APIS) if context.place.disable_apis and not found else None,
        dict(context.tried),
    )


def decide(seen: Leaving, now: float) -> Decision:
    """The next thing to remove; each only once the one before is seen gone."""
    if seen.stale:
        changes = [Change("delete", each.path) for each in seen.stale if each.ready]
        names = ", ".join(each.path.rpartition("/")[2] for each in seen.stale)
        wait = _wait("MembershipDeleting", f"{names}: leaving the fleet", now, UNREGISTERED)
        return Decision(wait, changes)
    for name in (INGRESS, MCS):
        if name in seen.mine and not seen.used.get(name):
            return _disable(seen.features[name], seen, now)
    foreign = [row for rows in seen.used.values() for row in rows]
    outputs: Json = {"foreign": foreign} if foreign else {}
    return (
        Decision(Done(outputs=outputs)) if seen.apis is None else _disable_apis(seen, seen.apis, outputs, now)
    )


def act(context: Context, change: Change) -> None:
    """Begin one change.

    Raises:
        Declined: an API is not to be disabled, and it is noted why.
    """
    session, project = context.session, context.place.project
    if change.field == "bindings":
        importer.revoke(session, project)
    elif change.field == "state":
        _disable_api(context, change.resource.rpartition("/")[2])
    elif "/memberships/" in change.resource:
        delete_membership(session, change.resource)
    else:
        delete_feature(session, change.resource)


def _disable(feature: Feature, seen: Leaving, now: float) -> Decision:
    name = feature.path.rpartition("/")[2]
    if not feature.active:
        return Decision(_wait("FeatureDisabling", f"{name} is {feature.status}", now, ENABLED))
    if name == MCS and seen.granted:
        before = f"{importer.ROLE}: {', '.join(seen.granted)}"
        return Decision(None, [Change("update", f"projects/{seen.project}", "bindings", before, None)])
    wait = _wait("FeatureDisabling", f"{name} is being disabled", now, ENABLED)
    return Decision(wait, [Change("delete", feature.path)])


def _disable_apis(seen: Leaving, enabled: Sequence[str], outputs: Json, now: float) -> Decision:
    """Each is tried once a call; a refusal is told, and keeps nothing from being done."""
    if untried := [api for api in enabled if api not in seen.notes]:
        return Decision(None, [_disabling(seen, api) for api in untried])
    if going := [api for api in enabled if not seen.notes[api]]:
        return Decision(_wait("ApiDisabling", f"{', '.join(going)}: being disabled", now, DISABLED))
    rows = [{"api": api, "disabled": api not in enabled, "why": seen.notes.get(api, "")} for api in APIS]
    return Decision(Done(outputs=outputs | {"apis": rows}))


def _disabling(seen: Leaving, api: str) -> Change:
    return Change("update", f"projects/{seen.project}/services/{api}", "state", "ENABLED", "DISABLED")


def _disable_api(context: Context, api: str) -> None:
    try:
        serviceusage.disable(context.session, context.place.project, api)
    except errors.Refused as error:
        context.tried[api] = error.message
        raise errors.Declined(str(error)) from error
    context.tried[api] = ""


def _wait(reason: str, message: str, now: float, typical: float) -> Waiting:
    return Waiting(reason=reason, message=message, retry_after=remaining(now, None, typical))


def _cluster_of(member: Membership, here: Sequence[Cluster]) -> Cluster | None:
    return next(
        (each for each in here if each.path == member.cluster or member_key(each.membership) == member.key),
        None,
    )


def _is_stale(member: Membership, here: Sequence[Cluster]) -> bool:
    """Whether it is of a GKE cluster that is gone: the hub says so, and it is not in the list either."""
    return member.orphaned and _cluster_of(member, here) is None


def _is_ours(
    member: Membership, found: Mapping[str, Feature], mine: frozenset[str], context: Context
) -> bool:
    """By label, or because our own ingress feature has it for its config membership."""
    config = member_key(found[INGRESS].config_membership) if INGRESS in mine else ""
    return labels.is_owned(member.labels, context.name) or member.key == config


def _granted(
    session: Session, project: str, found: Mapping[str, Feature], mine: frozenset[str]
) -> Sequence[str]:
    """Whom the grant that we made is for; not asked while ingress, which goes first, is there."""
    if MCS not in mine or INGRESS in mine or found[MCS].labels.get(labels.IMPORTER) != labels.GRANTED:
        return ()
    return importer.importers(projects.policy(session, project), project)


def _others(
    members: Mapping[str, Membership], here: Sequence[Cluster], name: str
) -> list[tuple[Membership, Cluster | None]]:
    """The memberships of clusters that are there and not ours."""
    seen = [(each, _cluster_of(each, here)) for each in members.values() if not _is_stale(each, here)]
    return [(each, its) for each, its in seen if its is None or not labels.is_owned(its.labels, name)]


def _used(
    session: Session,
    found: Mapping[str, Feature],
    mine: frozenset[str],
    others: Sequence[tuple[Membership, Cluster | None]],
    name: str,
) -> dict[str, list[Json]]:
    """Who else uses a feature of ours. Ingress needs multi-cluster Services, so what keeps it keeps both."""
    used: dict[str, list[Json]] = {each: [] for each in mine}
    if INGRESS in mine:
        config = member_key(found[INGRESS].config_membership)
        theirs = [(member, cluster) for member, cluster in others if member.key == config]
        used[INGRESS] = list(_uses(session, theirs, "Gateway", name))
    if MCS not in mine:
        return used
    if used.get(INGRESS):
        used[MCS] = [{"resource": found[MCS].path, "why": f"{INGRESS} needs it, and is used"}]
    elif INGRESS in found and INGRESS not in mine:
        used[MCS] = [{"resource": found[MCS].path, "why": f"{INGRESS} needs it, and is not ours"}]
    elif INGRESS not in found:
        used[MCS] = list(_uses(session, others, "ServiceExport", name))
    return used


def _uses(
    session: Session, others: Sequence[tuple[Membership, Cluster | None]], kind: str, name: str
) -> Iterator[Json]:
    """A row for each membership whose cluster has such objects, or whose cluster cannot be looked into."""
    for member, cluster in others:
        if cluster is not None and cluster.status in ("PROVISIONING", "STOPPING"):
            continue
        if cluster is None or not cluster.is_reachable:
            yield {"resource": member.path, "why": "its cluster cannot be looked into"}
            continue
        live = ClusterReader(session, cluster).everywhere(kind) or []
        held = [each for each in live if _counts(each, kind, name)]
        if held:
            meta = held[0]["metadata"]
            yield {"resource": member.path, "why": f"has {kind} {meta['namespace']}/{meta['name']}"}


def _counts(each: Json, kind: str, name: str) -> bool:
    if labels.is_owned(each["metadata"].get("labels"), name):
        return False
    return kind != "Gateway" or str(each["spec"].get("gatewayClassName", "")).endswith(MULTI_CLUSTER)
