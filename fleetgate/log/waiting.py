"""Looks at an execution's log until everything that the result counts is there, or for a limited time.

Lines come some seconds after they were written, and nobody promises when. Cloud Logging allows a project 60 reads a
minute [documented: Logging quotas], so the pauses begin with a second, grow, and are no shorter than a second for each
page that was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fleetgate.log.accounts import StepCount, StepLog, step_log
from fleetgate.log.answers import answers
from fleetgate.log.entries import LogSource, Posting, pages
from shared import errors
from shared.json_types import Json

LIMIT = 60.0  # seconds of pauses altogether
FIRST, GROWTH, LONGEST = 1.0, 1.5, 10.0  # seconds; times the pause before; seconds
PASSING = (errors.Transient, errors.QuotaExceeded)  # troubles that a later read may not meet


@dataclass
class LogReading:
    """Reads the log of one execution, of which `counts` says what it must have.

    Go through `pauses`; then `steps` is what the log has, and `trouble` is why the last read failed.
    """

    calls: Posting
    source: LogSource
    counts: Sequence[StepCount]
    limit: float = LIMIT
    steps: list[StepLog] = field(default_factory=list)
    trouble: errors.ApiError | None = None
    _entries: dict[tuple[str, str], Json] = field(default_factory=dict)

    def pauses(self) -> Iterator[float]:
        """Read; while something is missing and may yet come, give the seconds to pause, and read again."""
        passed, pause = 0.0, FIRST
        while True:
            wait = max(pause, float(self._read()))
            if self.is_whole or self._is_refused or passed + wait > self.limit:
                break
            yield wait
            passed, pause = passed + wait, min(pause * GROWTH, LONGEST)
        self._account(closed=True)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was counted is there."""
        return all(each.is_whole for each in self.steps)

    @property
    def _is_refused(self) -> bool:
        return self.trouble is not None and not isinstance(self.trouble, PASSING)

    def _read(self) -> int:
        """Take in what the log has now. Returns the number of pages that were asked for; none if nothing is counted."""
        asked, self.trouble = 0, None
        if any(each.answered for each in self.counts):
            try:
                for entries in pages(self.calls, self.source):
                    asked += 1
                    self._entries |= {_identity(each): each for each in entries}
            except errors.ApiError as error:
                self.trouble = error
        self._account()
        return asked

    def _account(self, closed: bool = False) -> None:
        logged = answers(self._entries.values(), self.source.execution)
        self.steps = [step_log(count, logged, closed) for count in self.counts]


def _identity(entry: Json) -> tuple[str, str]:
    """What two copies of one entry have in common [documented: LogEntry.insertId]."""
    return str(entry.get("timestamp", "")), str(entry.get("insertId", ""))
