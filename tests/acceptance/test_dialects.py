"""The main job rests on nothing that Google's pages leave open, nor on what they contradict each other about."""

from __future__ import annotations

import pytest

from localcloud.contested import Contested
from localcloud.workflows.dialect import Dialect
from tests.acceptance.runs import STORE, Outcome, run

OTHER = Dialect(both_sides=True, callback_project="id")


@pytest.mark.xdist_group("tutorial")
def test_the_main_job_is_the_same_in_the_other_dialect(tutorial: Outcome) -> None:
    """`and` and `or` that evaluate both sides, callbacks whose address contains the project's id, one proxy-only subnet
    a region whatever its purpose, checks of a port without its specification, proxies of one zone: call by call."""
    contested = Contested(one_proxy_subnet=True, bare_check_port=True, keeps_to_zone=True)
    other = run(STORE, seed=0, dialect=OTHER, contested=contested)

    assert "done" == other.report.outcome
    assert _steps(tutorial) == _steps(other)
    assert _mutations(tutorial) == _mutations(other)
    assert tutorial.report.simulated_seconds == other.report.simulated_seconds


def _steps(outcome: Outcome) -> list[tuple[str, str, str, int]]:
    return [(each.name, each.mode, each.outcome, each.attempts) for each in outcome.report.steps]


def _mutations(outcome: Outcome) -> list[tuple[float, str, str]]:
    return [(each.when, each.method, each.resource) for each in outcome.mutations()]
