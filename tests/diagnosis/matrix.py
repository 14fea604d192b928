"""The matrix causes × rules: each cause in turn in one environment that stands, what is found, and its cure.

`make test` has every cause diagnosed and a few of them mended and verified; `make prove` mends them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shared.diagnosis import Finding
from shared.step.outcome import Done
from tests.diagnosis.causes import CAUSES, Cause
from tests.diagnosis.standing import Standing


@dataclass(frozen=True)
class Row:
    """One cause: what was found of it, what was found once it was mended, and whether the next deploy was verified."""

    cause: Cause
    found: list[Finding]
    left: list[Finding] = field(default_factory=list)
    verified: bool = True

    @property
    def codes(self) -> set[str]:
        """The codes that fired."""
        return {each.code for each in self.found}


def matrix(causes: Sequence[Cause] = CAUSES, proven: Collection[str] | None = None) -> list[Row]:
    """A row for each cause; of those whose code is in `proven` (None: of all) the next deploy is verified."""
    return asyncio.run(_matrix(causes, proven))


async def _matrix(causes: Sequence[Cause], proven: Collection[str] | None) -> list[Row]:
    async with Standing() as standing:
        await standing.deploy()
        assert isinstance(await standing.verify(), Done), (
            "the environment stands before anything happens to it"
        )
        assert await standing.diagnose() == [], "nothing is wrong with an environment that stands"
        return [await _row(standing, each, proven is None or each.code in proven) for each in causes]


async def _row(standing: Standing, cause: Cause, proven: bool) -> Row:
    await cause.deed(standing)
    await standing.pass_by(cause.settle)
    found = await standing.diagnose()
    if cause.mend:
        await cause.mend(standing)
        await standing.pass_by(60.0)
    said = await standing.deploy()
    if not proven:
        return Row(cause, found)
    verified = isinstance(await standing.verify(), Done) and all(
        isinstance(each, Done) for each in said.values()
    )
    return Row(cause, found, await standing.diagnose(), verified)
