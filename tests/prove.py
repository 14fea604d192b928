"""`make prove`: the large proofs, whole. What was tried and what held is written to `out/proof.json`.

python -m tests.prove            all of them
python -m tests.prove crash      those with this in their name
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fleetgate.local.installation import ROOT
from tests.acceptance import crashes, permissions, storms, strangers, strays
from tests.acceptance.races import RACES
from tests.acceptance.runs import STORE, UNKIND, document, run
from tests.shared.diagnosis import matrix as diagnosis
from tests.shared.diagnosis.causes import Way

WORKERS = 2
OUT = ROOT / "out" / "proof.json"
EVERY = 15.0  # real seconds between two lines of progress
STORMS = 500
SPECS = ("store", "three-regions")
MEDIAN, MOST, INVOCATIONS = 1.10, 1.20, 120  # of time over critical path, and of a deploy's invocations


@dataclass
class Proof:
    """What came of one proof. `failed` says what did not hold; `facts` are its figures."""

    name: str
    tried: int = 0
    held: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    def judge(self, violation: str, weight: int = 1) -> None:
        """Count something that was tried: `violation` is what is wrong with it, or ""."""
        self.tried += weight
        if violation:
            self.failed.append(violation)
            say(f"{self.name}: {violation}")
        else:
            self.held += weight


class Bench:
    """Runs a proof's cases on the workers and tells how far it is."""

    def __init__(self, workers: Executor, proof: Proof) -> None:
        self._workers = workers
        self._proof = proof
        self._began = self._told = time.monotonic()

    def each(
        self, case: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Any]]:
        """The result of `case` for each of the arguments, with its number, as they come."""
        waiting = {self._workers.submit(_safely, case, each): n for n, each in enumerate(arguments)}
        for count, future in enumerate(as_completed(waiting), 1):
            result = future.result()
            if isinstance(result, _Broken):
                self._proof.judge(result.text)
            else:
                yield waiting[future], result
            self._tell(count, len(arguments))

    def _tell(self, count: int, whole: int) -> None:
        now = time.monotonic()
        if now - self._told >= EVERY or count == whole:
            self._told = now
            failed = f", {len(self._proof.failed)} failed" if self._proof.failed else ""
            say(f"{self._proof.name}: {count} of {whole}{failed}, {now - self._began:.0f} s")


@dataclass(frozen=True)
class _Broken:
    """A case that raised instead of answering."""

    text: str


def _safely(case: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return case(*arguments)
    except Exception:
        return _Broken(f"{arguments[:2]!r:.200}: {traceback.format_exc()[-1500:]}")


def say(text: str) -> None:
    """A line of progress."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stdout.flush()


# -- part 1


def _near(name: str, seed: int) -> tuple[float, int, str]:
    report = run(document(name), seed=seed).report
    return (
        (report.simulated_seconds or 0.0) / (report.critical_path_seconds or 1.0),
        report.invocations,
        report.outcome,
    )


def critical_path(proof: Proof, bench: Bench) -> None:
    """A deploy takes hardly longer than the platform needs, and asks its functions seldom."""
    cases = [(name, seed) for name in SPECS for seed in range(1, 21)]
    ratios: dict[str, list[float]] = {name: [] for name in SPECS}
    invocations = []
    for number, (ratio, asked, outcome) in bench.each(_near, cases):
        name, seed = cases[number]
        ratios[name].append(ratio)
        invocations.append(asked)
        good = outcome == "done" and ratio <= MOST and asked <= INVOCATIONS
        proof.judge("" if good else f"{name}, seed {seed}: {outcome}, {ratio:.3f}, {asked} invocations")
    for name, found in ratios.items():
        median = statistics.median(found) if found else 0.0
        proof.facts[name] = {"median": round(median, 4), "max": round(max(found, default=0.0), 4)}
        proof.judge("" if median <= MEDIAN else f"{name}: median {median:.3f}")
    proof.facts["invocations"] = {"max": max(invocations, default=0)}


def _same(name: str, seed: int) -> str:
    one, other = run(document(name), seed=seed), run(document(name), seed=seed)
    same = one.sequence() == other.sequence() and one.dump == other.dump
    return "" if same else f"{name}, seed {seed}: two runs differ"


def same_seed(proof: Proof, bench: Bench) -> None:
    """The same seed gives the same sequence of calls, at the same times, and the same dump."""
    for _, violation in bench.each(_same, [(name, seed) for name in SPECS for seed in range(1, 6)]):
        proof.judge(violation)


def _unkind(seed: int) -> str:
    kind, unkind = run(STORE, seed=seed), run(STORE, seed=seed, delivery=UNKIND)
    where = crashes.difference(kind.dump, unkind.dump)
    return f"seed {seed}: {where}" if where else ""


def unkind_delivery(proof: Proof, bench: Bench) -> None:
    """Every message twice, and out of order: the same things stand in the end."""
    for _, violation in bench.each(_unkind, [(seed,) for seed in range(1, 11)]):
        proof.judge(violation)


def _planted_race(number: int) -> tuple[int | None, bool]:
    race = RACES[number]
    with tempfile.TemporaryDirectory() as folder:
        root = race.bug.plant(Path(folder))
        seed = race.found_by(range(50), root)
        again = seed is not None and race.found_by(range(seed, seed + 1), root) == seed
        return seed, again


def planted_races(proof: Proof, bench: Bench) -> None:
    """Each planted race is found within fifty seeds, and found again by its seed."""
    for number, (seed, again) in bench.each(_planted_race, [(n,) for n in range(len(RACES))]):
        proof.facts[RACES[number].name] = {"seed": seed}
        proof.judge("" if again else f"{RACES[number].name}: found by seed {seed}, again: {again}")


def _race(number: int, seed: int) -> str:
    return next(iter(RACES[number].holds(range(seed, seed + 1))), "")


def no_races(proof: Proof, bench: Bench) -> None:
    """The product itself has none in fifty seeds of each scenario."""
    for _, violation in bench.each(_race, [(n, seed) for n in range(len(RACES)) for seed in range(50)]):
        proof.judge(violation)


# -- part 2


def crash_matrix(scenario: crashes.Scenario, proof: Proof, bench: Bench) -> None:
    """A function killed at each mutation, at three moments each: the run ends as if nothing had been."""
    undisturbed = crashes.live(scenario)
    if undisturbed.report.outcome != "done":
        proof.judge(f"undisturbed it ends {undisturbed.report.outcome}")
        return
    every = list(crashes.points(undisturbed))
    by_crash = list(crashes.runs(every).values())
    proof.facts = {"mutations": len(undisturbed.mutations()), "points": len(every), "runs": len(by_crash)}
    if len(every) != 3 * len(undisturbed.mutations()):
        proof.judge(f"{len(every)} points for {len(undisturbed.mutations())} mutations")
    cases = [(scenario, same[0], undisturbed) for same in by_crash]
    for number, violation in bench.each(crashes.violation, cases):
        proof.judge(violation, weight=len(by_crash[number]))


def _caught(number: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return crashes.PLANTS[number].caught(Path(folder))


def planted_repetitions(proof: Proof, bench: Bench) -> None:
    """What is not idempotent in any one of the seven functions, the crash matrix finds."""
    for number, found in bench.each(_caught, [(n,) for n in range(len(crashes.PLANTS))]):
        function = crashes.PLANTS[number].function
        proof.facts[function] = found
        proof.judge("" if found else f"what is planted in {function} goes unseen")


def astray(proof: Proof, bench: Bench) -> None:
    """Answers lost, late and doubled, executions cancelled, operations that fail: the environment comes to stand."""
    undisturbed = crashes.live(crashes.DEPLOY)
    cases = [(stray, undisturbed) for stray in strays.strays(undisturbed)]
    for _, violation in bench.each(strays.violation, cases):
        proof.judge(violation)


def _caused(number: int) -> tuple[str, str, str]:
    row = diagnosis.cured(*diagnosis.cases()[number])
    return row.violation, row.way.name.lower(), f"{row.cause.code}: {row.cause.name}"


def causes_and_rules(proof: Proof, bench: Bench) -> None:
    """Each cause fires its rule alone; the fix, done as it says, cures; the next deploy is verified."""
    cases = diagnosis.cases()
    ways: dict[str, list[str]] = {way.name.lower(): [] for way in Way}
    for _, (violation, way, name) in bench.each(_caused, [(n,) for n in range(len(cases))]):
        proof.judge(violation)
        ways[way].append(name)
    proof.facts = {
        "causes": len({cause.name for cause, _ in cases}),
        "not installed": strangers.missing(),
        **{way: {"rows": len(names), "of": sorted(names)} for way, names in ways.items() if names},
    }


def random_faults(proof: Proof, bench: Bench) -> None:
    """Storms of every strength: the newest request's state holds, and other people's things are untouched."""
    calms = {name: storms.calm(name) for name in storms.CLAIMS}
    cases = [(storms.Weather.of(seed), calms) for seed in range(STORMS)]
    proof.facts["published again"] = 0
    for _, (violation, again) in bench.each(storms.verdict, cases):
        proof.judge(violation)
        proof.facts["published again"] += again


# -- part 3


def every_permission(proof: Proof, bench: Bench) -> None:
    """Each permission, taken away alone, makes the step that needs it end blocked, naming it and whose it is."""
    cases = permissions.cases()
    proof.facts = {
        "granted": len(permissions.all_grants()),
        "listed as unproven": len(permissions.unproven()),
        "not of a step": permissions.NOT_A_STEP,
    }
    for _, violation in bench.each(permissions.fault, cases):
        proof.judge(violation)


PROOFS: dict[str, Callable[[Proof, Bench], None]] = {
    "close to the critical path": critical_path,
    "same seed, same run": same_seed,
    "every message twice and shuffled": unkind_delivery,
    "planted races": planted_races,
    "no races": no_races,
    **{
        f"crash matrix of {scenario.name}": functools.partial(crash_matrix, scenario)
        for scenario in (
            crashes.DEPLOY,
            crashes.CHANGE,
            crashes.TEARDOWN,
            crashes.STATIC,
            crashes.ELSEWHERE,
            crashes.OCCUPIED,
        )
    },
    "planted repetitions": planted_repetitions,
    "gone astray": astray,
    "causes and rules": causes_and_rules,
    "random faults": random_faults,
    "every permission": every_permission,
}


def prove(names: Iterable[str]) -> list[Proof]:
    """Run these proofs, one after the other."""
    proofs = []
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as workers:
        for name in names:
            proof, began = Proof(name), time.monotonic()
            PROOFS[name](proof, Bench(workers, proof))
            proof.seconds = round(time.monotonic() - began, 1)
            proofs.append(proof)
            say(f"{name}: {proof.held} of {proof.tried} held, {proof.seconds:.0f} s {proof.facts or ''}")
            for failure in proof.failed[:20]:
                say(f"    {failure}")
            _write(proofs)
    return proofs


def _write(proofs: list[Proof]) -> None:
    OUT.parent.mkdir(exist_ok=True)
    holds = all(not proof.failed for proof in proofs)
    OUT.write_text(json.dumps({"holds": holds, "proofs": [asdict(each) for each in proofs]}, indent=2) + "\n")


def main(wanted: Sequence[str]) -> int:
    """The exit status: 0 if all that was tried held, 64 for names that no proof has."""
    names = [name for name in PROOFS if not wanted or any(part in name for part in wanted)]
    if not names:
        say(f"no proof has {' or '.join(wanted)} in its name: {', '.join(PROOFS)}")
        return 64
    proofs = prove(names)
    failed = [proof.name for proof in proofs if proof.failed]
    say(f"{OUT.relative_to(ROOT)}: " + (f"not held: {', '.join(failed)}" if failed else "everything held"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
