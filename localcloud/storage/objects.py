"""Objects: what they hold, their generations, and the preconditions that make an upload safe to repeat."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote

import google_crc32c

from localcloud.service import Call, paged
from localcloud.storage.authorization import require_permission
from localcloud.storage.preconditions import check_generation
from localcloud.storage.service import DOWNLOADS, READ, bucket_of, object_name, service
from localcloud.storage.versions import (
    StoredObject,
    delete_live,
    delete_version,
    find_object,
    make_live,
    next_generation,
    versions,
)
from localcloud.time.clock import http_date, rfc3339, seconds_of
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json, Response
from localcloud.wire.validation import is_count
from localcloud.world import World

LONGEST_NAME = 1024  # bytes [documented: storage/docs/objects#naming]
MOST = 1000  # in one page [documented: objects.list]
# What an upload may say of an object beside its name, and is shown [documented: Object]; and what would change what
# happens to it, which nothing here does.
KEPT = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "customTime",
    "metadata",
)
UNMODELLED = ("contexts", "customerEncryption", "eventBasedHold", "kmsKeyName", "retention", "temporaryHold")


def put_object(world: World, bucket: str, name: str, data: bytes, given: Json | None = None) -> Json:
    """Store an object's newest generation; its metadata. `given` are fields of it that its writer may choose.

    Raises:
        Refused: INVALID_ARGUMENT, its name is none or the bytes are not those that were hashed; UNIMPLEMENTED, a field
            that acts.
    """
    fields = given or {}
    _check(name, fields)
    hashes = {"md5Hash": _md5(data), "crc32c": _crc32c(data)}
    for key, words in (("md5Hash", "MD5"), ("crc32c", "CRC32C")):
        if fields.get(key, hashes[key]) != hashes[key]:
            raise Refused(
                "INVALID_ARGUMENT",
                f'Provided {words} hash "{fields[key]}" doesn\'t match calculated {words} hash "{hashes[key]}".',
                "invalid",
            )
    now, generation = rfc3339(world.clock.now, 3), next_generation(world)
    metadata = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{bucket}/o/{quote(name, safe='')}",
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": fields.get("contentType", "application/octet-stream"),
        "storageClass": fields.get("storageClass", "STANDARD"),
        "size": str(len(data)),
        **hashes,
        "etag": world.ids.hex(12),
        "timeCreated": now,
        "updated": now,
        **{key: fields[key] for key in KEPT if key in fields},
    }
    return make_live(world, metadata, data)


def put(call: Call, given: Json, data: bytes) -> Json:
    """Store what was uploaded as an object's newest generation.

    To replace an object is to delete one, too [documented: storage/docs/access-control/iam-json].

    Raises:
        Refused: there is no such bucket, a precondition is not met, or the bytes are not those that were hashed.
    """
    bucket, name = bucket_of(call)["name"], given["name"]
    live = find_object(call.world, bucket, name)
    check_generation(call, live.metadata if live else None)
    if live is not None:
        require_permission(call, "storage.objects.delete")
    return _shown(call.world, put_object(call.world, bucket, name, data, given))


@service.on("storage.objects.get")
def get(call: Call) -> Json | Response:
    """An object's metadata, or with `alt=media` what it holds."""
    found = _object(call)
    check_generation(call, found.metadata)
    return _contents(found) if call.query("alt") == "media" else _shown(call.world, found.metadata)


@service.on_path("GET", f"{DOWNLOADS}/storage/v1/b/{{bucket}}/o/{{object}}", "storage.objects.get.media")
def download(call: Call) -> Response:
    """What an object holds."""
    return _contents(_object(call))


@service.on(READ)
def read(call: Call) -> Response:
    """What an object holds, by the XML API.

    Raises:
        Refused: in that API's words [observed].
    """
    if call.params["bucket"] not in call.world.store["storage.buckets"]:
        raise Refused("NOT_FOUND", "The specified bucket does not exist.", "NoSuchBucket")
    found = find_object(call.world, call.params["bucket"], object_name(call), call.query("generation"))
    if found is None:
        require_permission(call, "storage.objects.list")
        raise Refused("NOT_FOUND", "The specified key does not exist.", "NoSuchKey")
    answer = _contents(found)
    return answer if call.request.method == "GET" else Response(200, b"", answer.headers)


@service.on("storage.objects.list")
def list_objects(call: Call) -> Json:
    """Objects of a bucket whose name begins with `prefix`; with `delimiter`, those below it as prefixes."""
    bucket, prefix, delimiter = bucket_of(call)["name"], call.query("prefix"), call.query("delimiter")
    _refuse_selection(call)
    found: dict[str, Json] = {}  # what is below a delimiter is told by its prefix alone
    for each in versions(call.world, bucket, prefix, noncurrent=call.flag("versions")):
        rest = each["name"].removeprefix(prefix)
        if delimiter and delimiter in rest:
            folder = prefix + rest[: rest.index(delimiter) + len(delimiter)]
            found[folder] = {"prefix": folder}
        else:
            found[f"{each['name']}#{each['generation']}"] = {"item": _shown(call.world, each)}
    most = call.query("maxResults", str(MOST))
    if not is_count(most):
        raise invalid("Invalid page size or page token.")
    shown = paged("found", list(found.values()), min(int(most) or MOST, MOST), call.query("pageToken"))
    told = {
        "items": [each["item"] for each in shown.get("found", []) if "item" in each],
        "prefixes": [each["prefix"] for each in shown.get("found", []) if "prefix" in each],
        "nextPageToken": shown.get("nextPageToken"),
    }
    return {"kind": "storage#objects"} | {key: value for key, value in told.items() if value}


@service.on("storage.objects.delete")
def delete(call: Call) -> Response:
    """Delete an object; a version of it, if a generation is named, for good."""
    found = _object(call).metadata
    check_generation(call, found)
    if call.query("generation"):
        delete_version(call.world, found)
    else:
        delete_live(call.world, found["bucket"], found["name"])
    return Response(204)


def _object(call: Call) -> StoredObject:
    """The object that the path names.

    Raises:
        Refused: NOT_FOUND, if the caller may list the bucket; others are told no more than that they may not
            [documented: storage/docs/json_api/v1/status-codes].
    """
    bucket, name = bucket_of(call)["name"], object_name(call)
    found = find_object(call.world, bucket, name, call.query("generation"))
    if found is None:
        require_permission(call, "storage.objects.list")
        raise Refused("NOT_FOUND", f"No such object: {bucket}/{name}")
    return found


def _shown(world: World, metadata: Json) -> Json:
    """An object as it is answered, with where it is downloaded: gcloud goes there [observed], so it is this host."""
    bucket, name = metadata["bucket"], quote(metadata["name"], safe="")
    link = f"{world.base_url}/{DOWNLOADS}/storage/v1/b/{bucket}/o/{name}"
    return {**metadata, "mediaLink": f"{link}?generation={metadata['generation']}&alt=media"}


def _contents(found: StoredObject) -> Response:
    told = found.metadata
    headers = {
        "content-type": told["contentType"],
        "etag": f'"{told["etag"]}"',
        "last-modified": http_date(seconds_of(told["updated"])),
        "x-goog-generation": told["generation"],
        "x-goog-metageneration": told["metageneration"],
        "x-goog-hash": f"crc32c={told['crc32c']},md5={told['md5Hash']}",
        "x-goog-storage-class": told["storageClass"],
    }
    return Response(200, found.data, headers)


def _refuse_selection(call: Call) -> None:
    for name in (
        "endOffset",
        "filter",
        "includeTrailingDelimiter",
        "matchGlob",
        "softDeleted",
        "startOffset",
    ):
        if call.query(name).lower() not in ("", "false"):
            raise not_implemented(f"{name} of {call.method}")


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _crc32c(data: bytes) -> str:
    """The checksum that every object has [documented]."""
    checksum: int = google_crc32c.value(data)
    return base64.b64encode(checksum.to_bytes(4, "big")).decode()


def _check(name: str, fields: Json) -> None:
    """Refuse a name that is none [documented: storage/docs/objects#naming], and what no header can say."""
    if not 1 <= len(name.encode()) <= LONGEST_NAME or name in (".", "..") or "\r" in name or "\n" in name:
        raise invalid(f"Invalid object name: {name[:100]!r}")  # words [inferred]
    for key in ("contentType", *KEPT):
        if isinstance(fields.get(key), str) and not fields[key].isprintable():
            raise invalid(f"Invalid value for {key}: {fields[key][:100]!r}")  # words [inferred]
    for key in UNMODELLED:
        if fields.get(key):
            raise not_implemented(f"objects with {key}")
