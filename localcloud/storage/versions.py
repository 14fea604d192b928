"""Versions of objects: the live one, and those that a bucket with versioning keeps when it is replaced or deleted.

[documented: storage/docs/object-versioning]
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.storage.service import BUCKETS
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import Part, World

OBJECTS, NONCURRENT = "storage.objects", "storage.noncurrent"  # by bucket/name, and by bucket/name#generation
CONTENTS: Part[dict[str, bytes]] = Part("what stored objects hold, by id", lambda _: {})


@dataclass
class _Generations:
    """The last generation that was given out."""

    last: int = 0


GENERATIONS: Part[_Generations] = Part("the generations of objects", lambda _: _Generations())


@dataclass(frozen=True)
class StoredObject:
    """An object's metadata, in wire shape, and its bytes."""

    metadata: Json
    data: bytes


def find_object(world: World, bucket: str, name: str, generation: str = "") -> StoredObject | None:
    """An object, the live one if no generation is named; or None."""
    metadata = world.store[OBJECTS].get(f"{bucket}/{name}")
    if generation and (metadata is None or metadata["generation"] != generation):
        metadata = world.store[NONCURRENT].get(f"{bucket}/{name}#{generation}")
    return StoredObject(metadata, world[CONTENTS][metadata["id"]]) if metadata else None


def any_version(world: World, bucket: str) -> bool:
    """Whether a bucket holds anything, live or noncurrent."""
    return any(world.store[kind].names(f"{bucket}/") for kind in (OBJECTS, NONCURRENT))


def versions(world: World, bucket: str, prefix: str = "", noncurrent: bool = False) -> list[Json]:
    """Objects whose name begins with `prefix`, by name and generation; with `noncurrent`, of all generations."""
    found = world.store[OBJECTS].list(f"{bucket}/{prefix}")
    if noncurrent:
        found += world.store[NONCURRENT].list(f"{bucket}/{prefix}")
    return sorted(found, key=lambda each: (each["name"], int(each["generation"])))


def next_generation(world: World) -> str:
    """The moment in microseconds, as Google's are; two of one moment differ, too."""
    given = world[GENERATIONS]
    given.last = max(int(world.clock.now * 1_000_000), given.last + 1)
    return str(given.last)


def make_live(world: World, metadata: Json, data: bytes) -> Json:
    """Let this be the live version of an object; the one before it is kept, or gone, as its bucket says."""
    _retire(world, metadata["bucket"], metadata["name"])
    world[CONTENTS][metadata["id"]] = data
    return world.store[OBJECTS].put(f"{metadata['bucket']}/{metadata['name']}", metadata)


def delete_live(world: World, bucket: str, name: str) -> None:
    """Delete the live version: in a bucket with versioning it becomes noncurrent."""
    _retire(world, bucket, name)
    world.store[OBJECTS].delete(f"{bucket}/{name}")


def delete_version(world: World, version: Json) -> None:
    """Delete one version for good."""
    key = f"{version['bucket']}/{version['name']}"
    live = world.store[OBJECTS].get(key)
    if live is not None and live["generation"] == version["generation"]:
        world.store[OBJECTS].delete(key)
    world.store[NONCURRENT].delete(f"{key}#{version['generation']}")
    del world[CONTENTS][version["id"]]


def _retire(world: World, bucket: str, name: str) -> None:
    live = world.store[OBJECTS].get(f"{bucket}/{name}")
    if live is None:
        return
    if (world.store[BUCKETS].get(bucket) or {}).get("versioning", {}).get("enabled"):
        gone = {**live, "timeDeleted": rfc3339(world.clock.now, 3)}
        world.store[NONCURRENT].put(f"{bucket}/{name}#{live['generation']}", gone)
    else:
        del world[CONTENTS][live["id"]]
