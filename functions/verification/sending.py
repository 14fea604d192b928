"""What an attempt sends, so that it can be sent again while health checks and proxies come along, without reading anew.

That is only for a deploy, under whose claim nobody else changes what was read. It ends with its call
(`shared.step.nearby`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from functions.verification.expectation import Row
from functions.verification.proof import ProofRow
from functions.verification.proving import ReadStates, prove

if TYPE_CHECKING:
    from shared.spec import Probe

MAX_ROWS = 1_000  # in one attempt


@dataclass(frozen=True)
class Sending:
    """The rows to prove, of which the first `MAX_ROWS` are sent."""

    rows: tuple[Row, ...]
    probe: Probe
    states: ReadStates

    @property
    def left_out(self) -> int:
        """How many are not sent."""
        return max(0, len(self.rows) - MAX_ROWS)

    def all(self) -> tuple[ProofRow, ...]:
        """Send the requests of every row."""
        sent = prove(self.rows[:MAX_ROWS], self.probe, self.states)
        return (*sent, *map(left_out, self.rows[MAX_ROWS:]))

    def after(self, before: Sequence[ProofRow]) -> tuple[ProofRow, ...]:
        """Send the requests of the first row that was wrong; once they are right, of every row."""
        first = next(index for index, each in enumerate(before) if each.fault)
        (again,) = prove([before[first].row], self.probe, self.states)
        return (*before[:first], again, *before[first + 1 :]) if again.fault else self.all()


def left_out(row: Row) -> ProofRow:
    """What is told of a row beyond the bound."""
    note = f"not sent: an attempt has {MAX_ROWS:,} rows"
    return ProofRow(replace(row, request=None), note=note)
