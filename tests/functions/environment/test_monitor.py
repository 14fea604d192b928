"""The monitor: asks for a verify of every environment that has served, which tells nothing but changes."""

from __future__ import annotations

from typing import Any

import pytest

from shared import labels
from tests.support.anchors import OTHER, add_anchor, alive, anchor
from tests.support.google_server import NOW, GoogleServer
from tests.support.messages import Ask

VERIFIED, BROKEN = f"verified-{int(NOW) - 600}", f"broken-{int(NOW) - 600}"
QUIET = {"action": "verify", "name": "store", "quiet": True}


def asked(google: GoogleServer) -> list[Any]:
    """The requests that were published."""
    return [each["data"] for each in google.published() if "ce-type" not in each]


def test_a_verify_is_asked_for_of_whatever_has_served(google: GoogleServer, claim: Ask) -> None:
    """What is broken too: it may serve again. Not what was never proven, or is being removed, or has ended."""
    for name, values in {
        "store": {"serving": VERIFIED},
        "books": {"serving": BROKEN},
        "new": {},
        "going": {"serving": VERIFIED, "action": "teardown"},
        "gone": {"serving": VERIFIED, "action": "tombstone"},
    }.items():
        add_anchor(google, name, None, **values)
    google.add_address(name="fleetgate-strange", labels={labels.SERVING: VERIFIED})
    told = claim({"action": "monitor"})

    assert (told["outcome"], told["outputs"]["monitored"]) == ("done", ["books", "store"])
    assert asked(google) == [{**QUIET, "name": name} for name in ("books", "store")]
    assert google.mutations() == []


def test_one_that_comes_late_means_what_there_is_now(google: GoogleServer, claim: Ask) -> None:
    """As a sweep does."""
    add_anchor(google, "store", serving=VERIFIED)

    for request in ({"action": "monitor"}, QUIET):
        assert claim(request, time="2026-01-04T08:00:00Z")["outcome"] == "done"


def test_its_verify_is_quiet(google: GoogleServer, claim: Ask) -> None:
    """The settling hears of it from the workflow."""
    add_anchor(google, "store", serving=VERIFIED)

    assert claim(QUIET)["outputs"]["quiet"] is True
    assert "quiet" not in claim({"action": "verify", "name": "store"})["outputs"]


def test_what_is_being_deployed_is_left_to_the_deploy(google: GoogleServer, claim: Ask) -> None:
    """It may well not serve for a while; a person who asks is told nevertheless."""
    add_anchor(google, "store", serving=VERIFIED)
    alive(google, OTHER)

    assert claim(QUIET)["outcome"] == "superseded"
    assert claim({"action": "verify", "name": "store"})["outcome"] == "done"


@pytest.mark.parametrize("action", [None, "teardown", "tombstone"])
def test_what_went_meanwhile_is_nobodys_fault(google: GoogleServer, claim: Ask, action: str | None) -> None:
    """Nobody is to be alarmed of a request that nobody made."""
    if action:
        add_anchor(google, "store", serving=VERIFIED, action=action)

    assert claim(QUIET)["outcome"] == "superseded"


def test_its_requests_write_nothing_until_they_are_settled(google: GoogleServer, claim: Ask) -> None:
    """They claim nothing."""
    add_anchor(google, "store", serving=VERIFIED)
    before = dict(anchor(google)["labels"])
    claim(QUIET)

    assert anchor(google)["labels"] == before
