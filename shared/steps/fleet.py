"""The fleet: multi-cluster Services, the importer's grant, and multi-cluster Gateway with its config membership.

Multi-cluster Services are enabled first, and seen, because enabling ingress would enable them too, without
our mark [observed]. Memberships are read from the clusters, never constructed. A feature that is ACTIVE
proves nothing yet: done is when the state of every membership of this environment is OK, in both features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared import errors, labels
from shared.google import projects
from shared.google.compute import unix
from shared.google.container import SeenCluster, clusters
from shared.google.gkehub import (
    INGRESS,
    MCS,
    Feature,
    Membership,
    State,
    create_feature,
    features,
    member_key,
    memberships,
    move_config_membership,
)
from shared.google.session import Session
from shared.spec import Environment
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Change, Decision, Done, Outcome, Waiting
from shared.step.step import Context, Step

IMPORTER_ROLE = "roles/compute.networkViewer"  # has trafficdirector.networks.getConfigs and .reportMetrics
IMPORTER = "subject/ns/gke-mcs/sa/gke-mcs-importer"

# Typical seconds [observed in public transcripts]; a member's state by feature, since that was asked for.
CREATED, REGISTERED, SERVICES, ENABLED, READY_TO_USE = 300.0, 10.0, 6.0, 16.0, 60.0
MEMBER_STATE = {MCS: 120.0, INGRESS: ENABLED + 198.0}
NONE = State("", "")


@dataclass(frozen=True)
class Seen:
    """The fleet as it is. `clusters` are the environment's that exist, by name; `memberships` are by key."""

    clusters: Mapping[str, SeenCluster]
    memberships: Mapping[str, Membership]
    features: Mapping[str, Feature]
    granted: bool

    def membership(self, name: str) -> Membership | None:
        """The membership that a cluster says it has, if the cluster serves."""
        cluster = self.clusters.get(name)
        return self.memberships.get(member_key(cluster.membership)) if cluster and cluster.serves else None


@dataclass(frozen=True)
class Wait:
    """Something that is not there yet, and in how many seconds to look for it."""

    reason: str
    message: str
    seconds: float


def importer_of(project: str, number: str) -> str:
    """The MCS importer's principal in the project's workload identity pool [documented, the newer form].

    With the older form alone (`serviceAccount:P.svc.id.goog[…]`) an importer has been seen not to work
    [reported], so it does not count as granted.
    """
    pools = f"projects/{number}/locations/global/workloadIdentityPools"
    return f"principal://iam.googleapis.com/{pools}/{project}.svc.id.goog/{IMPORTER}"


def observe(context: Context) -> Seen:
    """Clusters, memberships, features, and whether the importer has its grant."""
    session, wanted = context.session, context.wanted
    specs = {(cluster.name, cluster.location): cluster for cluster in wanted.clusters}
    known = {}
    for each in clusters(session, wanted.project):
        spec = specs.get((each.name, each.location))
        if spec and (spec.existing or labels.is_owned(each.labels, wanted.name)):
            known[each.name] = each
    joined = any(each.membership for each in known.values())
    policy = projects.policy(session, wanted.project)
    granted = any(_is_importer(who, wanted.project) for who in projects.members(policy, IMPORTER_ROLE))
    return Seen(
        known,
        memberships(session, wanted.project) if joined else {},
        features(session, wanted.project),
        granted,
    )


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """The features to enable and the grant to make as soon as each can be, and what is waited for."""
    if wanted is None:
        raise NotImplementedError("the fleet is not left yet")
    if trouble := _in_use(wanted, seen):
        return Decision(trouble)
    changes = list(_changes(wanted, seen))
    holds = [_hold(change, wanted, seen, now) for change in changes]
    ready = [change for change, hold in zip(changes, holds, strict=True) if hold is None]
    later = [change for change, hold in zip(changes, holds, strict=True) if hold is not None]
    waits = [hold for hold in holds if hold] or list(_to_settle(wanted, seen, now))
    if waits:
        return Decision(_waiting(waits, bool(later)), ready, later)
    return Decision(None if ready else Done(), ready)


def act(context: Context, change: Change) -> None:
    """Begin one change."""
    session, wanted = context.session, context.wanted
    if change.field == "bindings":
        _grant(session, wanted.project)
    elif change.verb == "update":
        move_config_membership(session, change.resource, str(change.after))
    else:
        name = change.resource.rpartition("/")[2]
        ours = {labels.OWNER: wanted.name}
        create_feature(session, wanted.project, name, ours, str(change.after or ""))


FLEET = Step("fleet", observe, decide, act)


def _grant(session: Session, project: str) -> None:
    """Let the importer read the network's configuration.

    Raises:
        Conflict: the policy has changed meanwhile.
        Transient: the identity pool is not there yet, though a cluster of it serves [observed: 400].
    """
    member = importer_of(project, projects.number(session, project))
    policy = projects.policy(session, project)
    if member in projects.members(policy, IMPORTER_ROLE):
        return
    try:
        projects.set_policy(session, project, projects.with_member(policy, IMPORTER_ROLE, member))
    except errors.Refused as error:
        if "Identity Pool does not exist" not in error.message:
            raise
        known = (error.service, error.method, error.resource, error.status, error.reason, error.message)
        raise errors.Transient(*known) from error


def _in_use(wanted: Environment, seen: Seen) -> Outcome | None:
    """One environment per fleet: it has one config membership, and sameness merges equal names."""
    for feature in seen.features.values():
        owner = feature.labels.get(labels.OWNER)
        if owner not in (None, wanted.name):
            return Blocked(
                code="FLEET_IN_USE",
                cause=f"The fleet of project {wanted.project} is used by environment {owner}.",
                fix=f"Tear {owner} down, or use another project.",
            )
    ingress, config = seen.features.get(INGRESS), seen.clusters.get(wanted.config_cluster)
    if ingress is None or ingress.going or labels.is_owned(ingress.labels, wanted.name):
        return None
    member = member_key(ingress.config_membership)
    if member and config and member_key(config.membership) == member:
        return None
    return Blocked(
        code="FLEET_IN_USE",
        cause=f"Multi-cluster ingress is enabled in project {wanted.project}, and not by Fleetgate,"
        f" with config membership {member or '(none)'}.",
        fix="Use another project, make that membership's cluster the configCluster, or free the fleet:"
        f" gcloud container fleet ingress disable --project={wanted.project}",
    )


def _changes(wanted: Environment, seen: Seen) -> Iterator[Change]:
    """All that is missing, whether or not it can be done now; what is being disabled is missing already."""
    parent = f"projects/{wanted.project}/locations/global/features"
    mcs, ingress = seen.features.get(MCS), seen.features.get(INGRESS)
    config = seen.membership(wanted.config_cluster)
    if mcs is None or mcs.going:
        yield Change("create", f"{parent}/{MCS}")
    if not seen.granted:
        yield Change("update", f"projects/{wanted.project}", "bindings", None, f"{IMPORTER_ROLE}: {IMPORTER}")
    if ingress is None or ingress.going:
        after = config.path if config else None
        yield Change("create", f"{parent}/{INGRESS}", "configMembership", None, after)
    elif config and member_key(ingress.config_membership) != config.key:
        before = ingress.config_membership
        yield Change("update", f"{parent}/{INGRESS}", "configMembership", before, config.path)


def _hold(change: Change, wanted: Environment, seen: Seen, now: float) -> Wait | None:
    """What a change waits for: the identity pool comes with the first cluster; ingress needs its config
    membership, and our multi-cluster Services first."""
    if change.field == "bindings":
        if any(each.serves and each.workload_pool for each in seen.clusters.values()):
            return None
        waits = (_for_cluster(cluster.name, seen, now) for cluster in wanted.clusters)
        return min(waits, key=lambda each: each.seconds)
    name = change.resource.rpartition("/")[2]
    if name in seen.features and not seen.features[name].active:
        return _for_feature(seen.features[name], now)
    if name == MCS:
        return None
    mcs = seen.features.get(MCS)
    services = None if mcs and mcs.active else Wait("FeatureEnabling", f"{MCS} is being enabled", SERVICES)
    return _for_membership(wanted.config_cluster, seen, now) or services


def _to_settle(wanted: Environment, seen: Seen, now: float) -> Iterator[Wait]:
    """States that are not OK yet. Nothing here starts anything: one look when the last is due is enough."""
    mcs, ingress = seen.features.get(MCS), seen.features.get(INGRESS)
    yield from (_for_feature(each, now) for each in (mcs, ingress) if each and not each.active)
    if ingress and ingress.state.code != "OK":
        seconds = remaining(now, ingress.created, ENABLED + READY_TO_USE)
        yield Wait("FeatureState", _state_text(INGRESS, ingress.state), seconds)
    for cluster in wanted.clusters:
        if missing := _for_membership(cluster.name, seen, now):
            yield missing
            continue
        yield from _for_state(cluster.name, mcs, MCS, seen, now)
        yield from _for_state(cluster.name, ingress, INGRESS, seen, now)


def _for_cluster(name: str, seen: Seen, now: float) -> Wait:
    created = seen.clusters[name].created if name in seen.clusters else ""
    seconds = remaining(now, unix(created) if created else None, CREATED)
    return Wait("ClusterProvisioning", f"waiting for {name} to be RUNNING", seconds)


def _for_feature(feature: Feature, now: float) -> Wait:
    name, since = feature.path.rpartition("/")[2], feature.created if feature.status == "ENABLING" else None
    return Wait(
        f"Feature{feature.status.title()}", f"{name} is {feature.status}", remaining(now, since, ENABLED)
    )


def _for_membership(name: str, seen: Seen, now: float) -> Wait | None:
    """Why a cluster has no membership that is READY, if it has none."""
    cluster, member = seen.clusters.get(name), seen.membership(name)
    if cluster is None or not cluster.serves:
        return _for_cluster(name, seen, now)
    if member and member.ready:
        return None
    seconds = remaining(now, member.created if member else None, REGISTERED)
    return Wait("MembershipCreating", f"{name} is joining the fleet", seconds)


def _for_state(cluster: str, feature: Feature | None, name: str, seen: Seen, now: float) -> Iterator[Wait]:
    """A feature's state of a cluster that has a membership, unless it is OK."""
    member = seen.membership(cluster)
    state = feature.members.get(member.key, NONE) if feature and member else NONE
    if state.code != "OK":
        since = max(member.created if member else now, feature.created if feature else now)
        seconds = remaining(now, since, MEMBER_STATE[name])
        yield Wait("MembershipState", _state_text(f"{name} of {cluster}", state), seconds)


def _state_text(what: str, state: State) -> str:
    told = f"{state.code}: {state.description}" if state.code else "no state yet"
    return f"{what}: {told}"


def _waiting(waits: list[Wait], something_to_begin: bool) -> Waiting:
    """For what something else waits for, the next look is the first that is due; else the last."""
    pick = min if something_to_begin else max
    chosen = pick(waits, key=lambda each: each.seconds)
    return Waiting(reason=chosen.reason, message=chosen.message, retry_after=chosen.seconds)


def _is_importer(member: str, project: str) -> bool:
    return member.startswith("principal:") and member.endswith(f"/{project}.svc.id.goog/{IMPORTER}")
