"""The fleet: multi-cluster Services, the importer's grant, and multi-cluster Gateway with its config membership.

Multi-cluster Services are enabled first, and seen, because enabling ingress would enable them too, without
our mark [observed]. Memberships are read from the clusters, never constructed. A feature that is ACTIVE
proves nothing yet: done is when the state of every membership of this environment is OK, in both features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared import labels
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
from shared.spec import Environment
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Change, Decision, Done, Outcome, Waiting
from shared.step.step import Context, Step

IMPORTER_ROLE = "roles/compute.networkViewer"  # has trafficdirector.networks.getConfigs and .reportMetrics
IMPORTER = "subject/ns/gke-mcs/sa/gke-mcs-importer"

# Typical seconds [observed in public transcripts].
CREATED, REGISTERED, MCS_STATE, ENABLED, READY_TO_USE, INGRESS_STATE = 300.0, 10.0, 120.0, 16.0, 60.0, 198.0


@dataclass(frozen=True)
class Seen:
    """The fleet as it is. `clusters` are the environment's that exist; `granted` is the importer's grant."""

    clusters: dict[str, SeenCluster]
    memberships: dict[str, Membership]
    features: dict[str, Feature]
    granted: bool

    def membership(self, cluster: str) -> Membership | None:
        """The membership that a cluster says it has, if it is READY."""
        seen = self.clusters.get(cluster)
        found = self.memberships.get(seen.membership) if seen else None
        return found if found and found.ready else None


@dataclass(frozen=True)
class Wait:
    """Something that is not there yet, and in how many seconds to look for it."""

    reason: str
    message: str
    seconds: float


def importer_of(project: str, number: str) -> str:
    """The MCS importer's principal in the project's workload identity pool [documented, the newer form]."""
    pools = f"projects/{number}/locations/global/workloadIdentityPools"
    return f"principal://iam.googleapis.com/{pools}/{project}.svc.id.goog/{IMPORTER}"


def observe(context: Context) -> Seen:
    """Clusters, memberships, features, and whether the importer has its grant."""
    session, wanted = context.session, context.wanted
    locations = {(cluster.name, cluster.location) for cluster in wanted.clusters}
    seen = clusters(session, wanted.project)
    policy = projects.policy(session, wanted.project)
    return Seen(
        {each.name: each for each in seen if (each.name, each.location) in locations},
        memberships(session, wanted.project),
        features(session, wanted.project),
        any(_is_importer(who, wanted.project) for who in projects.members(policy, IMPORTER_ROLE)),
    )


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """The features to enable and the grant to make as soon as each can be, and what is waited for."""
    if wanted is None:
        raise NotImplementedError("the fleet is not left yet")
    if trouble := _in_use(wanted, seen):
        return Decision(trouble)
    changes = list(_changes(wanted, seen))
    ready = [change for change in changes if _can_start(change, wanted, seen)]
    later = [change for change in changes if change not in ready]
    waits = list(_to_begin(wanted, seen, now, later)) or list(_to_settle(wanted, seen, now))
    if not changes and not waits:
        return Decision(Done())
    return Decision(_waiting(waits, bool(later)), ready, later)


def act(context: Context, change: Change) -> None:
    """Begin one change."""
    session, wanted = context.session, context.wanted
    ours = {labels.OWNER: wanted.name}
    if change.field == "bindings":
        member = importer_of(wanted.project, projects.number(session, wanted.project))
        policy = projects.policy(session, wanted.project)
        projects.set_policy(session, wanted.project, projects.with_member(policy, IMPORTER_ROLE, member))
    elif change.verb == "update":
        move_config_membership(session, change.resource, str(change.after))
    else:
        name = change.resource.rpartition("/")[2]
        create_feature(session, wanted.project, name, ours, str(change.after or ""))


FLEET = Step("fleet", observe, decide, act)


def _in_use(wanted: Environment, seen: Seen) -> Outcome | None:
    """One environment per fleet: it has one config membership, and sameness merges equal names."""
    for feature in seen.features.values():
        owner = feature.labels.get(labels.OWNER)
        if owner not in (None, wanted.name):
            return _blocked(f"The fleet of project {wanted.project} is used by environment {owner}.")
    ingress = seen.features.get(INGRESS)
    config = seen.clusters.get(wanted.config_cluster)
    if ingress and not labels.is_owned(ingress.labels, wanted.name):
        member = member_key(ingress.config_membership) if ingress.config_membership else ""
        if config is None or not config.membership or member_key(config.membership) != member:
            return _blocked(
                f"Multi-cluster ingress is enabled in project {wanted.project} with config membership {member}, "
                "and not by Fleetgate."
            )
    return None


def _blocked(cause: str) -> Blocked:
    fix = "Use another project, or give that fleet free: tear the environment down, or disable the feature."
    return Blocked(code="FLEET_IN_USE", cause=cause, fix=fix)


def _changes(wanted: Environment, seen: Seen) -> Iterator[Change]:
    """All that is missing, whether or not it can be done now."""
    parent = f"projects/{wanted.project}/locations/global/features"
    if MCS not in seen.features:
        yield Change("create", f"{parent}/{MCS}")
    if not seen.granted:
        yield Change("update", f"projects/{wanted.project}", "bindings", None, f"{IMPORTER_ROLE}: {IMPORTER}")
    config = seen.membership(wanted.config_cluster)
    ingress = seen.features.get(INGRESS)
    if ingress is None:
        yield Change(
            "create", f"{parent}/{INGRESS}", "configMembership", None, config.path if config else None
        )
    elif config and member_key(ingress.config_membership) != config.key:
        before = ingress.config_membership
        yield Change("update", f"{parent}/{INGRESS}", "configMembership", before, config.path)


def _can_start(change: Change, wanted: Environment, seen: Seen) -> bool:
    """The identity pool comes with the first cluster; ingress needs its config membership, and our MCS first."""
    if change.field == "bindings":
        return any(each.status == "RUNNING" for each in seen.clusters.values())
    if change.field == "configMembership":
        mcs = seen.features.get(MCS)
        return bool(mcs and mcs.active and seen.membership(wanted.config_cluster))
    return True


def _to_begin(wanted: Environment, seen: Seen, now: float, later: list[Change]) -> Iterator[Wait]:
    """What holds up the changes that cannot start yet: these are looked for first, others wait for them."""
    if any(change.field == "bindings" for change in later):
        yield from (_for_cluster(each.name, seen, now) for each in wanted.clusters)
    if any(change.field == "configMembership" for change in later):
        name = wanted.config_cluster
        running = name in seen.clusters and seen.clusters[name].status == "RUNNING"
        if seen.membership(name) is not None:
            yield Wait("FeatureEnabling", f"{MCS} is being enabled", remaining(now, None, REGISTERED))
        elif running:
            yield Wait("MembershipCreating", f"{name} is joining the fleet", remaining(now, None, REGISTERED))
        else:
            yield _for_cluster(name, seen, now)


def _for_cluster(name: str, seen: Seen, now: float) -> Wait:
    created = seen.clusters[name].created if name in seen.clusters else ""
    seconds = remaining(now, unix(created) if created else None, CREATED)
    return Wait("ClusterProvisioning", f"waiting for {name} to be RUNNING", seconds)


def _to_settle(wanted: Environment, seen: Seen, now: float) -> Iterator[Wait]:
    """States that are not OK yet. Nothing here starts anything: one look when the last is due is enough."""
    mcs, ingress = seen.features.get(MCS), seen.features.get(INGRESS)
    if ingress and ingress.state.code != "OK":
        seconds = remaining(now, ingress.created, ENABLED + READY_TO_USE)
        yield Wait("FeatureState", _state_text(INGRESS, ingress.state), seconds)
    for cluster in wanted.clusters:
        member = seen.membership(cluster.name)
        if member is None:
            yield Wait(
                "MembershipCreating", f"{cluster.name} is joining the fleet", _left(cluster.name, seen, now)
            )
            continue
        for name, feature, typical in ((MCS, mcs, MCS_STATE), (INGRESS, ingress, ENABLED + INGRESS_STATE)):
            state = feature.members.get(member.key, State("", "")) if feature else State("", "")
            if state.code != "OK":
                since = max(member.created, feature.created if feature else now)
                text = _state_text(f"{name} of {cluster.name}", state)
                yield Wait("MembershipState", text, remaining(now, since, typical))


def _left(name: str, seen: Seen, now: float) -> float:
    running = name in seen.clusters and seen.clusters[name].status == "RUNNING"
    return remaining(now, None, REGISTERED) if running else _for_cluster(name, seen, now).seconds


def _state_text(what: str, state: State) -> str:
    told = f"{state.code}: {state.description}" if state.code else "no state yet"
    return f"{what}: {told}"


def _waiting(waits: list[Wait], something_to_begin: bool) -> Waiting:
    """For what something else waits for, the next look is the first that is due; else the last."""
    if not waits:
        return Waiting(
            reason="FeatureEnabling",
            message="features are being enabled",
            retry_after=remaining(0, None, ENABLED),
        )
    pick = min if something_to_begin else max
    chosen = pick(waits, key=lambda each: each.seconds)
    return Waiting(reason=chosen.reason, message=chosen.message, retry_after=chosen.seconds)


def _is_importer(member: str, project: str) -> bool:
    newer = member.endswith(f"/{project}.svc.id.goog/{IMPORTER}")
    return newer or member == f"serviceAccount:{project}.svc.id.goog[gke-mcs/gke-mcs-importer]"
