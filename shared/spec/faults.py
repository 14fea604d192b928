"""Faults: what is wrong with a document, where, and how to fix it. Every refused document has them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shared.visible import visible

Loc = tuple[str | int, ...]
WHOLE = "."  # the path of a fault in the document as a whole
MARKS = (
    "#map",
    "#word",
    "[key]",
)  # parts of pydantic's locations that no document has: variants, and a map's key
LONGEST = 400  # characters of each text of a fault: it may quote the document
_WORD = re.compile(r"[A-Za-z0-9_./-]{1,100}")


@dataclass(frozen=True)
class Fault:
    """One fault of a document.

    `path` is its place in the document (`clusters[1].location`; `.` is the document itself), `fault` says what is wrong
    there, `fix` how to correct it. None of them is ever empty. What they quote is visible, and cut if it is long.

    `line` and `column` are where that is in a file, from 1; 0 if that is not known, or there is no file.
    """

    path: str
    fault: str
    fix: str
    line: int = 0
    column: int = 0

    def __post_init__(self) -> None:
        for name in ("path", "fault", "fix"):
            object.__setattr__(self, name, _short(visible(getattr(self, name))))

    def wire(self) -> dict[str, str]:
        """The fault as an answer has it."""
        return {"path": self.path, "fault": self.fault, "fix": self.fix}

    def under(self, prefix: str) -> Fault:
        """The same fault, with its path in the document that has this one at `prefix`."""
        inner = "" if self.path == WHOLE else self.path if self.path.startswith("[") else f".{self.path}"
        return replace(self, path=prefix + inner)


class Invalid(ValueError):
    """A document that cannot be used; `faults` are all of its faults, at least one."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(" ".join(f"{each.path}: {each.fault}; {each.fix}." for each in self.faults))


class InvalidEnvironment(Invalid):
    """The environment is not valid."""


class InvalidRequest(Invalid):
    """The request is not valid, or the environment in it is not."""


def path_of(loc: Loc) -> str:
    """A location as a person writes it: `routes[0].rules[2].backendRefs[0].port`.

    Parts that only pydantic knows are left out. A key that is no word is quoted: `selector["a b"]`.
    """
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in MARKS:
            path += _step(part, bool(path))
    return path or WHOLE


def _step(key: str, is_inner: bool) -> str:
    if _WORD.fullmatch(key):
        return f".{key}" if is_inner else key
    return f"[{json.dumps(visible(key)[:100], ensure_ascii=False)}]"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def nearest(word: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that is most similar to `word`, or None. `cutoff` is difflib's own default: 0.6 of 1 alike."""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def listed(words: Iterable[object]) -> str:
    """Words as a sentence lists them: `a, b or c`."""
    *most, last = [str(word) for word in words] or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last
