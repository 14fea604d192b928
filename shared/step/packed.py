"""Packed values: what the next step needs and what grows with the environment, as compressed text.

The workflow cannot read such a text, and need not: it hands it on. Its variables hold 512 KB, a copy of a variable
counts again [documented, Workflows quotas], and side by side it has five messages at once. Names of clusters, zones and
services repeat each other, so a spec with 50 clusters and 9 services takes a tenth of its JSON.

Anybody who may publish on a step's topic can write such a text, so unpacking trusts nothing.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from shared.errors import BadMessage, TooLarge

PACKED_LIMIT = 20_000  # characters; with them an answer is still below its own limit (`shared.step.answer`)
UNPACKED_LIMIT = 200_000  # bytes of JSON


def pack(value: Any, limit: int = PACKED_LIMIT) -> str:
    """A JSON value as text of at most `limit` characters.

    Raises:
        TooLarge: packed, or before that, it is over its limit.
    """
    raw = json.dumps(value, separators=(",", ":")).encode()
    text = base64.b64encode(zlib.compress(raw, 9)).decode()
    if len(raw) > UNPACKED_LIMIT:
        raise TooLarge(f"{len(raw):,} bytes; {UNPACKED_LIMIT:,} can be carried")
    if len(text) > limit:
        raise TooLarge(f"{len(text):,} bytes when packed; {limit:,} can be carried")
    return text


def unpack(text: str) -> Any:
    """The value that was packed.

    Raises:
        BadMessage: it is no packed value, or one over the limits.
    """
    if len(text) > PACKED_LIMIT:
        raise BadMessage(f"a packed value has {len(text)} bytes; {PACKED_LIMIT} are allowed")
    try:
        inflater = zlib.decompressobj()
        raw = inflater.decompress(base64.b64decode(text, validate=True), UNPACKED_LIMIT + 1)
        if len(raw) > UNPACKED_LIMIT:
            raise BadMessage(f"a packed value has more than {UNPACKED_LIMIT} bytes")
        if not inflater.eof or inflater.unused_data:
            raise BadMessage("a packed value is not whole")
        return json.loads(raw)
    except (ValueError, zlib.error, RecursionError) as error:
        raise BadMessage(f"not a packed value: {type(error).__name__}: {error}") from error
