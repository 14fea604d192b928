"""What is wrong with a document, where, and what would be right: the one shape that every refusal has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

Loc = tuple[str | int, ...]
WHOLE = "."  # the path of a fault in the document as a whole


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    `path` is where in the document (`clusters[1].location`; `.` is the document itself), `fault` what is
    wrong there, `fix` what would be right. None of them is ever empty.
    """

    path: str
    fault: str
    fix: str

    def wire(self) -> dict[str, str]:
        """The fault as it stands in an answer."""
        return asdict(self)

    def under(self, prefix: str) -> Fault:
        """The same fault, seen from the document that holds this one at `prefix`."""
        return Fault(prefix if self.path == WHOLE else f"{prefix}.{self.path}", self.fault, self.fix)


class Invalid(ValueError):
    """A document that cannot be used; `faults` holds everything that is wrong with it, at least one."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(f"{each.path}: {each.fault}; {each.fix}" for each in self.faults))


class InvalidEnvironment(Invalid):
    """The environment is not one that could be built."""


class InvalidRequest(Invalid):
    """The request cannot be understood, or the environment in it is invalid."""


def path_of(loc: Loc) -> str:
    """A location as a person writes it: `routes[0].rules[2].backendRefs[0].port`.

    A part that begins with `#` names a variant and `[key]` a map's key: neither is a place in the document.
    """
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(("#", "[")):
            path += f".{part}" if path else part
    return path or WHOLE


def nearest(word: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word most like `word`, or None when nothing is much like it."""
    spelt = {each.lower(): each for each in known}
    found = difflib.get_close_matches(str(word).lower(), spelt, n=1, cutoff=cutoff)
    return spelt[found[0]] if found else None


def listed(words: Iterable[object]) -> str:
    """Words as a sentence lists them: `a, b or c`."""
    *most, last = [str(word) for word in words] or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last
