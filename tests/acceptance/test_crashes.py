"""A sample of the crash matrix; `make prove` has every point of it, and a mutant of each function.

The moment between an anchor's creation and its labels is always in the sample.
"""

from __future__ import annotations

import random

from tests.acceptance.crashes import DEPLOY, MOMENTS, Key, difference, live, points, runs, violation

LABELS: Key = (
    "compute",
    "compute.addresses.setLabels",
    "compute/v1/projects/fleetgate-demo/regions/us-central1/addresses/fleetgate-store/setLabels",
)


def test_a_deploy_survives_the_crash_of_any_function() -> None:
    """Each mutation has three points; those of the sample end as if nothing had been."""
    undisturbed = live(DEPLOY)
    every = list(points(undisturbed))
    labelling = {each.moment: each for each in every if each.mutation == LABELS}
    between = labelling[MOMENTS[0]]
    others = [same[0] for same in runs(every).values() if between not in same]
    chosen = [between, random.Random("crash sample").choice(others)]

    assert "done" == undisturbed.report.outcome
    assert 3 * len(undisturbed.mutations()) == len(every) > 60
    assert {moment: len(every) // 3 for moment in MOMENTS} == {
        moment: sum(each.moment == moment for each in every) for moment in MOMENTS
    }
    assert set(MOMENTS) == set(labelling)
    assert ["", ""] == [violation(DEPLOY, point, undisturbed) for point in chosen]


def test_a_difference_between_dumps_is_told_by_its_place() -> None:
    """Whatever is missing, surplus or other."""
    assert "" == difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]})
    assert "/a[1]/b: 2 became 3" == difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]})
    assert "/c (only undisturbed)" == difference({"c": 1}, {})
    assert "/c (surplus)" == difference({}, {"c": 1})
