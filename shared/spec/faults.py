"""Faults: what is wrong with a document, where, and how to fix it. Every refused document has them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

Loc = tuple[str | int, ...]
WHOLE = "."  # the path of a fault in the document as a whole


@dataclass(frozen=True)
class Fault:
    """One fault of a document.

    `path` is its place in the document (`clusters[1].location`; `.` is the document itself), `fault` says what is wrong
    there, `fix` how to correct it. None of them is ever empty.
    """

    path: str
    fault: str
    fix: str

    def wire(self) -> dict[str, str]:
        """The fault as an answer has it."""
        return asdict(self)

    def under(self, prefix: str) -> Fault:
        """The same fault, with its path in the document that has this one at `prefix`."""
        return Fault(prefix if self.path == WHOLE else f"{prefix}.{self.path}", self.fault, self.fix)


class Invalid(ValueError):
    """A document that cannot be used; `faults` are all of its faults, at least one."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(f"{each.path}: {each.fault}; {each.fix}" for each in self.faults))


class InvalidEnvironment(Invalid):
    """The environment is not valid."""


class InvalidRequest(Invalid):
    """The request is not valid, or the environment in it is not."""


def path_of(loc: Loc) -> str:
    """A location as a person writes it: `routes[0].rules[2].backendRefs[0].port`.

    A part that begins with `#` names a variant, `[key]` is a key of a map: both are left out.
    """
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(("#", "[")):
            path += f".{part}" if path else part
    return path or WHOLE


def nearest(word: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that is most similar to `word`, or None. `cutoff` is difflib's own default: 0.6 of 1 alike."""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def listed(words: Iterable[object]) -> str:
    """Words as a sentence lists them: `a, b or c`."""
    *most, last = [str(word) for word in words] or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last
