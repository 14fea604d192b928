"""The matrix causes × rules: each cause in an environment that stands, what is found, and its cure.

`make test` lets them all happen to one environment, mends them from inside, and has the next deploy of a few
verified. `make prove` gives each an environment of its own, does what the finding's fix says, and verifies all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shared.diagnosis import Finding
from shared.step.outcome import Done
from tests.acceptance.google_programs import missing
from tests.shared.diagnosis.causes import CAUSES, Cause, Way
from tests.shared.diagnosis.standing import Standing

SETTLED = 300.0  # simulated seconds after which nothing more follows from a cure


@dataclass(frozen=True)
class Row:
    """One cause: what was found of it, how it was cured, and what came of that.

    `cured` is what was found after the cure, before the next deploy (None: nobody looked); `left` what was found
    after that deploy, and `verified` whether it went through and traffic too.
    """

    cause: Cause
    found: list[Finding]
    way: Way
    cured: list[Finding] | None = None
    left: list[Finding] = field(default_factory=list)
    verified: bool = True

    @property
    def codes(self) -> set[str]:
        """The codes that fired."""
        return {each.code for each in self.found}

    @property
    def diagonal(self) -> bool:
        """Whether the cause's own rule fired and no other, with everything that a person needs."""
        told = all(each.evidence and each.cause and each.fix and each.resource for each in self.found)
        return self.codes == {self.cause.code} and told

    @property
    def violation(self) -> str:
        """What is wrong with the row, or ""."""
        wrongs = {
            f"{sorted(self.codes)} fired": not self.diagonal,
            "the fix does not cure": self.cause.code in {each.code for each in self.cured or ()},
            "the next deploy is not verified": not self.verified,
            f"{[each.code for each in self.left]} is left": bool(self.left),
        }
        wrong = "; ".join(text for text, is_so in wrongs.items() if is_so)
        return f"{self.cause.name} ({self.way}): {wrong}" if wrong else ""


def matrix(proven: Collection[str] = ()) -> list[Row]:
    """Every cause, one after the other; of those whose code is in `proven` the next deploy is verified."""
    return asyncio.run(_matrix(proven))


def cured(cause: Cause, alone: bool = False) -> Row:
    """One cause in an environment of its own, cured as its fix says; `alone` leaves it to the next deploy."""
    return asyncio.run(_cured(cause, alone))


def told(cause: Cause) -> tuple[str, float] | None:
    """What a deploy that meets the cause is ended with, and after how many seconds; None if it mends the cause."""
    return asyncio.run(_told(cause))


def cases() -> Sequence[tuple[Cause, bool]]:
    """What `cured` is to be asked: each cause with its fix, and once more where the next deploy does by itself."""
    return [(each, alone) for each in CAUSES for alone in (False, True) if not (alone and each.mend)]


async def _matrix(proven: Collection[str]) -> list[Row]:
    async with Standing() as standing:
        await _stand(standing)
        return [await _mended(standing, each, each.code in proven) for each in CAUSES]


async def _cured(cause: Cause, alone: bool) -> Row:
    async with Standing() as standing:
        await _stand(standing)
        found = await _befall(standing, cause)
        if alone:
            return await _redeployed(standing, Row(cause, found, Way.DEPLOY))
        way = await _cure(standing, cause, found)
        await standing.pass_by(SETTLED)
        return await _redeployed(standing, Row(cause, found, way, await standing.diagnose()))


async def _told(cause: Cause) -> tuple[str, float] | None:
    async with Standing() as standing:
        await _stand(standing)
        await cause.deed(standing)
        await standing.pass_by(cause.settle)
        return await standing.told()


async def _stand(standing: Standing) -> None:
    await standing.deploy()
    assert isinstance(await standing.verify(), Done), "the environment stands before anything happens to it"
    assert await standing.diagnose() == [], "nothing is wrong with an environment that stands"


async def _befall(standing: Standing, cause: Cause) -> list[Finding]:
    await cause.deed(standing)
    await standing.pass_by(cause.settle)
    return await standing.diagnose()


async def _cure(standing: Standing, cause: Cause, found: list[Finding]) -> Way:
    """Do what the findings say, to the letter where it is a command that can be run here."""
    fixes = dict.fromkeys(each.fix for each in found)
    way = cause.fix
    if way is Way.COMMAND and any(missing(each) for each in fixes):
        way = Way.INSTEAD if cause.mend else Way.DEPLOY
    if way is Way.COMMAND:
        for fix in fixes:
            await standing.run(fix)
    elif cause.mend:
        await cause.mend(standing)
    return way


async def _mended(standing: Standing, cause: Cause, proven: bool) -> Row:
    """Cured from inside; where nothing is to be proven, the next deploy is only made if it is the cure."""
    row = Row(cause, await _befall(standing, cause), Way.INSTEAD if cause.mend else Way.DEPLOY)
    if cause.mend:
        await cause.mend(standing)
        await standing.pass_by(60.0)
    if proven:
        return await _redeployed(standing, row)
    if cause.mend is None and cause is not CAUSES[-1]:
        await standing.deploy()
    return row


async def _redeployed(standing: Standing, row: Row) -> Row:
    said = await standing.deploy()
    done = all(isinstance(each, Done) for each in said.values())
    verified = done and isinstance(await standing.verify(), Done)
    return Row(row.cause, row.found, row.way, row.cured, await standing.diagnose(), verified)
