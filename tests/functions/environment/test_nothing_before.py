"""A deploy refused in check ends an anchor that holds nothing, also one that other requests held before it."""

from __future__ import annotations

import json

import pytest

from shared import labels
from tests.support.anchors import EXECUTIONS, OTHER, add_unlabelled, alive, anchor
from tests.support.google_server import GoogleServer
from tests.support.messages import Ask
from tests.support.projects import PROJECT

OLDER = "1767500000000-1"
PUBLISHED = "2026-01-05T07:59:59Z"  # a second before the request that is refused


def ended(google: GoogleServer, *modes: str, execution: str = OTHER) -> None:
    """An execution that has ended after steps of these modes."""
    steps = [{"name": "any", "mode": each} for each in modes]
    google.answers[f"{EXECUTIONS}/{execution}"] = {
        "state": "SUCCEEDED",
        "result": json.dumps({"outcome": "superseded", "steps": steps}),
    }


@pytest.fixture
def taken_over(claim: Ask) -> None:
    """A first deploy has claimed the environment, and a newer one after it."""
    for _ in range(2):
        claim(execution=OTHER, time=PUBLISHED, id="80")
    claim()


def action(google: GoogleServer) -> str:
    """The action of the anchor."""
    return str(anchor(google)["labels"][labels.ACTION])


@pytest.mark.parametrize("modes", [("claim",), ("claim", "check", "settle"), ("claim", "check", "accept")])
@pytest.mark.usefixtures("taken_over")
def test_nothing_stays_of_two_that_made_nothing(
    google: GoogleServer, settle: Ask, modes: tuple[str, ...]
) -> None:
    """The first was superseded in its own check: its anchor would hold the fleet for ever."""
    ended(google, *modes)
    settle("check", "blocked", code="C")

    assert action(google) == "tombstone"


@pytest.mark.usefixtures("taken_over")
def test_what_the_first_may_have_made_keeps_the_anchor(google: GoogleServer, settle: Ask) -> None:
    """Its clusters are billed."""
    ended(google, "claim", "check", "apply", "settle")
    settle("check", "blocked", code="C")

    assert action(google) == "deploy"


@pytest.mark.usefixtures("taken_over")
def test_an_execution_that_nobody_knows_may_have_made_something(google: GoogleServer, settle: Ask) -> None:
    """Workflows forgets executions after 90 days."""
    settle("check", "blocked", code="C")

    assert action(google) == "deploy"


@pytest.mark.usefixtures("taken_over")
def test_one_that_has_not_ended_is_awaited(google: GoogleServer, settle: Ask) -> None:
    """For a minute: until then it says nothing."""
    alive(google, OTHER)
    began = google.now
    told = settle("check", "blocked", code="C", fields={"began": began})
    assert (told["outcome"], told["reason"], google.published()) == ("waiting", "RequestBeforeEnds", [])

    google.now += 61
    told = settle("check", "blocked", code="C", fields={"began": began})
    assert (told["outcome"], action(google)) == ("done", "deploy")


def test_an_anchor_that_was_never_labelled_stands_for_nothing(
    google: GoogleServer, claim: Ask, settle: Ask
) -> None:
    """Who created it was superseded before it wrote its labels."""
    add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
    claim()
    ended(google, "claim")
    settle("check", "blocked", code="C")

    assert action(google) == "tombstone"
