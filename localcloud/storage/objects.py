"""Objects: what they hold, their generations, and the preconditions that make an upload safe to repeat."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache

from localcloud.service import Call
from localcloud.storage.buckets import bucket_of
from localcloud.storage.service import object_name, service
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json, Response
from localcloud.world import Part, World

OBJECTS = "storage.objects"
CONTENTS: Part[dict[str, bytes]] = Part("what stored objects hold, by id", lambda _: {})


@dataclass(frozen=True)
class StoredObject:
    """An object's metadata, in wire shape, and its bytes."""

    metadata: Json
    data: bytes


def find_object(world: World, bucket: str, name: str) -> StoredObject | None:
    """The newest generation of an object, or None."""
    metadata = world.store[OBJECTS].get(f"{bucket}/{name}")
    return StoredObject(metadata, world[CONTENTS][metadata["id"]]) if metadata else None


def put(call: Call, given: Json, data: bytes) -> Json:
    """Store what was uploaded as an object's newest generation.

    Raises:
        Refused: there is no such bucket, a precondition is not met, or the bytes are not those that were hashed.
    """
    world, bucket, name = call.world, bucket_of(call)["name"], given["name"]
    _check_generation(call, world.store[OBJECTS].get(f"{bucket}/{name}"))
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    if given.get("md5Hash", md5) != md5:
        raise Refused(
            "INVALID_ARGUMENT",
            f'Provided MD5 hash "{given["md5Hash"]}" doesn\'t match calculated MD5 hash "{md5}".',
            "invalid",
        )
    now, generation = rfc3339(world.clock.now, 3), _next_generation(world)
    metadata = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": given.get("contentType", "application/octet-stream"),
        "storageClass": "STANDARD",
        "size": str(len(data)),
        "md5Hash": md5,
        "crc32c": base64.b64encode(crc32c(data).to_bytes(4, "big")).decode(),
        "etag": world.ids.hex(12),
        "timeCreated": now,
        "updated": now,
    }
    world[CONTENTS][metadata["id"]] = data
    return world.store[OBJECTS].put(f"{bucket}/{name}", metadata)


def _check_generation(call: Call, found: Json | None) -> None:
    """0 stands for no object at all [documented]."""
    wanted = call.query("ifGenerationMatch")
    if wanted and wanted != (found["generation"] if found else "0"):
        raise Refused(
            "FAILED_PRECONDITION",
            "At least one of the pre-conditions you specified did not hold.",
            "conditionNotMet",
            http=412,
        )


def _next_generation(world: World) -> str:
    """The moment in microseconds, as Google's are; two of one moment differ too."""
    return str(int(world.clock.now * 1_000_000) + len(world[CONTENTS]))


@service.on("storage.objects.get")
def get(call: Call) -> Json | Response:
    """An object's metadata, or with `alt=media` what it holds."""
    bucket, name = bucket_of(call)["name"], object_name(call)
    found = find_object(call.world, bucket, name)
    wanted = call.query("generation")
    if found is None or wanted not in ("", found.metadata["generation"]):
        raise Refused("NOT_FOUND", f"No such object: {bucket}/{name}")
    if call.query("alt") != "media":
        return found.metadata
    headers = {
        "content-type": found.metadata["contentType"],
        "x-goog-generation": found.metadata["generation"],
        "x-goog-hash": f"crc32c={found.metadata['crc32c']},md5={found.metadata['md5Hash']}",
    }
    return Response(200, found.data, headers)


@service.on("storage.objects.list")
def list_objects(call: Call) -> Json:
    """Objects of a bucket whose name begins with `prefix`; with `delimiter`, those below it as prefixes."""
    bucket, prefix, delimiter = bucket_of(call)["name"], call.query("prefix"), call.query("delimiter")
    items, prefixes = [], set()
    for each in call.world.store[OBJECTS].list(f"{bucket}/{prefix}"):
        rest = each["name"].removeprefix(prefix)
        if delimiter and delimiter in rest:
            prefixes.add(prefix + rest[: rest.index(delimiter) + len(delimiter)])
        else:
            items.append(each)
    told = {"items": items, "prefixes": sorted(prefixes)}
    return {"kind": "storage#objects"} | {key: value for key, value in told.items() if value}


@service.on("storage.objects.delete")
def delete(call: Call) -> Response:
    """Delete an object."""
    key = f"{bucket_of(call)['name']}/{object_name(call)}"
    found = call.world.store[OBJECTS].get(key)
    if found is None:
        raise Refused("NOT_FOUND", f"No such object: {key}")
    call.world.store[OBJECTS].delete(key)
    del call.world[CONTENTS][found["id"]]
    return Response(204)


def crc32c(data: bytes) -> int:
    """The checksum that every object has (Castagnoli's polynomial) [documented]."""
    table, value = _crc_table(), 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


@cache
def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table
