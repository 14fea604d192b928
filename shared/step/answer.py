"""The answer to one attempt, and how it is kept small.

The workflow holds every answer in 512 KB of variables [documented, Workflows quotas], several at once and each more
than once. So an answer counts changes instead of listing them, and keeps of every list the rows that fit, failing ones
first; `omitted` says how many rows of which list were left out. All rows are in the log (`shared.step.log`).

What the next step needs is never left out: an answer that is too large with it fails.

Texts come from clusters, backends and requests too. What is told here is shown, by people's terminals and by ours, and
fixes are run. So of every text only what is visible gets into an answer, and into the log, which repeats it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from shared.json_types import Json
from shared.step.change import Change
from shared.step.error_outcomes import too_large
from shared.step.message import Message
from shared.step.outcome import Outcome
from shared.step.tally import tallied
from shared.visible import visible_value

LIMIT = 2_000  # bytes of JSON: so much of rows and texts
LIMITS = {"verification": 8_000}  # steps whose rows people want to see at once
CARRIED_LIMIT = 24_000  # bytes of JSON, with what the next step needs
TEXT_LIMIT = 1_500  # bytes of JSON of a message, a cause or a fix
SHORT = 400  # bytes of JSON to which each of these is cut if the answer is too large otherwise
ALWAYS_LOGGED = ("changes", "traffic")

Path = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What one attempt tells: `whole` has every row, `content` is what the workflow gets of it."""

    whole: Json
    content: Json

    @property
    def rows(self) -> Mapping[str, Sequence[Any]]:
        """What is logged: changes, the requests that were sent, and each list that `content` does not hold whole."""
        left_out = self.omitted
        lists = {path[-1]: rows for path, rows in _lists(self.whole)}
        return {name: rows for name, rows in lists.items() if name in ALWAYS_LOGGED or name in left_out}

    @property
    def omitted(self) -> Mapping[str, int]:
        """How many rows of which list `content` does not hold."""
        found: Mapping[str, int] = self.content.get("tally", self.content).get("omitted", {})
        return found

    @property
    def counts(self) -> Json:
        """How many changes there are, and how many rows of traffic."""
        return {"changes": len(self.whole["changes"]), "rows": len(self.rows.get("traffic", ()))}


def answer(message: Message, outcome: Outcome, changes: Sequence[Change], calls: Json) -> Answer:
    """The answer to `message`, within its limit; a failure if that cannot be."""
    described = [visible_value(change.describe().wire()) for change in changes]
    told = _answer(message, outcome, described, calls)
    size = _size(told.content)
    if size <= CARRIED_LIMIT:
        return told
    return _answer(message, too_large(f"{size:,} bytes; {CARRIED_LIMIT:,} can be carried"), described, calls)


def _answer(message: Message, outcome: Outcome, changes: list[Json], calls: Json) -> Answer:
    fields = visible_value(outcome.wire())
    fields |= {k: _cut(fields[k], TEXT_LIMIT) for k in ("message", "cause", "fix") if k in fields}
    if "warnings" in fields:
        fields["warnings"] = [_told(each, message.step) for each in fields["warnings"]]
    head = {"schema": message.schema, "nonce": message.nonce, "step": message.step}
    whole = {**head, **fields, "changes": changes, "calls": calls}
    # The workflow of schema 1 lists changes.
    listed = whole if message.schema == 1 else {**whole, **Answer(whole, {}).counts}
    if message.tally is None:
        return Answer(whole, shortened(listed, _limit(message)))
    # The tally is as long whatever is left out, but for the numbers of that.
    longest = tallied(message.tally, message.attempt, listed)["tally"]
    short = shortened(listed, max(_limit(message) - _size(longest), 0))
    return Answer(whole, tallied(message.tally, message.attempt, short))


def _told(warning: Json, step: str) -> Json:
    """A warning as a row of the result: there it stands beside those of other steps."""
    return {"step": step} | {name: _cut(text, SHORT) for name, text in warning.items()}


def _limit(message: Message) -> int:
    return LIMITS.get(message.step, LIMIT)


def shortened(whole: Json, limit: int = LIMIT) -> Json:
    """`whole` without rows of its lists, and with shorter texts, until it fits or nothing more can go.

    Rows that fail (`ok` false) are left out last.
    """
    if _size(whole) <= limit:
        return whole
    lists = {path: sorted(rows, key=_is_good) for path, rows in _lists(whole)}
    sizes = {path: [0, *accumulate(_size(row) + 2 for row in rows)] for path, rows in lists.items()}
    kept = {path: len(rows) for path, rows in lists.items()}
    room = limit - _size(_with(whole, {path: [] for path in lists}))
    while any(kept.values()) and sum(sizes[path][count] for path, count in kept.items()) > room:
        longest = max(kept, key=lambda path: sizes[path][kept[path]])
        kept[longest] -= max(1, kept[longest] // 8)
    short = _with(whole, {path: rows[: kept[path]] for path, rows in lists.items()})
    if _size(short) > limit:
        short |= {k: _cut(short[k], SHORT) for k in ("message", "cause", "fix") if k in short}
    return short


def _lists(whole: Json, within: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """The path and the rows of each list; lists within rows belong to their rows."""
    for name, value in whole.items():
        if isinstance(value, list):
            yield (*within, name), value
        elif isinstance(value, dict):
            yield from _lists(value, (*within, name))


def _is_good(row: Any) -> bool:
    return not (isinstance(row, dict) and row.get("ok") is False)


def _with(whole: Json, kept: Mapping[Path, list[Any]]) -> Json:
    """`whole` with only these rows, and with the number of those that were left out."""
    omitted = {path[-1]: len(rows) - len(kept[path]) for path, rows in _lists(whole)}
    omitted = {name: count for name, count in omitted.items() if count}
    return _only(whole, kept) | ({"omitted": omitted} if omitted else {})


def _only(whole: Json, kept: Mapping[Path, list[Any]], within: Path = ()) -> Json:
    return {
        name: _only(value, kept, (*within, name))
        if isinstance(value, dict)
        else kept.get((*within, name), value)
        for name, value in whole.items()
    }


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _cut(text: str, limit: int) -> str:
    """As much of a text as has `limit` bytes of JSON, in which a character may take twelve."""
    if _size(text) <= limit:
        return text
    ends = accumulate(_size(character) - 2 for character in text)  # without the quotes of each
    return text[: sum(end + _size("…") <= limit for end in ends)] + "…"
