"""Where resources live: collections of JSON values by full name, and who wants to hear of changes.

Stored values are never changed in place: a change is a `put` of a new value. So a reader may keep what it
got.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from localcloud.wire.messages import Json

Listener = Callable[[str, Json | None], None]
Names = list[str]  # inside Collection, `list` is its method
AFTER_ALL = chr(0x10FFFF)  # sorts after whatever a name goes on with


class Collection:
    """Resources of one kind, by full name (`projects/P/regions/R/subnetworks/S`).

    `revision` is another after each change: who reckons something from all of them need not do so twice.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.revision = 0
        self._items: dict[str, Json] = {}
        self._sorted: Names | None = None  # the names, until one comes or goes
        self._listeners: list[Listener] = []

    def get(self, name: str) -> Json | None:
        """The resource, or None."""
        return self._items.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def list(self, prefix: str = "") -> list[Json]:
        """Resources whose name begins with `prefix`, by name."""
        return [self._items[name] for name in self.names(prefix)]

    def names(self, prefix: str = "") -> Names:
        """Their names, sorted."""
        if self._sorted is None:
            self._sorted = sorted(self._items)
        found = self._sorted
        first = bisect_left(found, prefix)
        last = bisect_left(found, prefix + AFTER_ALL, first)
        return found[first:last]

    def items(self, prefix: str = "") -> Iterator[tuple[str, Json]]:
        """Names and resources, by name."""
        return ((name, self._items[name]) for name in self.names(prefix))

    def put(self, name: str, resource: Json) -> Json:
        """Store `resource` under `name` and tell who listens."""
        if name not in self._items:
            self._sorted = None
        self._items[name] = resource
        self._tell(name, resource)
        return resource

    def change(self, name: str, **fields: Any) -> Json:
        """Store the resource with `fields` replaced; a field given as None is left out.

        Raises:
            KeyError: there is none of that name.
        """
        merged = {**self._items[name], **fields}
        return self.put(name, {key: value for key, value in merged.items() if value is not None})

    def delete(self, name: str) -> None:
        """Forget the resource, if it is there, and tell who listens."""
        if self._items.pop(name, None) is not None:
            self._sorted = None
            self._tell(name, None)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(name, resource)` after each change; the resource is None when it was deleted.

        Returns what to call to hear no more.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, name: str, resource: Json | None) -> None:
        self.revision += 1
        for listener in list(self._listeners):
            listener(name, resource)


class Store:
    """Every collection of the cloud, made on first use: `store["compute.subnetworks"]`."""

    def __init__(self) -> None:
        self._collections: dict[str, Collection] = {}

    def __getitem__(self, kind: str) -> Collection:
        if kind not in self._collections:
            self._collections[kind] = Collection(kind)
        return self._collections[kind]

    def kinds(self) -> list[str]:
        """The kinds that have been used."""
        return sorted(self._collections)
