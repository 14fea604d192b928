"""Uploads: in one request (the bytes alone, or with their metadata), or resumable in pieces [documented]."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.service import Call, json_body
from localcloud.storage.objects import put
from localcloud.storage.service import UPLOADS, bucket_of, service
from localcloud.wire.discovery import document
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.json_source import read_json
from localcloud.wire.messages import Json, Response
from localcloud.wire.validation import checked_body

SESSIONS = "storage.uploads.internal"  # resumable ones under way, by id
MORE = 308  # "Resume Incomplete"
BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True)
class Piece:
    """A piece of an upload: the bytes from `start`, and how many there are in all if that is known."""

    start: int
    data: bytes
    total: int | None

    @classmethod
    def of(cls, call: Call) -> Piece:
        """The piece in a request; `Content-Range` is `bytes 0-9/10`, `bytes 0-9/*` or `bytes */10`.

        Raises:
            Refused: INVALID_ARGUMENT, the range cannot be read.
        """
        data = call.request.body
        header = call.request.headers.get("content-range", f"bytes 0-/{len(data)}")
        span, _, total = header.removeprefix("bytes ").partition("/")
        try:
            start = 0 if span == "*" else int(span.partition("-")[0])
            return cls(start, data, None if total == "*" else int(total))
        except ValueError:
            raise invalid("Failed to parse Content-Range header.", "badRequest") from None


def upload(call: Call) -> Json | Response:
    """Begin an upload, or make it whole, as `uploadType` says."""
    match call.query("uploadType"):
        case "multipart":
            given, data = _parts(call)
            return put(call, _named(call, given), data)
        case "media":
            kind = call.request.headers.get("content-type")
            return put(call, _named(call, {"contentType": kind} if kind else {}), call.request.body)
        case "resumable":
            return _resumable(call)
    raise invalid("Upload requests must include an uploadType.", "badRequest")


def resume(call: Call) -> Json | Response:
    """One more piece of an upload; the answer tells how far it is, or is the object."""
    sessions, key = call.world.store[SESSIONS], call.query("upload_id")
    session = sessions.get(key)
    if session is None:
        raise Refused("NOT_FOUND", "Invalid upload_id.")
    piece = Piece.of(call)
    data: bytes = session["data"]
    if piece.data:
        if piece.start > len(data):
            raise invalid("Invalid request. There is a gap between the pieces.", "badRequest")
        if piece.start + len(piece.data) > service.largest_body:
            raise invalid(f"The local cloud holds no object of more than {service.largest_body} bytes.")
        data = data[: piece.start] + piece.data
    if piece.total is None or len(data) < piece.total:
        sessions.put(key, {**session, "data": data})
        return Response(MORE, b"", {"range": f"bytes=0-{len(data) - 1}"} if data else {})
    sessions.delete(key)
    return put(call, session["given"], data)


for _root in UPLOADS:
    _stem = ("resumable/" if _root == "resumable" else "") + "upload/storage/v1/b/{bucket}/o"
    service.on_path("POST", _stem, "storage.objects.insert")(upload)
    service.on_path("PUT", _stem, "storage.objects.insert.resume")(resume)


def _resumable(call: Call) -> Response:
    """Begin: the answer's `Location` takes the pieces."""
    bucket_of(call)
    given = _named(call, json_body(call.request))
    key = call.world.ids.hex(32)
    call.world.store[SESSIONS].put(key, {"given": given, "data": b""})
    base = call.world.base_url
    where = f"{base}{call.request.path}?uploadType=resumable&upload_id={key}"
    return Response(200, b"", {"location": where, "x-guploader-uploadid": key})


def _named(call: Call, given: Json) -> Json:
    """The metadata with the object's name, which the query may give as well.

    Raises:
        Refused: INVALID_ARGUMENT: there is no name, or a field that objects do not have.
    """
    given = checked_body(document("storage", "v1"), "Object", given)
    name = call.query("name") or given.get("name")
    if not name:
        raise invalid("Required parameter: name", "required")
    return {**given, "name": name}


def _parts(call: Call) -> tuple[Json, bytes]:
    """Metadata and bytes of a `multipart/related` body, to the byte: line ends may be of either kind."""
    kind = call.request.headers.get("content-type", "")
    boundary = b"--" + kind.partition("boundary=")[2].split(";")[0].strip("\"' ").encode()
    parts = call.request.body.split(boundary)[1:-1]
    if len(parts) != 2:
        raise invalid("Malformed multipart body.", "badRequest")
    metadata, data = (BLANK_LINE.split(part, maxsplit=1)[-1] for part in parts)
    try:
        return read_json(metadata), data.removesuffix(b"\n").removesuffix(b"\r")
    except ValueError:
        raise invalid("Parse Error", "parseError") from None
