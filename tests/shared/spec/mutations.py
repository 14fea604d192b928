"""Requests that were changed on their way, or written to break their reader: each is drawn by a seed.

A valid request of any action loses, gets or changes some of its parts, and then perhaps some of its bytes. Whatever
comes of it, it is a request, or it is refused with faults that can be sent, shown and read.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable
from typing import Any

from shared.spec import InvalidRequest, parse_request
from tests.shared.spec.test_all_at_once import WHOLE_EXAMPLE, _places, _put
from tests.shared.spec.test_odd_documents import check
from tests.support.projects import PROJECT

SOON = 1.0  # seconds of the processor's time within which a request is read: a claim has some seconds for all it does
REQUESTS: tuple[dict[str, Any], ...] = (
    {"action": "deploy", "environment": WHOLE_EXAMPLE},
    {"action": "plan", "environment": WHOLE_EXAMPLE},
    {"action": "teardown", "name": "store", "expires": 1767600000, "generation": "1767600000000-77"},
    {"action": "extend", "name": "store", "ttl": "8h"},
    {"action": "verify", "name": "store"},
    {"action": "drill", "name": "store", "region": "us-west1"},
    {"action": "sweep", "final": False},
    {"action": "verify", "name": "store", "quiet": True},
)
# JSON, or nearly, that nobody means: as text, for Python's own writer would not write some of it.
PARTS = (
    "9" * 5000, "-" + "9" * 5000, "1e999", "NaN", "-Infinity", "-0.0", "18446744073709551616", "1.5", "null", "true",
    '""', '"\\ud800"', '"store\\u001b[2J"', '"store\\u202e"', '"\\u0000"', '"²d"', '"１h"', '"10.0.0.0/99"',
    '"2026-02-30"', '"' + "x" * 9000 + '"', "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[[[]]]", "{}",
    "[]", '{"": 1}', '{"a": 1, "a": 2}', '{"\\ud800": 1}', '{"\\u001b[31m": 1}',
)  # fmt: skip
_HOLE = '"the part goes here"'


def mutated(seed: int) -> bytes:
    """The message of a seed."""
    chance = random.Random(f"request/{seed}")  # not for secrets
    document = copy.deepcopy(chance.choice(REQUESTS))
    for _ in range(chance.randrange(1, 4)):
        if document:  # else a change has left nothing
            chance.choice(_CHANGES)(document, chance)
    data = json.dumps(document).encode()
    while (hole := _HOLE.encode()) in data:
        data = data.replace(hole, chance.choice(PARTS).encode(), 1)
    return chance.choice(_DAMAGES)(data, chance) if chance.randrange(4) == 0 else data


def violation(seed: int) -> str:
    """What a reader makes of it that it should not, or ""."""
    data, began = mutated(seed), time.process_time()
    try:
        parse_request(data, project=PROJECT)
    except InvalidRequest as refused:
        check(refused.faults)
        assert refused.faults, "it is refused without a fault"
        json.dumps([each.wire() for each in refused.faults]).encode()
    taken = time.process_time() - began
    return f"seed {seed} takes {taken:.1f} s" if taken > SOON else ""


def _replace(document: Any, chance: random.Random) -> None:
    """Another value in some place."""
    _put(document, chance.choice(_places(document)), json.loads(_HOLE))


def _add(document: Any, chance: random.Random) -> None:
    """One more key in some map."""
    maps = [(), *(place for place in _places(document) if isinstance(_at(document, place), dict))]
    _at(document, chance.choice(maps))[chance.choice(("more", "", "\x1b[2J", "\u202e", "ttl"))] = json.loads(
        _HOLE
    )


def _drop(document: Any, chance: random.Random) -> None:
    """A part less."""
    *way, last = chance.choice(_places(document))
    del _at(document, tuple(way))[last]


def _swap(document: Any, chance: random.Random) -> None:
    """A value of its own in the place of another."""
    places = _places(document)
    _put(document, chance.choice(places), copy.deepcopy(_at(document, chance.choice(places))))


def _at(document: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        document = document[part]
    return document


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    first, last = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:last] + data[first:]


_CHANGES: tuple[Callable[[Any, random.Random], None], ...] = (_replace, _replace, _add, _drop, _swap)
_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_cut, _flip, _repeat)
