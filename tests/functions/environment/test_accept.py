"""Acceptance: what a deploy says takes effect when check has passed; until then only the claim is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.environment.claim import CLAIM
from shared import labels
from shared.spec import Environment
from shared.step.run import run
from tests.support.anchors import MINE, OF_CLAIM, OTHER, add_anchor, alive, anchor, bearer
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import DEPLOY, LATER, Ask

HOUR = 3600
BEFORE = "1767560000000-1"  # the generation of the request before
IN_WEST, IN_BOTH = ("us-west1",), ("us-east1", "us-west1")


@pytest.fixture(autouse=True)
def _standing(google: GoogleServer) -> None:
    """A verified environment with a lease of another hour, in one region."""
    values = {
        "spec": "0123456789abcdef",
        "origin": "git",
        "warned": str(int(NOW + HOUR)),
        "config": "gke-west-1",
    }
    add_anchor(google, "store", HOUR, serving=f"verified-{int(NOW) - 60}", **values)
    anchor(google)["labels"] |= {labels.REGION + "us-west1": "", "team": "shop"}


def standing(google: GoogleServer) -> dict[str, str]:
    """Everything on the anchor but the claim."""
    return {key: value for key, value in anchor(google)["labels"].items() if key not in OF_CLAIM}


def end(google: GoogleServer) -> int | None:
    value = anchor(google)["labels"].get(labels.EXPIRES)
    return int(value) if value else None


def extension(ttl: str) -> dict[str, Any]:
    return {"action": "extend", "name": "store", "ttl": ttl}


class TestAClaim:
    def test_it_writes_nothing_else(self, google: GoogleServer, claim: Ask) -> None:
        """Lease, spec, origin and place stay those of the request before, and the anchor says of which."""
        before = standing(google)
        told = claim()

        assert (told["outcome"], standing(google)) == ("done", before)
        assert bearer(google) == (MINE, EXECUTION)
        values = anchor(google)["labels"]
        assert (values[labels.ACCEPTED], values[labels.ACCEPTED_BY]) == (BEFORE, OTHER)

    def test_the_next_one_still_knows_what_was_accepted(self, google: GoogleServer, claim: Ask) -> None:
        """However many are refused in between."""
        before = standing(google)
        claim()
        claim(execution="33333333-2222-4333-8444-555555555555", time="2026-01-05T09:00:00Z", id="89")

        values = anchor(google)["labels"]
        assert (values[labels.ACCEPTED], values[labels.ACCEPTED_BY]) == (BEFORE, OTHER)
        assert standing(google) == before

    def test_a_teardown_after_it_finds_the_old_place(self, google: GoogleServer, claim: Ask) -> None:
        """And nobody waits for an acceptance any more."""
        claim()
        told = claim({"action": "teardown", "name": "store"}, time="2026-01-05T09:00:00Z", id="89")

        assert told["outputs"]["place"]["regions"] == ["us-west1"]
        assert not {labels.ACCEPTED, labels.ACCEPTED_BY, labels.ASKED, labels.SERVING} & set(
            anchor(google)["labels"]
        )
        assert end(google) == NOW + HOUR

    def test_the_steps_look_in_the_new_regions_too(self, claim: Ask) -> None:
        """What check finds there counts; and the anchor has to name them before anything is made there."""
        told = claim()["outputs"]

        assert tuple(told["place"]["regions"]) == IN_BOTH
        assert told["accept"] == "always"

    def test_without_a_change_of_place_it_is_accepted_when_something_is_planned(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """Otherwise the settling does, in one write with the result."""
        anchor(google)["labels"][labels.REGION + "us-east1"] = ""

        assert claim()["outputs"]["accept"] == "changed"

    def test_one_that_makes_its_anchor_is_accepted(self, google: GoogleServer, claim: Ask) -> None:
        """Nothing was there before."""
        google.addresses.clear()
        claim()

        assert claim()["outputs"]["accept"] == "never"
        assert labels.ACCEPTED not in anchor(google)["labels"]

    def test_the_workflow_of_the_release_before_never_asks_again(
        self, google: GoogleServer, event: Callable[..., dict[str, Any]]
    ) -> None:
        """So all is written at once, as then."""
        data = base64.b64encode(json.dumps(DEPLOY).encode()).decode()
        request = {"data": data, "messageId": "88", "publishTime": LATER}
        run(event(schema=1, step="environment", mode="claim", environment=None, request=request), CLAIM)

        assert google.posted("/callbacks/")[-1]["outputs"]["accept"] == "never"
        assert end(google) == NOW + 8 * HOUR


class TestAcceptance:
    def test_it_writes_lease_spec_and_place_at_once(
        self, google: GoogleServer, claim: Ask, accept: Ask, store: Environment
    ) -> None:
        """With one change; what serves, and other people's labels, stay."""
        environment = claim()["outputs"]["environment"]
        told = accept(environment)
        values = anchor(google)["labels"]

        assert (told["outcome"], told["calls"]["mutations"]) == ("done", 1)
        assert (end(google), values[labels.SPEC]) == (NOW + 8 * HOUR, store.spec_hash)
        assert (labels.regions(values), values["team"]) == (IN_BOTH, "shop")
        assert values[labels.SERVING] == f"verified-{int(NOW) - 60}"
        assert not {labels.ACCEPTED, labels.ACCEPTED_BY, labels.ASKED, labels.ORIGIN, labels.WARNED} & set(
            values
        )

    def test_the_origin_comes_with_the_message(self, google: GoogleServer, claim: Ask, accept: Ask) -> None:
        """It is no part of the spec."""
        told = claim(DEPLOY | {"origin": "git"})["outputs"]
        accept(told["environment"], origin=told["origin"])

        assert anchor(google)["labels"][labels.ORIGIN] == "git"

    def test_twice_it_writes_once(self, google: GoogleServer, claim: Ask, accept: Ask) -> None:
        """An extension since then is kept."""
        environment = claim()["outputs"]["environment"]
        accept(environment)
        claim(extension("20h"), time="2026-01-05T08:01:00Z", id="90")
        told = accept(environment)

        assert (told["outcome"], told["calls"]["mutations"]) == ("done", 0)
        assert end(google) == NOW + 60 + 20 * HOUR

    def test_a_newer_claim_is_not_written_over(self, google: GoogleServer, claim: Ask, accept: Ask) -> None:
        """Superseded, and nothing is written."""
        environment = claim()["outputs"]["environment"]
        claim(execution=OTHER, time="2026-01-05T09:00:00Z", id="89")
        before = dict(anchor(google)["labels"])

        assert (accept(environment)["outcome"], anchor(google)["labels"]) == ("superseded", before)

    def test_an_anchor_that_a_teardown_made_shows_its_fleet_from_the_claim_on(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """It has no place, so that others would not see it coming."""
        google.addresses.clear()
        google.add_address(name="fleetgate-store", labels={labels.OWNER: "store", labels.ACTION: "teardown"})
        claim()
        other = {**DEPLOY, "environment": {**DEPLOY["environment"], "name": "shop"}}

        assert claim(other, execution=OTHER)["code"] == "FLEET_IN_USE"


class TestAnExtensionMeanwhile:
    @pytest.mark.parametrize(
        ("ttl", "asked", "hours"),
        [
            ("20h", "2026-01-05T08:00:01Z", 20 + 1 / HOUR),  # it is the newer request, and the longer lease
            ("2h", "2026-01-05T08:00:01Z", 8),  # the deploy's is longer
            ("20h", "2026-01-05T07:59:59Z", 8),  # the deploy is newer, and its lease is what it says
        ],
    )
    def test_the_newer_of_both_holds(
        self, google: GoogleServer, claim: Ask, accept: Ask, ttl: str, asked: str, hours: float
    ) -> None:
        """It came between the claim and the acceptance."""
        environment = claim()["outputs"]["environment"]
        claim(extension(ttl), time=asked, id="90")
        accept(environment)

        assert end(google) == NOW + hours * HOUR

    def test_it_holds_where_there_was_no_end(self, google: GoogleServer, claim: Ask, accept: Ask) -> None:
        """The lease that it extends is the one that is about to be accepted."""
        del anchor(google)["labels"][labels.EXPIRES]
        environment = claim()["outputs"]["environment"]
        claim(extension("20h"), time="2026-01-05T08:01:00Z", id="90")
        assert end(google) is None
        accept(environment)

        assert end(google) == NOW + 60 + 20 * HOUR


class TestTheSweep:
    @pytest.fixture(autouse=True)
    def _over(self, google: GoogleServer, _standing: None) -> None:
        anchor(google)["labels"][labels.EXPIRES] = str(int(NOW) - 60)

    @pytest.mark.parametrize(("state", "torn_down"), [("ACTIVE", []), ("SUCCEEDED", ["store"])])
    def test_it_leaves_alone_what_is_being_deployed_again(
        self, google: GoogleServer, claim: Ask, state: str, torn_down: list[str]
    ) -> None:
        """The lease is still that of the deploy before. Once the request is refused, or has died, that counts."""
        claim()
        alive(google, EXECUTION, state)

        assert claim({"action": "sweep"}, execution=OTHER)["outputs"]["swept"]["tornDown"] == torn_down

    @pytest.mark.parametrize(("state", "outcome"), [("ACTIVE", "superseded"), ("FAILED", "done")])
    def test_so_does_the_teardown_that_an_earlier_sweep_asked_for(
        self, google: GoogleServer, claim: Ask, state: str, outcome: str
    ) -> None:
        """Its claim looks once more."""
        claim()
        alive(google, EXECUTION, state)
        asked = {"action": "teardown", "name": "store", "generation": MINE, "expires": int(NOW) - 60}

        assert claim(asked, execution=OTHER, time="2026-01-05T08:10:00Z", id="91")["outcome"] == outcome

    def test_nobody_is_warned_of_an_end_that_is_about_to_move(self, google: GoogleServer, claim: Ask) -> None:
        """The next sweep warns, if it has not moved."""
        anchor(google)["labels"][labels.EXPIRES] = str(int(NOW) + 300)
        claim()
        alive(google, EXECUTION)
        claim({"action": "sweep"}, execution=OTHER)

        assert google.published() == []
