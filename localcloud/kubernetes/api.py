"""One cluster's Kubernetes API: what HTTP clients reach, and what controllers in the same process call."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from localcloud.kubernetes import catalog
from localcloud.kubernetes.admission import MERGE_PATCH, controller
from localcloud.kubernetes.canonical import canonical
from localcloud.kubernetes.containment import CRD
from localcloud.kubernetes.deletion import Background, Later, Terms
from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.events import Said, counted_up, fresh
from localcloud.kubernetes.http import Front
from localcloud.kubernetes.kinds import Kind, Registry, kinds_of
from localcloud.kubernetes.objects import Ids, Objects
from localcloud.kubernetes.routes import Target, target
from localcloud.kubernetes.selectors import label_tests
from localcloud.kubernetes.store import Change, Clock, Listener, Place, Store, place_of
from localcloud.kubernetes.strategies import ClusterIp
from localcloud.wire.messages import Json, Request, Response

_INITIAL_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_log = logging.getLogger(__name__)


def hashed_cluster_ip(namespace: str, name: str) -> str:
    """A Service's address from its name alone, in GKE's own range 34.118.224.0/20 [documented]."""
    digest = hashlib.sha256(f"{namespace}/{name}".encode()).digest()
    offset = 2 + int.from_bytes(digest[:4], "big") % 4092
    return f"34.118.{224 + offset // 256}.{offset % 256}"


@dataclass(frozen=True)
class Upkeep:
    """What a server does by itself, and when.

    `background` decides when a namespace empties, `later` when the garbage collector goes on after a batch; at once
    by default. `quota` is how many objects of a kind each namespace may have.
    """

    background: Background = lambda what, resource, then: then()
    later: Later = lambda then: then()
    quota: Mapping[str, int] = field(default_factory=dict)


class KubernetesApi:
    """The API of one cluster.

    Objects that it hands out are the stored ones: read them, never change them. Kinds are named as
    `group/Kind`, core kinds by the kind alone (`Service`, `apps/Deployment`, `net.gke.io/ServiceImport`).
    `version` is the server's, as in /version.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        version: str = "v1.32.4-gke.1",
        cluster_ip: ClusterIp = hashed_cluster_ip,
        upkeep: Upkeep | None = None,
    ) -> None:
        self.registry = Registry()
        self._clock = clock
        self._ids = ids
        self._store = Store(clock)
        upkeep = upkeep or Upkeep()
        self._objects = Objects(self._store, self.registry, clock, ids, cluster_ip)
        self._objects.quota = upkeep.quota
        self._objects.deletion.background, self._objects.deletion.later = upkeep.background, upkeep.later
        self._front = Front(self._objects, clock, version)
        self._said: dict[
            tuple[str, Said], Place
        ] = {}  # the event that says it, by the uid of whom it is about
        self._store.hook(self._follow_crds)
        for name in _INITIAL_NAMESPACES:
            self.create("Namespace", {"metadata": {"name": name}}, manager="kube-apiserver")

    def resolve(self, path: str) -> Target | None:
        """What a path names; None if it is no objects, but discovery, health or nothing at all."""
        return target(self.registry, path)

    def holds(self, where: Target) -> bool:
        """Whether the object that is named is there."""
        return self._store.get(where.kind.key, (where.namespace, where.name)) is not None

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request; a watch answers with a stream."""
        return self._front.handle(request)

    def install(self, document: Json) -> None:
        """Serve the kinds of CustomResourceDefinition `document`; a second time changes nothing.

        Raises:
            StatusError: the document is not a valid CRD.
        """
        name = document["metadata"]["name"]
        if self.get(CRD, "", name) is None:
            item = {k: v for k, v in document.items() if k != "status"}
            item["metadata"] = {k: v for k, v in document["metadata"].items() if k != "creationTimestamp"}
            self.create(CRD, item, manager="kube-apiserver")
        else:
            self.patch(CRD, "", name, {"spec": document["spec"]}, manager="kube-apiserver")

    def install_bundle(self, *names: str) -> None:
        """Install CRDs that ship with the local cloud, by file name without `.yaml` (see `catalog`)."""
        for name in names:
            self.install(catalog.crd(name))

    def uninstall(self, name: str) -> None:
        """Delete the CustomResourceDefinition `name` and every object of its kind."""
        if self.get(CRD, "", name):
            self.delete(CRD, "", name)

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        """The object, or None. The namespace of a cluster-scoped kind is ''."""
        return self._store.get(kind, (namespace, name))

    def list(
        self, kind: str, namespace: str | None = None, labels: Mapping[str, str] | str | None = None
    ) -> list[Json]:
        """The objects of `kind` by namespace and name; `labels` are equalities or a label selector."""
        items = self._store.items(kind, namespace or "")
        if not labels:
            return items
        text = labels if isinstance(labels, str) else ",".join(f"{k}={v}" for k, v in labels.items())
        tests = label_tests(text)
        return [item for item in items if all(test(item) for test in tests)]

    def create(self, kind: str, item: Json, manager: str = "controller") -> Json:
        """Create `item`, in the namespace of its metadata; gives it back as stored.

        Raises:
            StatusError: as a POST would be refused; 404 if the kind is not installed.
        """
        namespace = item["metadata"].get("namespace", "")
        return self._objects.create(self._kind(kind), namespace, item, controller(manager)).item

    def apply(self, kind: str, item: Json, manager: str = "controller") -> Json:
        """Server-side apply `item` with force; gives back the object.

        Raises:
            StatusError: as the apply would be refused.
        """
        meta = item["metadata"]
        place = (meta.get("namespace", ""), meta["name"])
        return self._objects.apply(self._kind(kind), *place, item, controller(manager)).item

    def replace_status(
        self, kind: str, namespace: str, name: str, status: Json, manager: str = "controller"
    ) -> Json:
        """Set the whole status of an object; no change, no new resourceVersion.

        Raises:
            StatusError: 404; 422 where the schema refuses the status.
        """
        found = self._objects.find(self._kind(kind), namespace, name)
        item = {**found, "apiVersion": self._kind(kind).api_version, "status": status}
        options = controller(manager, "status")
        return self._objects.update(self._kind(kind), namespace, name, item, options).item

    def patch(
        self,
        kind: str,
        namespace: str,
        name: str,
        patch: Json,
        manager: str = "controller",
        *,
        subresource: str = "",
    ) -> Json:
        """Merge-patch an object (RFC 7386), or with `subresource="status"` its status.

        Raises:
            StatusError: 404, 409, 422.
        """
        options = controller(manager, subresource)
        change = (MERGE_PATCH, patch)
        return self._objects.patch(self._kind(kind), namespace, name, change, options).item

    def delete(self, kind: str, namespace: str, name: str, propagation: str = "Background") -> Json:
        """Delete an object, or mark it while finalizers hold it; gives its last state.

        Raises:
            StatusError: 404.
        """
        found = self._kind(kind)
        item = self._objects.find(found, namespace, name)
        return self._objects.deletion.delete(found, item, Terms(propagation))

    def record_event(self, involved: Json, type: str, reason: str, message: str, component: str) -> None:
        """Record an Event about object `involved`; the same one again counts up.

        `type` is Normal or Warning. An event that the server refuses (its namespace is going) is logged and lost, as
        with client-go's recorder [documented].
        """
        said = type, reason, message, component
        key = involved["metadata"].get("uid", ""), said
        if known := self._store.get("Event", self._said.get(key, ("", ""))):
            self._store.put("Event", counted_up(known, self._clock.now))
            return
        event = fresh(self._clock.now, involved, said)
        event["metadata"]["name"] = f"{involved['metadata']['name']}.{self._ids.uid().replace('-', '')[-16:]}"
        try:
            self._said[key] = place_of(self.create("Event", event, manager=component))
        except StatusError as refused:
            _log.warning("an event was refused, and is not told: %s: %s", reason, refused.message)

    def subscribe(self, fn: Listener) -> Callable[[], None]:
        """Call `fn` with ADDED, MODIFIED or DELETED and the object after each change; the result ends it.

        Changes that `fn` makes are told after the present one, to everybody in the same order.
        """
        return self._store.listen(lambda change: fn(change.type, change.item))

    def dump(self) -> Sequence[Json]:
        """Every object but events, in one order, without what differs between two equal histories."""
        keys = sorted(key for key in self._store.kinds() if key != "Event")
        return [canonical(item) for key in keys for item in self._store.items(key)]

    def _kind(self, key: str) -> Kind:
        return self.registry.expected(key)

    def _follow_crds(self, change: Change) -> None:
        if change.key != CRD:
            return
        spec = change.item["spec"]
        if change.type == "DELETED":
            if not self.registry.taken(kinds_of(change.item)):
                self.registry.remove(f"{spec['group']}/{spec['names']['kind']}")
        elif not change.before or change.before["spec"] != spec:
            if name := self.registry.taken(kinds_of(change.item)):
                status = catalog.not_accepted(name, self._clock.now)
            else:
                self.registry.add(kinds_of(change.item))
                status = catalog.established(change.item, self._clock.now)
            self.replace_status(CRD, "", change.item["metadata"]["name"], status, "kube-apiserver")
