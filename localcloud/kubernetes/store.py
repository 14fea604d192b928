"""The objects of one cluster and the order in which they changed.

Stored objects are never changed in place: a write puts a new dict there. So a reader may keep what it was
given for as long as it likes, and must not write to it.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from localcloud.wire.messages import Json

Place = tuple[str, str]
"""(namespace, name); the namespace is '' for cluster-scoped kinds."""

Listener = Callable[[str, Json], None]
"""Called with ADDED, MODIFIED or DELETED and the object, after each committed change."""

_REMEMBERED = 20_000

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """The time of the local cloud."""

    @property
    def now(self) -> float:
        """Simulated unix seconds."""

    @property
    def outlives_faults(self) -> bool:
        """Whether a fault in the local cloud's own code is logged and contained, instead of raised."""


@dataclass(frozen=True)
class Change:
    """One committed change of one object; `before` is None for a creation."""

    revision: int
    key: str
    type: str
    item: Json
    before: Json | None


class Store:
    """Objects by kind and place, a log of changes, and those who listen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._objects: dict[str, dict[Place, Json]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()  # by kind and namespace
        self._uids: set[str] = set()
        self._owned: dict[str, set[tuple[str, Place]]] = {}  # by the owner's uid
        self._log: deque[Change] = deque()
        self._hooks: list[Callable[[Change], None]] = []
        self._listeners: list[Callable[[Change], None]] = []
        self._pending: deque[Change] = deque()
        self._telling = False
        self.revision = self._next()
        self.oldest = self.revision

    def get(self, key: str, place: Place) -> Json | None:
        """The object of kind `key` at `place`."""
        return self._objects.get(key, {}).get(place)

    def items(self, key: str, namespace: str = "") -> list[Json]:
        """The objects of kind `key`, in all namespaces or in one, by namespace and name."""
        found = self._objects.get(key, {})
        return [found[place] for place in sorted(found) if not namespace or place[0] == namespace]

    def count(self, key: str, namespace: str = "") -> int:
        """How many objects of kind `key` there are, in all namespaces or in one."""
        return self._counts[key, namespace] if namespace else len(self._objects.get(key, {}))

    def exists(self, uid: str) -> bool:
        """Whether there is an object of this uid."""
        return uid in self._uids

    def owned(self, uid: str) -> list[tuple[str, Json]]:
        """The objects that name an owner of this uid, with their kinds, by kind, namespace and name."""
        return [(key, self._objects[key][place]) for key, place in sorted(self._owned.get(uid, ()))]

    def kinds(self) -> Iterator[str]:
        """The kinds that have objects."""
        return iter([key for key, found in self._objects.items() if found])

    def put(self, key: str, item: Json) -> Json:
        """Commit `item` under a new resourceVersion; gives it back with that."""
        place = place_of(item)
        before = self.get(key, place)
        item = self._stamped(item)
        self._objects.setdefault(key, {})[place] = item
        if before:
            self._unlist(key, before)
        self._list(key, item)
        self._commit(key, "MODIFIED" if before else "ADDED", item, before)
        return item

    def remove(self, key: str, item: Json) -> Json:
        """Commit the removal of `item`; gives back its last state."""
        before = self._objects[key].pop(place_of(item))
        self._unlist(key, before)
        item = self._stamped(item)
        self._commit(key, "DELETED", item, before)
        return item

    def since(self, revision: int, key: str) -> list[Change]:
        """The changes of kind `key` after `revision`, oldest first."""
        start = bisect_right(self._log, revision, key=lambda change: change.revision)
        return [self._log[i] for i in range(start, len(self._log)) if self._log[i].key == key]

    def hook(self, hook: Callable[[Change], None]) -> None:
        """Call `hook` within every commit: for what must hold when a write returns."""
        self._hooks.append(hook)

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` after every change, in their order; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _list(self, key: str, item: Json) -> None:
        place, meta = place_of(item), item["metadata"]
        self._counts[key, place[0]] += 1
        self._uids.add(meta.get("uid", ""))
        for reference in meta.get("ownerReferences", ()):
            self._owned.setdefault(reference["uid"], set()).add((key, place))

    def _unlist(self, key: str, item: Json) -> None:
        place, meta = place_of(item), item["metadata"]
        self._counts[key, place[0]] -= 1
        self._uids.discard(meta.get("uid", ""))
        for reference in meta.get("ownerReferences", ()):
            listed = self._owned.get(reference["uid"], set())
            listed.discard((key, place))
            if not listed:
                self._owned.pop(reference["uid"], None)

    def _stamped(self, item: Json) -> Json:
        self.revision = self._next()
        return {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.revision)}}

    def _next(self) -> int:
        """GKE's resourceVersions are nanoseconds since 1970 [observed]; two at one instant are in order."""
        micros = int(self._clock.now * 1_000_000) * 1000
        return max(getattr(self, "revision", 0) + 1, micros)

    def _commit(self, key: str, type_: str, item: Json, before: Json | None) -> None:
        change = Change(self.revision, key, type_, item, before)
        self._log.append(change)
        if len(self._log) > _REMEMBERED:
            self.oldest = self._log.popleft().revision
        self._pending.append(change)
        for hook in self._hooks:
            hook(change)
        if not self._telling:
            self._tell()

    def _tell(self) -> None:
        """A listener that writes makes further changes: they are told after this one, never within it."""
        self._telling = True
        try:
            while self._pending:
                change = self._pending.popleft()
                for listener in list(self._listeners):
                    self._tell_one(listener, change)
        finally:
            self._telling = False

    def _tell_one(self, listener: Callable[[Change], None], change: Change) -> None:
        """A fault of a listener's is neither the writer's nor the other listeners'."""
        try:
            listener(change)
        except Exception:
            if not self._clock.outlives_faults:
                raise
            place = "/".join(place_of(change.item))
            _log.exception("a listener failed at a change: %s %s %s", change.type, change.key, place)


def place_of(item: Json) -> Place:
    """Where `item` is kept."""
    meta = item["metadata"]
    return meta.get("namespace", ""), meta["name"]
