"""What a platform engineer may rely on: the same run for a seed, near the critical path, nothing done twice."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.races import RACES
from tests.acceptance.runs import STORE, UNKIND, Outcome, document, run
from tests.support.dumps import standing

pytestmark = pytest.mark.xdist_group("tutorial")

# `make prove` has seeds 1 to 20 of both
SAMPLE = [("store", 4), pytest.param("three-regions", 5, marks=pytest.mark.long)]


@cache
def undisturbed(example: str, seed: int) -> Outcome:
    """A deploy that nothing goes wrong in; several tests look at the same one."""
    return run(document(example), seed=seed)


def test_the_same_seed_gives_the_same_run(tutorial: Outcome) -> None:
    """The same times and the same sequence of calls."""
    one, other = tutorial, run(STORE, seed=0)

    assert one.report.simulated_seconds == other.report.simulated_seconds
    assert one.sequence() == other.sequence()


@pytest.mark.parametrize(("example", "seed"), SAMPLE)
def test_a_deploy_stays_close_to_the_critical_path(example: str, seed: int) -> None:
    """At most 20 % over it, with at most 120 invocations."""
    report = undisturbed(example, seed).report

    assert "done" == report.outcome
    assert report.simulated_seconds is not None and report.critical_path_seconds is not None
    assert report.simulated_seconds / report.critical_path_seconds <= 1.20
    assert report.invocations <= 120


def test_deploying_again_changes_nothing_but_the_anchors_labels() -> None:
    """The claim; then lease, spec and what serves, in one write. A patch that changes nothing would count."""
    again = run(STORE, STORE, seed=2)

    assert ["done", "done"] == [report.outcome for report in again.reports]
    assert ["compute.addresses.setLabels"] * 2 == [call.method for call in again.mutations()]


@pytest.mark.long
@pytest.mark.parametrize("seed", [4])
def test_messages_twice_and_shuffled_make_no_difference(seed: int) -> None:
    """What stands in the cloud at the end is the same; `make prove` has seeds 1 to 10."""
    kind, unkind = undisturbed("store", seed), run(STORE, seed=seed, delivery=UNKIND)

    assert "done" == kind.report.outcome
    assert standing(kind.dump) == standing(unkind.dump)
    assert (None, None) == (kind.report.incomplete, unkind.report.incomplete)


@pytest.mark.long
def test_without_the_already_exists_path_they_would(tmp_path: Path) -> None:
    """A function from which it is taken out does not get through: the test above can fail."""
    (race,) = [race for race in RACES if "already-exists" in race.name]

    outcome = run(STORE, seed=1, delivery=UNKIND, root=race.mutant.build(tmp_path))

    assert "blocked" == outcome.report.outcome
    assert any("lready exists" in diagnosis.cause for diagnosis in outcome.report.diagnoses)
