"""Adds up what the answers of a step count, so that the workflow need not: each of its steps is billed.

A message carries the tally of the answers that were heard before, and the answer the tally with itself. Of an answer
that is not heard nothing is counted, because the next message carries the tally as it was. The result's rows have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.json_types import Json

COUNTED = (
    "changes",
    "rows",
    "omitted",
    "calls",
    "lookAfter",
)  # fields of an answer that are in its tally instead
PLAIN = 60.0  # seconds, the longest wait that the workflow sleeps without listening whether it is to stop
NEVER = float("inf")


@dataclass(frozen=True)
class Tally:
    """What a step has come to in one phase.

    `attempts` counts messages, `answered` the answers that were heard, `changes` theirs; `rows` and `omitted` are those
    of the last answer. `waits` has the seconds of each reason, and `due` after how many of them the next look comes.
    """

    attempts: int
    answered: int
    changes: int
    rows: int
    omitted: Mapping[str, int]
    waits: Mapping[str, float]
    due: Mapping[str, float]
    calls: Json

    @classmethod
    def of(cls, wire: Mapping[str, Any]) -> Tally:
        """As a message carries it.

        Raises:
            LookupError, TypeError, ValueError: it is none.
        """
        calls = wire["calls"]
        by_service = {str(name): int(count) for name, count in calls["byService"].items()}
        return cls(
            attempts=int(wire["attempts"]),
            answered=int(wire["answered"]),
            changes=int(wire["changes"]),
            rows=int(wire["rows"]),
            omitted=dict(wire["omitted"]),
            waits={str(each["reason"]): float(each["seconds"]) for each in wire["waits"]},
            due={str(reason): float(seconds) for reason, seconds in wire["due"].items()},
            calls={
                "total": int(calls["total"]),
                "mutations": int(calls["mutations"]),
                "byService": by_service,
            },
        )

    def wire(self) -> Json:
        """As an answer carries it, and the next message."""
        return {
            "attempts": self.attempts,
            "answered": self.answered,
            "changes": self.changes,
            "rows": self.rows,
            "omitted": dict(self.omitted),
            "waits": [{"reason": name, "seconds": round(each, 3)} for name, each in self.waits.items()],
            "due": dict(self.due),
            "calls": self.calls,
        }

    def with_answer(self, attempt: int, told: Json) -> Tally:
        """The tally after an answer to message number `attempt`, with the fields of `COUNTED` in it."""
        more = replace(
            self,
            attempts=attempt,
            answered=self.answered + 1,
            changes=self.changes + told["changes"],
            rows=told["rows"],
            omitted=told.get("omitted", {}),
            calls=_sum(self.calls, told["calls"]),
        )
        return more._waiting(told) if told["outcome"] == "waiting" else more

    def _waiting(self, told: Json) -> Tally:
        reason = told["reason"]
        seconds = self.waits.get(reason, 0.0) + told["retryAfter"]
        due = {reason: 2 * seconds} if self.is_to_be_looked_into(told) else {}
        return replace(self, waits={**self.waits, reason: seconds}, due={**self.due, **due})

    def is_to_be_looked_into(self, told: Json) -> bool:
        """Whether an answer waits for what has been waited for so long that its cause is looked for."""
        reason = told.get("reason", "")
        bound = self.due.get(reason, told.get("lookAfter", NEVER))
        return told["outcome"] == "waiting" and self.waits.get(reason, 0.0) >= bound


def tallied(tally: Tally, attempt: int, told: Json) -> Json:
    """An answer with its tally in place of what it counts.

    `look` says that the cause of its wait is to be looked for; `plain` that it is a short wait and nothing besides.
    """
    fields: Json = {name: value for name, value in told.items() if name not in COUNTED}
    fields |= {"look": True} if tally.is_to_be_looked_into(told) else {}
    fields |= {"plain": True} if _is_plain(fields) else {}
    return fields | {"tally": tally.with_answer(attempt, told).wire()}


def _is_plain(told: Json) -> bool:
    has_more = any(name in told for name in ("outputs", "warnings", "look"))
    return told["outcome"] == "waiting" and told["retryAfter"] <= PLAIN and not has_more


def _sum(some: Json, more: Json) -> Json:
    """Counts of calls, added up."""
    services = {**some["byService"], **more["byService"]}
    return {
        "total": some["total"] + more["total"],
        "mutations": some["mutations"] + more["mutations"],
        "byService": {
            name: some["byService"].get(name, 0) + more["byService"].get(name, 0) for name in sorted(services)
        },
    }
