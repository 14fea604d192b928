"""Bodies in Kubernetes' protobuf encoding, which `kubectl create namespace` and its like send.

Only the kinds that kubectl has a `create` command for and that are flat: field numbers are those of the
published generated.proto files [documented]. All other kinds are asked for as JSON.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from localcloud.wire.messages import Json

_MAGIC = b"k8s\x00"
_VARINT, _BYTES = 0, 2  # wire types [documented: Protocol Buffers, encoding]
_LONGEST_VARINT = 10  # bytes of 64 bits, seven in each
Fields = dict[int, list[Any]]
_Member = tuple[str, Callable[[list[Any]], Any]]


class NotProtobuf(ValueError):
    """A body that says it is protobuf is none; the text is that of Go's decoder [documented: gogo/protobuf]."""


def decoded_body(body: bytes) -> Json | None:
    """The object in `body`; None if it is no protobuf envelope or of a kind not known here.

    Raises:
        NotProtobuf: it cannot be read.
    """
    if not body.startswith(_MAGIC):
        return None
    try:
        return _decoded(body)
    except (KeyError, IndexError, AttributeError, TypeError, UnicodeDecodeError):
        raise NotProtobuf("proto: wrong wireType") from None


def _decoded(body: bytes) -> Json | None:
    envelope = _fields(body[len(_MAGIC) :])
    type_meta = _fields(envelope[1][0])
    kind = _text(type_meta.get(2, [b""]))
    if kind not in _KINDS:
        return None
    item = _members(envelope.get(2, [b""]), _KINDS[kind])
    return {"apiVersion": _text(type_meta[1]), "kind": kind, **item}


def _fields(data: bytes) -> Fields:
    """The fields of one message by number; lengths and varints are all these kinds have.

    Raises:
        NotProtobuf: a field ends after its message does, or is of another form.
    """
    found: Fields = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: Any
        value, at = _varint(data, at)
        if tag & 7 not in (_VARINT, _BYTES):
            raise NotProtobuf(f"proto: illegal wireType {tag & 7}")
        if tag & 7 == _BYTES:
            if at + value > len(data):
                raise NotProtobuf("unexpected EOF")
            value, at = data[at : at + value], at + value
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of at most 64 bits, and where the next field begins."""
    value = 0
    for nth, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * nth
        if byte < 0x80:
            return value, at + nth + 1
    raise NotProtobuf("proto: integer overflow" if at + _LONGEST_VARINT <= len(data) else "unexpected EOF")


def _members(values: list[Any], known: dict[int, _Member]) -> Json:
    """A message as an object; empty strings are absent fields."""
    fields = _fields(values[0])
    found = {name: read(fields[number]) for number, (name, read) in known.items() if number in fields}
    return {name: value for name, value in found.items() if value not in ("", {})}


def _text(values: list[Any]) -> str:
    text: str = values[0].decode()
    return text


def _texts(values: list[Any]) -> Json:
    return {_text(entry[1]): _text(entry.get(2, [b""])) for entry in map(_fields, values)}


def _binaries(values: list[Any]) -> Json:
    entries = map(_fields, values)
    return {_text(entry[1]): base64.b64encode(entry.get(2, [b""])[0]).decode() for entry in entries}


def _meta(values: list[Any]) -> Json:
    return _members(values, _META)


_META: dict[int, _Member] = {
    1: ("name", _text),
    2: ("generateName", _text),
    3: ("namespace", _text),
    11: ("labels", _texts),
    12: ("annotations", _texts),
}
_RESOURCE: dict[int, _Member] = {
    number: (name, _text)
    for number, name in enumerate(
        ("namespace", "verb", "group", "version", "resource", "subresource", "name"), start=1
    )
}
_REVIEW: dict[int, _Member] = {
    1: ("resourceAttributes", lambda values: _members(values, _RESOURCE)),
    2: ("nonResourceAttributes", lambda values: _members(values, {1: ("path", _text), 2: ("verb", _text)})),
}
_KINDS: dict[str, dict[int, _Member]] = {
    "Namespace": {1: ("metadata", _meta)},
    "ServiceAccount": {1: ("metadata", _meta)},
    "ConfigMap": {1: ("metadata", _meta), 2: ("data", _texts), 3: ("binaryData", _binaries)},
    "Secret": {1: ("metadata", _meta), 2: ("data", _binaries), 3: ("type", _text), 4: ("stringData", _texts)},
    "SelfSubjectAccessReview": {
        1: ("metadata", _meta),
        2: ("spec", lambda values: _members(values, _REVIEW)),
    },
}
