"""Holds what was logged against what the execution's result counts, step by step.

The result says how many attempts of a step were answered, and how many changes and rows of traffic those answers had.
The log says more, and less:

- An answer that came late was not heard, although its callback may have accepted it. A message that came twice was
  worked on twice; both really made their changes, and one answer was heard. So there may be more than was counted.
- A function that was killed has no line, and was not heard. A line may come late, or never.
- An answer whose connection broke may have been heard, although its function could not know. So where accepted answers
  are fewer than heard ones, the others fill the gap, once no line can come any more that fills it better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleetgate.log.answers import LoggedAnswer
from shared.json_types import Json

PLANNING = "check"  # the mode whose changes are planned ones


@dataclass(frozen=True)
class StepCount:
    """What the result says of one step: attempts, how many were answered, and the rows of these answers.

    `changes` is the sum over the answers, `rows` is the number of the last one's rows of traffic.
    """

    step: str
    mode: str
    attempts: int
    answered: int
    changes: int
    rows: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> StepCount:
        """From a row of the result's `steps`.

        An execution that was under way when the workflow was replaced lists changes, and does not count answers.
        """
        name, mode, attempts = row["name"], row["mode"], row["attempts"]
        if "answered" not in row:
            return cls(name, mode, attempts, attempts, len(row["changes"]), 0)
        return cls(name, mode, attempts, row["answered"], row["changes"], row["rows"])


@dataclass(frozen=True)
class StepLog:
    """What the log has of one step. `found` counts the answers of `count` that are in it.

    `changes` are those of the answers that were heard, in order; `unheard` those of other invocations.
    `last` holds the lists of the last answer that has each.
    """

    count: StepCount
    found: int
    changes: Sequence[Json]
    unheard: Sequence[Json]
    last: Mapping[str, Sequence[Any]]

    @property
    def is_whole(self) -> bool:
        """Whether everything that was counted is here."""
        return self.found == self.count.answered


def step_log(count: StepCount, logged: Iterable[LoggedAnswer], closed: bool = False) -> StepLog:
    """What `logged`, the answers of an execution, have of one step; `closed`: no more lines are waited for."""
    mine = [each for each in logged if (each.step, each.mode) == (count.step, count.mode)]
    possible = [each for each in mine if 1 <= each.attempt <= count.attempts]
    heard = _heard(count, possible, closed)
    last = {name: rows for each in _by_attempt(heard) for name, rows in each.rows.items() if rows}
    told = _once_an_attempt(heard) if count.mode == PLANNING else heard
    changes = _changes(told)
    is_short = len(changes) < count.changes or len(last.get("traffic", ())) < count.rows
    found = min(len({each.attempt for each in heard}), count.answered)
    return StepLog(
        count=count,
        found=max(min(found, count.answered - 1), 0) if is_short else found,
        changes=changes,
        unheard=[] if count.mode == PLANNING else _changes(each for each in possible if each not in heard),
        last=last,
    )


def _heard(count: StepCount, possible: Sequence[LoggedAnswer], closed: bool) -> list[LoggedAnswer]:
    """The answers that were heard, as far as one can tell: those that were accepted, and what fills the gap."""
    accepted = {each.attempt for each in possible if each.is_accepted}
    doubtful = {each.attempt for each in possible if each.is_doubtful} - accepted
    is_decided = closed or len({each.attempt for each in possible}) == count.attempts
    gap = max(count.answered - len(accepted), 0) if is_decided else 0
    filling = sorted(doubtful, reverse=True)[:gap]  # the last attempt ended the step, so it was heard
    return [each for each in possible if each.is_accepted or (each.is_doubtful and each.attempt in filling)]


def _by_attempt(heard: Iterable[LoggedAnswer]) -> list[LoggedAnswer]:
    """By attempt; of two answers to one, the first is later in the list: it is the one that was heard."""
    return sorted(reversed(list(heard)), key=lambda each: each.attempt)


def _once_an_attempt(heard: Iterable[LoggedAnswer]) -> list[LoggedAnswer]:
    return list({each.attempt: each for each in _by_attempt(heard)}.values())


def _changes(found: Iterable[LoggedAnswer]) -> list[Json]:
    return [change for each in found for change in each.rows.get("changes", ())]
