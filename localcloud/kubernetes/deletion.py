"""Deletion: finalizers, owners and their dependents, and what contains others (see `containment`).

An object with finalizers stays until the last one is taken off [documented].
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from localcloud.kubernetes import errors
from localcloud.kubernetes.containment import CONTAINERS, containers_of
from localcloud.kubernetes.kinds import Kind, Registry
from localcloud.kubernetes.store import Change, Clock, Store, place_of
from localcloud.kubernetes.times import rfc3339
from localcloud.wire.messages import Json

_FOREGROUND = "foregroundDeletion"
BATCH = 100  # objects that the garbage collector deletes in one go

Background = Callable[[str, str, Callable[[], None]], None]
"""(what, resource, then): does `then` when the cluster's own controllers would have got to it."""

Later = Callable[[Callable[[], None]], None]
"""Calls what it is given soon, after others have had their turn."""


@dataclass(frozen=True)
class Terms:
    """DeleteOptions: preconditions and what becomes of dependents (Background, Foreground or Orphan)."""

    propagation: str = "Background"
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(frozen=True)
class _Doomed:
    """An object that is to be deleted; with `owned` only if it has no owner left."""

    kind: Kind
    item: Json
    terms: Terms
    owned: bool


class Deletion:
    """Removes objects and follows the consequences.

    `background` decides when a namespace empties, `later` when the garbage collector goes on after a batch: however
    much an owner owns, the request that deletes it is answered.
    """

    def __init__(self, store: Store, registry: Registry, clock: Clock) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self.background: Background = lambda what, resource, then: then()
        self.later: Later = lambda then: then()
        self._doomed: deque[_Doomed] = deque()
        self._collecting = False
        store.hook(self._follow)

    def delete(self, kind: Kind, item: Json, terms: Terms) -> Json:
        """Delete `item`, or mark it for deletion while something holds it; gives its last state.

        Raises:
            StatusError: 409, a precondition does not hold.
        """
        _check_terms(kind, item, terms)
        meta = item["metadata"]
        held = list(meta.get("finalizers", []))
        if terms.propagation == "Orphan":
            self._orphan(meta["uid"])
        elif terms.propagation == "Foreground" and _FOREGROUND not in held and self._dependents(meta["uid"]):
            held.append(_FOREGROUND)
        marked = self._marked(kind, item, held)
        free = not held and not self._holds(kind, item) and not _is_emptied_later(kind)
        if terms.dry_run:
            return item if free else marked
        if free:
            return self._store.remove(kind.key, item)
        if "deletionTimestamp" in meta and held == meta.get("finalizers", []):
            return item
        marked = self._store.put(kind.key, marked)
        self._empty(kind, marked)
        return self._store.get(kind.key, place_of(marked)) or marked

    def finished(self, kind: Kind, item: Json) -> Json | None:
        """Remove `item` if it was only waiting for the finalizers it no longer has."""
        meta = item["metadata"]
        if not meta.get("deletionTimestamp") or meta.get("finalizers") or self._holds(kind, item):
            return None
        return self._store.remove(kind.key, item)

    def _marked(self, kind: Kind, item: Json, finalizers: list[str]) -> Json:
        meta = dict(item["metadata"])
        if "deletionTimestamp" not in meta:
            meta["deletionTimestamp"] = rfc3339(self._clock.now)
            meta["deletionGracePeriodSeconds"] = 0
            if "generation" in meta:
                meta["generation"] += 1
        if finalizers:
            meta["finalizers"] = finalizers
        marked = {**item, "metadata": meta}
        return CONTAINERS[kind.key].terminating(marked) if kind.key in CONTAINERS else marked

    def _holds(self, kind: Kind, item: Json) -> bool:
        """Whether `item` contains anything yet."""
        return any(self._store.count(inner.key, namespace) for inner, namespace in self._inside(kind, item))

    def _inside(self, kind: Kind, item: Json) -> list[tuple[Kind, str]]:
        """The collections in `item`: a kind, and in which namespace ("" for all)."""
        containment = CONTAINERS.get(kind.key)
        return list(containment.inside(item, self._store, self._registry)) if containment else []

    def _empty(self, kind: Kind, item: Json) -> None:
        """Delete what `item` contains and what it owns."""
        if _is_emptied_later(kind):
            name = item["metadata"]["name"]
            self.background(CONTAINERS[kind.key].emptied_by, name, lambda: self._purge(kind, item))
        elif kind.key in CONTAINERS:
            self._purge(kind, item)
        if _FOREGROUND in item["metadata"].get("finalizers", []):
            self._doom(self._dependents(item["metadata"]["uid"]), Terms("Foreground"))

    def _purge(self, kind: Kind, item: Json) -> None:
        inside = self._inside(kind, item)
        contents = [(inner, each) for inner, space in inside for each in self._store.items(inner.key, space)]
        self._doom(contents, Terms())
        current = self._store.get(kind.key, place_of(item))
        if current:
            self.finished(kind, current)

    def _follow(self, change: Change) -> None:
        """After a removal: dependents go, and whoever waited for it may go."""
        if change.type != "DELETED":
            return
        self._doom(self._dependents(change.item["metadata"]["uid"]), Terms(), owned=True)
        self._release_owners(change.item)
        self._release_container(change)

    def _release_container(self, change: Change) -> None:
        """What is being deleted waits for what it contains; this may have been the last."""
        for key, place in containers_of(change, self._registry):
            kind, container = self._registry.named(key), self._store.get(key, place)
            if kind and container and container["metadata"].get("deletionTimestamp"):
                self.finished(kind, container)

    def _release_owners(self, removed: Json) -> None:
        """An owner deleted in the foreground waits for its dependents; this may have been the last."""
        for reference in removed["metadata"].get("ownerReferences", ()):
            group = reference["apiVersion"].rpartition("/")[0]
            kind = self._registry.named(f"{group}/{reference['kind']}" if group else reference["kind"])
            if not kind:
                continue
            place = (removed["metadata"].get("namespace", "") if kind.namespaced else "", reference["name"])
            owner = self._store.get(kind.key, place)
            finalizers = (owner or {}).get("metadata", {}).get("finalizers", [])
            if owner and _FOREGROUND in finalizers and not self._dependents(reference["uid"]):
                left = [name for name in finalizers if name != _FOREGROUND]
                freed = {**owner, "metadata": {**owner["metadata"], "finalizers": left}}
                if not self.finished(kind, freed):
                    self._store.put(kind.key, freed)

    def _dependents(self, uid: str) -> list[tuple[Kind, Json]]:
        found = [(self._registry.named(key), item) for key, item in self._store.owned(uid)]
        return [(kind, item) for kind, item in found if kind]

    def _doom(self, items: Iterable[tuple[Kind, Json]], terms: Terms, owned: bool = False) -> None:
        """Delete `items`, a batch at once and the rest later; with `owned`, those that have no owner left."""
        self._doomed.extend(_Doomed(kind, item, terms, owned) for kind, item in items)
        if not self._collecting:
            self._collect()

    def _collect(self) -> None:
        """Delete a batch of what is doomed; what that dooms in its turn waits behind the rest."""
        self._collecting = True
        try:
            for _ in range(BATCH):
                if not self._doomed:
                    return
                self._dispose(self._doomed.popleft())
        finally:
            self._collecting = False
        self.later(self._collect)

    def _dispose(self, doomed: _Doomed) -> None:
        item = self._store.get(doomed.kind.key, place_of(doomed.item))
        if item is None or item["metadata"]["uid"] != doomed.item["metadata"]["uid"]:
            return
        owners = item["metadata"].get("ownerReferences", ())
        kept = item["metadata"].get("deletionTimestamp") or any(
            self._store.exists(ref["uid"]) for ref in owners
        )
        if not (doomed.owned and kept):
            self.delete(doomed.kind, item, doomed.terms)

    def _orphan(self, uid: str) -> None:
        for kind, item in self._dependents(uid):
            left = [ref for ref in item["metadata"]["ownerReferences"] if ref["uid"] != uid]
            self._store.put(kind.key, {**item, "metadata": {**item["metadata"], "ownerReferences": left}})


def _is_emptied_later(kind: Kind) -> bool:
    """Whether a controller empties objects of the kind in its own time, so that none goes at once."""
    return kind.key in CONTAINERS and bool(CONTAINERS[kind.key].emptied_by)


def _check_terms(kind: Kind, item: Json, terms: Terms) -> None:
    meta = item["metadata"]
    for word, wanted, have in (
        ("UID", terms.uid, meta["uid"]),
        ("ResourceVersion", terms.resource_version, meta["resourceVersion"]),
    ):
        if wanted and wanted != have:
            why = (
                f"the {word} in the precondition ({wanted}) does not match the {word} in record ({have}). "
                "The object might have been deleted and then recreated"
            )
            raise errors.conflict(kind.group, kind.kind, meta["name"], why)
