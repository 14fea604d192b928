"""A Service that the spec only exports, and that nobody has made yet, is waited for within the spec's bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.service_export.step import decide
from shared.objects import Key, namespace
from shared.spec import Invalid
from shared.step.outcome import Blocked, Decision, Waiting
from tests.functions.service_export.test_service_export import EAST, WEST, observed, there
from tests.support.live import NOW, born, environment

OWN: dict[str, Any] = {
    "services": [{"name": "own", "port": 80, "targetPort": 8080}],
    "sampleApp": False,
    "routes": [],
}


def seen(*, asked: float | None, age: float, **fields: Any) -> Decision:
    """What follows when both clusters have had the namespace for `age` seconds, and nothing else."""
    wanted = environment(**OWN, **fields)
    space: dict[Key, Any] = {("Namespace", "", "store"): born(namespace("store", "store"), age=age)}
    both = observed(there(WEST, space), imports=[])
    contents = {WEST: there(WEST, space), EAST: there(EAST, space)}
    return decide(wanted, replace(both, contents=contents, asked=asked), NOW)


def test_a_check_refuses_what_could_have_been_made() -> None:
    """The cluster is there; nothing is begun without its Services. One finding tells of every cluster."""
    outcome = seen(asked=None, age=5).outcome

    assert isinstance(outcome, Blocked)
    assert outcome.code == "SERVICE_MISSING"
    assert outcome.cause == (
        "Cluster gke-west-1 has no Service store/own to export. Cluster gke-east-1 has no Service store/own to export."
    )
    assert "kubectl create service clusterip own --namespace=store --tcp=80:8080" in outcome.fix


def test_a_deploy_waits_warns_and_goes_on_with_all_else() -> None:
    """The export is made beside it, so that it is imported as soon as the Service is there."""
    decision = seen(asked=NOW - 600, age=100)
    outcome = decision.outcome

    assert isinstance(outcome, Waiting)
    assert (outcome.reason, [each.code for each in outcome.warnings]) == (
        "ServiceMissing",
        ["SERVICE_MISSING"] * 2,
    )
    assert "It is waited for 15 min" in outcome.warnings[0].cause
    assert "get-credentials gke-west-1" in outcome.warnings[0].fix
    assert {each.describe().resource.split("/")[-3] for each in decision.changes} == {"ServiceExport"}


@pytest.mark.parametrize(
    ("asked", "age", "overdue"),
    [(NOW - 2000, 899, False), (NOW - 2000, 901, True), (NOW - 899, 9000, False), (NOW - 901, 9000, True)],
)
def test_the_time_runs_since_it_could_be_made_and_was_asked_for(
    asked: float, age: float, overdue: bool
) -> None:
    """The namespace of a new cluster comes with it; that of an old one was there before."""
    assert isinstance(seen(asked=asked, age=age).outcome, Blocked if overdue else Waiting)


def test_the_spec_gives_the_bound() -> None:
    """And the last look comes when it is over."""
    outcome = seen(asked=NOW - 500, age=118, serviceWait="2m").outcome

    assert isinstance(outcome, Waiting)
    assert outcome.retry_after == 2.0
    assert isinstance(seen(asked=NOW - 500, age=121, serviceWait="2m").outcome, Blocked)


@pytest.mark.parametrize("wrong", ["31m", "30s", "5", 5, "1h"])
def test_a_bound_that_a_step_cannot_keep_is_refused(wrong: Any) -> None:
    """With what would be right."""
    with pytest.raises(Invalid) as refused:
        environment(**OWN, serviceWait=wrong)
    (fault,) = refused.value.faults

    assert fault.path.endswith("serviceWait")
    assert "m" in fault.fix
