"""What a document may be made of, before anybody asks what it means.

Text that can be seen, numbers of a usual size, true, false, nothing, lists, and maps whose keys are text. JSON and YAML
have more than that: keys without a letter, half characters, integers of any length, dates, nests without end.
What looks for faults of meaning need not expect those.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.spec.faults import Fault, Loc, path_of
from shared.visible import is_hidden

DEPTH = 24  # of maps and lists within each other; a whole request needs 12
MOST = 2**63  # no number of a spec is near it
MOST_DIGITS = 30  # of a number that is read as one at all
QUOTE = "put it in quotes if it is meant as text"


@dataclass(frozen=True)
class Unread:
    """Stands for a value that a parser did not make: a date that there is not, a number of thousands of digits."""

    fault: str


def number(text: str) -> int | Unread:
    """The integer that a text writes, if it is not too long to be one: making one of thousands of digits takes long."""
    digits = len(text.lstrip("+-"))
    return int(text) if digits <= MOST_DIGITS else Unread(f"a number has {digits} digits")


def odd_parts(document: object) -> list[Fault]:
    """A fault for each part of a document that no environment or request is made of."""
    return [Fault(path_of(loc), fault, fix) for loc, fault, fix in _odd(document, ())]


def _odd(value: Any, loc: Loc) -> Iterator[tuple[Loc, str, str]]:
    if isinstance(value, dict | list) and len(loc) >= DEPTH:
        yield loc, f"more than {DEPTH} lists and maps lie within each other", "take out what is not needed"
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _odd_key(key, loc)
            yield from _odd(each, (*loc, key if isinstance(key, str) else "?"))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _odd(each, (*loc, index))
    elif found := _fault_of(value):
        yield loc, *found


def _odd_key(key: object, loc: Loc) -> Iterator[tuple[Loc, str, str]]:
    if not isinstance(key, str):
        yield loc, "a key is not text", "put the key in quotes"
    elif not key:
        yield (*loc, key), "a key is empty", "remove it, or give it a name"
    elif hidden := _hidden(key):
        yield (*loc, key), f"the key has {hidden}, which cannot be seen", "write the key without it"


def _fault_of(value: object) -> tuple[str, str] | None:
    """What is wrong with a single value, and the fix."""
    if isinstance(value, str):
        hidden = _hidden(value)
        return (f"the text has {hidden}, which cannot be seen", "write it without that") if hidden else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Unread):
        return value.fault, QUOTE
    if isinstance(value, int):
        return None if abs(value) < MOST else ("a number has more than 18 digits", QUOTE)
    if isinstance(value, float):
        return None if math.isfinite(value) else (f"{value} is not a number", QUOTE)
    if isinstance(value, date):
        return f"{value} is read as a date", QUOTE
    return f"a value of type {type(value).__name__} belongs nowhere here", QUOTE


def _hidden(text: str) -> str:
    """The first hidden character of a text, by its number; "" if there is none."""
    return next((f"the character U+{ord(each):04X}" for each in text if is_hidden(each)), "")
