"""How much may be sent, and what a message is that holds more than is read here.

A few megabytes can hold millions of fields, each of which takes a hundred bytes once it is an object of Python's, and
some time of the event loop that all share. They are counted before anything is made of them.
"""

from __future__ import annotations

from typing import Any

from localcloud.wire.bodies import LARGEST
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.json_source import DEEPEST, MOST_VALUES

# What gRPC itself reads of a message, packed or not; beyond it refuses with RESOURCE_EXHAUSTED. Between the two numbers
# a message is refused in Google's words.
LARGEST_READ = LARGEST + 6 * 2**20
_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5  # [documented: Protocol Buffers, encoding]
_LEAST = 2  # bytes of a field


def check(data: bytes, descriptor: Any) -> None:
    """Accept a message of the type that `descriptor` tells, as it came.

    Raises:
        Refused: INVALID_ARGUMENT, it is larger than requests may be [observed: the words are those of REST], or has
            more fields than are read here; INTERNAL, it is no message.
    """
    if len(data) > LARGEST:
        raise invalid(f"Request payload size exceeds the limit: {LARGEST} bytes.")
    if len(data) <= _LEAST * MOST_VALUES:
        return
    try:
        count = _fields(data, descriptor)
    except IndexError:
        raise malformed() from None
    if count > MOST_VALUES:
        raise invalid(f"The local cloud reads no message of more than {MOST_VALUES} values.")


def malformed() -> Refused:
    """The refusal of what is no message [documented: gRPC, statuscodes.md, "Error parsing request proto"]."""
    return Refused("INTERNAL", "Error parsing request proto.")


def _fields(data: bytes, descriptor: Any) -> int:
    """The number of fields, those of messages within included; it stops counting beyond `MOST_VALUES`.

    Raises:
        Refused: INTERNAL, it is no message.
        IndexError: it ends within a field.
    """
    count, waiting = 0, [(0, len(data), descriptor, 1)]
    while waiting:
        at, end, kind, depth = waiting.pop()
        if depth > DEEPEST:
            raise malformed()
        while at < end and count <= MOST_VALUES:
            count += 1
            tag, at = _varint(data, at)
            begin, at = _behind(data, at, tag & 7)
            within = _message(kind, tag >> 3) if tag & 7 == _LEN else None
            if at > end:
                raise malformed()
            if within is not None:
                waiting.append((begin, at, within, depth + 1))
    return count


def _behind(data: bytes, at: int, wire_type: int) -> tuple[int, int]:
    """Where the value of a field begins that is at `at`, and where it ends."""
    if wire_type == _LEN:
        size, at = _varint(data, at)
        return at, at + size
    if wire_type == _VARINT:
        return at, _varint(data, at)[1]
    if wire_type in (_I64, _I32):
        return at, at + (8 if wire_type == _I64 else 4)
    return at, at  # the begin or the end of a group: what is in it are fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := data[at]) > 0x7F:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise malformed()
    return value | byte << shift, at + 1


def _message(descriptor: Any, number: int) -> Any:
    """What a field holds, if that is a message; None of a field that is not known."""
    field = descriptor.fields_by_number.get(number) if descriptor is not None else None
    return field.message_type if field is not None else None
