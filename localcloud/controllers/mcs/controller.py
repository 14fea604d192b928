"""The loop of multi-cluster Services over a fleet: who joins, what is exported, what follows from it.

Everything is looked at again after any change; only works under way are remembered, so that they can be called off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from localcloud.controllers.attach import Attachments, Hear, of_kinds
from localcloud.controllers.mcs import exports, groups, importer
from localcloud.controllers.mcs.exports import EXPORTS, Name
from localcloud.controllers.mcs.imports import Importers
from localcloud.controllers.mcs.members import EXPORT, JOINED, Member, feature_of, is_on, joined, members
from localcloud.controllers.queue import Queue, Subject
from localcloud.gkehub.names import MCS, feature_name
from localcloud.gkehub.resources import list_with, released
from localcloud.iam import grants
from localcloud.time.ledger import Work
from localcloud.world import World

WATCHED = frozenset({"ServiceExport", "ServiceImport", "Service", "Namespace", "Pod", "Node", "Endpoints"})


@dataclass(frozen=True)
class _Fleet:
    """Who takes part in a fleet, and what they export."""

    project: str


@dataclass(frozen=True)
class _Shared:
    """A Service that a fleet shares."""

    project: str
    service: Name


@dataclass(frozen=True)
class _Unshared:
    """What no Service of a fleet needs any more."""

    project: str


@dataclass(frozen=True)
class _Over:
    """A work that is over."""

    slot: str
    resource: str


_Key = _Fleet | _Shared | _Unshared | _Over


class MultiClusterServices:
    """The hosted controller of every fleet of the world, and the importers of its clusters."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._works: dict[tuple[str, str], tuple[Work, Callable[[], None]]] = {}  # by kind and resource
        self._importers = Importers(world)
        self._queue: Queue[_Key] = Queue(world, "gke-mcs-controller", self._look, self._subject)
        for kind in (
            "gkehub.features",
            "gkehub.memberships",
            "container.clusters",
            "compute.backendServices",
        ):
            world.store[kind].subscribe(lambda name, resource: self._wake())
        world.store["compute.networkEndpointGroups"].subscribe(partial(groups.follow, world))
        grants.subscribe(world, lambda project: self._wake())
        self._attachments = Attachments(world, lambda name, api: self._attach())
        list_with(world, MCS, partial(exports.exports_left, world))

    def _attach(self) -> Hear:
        self._wake()
        return of_kinds(WATCHED, self._wake)

    def _wake(self) -> None:
        for project in self._world.projects.all():
            self._queue.add(_Fleet(project.id))

    def _look(self, key: _Key) -> None:
        match key:
            case _Fleet(project):
                self._fleet(project)
            case _Shared(project, service):
                self._share(project, service)
            case _Unshared(project):
                self._clean_up(project)
            case _Over(slot, resource):
                self._finish(slot, resource)

    def _subject(self, key: _Key) -> Subject | None:
        """The first ServiceExport of a Service."""
        if not isinstance(key, _Shared):
            return None
        for member in joined(self._world, key.project):
            if found := member.api.get(EXPORT, key.service.namespace, key.service.name):
                return Subject(member.api, found)
        return None

    def _fleet(self, project: str) -> None:
        feature = feature_of(self._world, project)
        if feature is None:
            self._leave(project)
            self._queue.add(_Unshared(project))
            return
        self._forget(project)
        self._join(project, is_on(feature))
        inside = joined(self._world, project)
        self._exports(project, inside)
        for service in sorted(exports.completed(self._world, project)):
            self._queue.add(_Shared(project, service))
        self._queue.add(_Unshared(project))

    def _share(self, project: str, service: Name) -> None:
        """Bring what a completed export needs up to date: its groups, and its imports."""
        inside = joined(self._world, project)
        groups.sync(self._world, project, inside, service)
        self._importers.sync(project, inside, service)

    def _clean_up(self, project: str) -> None:
        """Remove what no export needs any more; without the feature, only what the clusters remove by themselves."""
        if feature_of(self._world, project) is None:
            groups.clean_up_abandoned(self._world, project, members(self._world, project))
            return
        inside = joined(self._world, project)
        groups.clean_up(self._world, project, inside)
        self._importers.clean_up(project, inside)

    # -- joining and leaving

    def _join(self, project: str, on: bool) -> None:
        """Install CRDs and importer in members that do not have them, if the feature is on."""
        outside = {
            member.membership: member
            for member in members(self._world, project)
            if on and member.membership not in self._world.store[JOINED]
        }
        self._call_off("mcs.crds", f"projects/{project}/", set(outside))
        feature = feature_name(project, MCS)
        for name in sorted(outside):
            after = importer.feature_after(self._world, feature, name)
            self._begin("mcs.crds", "mcs.crds", name, partial(self._joined, project, name), after)

    def _joined(self, project: str, membership: str) -> None:
        for member in members(self._world, project):
            if member.membership == membership:
                importer.install(member)
                self._world.store[JOINED].put(membership, {"cluster": member.cluster})
        inside = joined(self._world, project)
        ranges = sorted(member.resource.get("clusterIpv4Cidr", "") for member in inside)
        for member in inside:
            groups.put_firewall(self._world, project, member, [one for one in ranges if one])
        self._queue.add(_Fleet(project))

    def _forget(self, project: str) -> None:
        """Memberships that are gone take part no more; what their cluster had made stays where it is."""
        present = {member.membership for member in members(self._world, project)}
        for name in self._world.store[JOINED].names(f"projects/{project}/locations/"):
            if name not in present:
                self._world.store[JOINED].delete(name)

    def _leave(self, project: str) -> None:
        """The feature is gone: without exports all is cleaned up, with some (`force`) it stays [documented]."""
        prefix = f"projects/{project}/locations/"
        inside = joined(self._world, project)
        forced = bool(self._world.store[EXPORTS].names(prefix))
        for member in inside if not forced else []:
            importer.uninstall(member)
            groups.remove_firewall(self._world, project, member)
        for kind in ("mcs.crds", "mcs.export", "mcs.unexport"):
            self._call_off(kind, f"projects/{project}/", set())
        for collection in (JOINED, EXPORTS):
            for name in self._world.store[collection].names(prefix):
                self._world.store[collection].delete(name)

    # -- exports

    def _exports(self, project: str, inside: list[Member]) -> None:
        asked = {
            exports.key(member.membership, name): (member, name)
            for member in inside
            for name in exports.wanted(member)
        }
        done = set(self._world.store[EXPORTS].names(f"projects/{project}/locations/"))
        self._call_off("mcs.export", f"projects/{project}/", set(asked) - done)
        self._call_off("mcs.unexport", f"projects/{project}/", done - set(asked))
        looking = importer.may_look(self._world, project)
        for where, (member, name) in sorted(asked.items()):
            if where in done:
                exports.record(self._world, member, name)
            elif looking and not importer.importer_starved(self._world, member.cluster):
                self._export(project, member, name, where)
        for where in sorted(done - set(asked)):
            work = partial(self._unexported, project, where)
            self._begin("mcs.unexport", "mcs.unexport", where, work, [])
        self._tell(inside, done)

    def _export(self, project: str, member: Member, name: Name, where: str) -> None:
        """The first export of a cluster takes minutes; later ones find everything in place [documented]."""
        if ("mcs.export", where) in self._works:
            return
        earlier = self._world.store[EXPORTS].names(f"{member.membership}/")
        kind = "mcs.export.later" if earlier else "mcs.export"
        after = importer.importer_works(self._world, project, member.membership)
        self._begin("mcs.export", kind, where, partial(self._exported, project, where, name), [*after])

    def _exported(self, project: str, where: str, name: Name) -> None:
        for member in joined(self._world, project):
            if exports.key(member.membership, name) == where:
                exports.record(self._world, member, name)
        self._queue.add(_Fleet(project))

    def _unexported(self, project: str, where: str) -> None:
        self._world.store[EXPORTS].delete(where)
        self._queue.add(_Fleet(project))
        released(self._world, project, MCS, (self._world.ledger.latest("mcs.unexport", where),))

    def _tell(self, inside: list[Member], done: set[str]) -> None:
        for member in inside:
            for item in member.api.list(EXPORT):
                name = Name(item["metadata"]["namespace"], item["metadata"]["name"])
                complete = exports.key(member.membership, name) in done
                exports.tell(member, name, complete, self._world.clock.now)

    # -- works under way

    def _begin(
        self, slot: str, kind: str, resource: str, then: Callable[[], None], after: list[Work | None]
    ) -> None:
        """Begin a work, unless one of the same `slot` is under way for the resource."""
        if (slot, resource) in self._works:
            return

        end = partial(self._queue.add, _Over(slot, resource))
        self._works[slot, resource] = self._world.ledger.perform(kind, resource, end, after), then

    def _finish(self, slot: str, resource: str) -> None:
        """Do what follows from a work that is over; it is under way until that is done."""
        work, then = self._works.get((slot, resource), (None, None))
        if work is not None and work.over and then is not None:
            then()
            self._works.pop((slot, resource), None)

    def _call_off(self, slot: str, prefix: str, keep: set[str]) -> None:
        """Cancel the works of `slot` for resources that begin with `prefix` and are not to be kept."""
        for have, resource in sorted(self._works):
            if have == slot and resource.startswith(prefix) and resource not in keep:
                self._works.pop((have, resource))[0].cancel()
