"""Watches: the changes of one kind as newline-delimited JSON, from a resourceVersion on [documented]."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass

from localcloud.kubernetes import errors
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.selectors import Predicate
from localcloud.kubernetes.store import Change, Store
from localcloud.wire.messages import Json

Render = Callable[[Json], Json]


@dataclass(frozen=True)
class Watch:
    """What a client watches. `timeout` is in seconds of its connection, 0 for none."""

    kind: Kind
    namespace: str
    predicate: Predicate | None
    revision: str = ""
    timeout: float = 0.0
    bookmarks: bool = False
    initial_events: bool = False

    def wants(self, item: Json | None) -> bool:
        """Whether `item` is in sight of this watch."""
        if item is None or (self.namespace and item["metadata"].get("namespace") != self.namespace):
            return False
        return self.predicate is None or self.predicate(item)


async def events(store: Store, watch: Watch, render: Render) -> AsyncGenerator[bytes, None]:
    """The lines of `watch`: what is there already unless it starts at a version, then every change.

    A version that is no longer remembered is answered with one ERROR event, 410 Expired.
    """
    wake = asyncio.Event()
    stop = store.listen(lambda change: wake.set())
    deadline = asyncio.get_running_loop().time() + watch.timeout if watch.timeout else None
    try:
        seen = store.revision
        if watch.revision in ("", "0") or watch.initial_events:
            for line in _present(store, watch, render):
                yield line
        else:
            seen = int(watch.revision)
        while True:
            if seen < store.oldest:
                yield _line("ERROR", _too_old(seen, store).status())
                return
            wake.clear()
            changes = store.since(seen, watch.kind.key)
            seen = max(seen, store.revision)
            for change in changes:
                for line in _lines(change, watch, render):
                    yield line
            if not wake.is_set() and not await _woken(wake, deadline):
                break
        if watch.bookmarks:
            yield _line("BOOKMARK", _bookmark(watch.kind, seen))
    finally:
        stop()


def _present(store: Store, watch: Watch, render: Render) -> Iterator[bytes]:
    for item in store.items(watch.kind.key, watch.namespace):
        if watch.wants(item):
            yield _line("ADDED", render(item))
    if watch.initial_events and watch.bookmarks:
        mark = _bookmark(watch.kind, store.revision)
        mark["metadata"]["annotations"] = {"k8s.io/initial-events-end": "true"}
        yield _line("BOOKMARK", mark)


def _lines(change: Change, watch: Watch, render: Render) -> Iterator[bytes]:
    """A change as this watch sees it: an object that leaves its selector is deleted, to it."""
    now = change.type != "DELETED" and watch.wants(change.item)
    before = watch.wants(change.before)
    if now:
        yield _line("MODIFIED" if before else "ADDED", render(change.item))
    elif before:
        yield _line("DELETED", render(change.item))


async def _woken(wake: asyncio.Event, deadline: float | None) -> bool:
    """Wait for a change; False when the connection's time is up."""
    try:
        async with asyncio.timeout_at(deadline):
            await wake.wait()
    except TimeoutError:
        return False
    return True


def _too_old(seen: int, store: Store) -> errors.StatusError:
    return errors.expired(f"too old resource version: {seen} ({store.oldest})")


def _bookmark(kind: Kind, revision: int) -> Json:
    meta: Json = {"resourceVersion": str(revision), "creationTimestamp": None}
    return {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}


def _line(type_: str, item: Json) -> bytes:
    return json.dumps({"type": type_, "object": item}).encode() + b"\n"
