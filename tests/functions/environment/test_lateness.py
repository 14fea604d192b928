"""Requests that come too late, and copies of messages whose execution has ended: they change nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.environment.claim import CLAIM, FRESH
from functions.environment.finish import FINISH, ending_of
from functions.environment.tombstones import LATE
from localcloud.time.clock import rfc3339
from shared import labels
from shared.step.run import run
from tests.support.anchors import EXECUTIONS, OTHER, add_anchor, add_unlabelled, alive
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import DEPLOY, Ask

NAMED = {"name": "store"}
LATE_REQUESTS: list[dict[str, Any]] = [
    DEPLOY,
    {"action": "teardown", **NAMED},
    {"action": "verify", **NAMED},
    {"action": "extend", "ttl": "30d", **NAMED},
    {"action": "sweep", "final": True},
    {"action": "teardown", "generation": "1767560000000-1", "expires": int(NOW - 60), **NAMED},
]


def age(seconds: float) -> str:
    """The publish time of a request that is so old."""
    return rfc3339(NOW - seconds, 3)


class TestARequest:
    @pytest.mark.parametrize("stands", [True, False])
    @pytest.mark.parametrize("request_", LATE_REQUESTS, ids=lambda each: each["action"])
    def test_after_an_hour_it_is_stale(
        self, google: GoogleServer, claim: Ask, request_: Any, stands: bool
    ) -> None:
        """Whatever it asks for, and whether or not there is an environment; it says what a person can do."""
        if stands:
            add_anchor(google, "store", -60)
        told = claim(request_, time=age(LATE + 1))

        assert (told["outcome"], told["code"]) == ("stale", "STALE")
        assert "was published 60 min ago, and nobody has acted on it." in told["cause"]
        assert told["fix"] == "Publish it again if it is still wanted."
        assert google.mutations() == []

    @pytest.mark.parametrize("request_", LATE_REQUESTS, ids=lambda each: each["action"])
    def test_until_then_it_is_not(self, google: GoogleServer, claim: Ask, request_: Any) -> None:
        """Delivery may take its time."""
        add_anchor(google, "store", -60)

        assert claim(request_, time=age(LATE - 1))["outcome"] != "stale"

    def test_one_that_is_acted_on_goes_on(self, google: GoogleServer, claim: Ask) -> None:
        """Its execution began in time: the anchor bears it, with labels or without."""
        generation = labels.generation(age(LATE + 60), "88")
        add_unlabelled(google, f"{generation}/{EXECUTION}", project="shop-prod")

        assert claim(time=age(LATE + 60))["outcome"] == "done"
        assert claim(time=age(LATE + 60))["outcome"] == "done"

    def test_a_sweep_looks_whenever_it_comes(self, google: GoogleServer, claim: Ask) -> None:
        """What is over now is over."""
        add_anchor(google, "store", -60)

        assert claim({"action": "sweep"}, time=age(9 * LATE))["outputs"]["swept"]["tornDown"] == ["store"]

    @pytest.mark.parametrize(("hours", "words"), [(1.5, "90 min"), (5, "5 h"), (20, "20 h"), (70, "3 d")])
    def test_it_says_how_old_it_is(self, claim: Ask, hours: float, words: str) -> None:
        """In a unit that a person thinks in."""
        assert f"published {words} ago" in claim(time=age(hours * 3600))["cause"]

    def test_its_ending_has_an_event_of_its_own(self, google: GoogleServer, settle: Ask) -> None:
        """Somebody may still want it."""
        assert ending_of("deploy", "stale") == "stale"
        settle("claim", "stale", code="STALE")

        assert [each["ce-type"] for each in google.published()] == ["dev.fleetgate.environment.stale"]


class TestACopyOfAMessage:
    @pytest.mark.parametrize(("state", "outcome"), [("SUCCEEDED", "superseded"), ("ACTIVE", "done")])
    def test_it_claims_nothing_for_an_execution_that_has_ended(
        self, google: GoogleServer, event: Any, state: str, outcome: str
    ) -> None:
        """Nobody would settle that claim, and the fleet would be in use for good."""
        alive(google, EXECUTION, state)
        data = base64.b64encode(json.dumps(DEPLOY).encode()).decode()
        message = event(
            step="environment",
            mode="claim",
            environment=None,
            claim={"name": "", "generation": "", "execution": EXECUTION},
            request={"data": data, "messageId": "88", "publishTime": age(60)},
            sent=NOW - FRESH - 1,
        )
        run(message, CLAIM, FINISH)

        assert google.posted("/callbacks/")[-1]["outcome"] == outcome
        assert bool(google.addresses) == (outcome == "done")

    def test_one_that_comes_at_once_costs_no_look(self, google: GoogleServer, claim: Ask) -> None:
        """Its execution cannot have ended yet."""
        claim()

        assert not [path for _, path, _ in google.requests if path.startswith(EXECUTIONS.partition(" ")[2])]


class TestWhatASweepDidNotSee:
    """A sweep's teardown is as old as what the sweep saw."""

    SEEN = "1767560000000-1"

    def swept(self, claim: Ask) -> Any:
        """What a sweep asked for a moment ago."""
        request = {"action": "teardown", **NAMED, "generation": self.SEEN, "expires": int(NOW - 60)}
        return claim(request, time=age(1), execution=OTHER)

    def test_a_deploy_that_was_published_before_takes_over(self, google: GoogleServer, claim: Ask) -> None:
        """The sweep saw it not, for its claim came after the teardown's."""
        add_anchor(google, "store", -60)
        told = [self.swept(claim), claim(time=age(2))]

        assert [each["outcome"] for each in told] == ["done", "done"]
        assert [each["outputs"]["generation"] for each in told] == [f"{self.SEEN}-s", "1767599998000-88"]

    def test_what_it_saw_and_what_is_older_does_not(self, google: GoogleServer, claim: Ask) -> None:
        """Copies of the deploy whose lease is over, say."""
        add_anchor(google, "store", -60, generation=labels.generation(age(1000), "88"))
        request = {"action": "teardown", **NAMED, "generation": labels.generation(age(1000), "88")}
        claim(request, execution=OTHER)

        assert [claim(time=age(each))["outcome"] for each in (1000, 1001)] == ["superseded"] * 2

    def test_asked_for_again_it_is_the_same_request(self, google: GoogleServer, claim: Ask) -> None:
        """The sweep saw the claim of the one that died, and takes over; from a living one it does not."""
        add_anchor(google, "store", -60, generation=f"{self.SEEN}-s", action="teardown")
        request = {"action": "teardown", **NAMED, "generation": f"{self.SEEN}-s"}
        alive(google)
        assert claim(request)["outcome"] == "superseded"

        alive(google, state="SUCCEEDED")  # blocked, say
        assert claim(request)["outcome"] == "done"
