"""A storm from its first request to its verdict."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fleetgate.local.installation import ROOT
from fleetgate.local.run import LocalRun, NeverEnded
from localcloud.pubsub.broker import Delivery
from localcloud.time.jump_schedule import Stalled
from tests.acceptance import commands, foreign
from tests.acceptance.chaos import witness
from tests.acceptance.chaos.dumps import comparable, unlike, without_importer
from tests.acceptance.chaos.requests import GHOST, REQUESTS, SPREAD
from tests.acceptance.chaos.seeds import Chaos
from tests.acceptance.chaos.storm import Storm
from tests.acceptance.hands import KINDS
from tests.acceptance.missed import MISSED
from tests.acceptance.runs import settle
from tests.support.dumps import FINAL
from tests.support.local_cloud import let_pass

Json = dict[str, Any]
ROUNDS = 6  # times that the newest request is published again, and what it tells a person is done


@dataclass
class Verdict:
    """What a run broke, and what it left: the cloud's dump.

    `first` is what the newest request came to at first, `again` how often it had to be published again, `happened` what
    each execution came to. `waited` says whether any request waited for a place that was down.
    """

    broken: list[str] = field(default_factory=list)
    dump: Json = field(default_factory=dict)
    first: str = ""
    again: int = 0
    happened: list[str] = field(default_factory=list)
    waited: bool = False
    deleted: bool = False

    def violation(self, chaos: Chaos) -> str:
        """The story of a storm in which something did not hold, or ""."""
        if not self.broken:
            return ""
        return "\n".join(
            [str(chaos), *(f"  {each}" for each in self.happened), *(f"! {b}" for b in self.broken)]
        )


def dump_after(name: str) -> Json:
    """The dump after a request in a cloud with other people's things, when nothing goes wrong."""
    before = ((0.0, "store"),) if name == "teardown" else ()
    verdict = endure(Chaos(1, (*before, (2 * SPREAD, name)), delivery=Delivery()), {})
    assert not verdict.broken, verdict.broken
    return verdict.dump


def endure(chaos: Chaos, undisturbed: dict[str, Json], root: Path = ROOT) -> Verdict:
    """A run under it, to its end, of the product in `root`.

    `undisturbed` has the dump that each kind of claim leaves when nothing goes wrong.
    """
    verdict = Verdict()
    try:
        asyncio.run(_endure(chaos, undisturbed, root, verdict))
    except (Stalled, NeverEnded, AssertionError) as error:
        verdict.broken.append(str(error) or repr(error))
    return verdict


async def _endure(chaos: Chaos, undisturbed: dict[str, Json], root: Path, verdict: Verdict) -> None:
    settings: Json = {"delivery": chaos.delivery, "dialect": chaos.dialect}
    async with LocalRun(seed=chaos.seed, root=root, **settings) as local:
        await foreign.make(local)
        before = foreign.picture(local)
        storm = Storm(local)
        seen = witness.Witness(storm)
        for trouble in chaos.troubles:
            trouble.begin(storm)
        for when, name in chaos.requests:
            storm.after(when, partial(storm.publish, name))
        try:
            await storm.passes()
            verdict.waited = any("PlaceUnreachable" in str(each.run.result) for each in storm.executions())
            verdict.deleted = bool(storm.deletions)
            verdict.first = _first(storm)
            verdict.broken += [*witness.misled(storm), *witness.stumbled(storm)]
            await _newest_holds(storm, verdict)
            verdict.broken += await _ghost_is_gone(storm)
            await settle(local, [])
        finally:
            verdict.happened = list(_told(storm))
        verdict.broken += seen.found
        after = foreign.picture(local)
        verdict.broken += [
            f"{name} of other people's has changed" for name in before if before[name] != after[name]
        ]
        verdict.dump = comparable(local.cloud.dump())
        if expected := undisturbed.get(chaos.newest):
            verdict.broken += _compared(chaos, expected, verdict)
        if chaos.newest == "teardown":
            verdict.broken += await _gone(local)
        else:
            verdict.broken += [*await _stands(storm), *await _is_missed(storm, chaos.seed)]


def _first(storm: Storm) -> str:
    """What the newest request came to: done, if one of its executions says so, or with which code it ended."""
    newest = storm.newest()
    if storm.is_done(newest.id):
        return "deleted by hand since" if storm.deleted_since(newest) else "done"
    endings = {
        f"{each.get('outcome', 'no result')} {each.get('code', '')}" for each in storm.results(newest.id)
    }
    return ", ".join(sorted(endings - {"superseded "})) or "it began nothing"


async def _newest_holds(storm: Storm, verdict: Verdict) -> None:
    """The newest request is done, or is when nothing goes wrong any more and it is published again.

    Who has deleted something by hand does what is told, and publishes it once more. What a cluster that is deleted so
    leaves is nobody's, for all that a teardown can know: it tells the commands.

    Raises:
        AssertionError: it is not.
    """
    newest = storm.newest()
    is_told = newest.name == "teardown" and storm.deletions
    if storm.is_done(newest.id) and not storm.deleted_since(newest) and not is_told:
        return
    storm.calm()
    for _ in range(ROUNDS if storm.deletions else 1):
        verdict.again += 1
        now = storm.now
        report = await storm.local.act(REQUESTS[newest.name])
        storm.note(newest.name, now)
        is_done = report.outcome == "done"
        told = commands.of_others(report) if is_done else commands.of(report)
        for each in list(told) if storm.deletions else []:
            await commands.follow(storm.local, each)
        if is_done:
            return
    raise AssertionError(f"{newest.name}, published again, ends {report.outcome}: {report.diagnoses}")


async def _ghost_is_gone(storm: Storm) -> list[str]:
    """What is wrong with the newest teardown of an environment that never was: it is done, at the latest in calm."""
    asked = [each for each in storm.messages if each.name == GHOST]
    if not asked or storm.is_done(asked[-1].id):
        return []
    storm.calm()
    report = await storm.local.act(REQUESTS[GHOST])
    return (
        []
        if report.outcome == "done"
        else [f"{GHOST}, published again, ends {report.outcome}: {report.diagnoses}"]
    )


def _compared(chaos: Chaos, expected: Json, verdict: Verdict) -> list[str]:
    found = verdict.dump
    if chaos.newest == "teardown":
        expected, found = without_importer(expected), without_importer(found)
    taken_over = len(chaos.requests) > 1 or bool(verdict.again)
    where = unlike(expected, found, taken_over=taken_over)
    return [f"ends otherwise than undisturbed at {where}"] if where else []


async def _gone(local: LocalRun) -> list[str]:
    """What is wrong after the last teardown, and a final sweep."""
    report = await local.act(FINAL)
    await settle(local, [])
    wrong = [] if report.outcome == "done" else [f"the final sweep ends {report.outcome}: {report.diagnoses}"]
    return wrong + [f"something of ours is left: {each}" for each in [witness.left(local)] if each]


async def _stands(storm: Storm) -> list[str]:
    """What is wrong with what the newest deploy has made."""
    document = REQUESTS[storm.newest().name]["environment"]
    lacking = [f"ends without {each}" for each in witness.lacks(storm.local, document)]
    return lacking + [each for each in [witness.wrong_lease(storm), witness.not_accepted(storm)] if each]


async def _is_missed(storm: Storm, seed: int) -> list[str]:
    """What is wrong with how a verification tells of something that somebody deletes from what stands."""
    names = [name for name, each in MISSED.items() if each.code == "OBJECT_MISSING"]
    name, local = names[seed % len(names)], storm.local
    storm.calm()
    if not KINDS[name](local):
        return []
    await let_pass(local.cloud, MISSED[name].later)
    report = await local.act({"action": "verify", "name": "store"})
    told = [f"{each.code} {each.cause}" for each in report.diagnoses]
    if report.outcome == "blocked" and any(MISSED[name].cause in each for each in told):
        return []
    return [f"the {name} is deleted by hand, and the verification ends {report.outcome}: {told}"]


def _told(storm: Storm) -> list[str]:
    """What happened, in order."""
    names = {each.id: f"{each.name} of {each.when:.0f} s" for each in storm.messages}
    deleted = [(when, f"{what} is deleted by hand") for when, what in storm.deletions]
    ended = [
        (
            each.created - storm.began,
            f"{names.get(each.event, 'a request of a sweep')} begins, and {_ending(storm, each)}",
        )
        for each in storm.executions()
    ]
    return [f"{when:8.1f} s  {text}" for when, text in sorted([*deleted, *ended])]


def _ending(storm: Storm, execution: Any) -> str:
    if execution.ended is None:
        return "does not end"
    result = json.loads(execution.run.result or "{}")
    code = f" {result['code']}" if result.get("code") else ""
    outcome = result.get("outcome", execution.run.state.value)
    return f"ends {outcome}{code} after {execution.ended - execution.created:.0f} s"
