"""A sample of the crash matrix; `make prove` has every point of it, and a mutant of each function."""

from __future__ import annotations

import random

from tests.acceptance.crashes import DEPLOY, MOMENTS, difference, live, points, runs, violation

SAMPLE = 2


def test_a_deploy_survives_the_crash_of_any_function() -> None:
    """Each mutation has three points; those of the sample end as if nothing had been."""
    undisturbed = live(DEPLOY)
    every = list(points(undisturbed))
    chosen = random.Random("crash sample").sample([same[0] for same in runs(every).values()], SAMPLE)

    assert "done" == undisturbed.report.outcome
    assert 3 * len(undisturbed.mutations()) == len(every) > 60
    assert {moment: len(every) // 3 for moment in MOMENTS} == {
        moment: sum(each.moment == moment for each in every) for moment in MOMENTS
    }
    assert [""] * SAMPLE == [violation(DEPLOY, point, undisturbed) for point in chosen]


def test_a_difference_between_dumps_is_told_by_its_place() -> None:
    """Whatever is missing, surplus or other."""
    assert "" == difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]})
    assert "/a[1]/b: 2 became 3" == difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]})
    assert "/c (only undisturbed)" == difference({"c": 1}, {})
    assert "/c (surplus)" == difference({}, {"c": 1})
