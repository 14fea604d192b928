"""A deploy that took a teardown's anchor over, and takes no effect: the teardown goes on."""

from __future__ import annotations

import json

import pytest

from shared import labels
from tests.support.anchors import MINE, OTHER, add_anchor, alive, anchor
from tests.support.google_server import EXECUTION, GoogleServer
from tests.support.messages import Ask
from tests.support.projects import PROJECT

SWEEPS = "33333333-2222-4333-8444-555555555555"
TEARDOWN = {"action": "teardown", "name": "store"}
NOT_ACCEPTED = {labels.ACCEPTED, labels.ACCEPTED_BY, labels.ACCEPTED_ACTION, labels.ASKED}


@pytest.fixture
def removing(google: GoogleServer) -> dict[str, str]:
    """The labels of an environment without a lease that a teardown is at work on."""
    add_anchor(google, "store", config="gke-west-1")
    values: dict[str, str] = anchor(google)["labels"]
    values |= {labels.REGION + "us-west1": "", labels.ACTION: "teardown"}
    return dict(values)


@pytest.fixture
def lost(google: GoogleServer, claim: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A teardown that found no anchor made one; the environment may be in one of two projects."""
    networks = {
        f"projects/{each}/global/networks/default": "projects/hub/topics/t" for each in ("other", PROJECT)
    }
    monkeypatch.setenv("FLEETGATE_VERIFICATION_NETWORKS", json.dumps(networks))
    for _ in range(2):
        claim(TEARDOWN, execution=OTHER, time="2026-01-05T07:59:00Z", id="77")


def torn_down(claim: Ask) -> list[str]:
    """The environments that a sweep asks to tear down."""
    names: list[str] = claim({"action": "sweep"}, execution=SWEEPS)["outputs"]["swept"]["tornDown"]
    return names


def test_refused_in_check_it_gives_the_anchor_back(
    google: GoogleServer, claim: Ask, settle: Ask, removing: dict[str, str]
) -> None:
    """What is left would be billed for ever: it has no lease, and nobody else would ask for its end."""
    claim()
    settle("check", "blocked", code="C")

    assert anchor(google)["labels"] == removing | {
        labels.GENERATION: MINE,
        labels.EXECUTION: EXECUTION,
    }
    assert torn_down(claim) == ["store"]


@pytest.mark.parametrize(("state", "names"), [("ACTIVE", []), ("CANCELLED", ["store"])])
def test_of_one_that_died_in_check_the_sweep_goes_on(
    google: GoogleServer, claim: Ask, removing: dict[str, str], state: str, names: list[str]
) -> None:
    """Nobody settles it."""
    claim()
    alive(google, EXECUTION, state)

    assert torn_down(claim) == names


def test_the_next_that_is_refused_gives_it_back_too(
    google: GoogleServer, claim: Ask, settle: Ask, removing: dict[str, str]
) -> None:
    """The first was superseded by it, and so never settled as refused."""
    claim(execution=SWEEPS, time="2026-01-05T07:59:59Z", id="80")
    claim()
    settle("check", "blocked", code="C")

    assert anchor(google)["labels"][labels.ACTION] == "teardown"


def test_once_it_is_accepted_the_teardown_is_over(
    google: GoogleServer, claim: Ask, accept: Ask, settle: Ask, removing: dict[str, str]
) -> None:
    """What then fails stays as it is, as after any deploy."""
    accept(claim()["outputs"]["environment"])
    settle("apply", "blocked", code="C")

    assert anchor(google)["labels"][labels.ACTION] == "deploy"
    assert not NOT_ACCEPTED & set(anchor(google)["labels"])
    assert torn_down(claim) == []


@pytest.mark.usefixtures("lost")
def test_an_environment_that_was_lost_is_lost_again(google: GoogleServer, claim: Ask, settle: Ask) -> None:
    """The teardown did not know where it is, and the deploy only said where it wants one."""
    claim()
    claim()
    settle("check", "blocked", code="C")

    assert torn_down(claim) == ["store"]
    values = anchor(google)["labels"]
    assert (values[labels.ACTION], labels.PROJECT in values, labels.CONFIG in values) == (
        "teardown",
        False,
        False,
    )


@pytest.mark.usefixtures("lost")
def test_nor_does_a_deploy_that_died_tell_where_it_is(google: GoogleServer, claim: Ask) -> None:
    """A teardown that took the shown fleet for the place would call an environment elsewhere removed."""
    claim()
    again = [claim(TEARDOWN, execution=SWEEPS, time="2026-01-05T09:00:00Z", id="99") for _ in range(2)]

    assert again[-1]["outputs"]["place"]["located"] is False
