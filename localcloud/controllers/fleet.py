"""The fleet: which clusters are its members, and what its features say of themselves and of each member.

Everything here follows from the state of clusters, memberships and features; a change of any of them is
looked at again as a whole. What a feature puts *into* clusters (CRDs, GatewayClasses) is the work of other
controllers, which begin by the same ledger entries.

Times and shapes of the states are those of public transcripts: multi-cluster Services has no state of its
own and its members' come minutes later; ingress has `state.state` about a minute after it is ACTIVE, its
members' after that [observed].
"""

from __future__ import annotations

from functools import partial

from localcloud.container.lifecycle import alive
from localcloud.controllers.queue import Queue
from localcloud.gkehub import registration
from localcloud.gkehub.features import create_kind
from localcloud.gkehub.names import MCI, MCS, by_id, by_number, project_in, short
from localcloud.iam import grants
from localcloud.serviceusage.identities import deprived
from localcloud.serviceusage.known import find
from localcloud.time.clock import rfc3339
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import World

_MEMBER_KINDS = {MCS: "mcs.membership.state", MCI: "mci.membership.state"}
LOST = "Lost connection"
# What is looked at: everything there is; the feature and the member whose work is over; a feature's own.
_Key = tuple[str, str]
_EVERYTHING: _Key = ("", "")
_LIVING = ("ACTIVE", "UPDATING", "SERVICE_UPDATING")


def agent_deprived(world: World, project: str) -> bool:
    """Whether the service agent of multi-cluster ingress has lost its role in the project."""
    api = find("multiclusteringress.googleapis.com")
    return deprived(world, world.projects.get(project), api)


class FleetController:
    """Keeps memberships with their clusters, and features' states with their members."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pending: dict[_Key, Work] = {}
        self._queue: Queue[_Key] = Queue(world, "fleet-controller", self._look)
        for kind in ("container.clusters", "gkehub.memberships", "gkehub.features"):
            world.store[kind].subscribe(lambda name, resource: self._queue.add(_EVERYTHING))
        grants.subscribe(world, lambda project: self._queue.add(_EVERYTHING))

    def _look(self, key: _Key) -> None:
        name, member = key
        if key == _EVERYTHING:
            self._look_at_everything()
        elif key in self._pending and self._pending[key].over:
            if member:
                self._member_is_ready(name, member)
            else:
                self._ingress_is_ready(name)
            del self._pending[key]
            self._queue.add(_EVERYTHING)

    def _look_at_everything(self) -> None:
        for name, cluster in self._world.store["container.clusters"].items():
            self._register(name, cluster)
        for name, membership in self._world.store["gkehub.memberships"].items():
            self._follow_cluster(name, membership)
        for name, feature in self._world.store["gkehub.features"].items():
            if short(name) in _MEMBER_KINDS:
                self._follow_members(name, feature)
        self._drop_pending()

    # -- memberships

    def _register(self, name: str, cluster: Json) -> None:
        wanted = cluster.get("fleet", {}).get("project")
        if wanted and alive(cluster) and registration.membership_of(self._world, name) is None:
            registration.register(self._world, name)

    def _follow_cluster(self, name: str, membership: Json) -> None:
        """GKE removes what it registered once its cluster goes or leaves the fleet; others' memberships
        stay and say
        `clusterMissing`, as do GKE's own if removing them failed."""
        cluster = self._world.store["container.clusters"].get(registration.cluster_of(membership))
        gone = cluster is None or cluster["status"] == "STOPPING"
        left = gone or not (cluster or {}).get("fleet", {}).get("project")
        state = membership["state"]["code"]
        if left and state != "DELETING" and registration.to_be_removed(self._world, name):
            registration.remove(self._world, name)
        gke = membership.get("endpoint", {}).get("gkeCluster")
        if gke and cluster is None and not gke.get("clusterMissing") and state == "READY":
            endpoint = {**membership["endpoint"], "gkeCluster": {**gke, "clusterMissing": True}}
            self._world.store["gkehub.memberships"].change(name, endpoint=endpoint)

    # -- features

    def _follow_members(self, name: str, feature: Json) -> None:
        if feature["resourceState"]["state"] not in _LIVING:
            return
        members = self._members(project_in(name))
        for member in sorted(members):
            self._follow_member(name, feature, member)
        self._forget_strangers(name, {by_number(self._world, member) for member in members})
        if short(name) == MCI:
            self._follow_agent(name)
            self._follow_config_membership(name, feature)

    def _follow_agent(self, name: str) -> None:
        """Without its role the service agent loses its clusters, and finds them again with it [observed]."""
        feature = self._world.store["gkehub.features"].get(name) or {}
        before = feature.get("membershipStates", {})
        lost = agent_deprived(self._world, project_in(name))
        changed = {
            key: {"state": self._state("ERROR", LOST) if lost else self._state("OK", "")}
            for key, each in before.items()
            if (each["state"].get("description") == LOST) != lost
        }
        if changed:
            self._change(name, membershipStates={**before, **changed})

    def _members(self, project: str) -> dict[str, Json]:
        """Memberships of the fleet that are in use, by name."""
        found = self._world.store["gkehub.memberships"].items(f"projects/{project}/locations/")
        return {name: m for name, m in found if m["state"]["code"] not in ("CREATING", "DELETING")}

    def _follow_member(self, name: str, feature: Json, member: str) -> None:
        key = by_number(self._world, member)
        if key in feature.get("membershipStates", {}) or (name, member) in self._pending:
            return
        ledger, kind = self._world.ledger, _MEMBER_KINDS[short(name)]
        after = (
            ledger.latest(create_kind(name), name),
            ledger.latest("gkehub.memberships.create", member),
        )
        done = partial(self._queue.add, (name, member))
        self._pending[name, member] = ledger.perform(kind, member, done, after)

    def _member_is_ready(self, name: str, member: str) -> None:
        feature = self._world.store["gkehub.features"].get(name)
        if feature is None or member not in self._members(project_in(name)):
            return
        key = by_number(self._world, member)
        state = self._verdict(name, member)
        states = {**feature.get("membershipStates", {}), key: {"state": state}}
        self._change(name, membershipStates=states)

    def _verdict(self, name: str, member: str) -> Json:
        """What a feature says of a member: both need VPC-native clusters [documented]; the words of the
        good case are [observed], those of the bad one known in part."""
        membership = self._world.store["gkehub.memberships"].get(member) or {}
        cluster = self._world.store["container.clusters"].get(registration.cluster_of(membership))
        if cluster is not None and not cluster["ipAllocationPolicy"].get("useIpAliases"):
            words = f"Cluster {short(member)} is not a VPC-native cluster"
            return self._state("ERROR", words)
        return self._state("OK", "Firewall successfully updated" if short(name) == MCS else "")

    def _forget_strangers(self, name: str, keys: set[str]) -> None:
        """States of memberships that are gone go with them."""
        feature = self._world.store["gkehub.features"].get(name) or {}
        states = feature.get("membershipStates", {})
        left = {key: value for key, value in states.items() if key in keys}
        if left != states:
            self._change(name, membershipStates=left or None)

    def _follow_config_membership(self, name: str, feature: Json) -> None:
        """Ingress is OK a while after it is ACTIVE, and in error as soon as its config membership is gone."""
        config = feature["spec"].get(MCI, {}).get("configMembership", "")
        there = by_id(self._world, config) in self._members(project_in(name))
        code = feature.get("state", {}).get("state", {}).get("code")
        if not there and code == "OK":
            words = f"AVMBR111: failed to get config membership {config}"  # its end is [inferred]
            self._change(name, state={"state": self._state("ERROR", words)})
        elif there and code != "OK" and (name, "") not in self._pending:
            after = (self._world.ledger.latest(create_kind(name), name),)
            done = partial(self._queue.add, (name, ""))
            self._pending[name, ""] = self._world.ledger.perform("mci.state", name, done, after)

    def _ingress_is_ready(self, name: str) -> None:
        if name in self._world.store["gkehub.features"]:
            self._change(name, state={"state": self._state("OK", "Ready to use")})

    def _drop_pending(self) -> None:
        """Work for what is gone will not be finished."""
        for (name, member), work in sorted(self._pending.items()):
            feature = self._world.store["gkehub.features"].get(name)
            living = feature is not None and feature["resourceState"]["state"] in _LIVING
            if not living or (member and member not in self._members(project_in(name))):
                work.cancel()
                del self._pending[name, member]

    def _state(self, code: str, description: str) -> Json:
        stamp = rfc3339(self._world.clock.now, 0)
        state = {"code": code, "description": description, "updateTime": stamp}
        return {key: value for key, value in state.items() if value}

    def _change(self, name: str, **fields: Json | None) -> None:
        stamp = rfc3339(self._world.clock.now)
        self._world.store["gkehub.features"].change(name, **fields, updateTime=stamp)
