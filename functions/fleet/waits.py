"""The fleet as it is seen, and what its changes and states wait for.

Everything in a fleet follows from something else by itself: clusters join once they serve, a feature takes in
each membership once both are there. So a wait names the one thing that is next, and when that is usually done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.google.compute import unix
from shared.google.container import Cluster
from shared.google.gkehub import INGRESS, MCS, Feature, Membership, State, member_key
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Waiting

if TYPE_CHECKING:
    from shared.spec import Environment

# Typical seconds [observed in public transcripts]; a member's state by feature, since that was asked for.
CREATED, REGISTERED, SERVICES, ENABLED, READY_TO_USE = 300.0, 10.0, 6.0, 16.0, 60.0
MEMBER_STATE = {MCS: 120.0, INGRESS: ENABLED + 198.0}
SERVED = (
    0.8  # of a cluster's typical time before the first look: exports take longer than all that follows here
)
UNHURRIED = 25.0  # seconds between two looks at what nothing else waits for
NONE = State("", "")


@dataclass(frozen=True)
class Seen:
    """The fleet as it is. `clusters` are the environment's that exist, by name; `memberships` are by key."""

    clusters: Mapping[str, Cluster]
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


def hold(change: Change, wanted: Environment, seen: Seen, now: float) -> Wait | None:
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


def to_settle(wanted: Environment, seen: Seen, now: float) -> Iterator[Wait]:
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


def waiting(waits: list[Wait], something_to_begin: bool) -> Waiting:
    """For what something else waits for, the next look is the first that is due; else the last."""
    pick = min if something_to_begin else max
    chosen = pick(waits, key=lambda each: each.seconds)
    seconds = chosen.seconds if something_to_begin else max(chosen.seconds, UNHURRIED)
    return Waiting(reason=chosen.reason, message=chosen.message, retry_after=seconds)


def _for_cluster(name: str, seen: Seen, now: float) -> Wait:
    created = seen.clusters[name].created if name in seen.clusters else ""
    seconds = remaining(now, unix(created) if created else None, CREATED, first=SERVED)
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
