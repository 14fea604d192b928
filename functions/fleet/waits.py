"""What changes of the fleet wait for, and what is waited for once there is nothing left to change.

Everything in a fleet follows from something else by itself: clusters join once they serve, a feature takes in
each membership once both are there. So a wait names the one thing that is next, and when that is usually done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.fleet.observed import ObservedFleet
from shared.google.compute import unix
from shared.google.container import location_of
from shared.google.gkehub import INGRESS, LOST, MCS, Feature, State
from shared.step.estimate import SELDOM, closely, remaining
from shared.step.outcome import Waiting

if TYPE_CHECKING:
    from shared.spec import Environment

# Typical seconds [observed in public transcripts]; a member's state by feature, since that was asked for.
CREATED, REGISTERED, SERVICES, ENABLED, READY_TO_USE = 300.0, 10.0, 6.0, 16.0, 60.0
MEMBER_STATE = {MCS: 120.0, INGRESS: ENABLED + 198.0}
# Seconds between two looks whether a cluster serves: its membership comes ten seconds after that, so that two looks or
# three a minute lose hardly anything.
JOINING = 20.0
NONE = State("", "")
# The reason for each state in which a feature changes [documented: FeatureResourceState.State].
CHANGING = {
    "ENABLING": "FeatureEnabling",
    "DISABLING": "FeatureDisabling",
    "UPDATING": "FeatureUpdating",
    "SERVICE_UPDATING": "FeatureUpdating",
}


@dataclass(frozen=True)
class Wait:
    """Something that is not there yet, and in how many seconds to look for it."""

    reason: str
    message: str
    seconds: float


def for_identity_pool(wanted: Environment, observed: ObservedFleet, now: float) -> Wait | None:
    """The importer's identity pool comes with the first cluster that serves and has one."""
    if any(each.serves and each.workload_pool for each in observed.clusters.values()):
        return None
    waits = (_for_cluster(cluster.name, observed, now) for cluster in wanted.clusters)
    return min(waits, key=lambda each: each.seconds)


def for_feature(feature: Feature | None, now: float) -> Wait | None:
    """A feature that is there is changed, or made anew, once no change of it is under way."""
    if feature is None or feature.active:
        return None
    name, since = feature.path.rpartition("/")[2], feature.created if feature.status == "ENABLING" else None
    reason, message = CHANGING.get(feature.status, CHANGING["UPDATING"]), f"{name} is {feature.status}"
    return Wait(reason, message, closely(now, since, ENABLED))


def for_config_membership(wanted: Environment, observed: ObservedFleet, now: float) -> Wait | None:
    """Ingress needs its config membership, and our multi-cluster Services first."""
    mcs = observed.features.get(MCS)
    enabled = mcs is not None and mcs.active
    services = None if enabled else Wait("FeatureEnabling", f"{MCS} is being enabled", SERVICES)
    return _for_membership(wanted.config_cluster, observed, now) or services


def for_states(wanted: Environment, observed: ObservedFleet, now: float) -> Iterator[Wait]:
    """States that are not OK yet. Nothing here starts anything: one look when the last is due is enough."""
    mcs, ingress = observed.features.get(MCS), observed.features.get(INGRESS)
    yield from filter(None, (for_feature(each, now) for each in (mcs, ingress)))
    if ingress and ingress.state.code != "OK":
        seconds = remaining(now, ingress.created, ENABLED + READY_TO_USE)
        yield Wait("FeatureState", _state_text(INGRESS, ingress.state), seconds)
    for cluster in wanted.clusters:
        if missing := _for_membership(cluster.name, observed, now):
            yield missing
            continue
        yield from _for_state(cluster.name, mcs, MCS, observed, now)
        yield from _for_state(cluster.name, ingress, INGRESS, observed, now)


def waiting(waits: Sequence[Wait], something_to_begin: bool) -> Waiting:
    """For what something else waits for, the next look is the first that is due; else the last."""
    pick = min if something_to_begin else max
    chosen = pick(waits, key=lambda each: each.seconds)
    seconds = chosen.seconds if something_to_begin else max(chosen.seconds, SELDOM)
    return Waiting(reason=chosen.reason, message=chosen.message, retry_after=seconds)


def _for_cluster(name: str, observed: ObservedFleet, now: float) -> Wait:
    created = observed.clusters[name].created if name in observed.clusters else ""
    seconds = remaining(now, unix(created) if created else None, CREATED, longest=JOINING)
    return Wait("ClusterProvisioning", f"waiting for {name} to be RUNNING", seconds)


def _for_membership(name: str, observed: ObservedFleet, now: float) -> Wait | None:
    """Why a cluster has no membership that is READY, if it has none."""
    cluster, member = observed.clusters.get(name), observed.membership(name)
    if cluster is None or not cluster.serves:
        return _for_cluster(name, observed, now)
    if member and member.ready:
        return None
    seconds = closely(now, member.created if member else None, REGISTERED)
    return Wait("MembershipCreating", f"{name} is joining the fleet", seconds)


def _for_state(
    cluster: str, feature: Feature | None, name: str, observed: ObservedFleet, now: float
) -> Iterator[Wait]:
    """A feature's state of a cluster that has a membership, unless it is OK."""
    member = observed.membership(cluster)
    state = feature.members.get(member.key, NONE) if feature and member else NONE
    if feature and member and state is NONE and location_of(member.path) in feature.unreachable:
        text = f"{name} of {cluster}: no answer from {location_of(member.path)}"
        yield Wait("PlaceUnreachable", text, SELDOM)
        return
    if state.code != "OK":
        since = max(member.created if member else now, feature.created if feature else now)
        seconds = remaining(now, since, MEMBER_STATE[name], first=1.0)
        reason = "MembershipLost" if LOST in state.description else "MembershipState"
        yield Wait(reason, _state_text(f"{name} of {cluster}", state), seconds)


def _state_text(subject: str, state: State) -> str:
    described = f"{state.code}: {state.description}" if state.code else "no state yet"
    return f"{subject}: {described}"
