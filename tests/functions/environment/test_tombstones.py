"""Tombstones: what an ended environment leaves, who takes it over, and who takes it away."""

from __future__ import annotations

from typing import Any

import pytest

from functions.environment.tombstones import KEPT
from shared import labels
from tests.support.anchors import MINE, OTHER, add_anchor, anchor, bearer, standing
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import DEPLOY, Ask
from tests.support.projects import PROJECT

EARLIER, LATER = "2026-01-05T07:59:00Z", "2026-01-05T08:00:01Z"
TEARDOWN = {"action": "teardown", "name": "store"}
SWEEP, FINAL = {"action": "sweep"}, {"action": "sweep", "final": True}


def add_tombstone(google: GoogleServer, name: str = "store", generation: str = MINE, age: float = 0) -> Any:
    """What an environment left that ended `age` seconds ago."""
    found = google.add_address(name=f"fleetgate-{name}")
    values = {
        labels.OWNER: name,
        labels.GENERATION: generation,
        labels.EXECUTION: EXECUTION,
        labels.ACTION: "tombstone",
        labels.ENDED: str(int(NOW - age)),
    }
    return found | {"labels": found.setdefault("labels", values)}


class TestWhoComesLate:
    @pytest.mark.parametrize("request_", [DEPLOY, TEARDOWN])
    def test_an_older_request_finds_a_newer_one(
        self, google: GoogleServer, claim: Ask, request_: Any
    ) -> None:
        """It would bring back what was removed."""
        add_tombstone(google)

        assert claim(request_, time=EARLIER, execution=OTHER)["outcome"] == "superseded"
        assert google.mutations() == []

    @pytest.mark.parametrize("execution", [EXECUTION, OTHER])
    def test_so_does_a_copy_of_the_request_that_ended(
        self, google: GoogleServer, claim: Ask, execution: str
    ) -> None:
        """Also of a message of its own execution, which has ended too."""
        add_tombstone(google)

        assert claim(execution=execution)["outcome"] == "superseded"
        assert google.mutations() == []

    def test_a_sweep_has_nothing_to_do_with_it(self, google: GoogleServer, claim: Ask) -> None:
        """Nor what a sweep asked for before."""
        add_tombstone(google)
        told = claim({**TEARDOWN, "generation": MINE, "expires": int(NOW)}, time=LATER)

        assert (told["outcome"], "is gone" in told["message"]) == ("superseded", True)
        assert claim(SWEEP)["outputs"]["swept"] == {"environments": 0, "tornDown": []}
        assert google.mutations() == []


class TestWhoTakesItOver:
    def test_a_newer_deploy_does(self, google: GoogleServer, claim: Ask) -> None:
        """In one call, and as if it had created the anchor; what others have added stays."""
        add_tombstone(google, age=60)
        anchor(google)["labels"]["team"] = "a"
        told = claim(time=LATER, execution=OTHER)

        assert told["outcome"] == "done"
        held = anchor(google)["labels"]
        assert bearer(google) == ("1767600001000-88", OTHER)
        assert (held[labels.PROJECT], held["team"], held[labels.BEGAN]) == (PROJECT, "a", OTHER)
        assert labels.ENDED not in held
        assert labels.regions(held) == ("us-east1", "us-west1")

    def test_refused_it_leaves_a_tombstone_again(self, google: GoogleServer, claim: Ask, settle: Ask) -> None:
        """Nothing was there before it, though another claim created the anchor."""
        add_tombstone(google, generation="1767500000000-1")
        claim()
        settle("check", "blocked")

        assert standing(google) == []
        assert bearer(google) == (MINE, EXECUTION)

    def test_once_it_has_made_something_the_anchor_stays(
        self, google: GoogleServer, claim: Ask, settle: Ask
    ) -> None:
        """Also when its next execution, which knows of nothing, is refused."""
        add_tombstone(google, generation="1767500000000-1")
        claim(execution=OTHER)
        claim(time=LATER)
        settle("check", "blocked", "1767600001000-88")

        assert [each["labels"][labels.ACTION] for each in standing(google)] == ["deploy"]

    def test_a_newer_teardown_looks_once_more(self, google: GoogleServer, claim: Ask) -> None:
        """By marks, as without an anchor."""
        add_tombstone(google, age=60)
        told = claim(TEARDOWN, time=LATER)

        assert told["outcome"] == "done"
        assert told["outputs"]["place"] == {"project": PROJECT, "network": "", "disableApis": False}
        assert anchor(google)["labels"][labels.ACTION] == "teardown"
        assert labels.ENDED not in anchor(google)["labels"]


class TestWhoTakesItAway:
    @pytest.mark.parametrize(("age", "left"), [(KEPT - 1, 1), (KEPT + 1, 0)])
    def test_a_sweep_takes_old_ones(self, google: GoogleServer, claim: Ask, age: float, left: int) -> None:
        """Retired first, then deleted, in one call."""
        add_tombstone(google, age=age)
        told = claim(SWEEP)

        assert told["outcome"] == "done"
        assert len(google.addresses) == left
        assert [each["verb"] for each in told["changes"]] == ([] if left else ["update", "delete"])

    def test_a_final_one_takes_all(self, google: GoogleServer, claim: Ask) -> None:
        """And asks for nothing: what stands stays."""
        add_tombstone(google), add_tombstone(google, "shop", age=9 * KEPT)
        stands = add_anchor(google, "demo", -60)
        first, second = claim(FINAL), claim(FINAL)

        assert (first["reason"], second["outcome"]) == ("AnchorReleasing", "done")
        assert second["outputs"]["swept"] == {"environments": 1, "tornDown": []}
        assert list(google.addresses.values()) == [stands]
        assert google.published() == []

    def test_a_claim_that_comes_first_keeps_it(self, google: GoogleServer, claim: Ask) -> None:
        """It is retired by compare-and-swap."""
        add_tombstone(google, age=2 * KEPT)

        def claims(method: str, path: str) -> None:
            if path.endswith("/setLabels"):
                google.before = lambda *_: None
                claim(time=LATER, execution=OTHER)

        google.before = claims
        claim(FINAL)

        assert bearer(google) == ("1767600001000-88", OTHER)
        assert not any(each.startswith("DELETE") for each in google.mutations())

    def test_a_late_deletion_does_not_reach_the_next_anchor(self, google: GoogleServer, claim: Ask) -> None:
        """It was made while the deletion was on its way, after somebody else had deleted the one before."""
        add_tombstone(google, age=2 * KEPT)

        def overtakes(method: str, path: str) -> None:
            if method == "DELETE":
                google.before = lambda *_: None
                for _ in range(3):
                    claim(execution=OTHER, time=LATER)

        google.before = overtakes
        claim(FINAL)

        assert bearer(google) == ("1767600001000-88", OTHER)
        assert 2 == sum(method == "DELETE" for method, _, _ in google.requests)

    def test_a_deletion_that_failed_is_tried_again(self, google: GoogleServer, claim: Ask) -> None:
        """Its request is done with: the same once more would only be told of the failure."""
        found = add_tombstone(google, age=2 * KEPT)
        claim(SWEEP)
        failure = {"status": "DONE", "error": {"errors": [{"code": "INTERNAL", "message": "no"}]}}
        google.deletions = {key: each | failure for key, each in google.deletions.items()}
        google.addresses[found["name"]] = found | {"labels": {**found["labels"], labels.ACTION: "release"}}
        claim(SWEEP)

        assert ({}, 2) == (google.addresses, len(google.deletions))

    def test_one_that_cannot_go_keeps_no_teardown_back(self, google: GoogleServer, claim: Ask) -> None:
        """What is over is billed until it is torn down."""
        add_tombstone(google, age=2 * KEPT)
        add_anchor(google, "shop", -1)
        path = "/compute/v1/projects/hub/regions/us-west1/addresses/fleetgate-store"
        google.answers[f"DELETE {path}"] = (403, {"error": {"code": 403, "message": "no", "errors": []}})

        assert claim(SWEEP)["outcome"] == "done"
        assert [each["data"]["name"] for each in google.published()] == ["shop"]
