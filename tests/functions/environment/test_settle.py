"""Endings: who is told of them, and when a tombstone is all that stays."""

from __future__ import annotations

import pytest

from functions.environment.finish import ending_of
from shared import labels
from tests.support.anchors import MINE, add_anchor, anchor, bearer, overtake
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import GENERATION, Ask


def test_it_is_published(anchored: GoogleServer, settle: Ask) -> None:
    """As a CloudEvent, after which the workflow may end; it changes nothing."""
    told = settle("verification", "done", GENERATION, addresses=[{"region": "us-west1"}])
    (event,) = anchored.published()

    assert told["outcome"] == "done"
    assert told["calls"]["mutations"] == 0
    assert event["ce-type"] == "dev.fleetgate.environment.verified"
    assert (event["ce-subject"], event["ce-specversion"]) == ("store", "1.0")
    assert event["ce-time"] == "2026-01-05T08:00:00Z"
    assert event["data"] == {
        "environment": "store",
        "generation": GENERATION,
        "execution": EXECUTION,
        "action": "deploy",
        "outcome": "done",
        "addresses": [{"region": "us-west1"}],
    }


def test_told_twice_it_has_one_id(anchored: GoogleServer, settle: Ask) -> None:
    """So that a listener can tell."""
    settle("apply", "failed", code="C")
    settle("apply", "failed", code="C")

    assert len({event["ce-id"] for event in anchored.published()}) == 1


def test_a_refused_request_leaves_a_tombstone(google: GoogleServer, claim: Ask, settle: Ask) -> None:
    """Of the anchor that it made, before the ending is told: with its generation and the moment, and nothing else."""
    claim(), claim()
    told = settle("check", "blocked", code="C")

    assert (told["outcome"], len(told["changes"])) == ("done", 1)
    assert anchor(google)["labels"] == {
        labels.OWNER: "store",
        labels.GENERATION: MINE,
        labels.EXECUTION: EXECUTION,
        labels.ACTION: "tombstone",
        labels.ENDED: str(int(NOW)),
    }
    assert google.published()[0]["ce-type"] == "dev.fleetgate.environment.blocked"


def test_told_again_it_is_no_other_ending(google: GoogleServer, claim: Ask, settle: Ask) -> None:
    """Its event was not published, or its answer was lost: the tombstone is its own."""
    claim(), claim()
    settle("check", "blocked"), settle("check", "blocked")

    assert [each["data"]["outcome"] for each in google.published()] == ["blocked"] * 2
    assert 1 == sum("tombstone" in str(each) for each in google.posted("/setLabels"))


@pytest.mark.parametrize(
    ("phase", "outcome"), [("apply", "blocked"), ("verification", "failed"), ("check", "superseded")]
)
def test_once_something_may_have_been_made_the_anchor_stays(
    google: GoogleServer, claim: Ask, settle: Ask, phase: str, outcome: str
) -> None:
    """While it exists, something may still be billed."""
    claim(), claim()

    assert settle(phase, outcome)["outcome"] == "done"
    assert "fleetgate-store" in google.addresses


def test_an_anchor_that_was_there_stays(anchored: GoogleServer, claim: Ask, settle: Ask) -> None:
    """A deploy that is refused does not undo the one before."""
    claim()
    settle("check", "blocked")

    assert "fleetgate-store" in anchored.addresses


def test_a_newer_claim_keeps_the_anchor(google: GoogleServer, claim: Ask, settle: Ask) -> None:
    """It came before the tombstone, which is written by compare-and-swap."""
    claim(), claim()
    overtake(google)
    told = settle("check", "blocked")

    assert told["outcome"] == "done"
    assert bearer(google)[0] == "9999999999999-1"


def test_a_request_without_a_name_has_an_ending_too(google: GoogleServer, settle: Ask) -> None:
    """Somebody published it, and listens."""
    told = settle("claim", "blocked", "", name="", code="INVALID_REQUEST")

    assert told["outcome"] == "done"
    assert google.published()[0]["data"]["code"] == "INVALID_REQUEST"


def test_a_publish_that_fails_is_tried_by_the_workflow(anchored: GoogleServer, settle: Ask) -> None:
    """The ending is not lost."""
    anchored.answers["POST /pubsub/v1/projects/hub/topics/fleetgate-events:publish"] = (503, {})

    assert settle("apply", "failed")["reason"] == "Transient"


@pytest.mark.parametrize(
    ("action", "outcome", "ending"),
    [
        ("deploy", "done", "verified"),
        ("verify", "done", "verified"),
        ("teardown", "done", "removed"),
        ("teardown", "blocked", "blocked"),
        ("extend", "done", None),
        ("extend", "blocked", "blocked"),
        ("sweep", "done", None),
    ],
)
def test_endings_have_names(action: str, outcome: str, ending: str | None) -> None:
    """What happened, from where the listener stands."""
    assert ending_of(action, outcome) == ending


def torn_down(google: GoogleServer) -> None:
    add_anchor(google, "store", action="teardown", generation=MINE, execution=EXECUTION)


def test_a_teardown_leaves_a_tombstone_and_then_says_so(google: GoogleServer, settle: Ask) -> None:
    """In one write; what others have added to the labels stays."""
    torn_down(google)
    anchor(google)["labels"]["team"] = "a"
    told = settle("audit", "done", action="teardown")

    assert told["outcome"] == "done"
    assert [change["verb"] for change in told["changes"]] == ["update"]
    assert anchor(google)["labels"] == {
        labels.OWNER: "store",
        labels.GENERATION: MINE,
        labels.EXECUTION: EXECUTION,
        labels.ACTION: "tombstone",
        labels.ENDED: str(int(NOW)),
        "team": "a",
    }
    (event,) = google.published()
    assert event["ce-type"] == "dev.fleetgate.environment.removed"


@pytest.mark.parametrize("outcome", ["blocked", "failed", "superseded"])
def test_a_teardown_that_did_not_end_well_keeps_the_anchor(
    google: GoogleServer, settle: Ask, outcome: str
) -> None:
    """Something may still be billed."""
    torn_down(google)

    assert settle("audit", outcome, action="teardown")["outcome"] == "done"
    assert anchor(google)["labels"][labels.ACTION] == "teardown"
    assert google.published()[0]["ce-type"] == f"dev.fleetgate.environment.{outcome}"


def test_what_was_claimed_since_is_not_told_to_be_removed(google: GoogleServer, settle: Ask) -> None:
    """Its anchor stays: it is the newer claim's."""
    add_anchor(google, "store", generation="9999999999999-1")
    settle("audit", "done", action="teardown")
    (event,) = google.published()

    assert (event["ce-type"], event["data"]["outcome"]) == (
        "dev.fleetgate.environment.superseded",
        "superseded",
    )
    assert google.mutations() == []


def test_a_claim_that_comes_before_the_tombstone_keeps_the_anchor(google: GoogleServer, settle: Ask) -> None:
    """It is written by compare-and-swap."""
    torn_down(google)
    overtake(google)
    settle("audit", "done", action="teardown")

    assert bearer(google)[0] == "9999999999999-1"
    assert google.published()[0]["ce-type"] == "dev.fleetgate.environment.superseded"


@pytest.mark.parametrize("action", ["extend", "sweep"])
def test_what_was_done_in_the_claim_is_not_told_again(google: GoogleServer, settle: Ask, action: str) -> None:
    """Nobody listens for it."""
    assert settle("claim", "done", action=action)["outcome"] == "done"
    assert google.published() == []
