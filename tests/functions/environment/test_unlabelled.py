"""The moment between an anchor's creation and its labels: whose it is, who may go on, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.time.clock import rfc3339_pacific
from shared import anchor as anchors
from shared import labels
from tests.support.anchors import (
    EXECUTIONS,
    MINE,
    OTHER,
    add_anchor,
    add_unlabelled,
    alive,
    anchor,
    bearer,
    standing,
)
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import DEPLOY, Ask
from tests.support.projects import PROJECT

OLDER, NEWER = "1767500000000-1", "9999999999999-1"
TEARDOWN = {"action": "teardown", "name": "store"}
LABELS = "POST hub/regions/us-west1/addresses/fleetgate-store/setLabels"


def named(name: str) -> Any:
    return {"action": "deploy", "environment": {**DEPLOY["environment"], "name": name}}


class TestWhoseItIs:
    def test_a_crash_before_the_labels_makes_no_difference(self, google: GoogleServer, claim: Ask) -> None:
        """The next attempt of the same claim labels what the last one made, lease and all."""
        add_unlabelled(google, f"{MINE}/{EXECUTION}", project=PROJECT)
        told = claim()

        assert told["outcome"] == "done"
        assert google.mutations() == [LABELS]
        assert bearer(google) == (MINE, EXECUTION)
        assert anchor(google)["labels"][labels.EXPIRES] == str(int(NOW) + 8 * 3600)

    @pytest.mark.parametrize("request_", [DEPLOY, TEARDOWN])
    def test_a_newer_request_labels_it_first(self, google: GoogleServer, claim: Ask, request_: Any) -> None:
        """And owns it; whoever made it finds the newer claim."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
        told = claim(request_)

        assert told["outcome"] == "done"
        assert bearer(google) == (MINE, EXECUTION)
        assert anchor(google)["labels"][labels.OWNER] == "store"

    @pytest.mark.parametrize("request_", [DEPLOY, TEARDOWN])
    def test_an_older_request_yields_to_the_claim_that_made_it(
        self, google: GoogleServer, claim: Ask, request_: Any
    ) -> None:
        """The note names a newer claim, which is about to label it."""
        add_unlabelled(google, f"{NEWER}/{OTHER}", project=PROJECT)

        assert claim(request_)["outcome"] == "superseded"
        assert google.mutations() == []

    @pytest.mark.parametrize(("state", "outcome"), [("ACTIVE", "superseded"), ("FAILED", "done")])
    def test_a_second_execution_of_one_message_yields_to_the_living(
        self, google: GoogleServer, claim: Ask, state: str, outcome: str
    ) -> None:
        """And labels what the dead one made."""
        add_unlabelled(google, f"{MINE}/{OTHER}", project=PROJECT)
        alive(google, state=state)

        assert claim()["outcome"] == outcome
        assert len(google.mutations()) == (outcome == "done")

    def test_the_one_that_labels_first_holds_it(self, google: GoogleServer, claim: Ask) -> None:
        """Both read it without labels; the fingerprint of the second is stale."""
        claim(mode="begin")

        def labels_it(method: str, path: str) -> None:
            if path.endswith("/setLabels"):
                google.before = lambda *_: None
                claim(execution=OTHER, time="2026-01-05T09:00:00.000Z")

        google.before = labels_it

        assert claim()["outcome"] == "superseded"
        assert bearer(google) == ("1767603600000-88", OTHER)

    @pytest.mark.parametrize(
        "note",
        [
            "",
            "Fleetgate environment store",
            f"Fleetgate environment shop, first claimed by {OLDER}/{OTHER}",
            f"Not a Fleetgate environment store, first claimed by {OLDER}/{OTHER}",
            f"Fleetgate environment store, first claimed by {OLDER}/../x?view=FULL",
            f"Fleetgate environment store, first claimed by {OLDER}/{OTHER} for project example.com:shop",
            f"Fleetgate environment store, first claimed by {'1' * 64}/{OTHER}",
        ],
    )
    def test_an_address_without_our_note_is_not_taken(
        self, google: GoogleServer, claim: Ask, note: str
    ) -> None:
        """Nor one whose note names another environment, or what no label can hold."""
        google.add_address(name="fleetgate-store", description=note)

        assert claim()["code"] == "ANCHOR_NAME_TAKEN"
        assert google.mutations() == []

    def test_a_claim_keeps_the_labels_of_others(self, google: GoogleServer, claim: Ask) -> None:
        """Tools add theirs to whatever they find, at any moment."""
        add_unlabelled(google, f"{MINE}/{EXECUTION}", project=PROJECT)["labels"] = {"team": "a"}

        assert claim()["outcome"] == "done"
        assert anchor(google)["labels"]["team"] == "a"

    def test_the_label_counts_and_not_the_note(self, google: GoogleServer, claim: Ask) -> None:
        """An anchor is held by whom its labels name."""
        found = add_anchor(google, "store")
        found["description"] = f"Fleetgate environment store, first claimed by {NEWER}/{OTHER}"

        assert claim()["outcome"] == "done"
        assert bearer(google) == (MINE, EXECUTION)

    def test_a_note_is_read_as_it_was_written(self) -> None:
        """By this version and by those before, which named no project."""
        values = {labels.OWNER: "store", labels.GENERATION: MINE, labels.EXECUTION: OTHER}
        with_project = values | {labels.PROJECT: "example_2ecom_3ashop"}

        assert anchors.first_labels(anchors.creation_note(values)) == values
        assert anchors.first_labels(anchors.creation_note(with_project)) == with_project
        assert (
            anchors.creation_note(values) == f"Fleetgate environment store, first claimed by {MINE}/{OTHER}"
        )


class TestOneFleet:
    def test_an_anchor_that_a_teardown_created_was_not_first(self, google: GoogleServer, claim: Ask) -> None:
        """It is older than the anchor of the environment that stands, but has named no fleet so far."""
        add_unlabelled(google, f"{OLDER}/{OTHER}")
        anchor(google)["labels"] = {labels.OWNER: "store", labels.ACTION: "teardown"}
        add_unlabelled(google, f"{OLDER}/{OTHER}", "shop", PROJECT)
        told = claim()

        assert (told["code"], "shop" in told["cause"]) == ("FLEET_IN_USE", True)
        assert google.mutations() == []

    @pytest.mark.parametrize(("mine", "other"), [("", PROJECT), (PROJECT, ""), ("", "")])
    def test_if_nobody_can_tell_who_was_first_both_yield(
        self, google: GoogleServer, claim: Ask, mine: str, other: str
    ) -> None:
        """An anchor that a deploy took over shows its fleet since some time after its creation."""
        for name, first in (("store", mine), ("shop", other)):
            claimed = add_unlabelled(google, f"{MINE}/{EXECUTION}", name, first)
            held = {labels.OWNER: name, labels.GENERATION: MINE, labels.EXECUTION: EXECUTION}
            claimed["labels"] = {**held, labels.ACTION: "claim", labels.PROJECT: PROJECT}

        assert [claim(named(name))["code"] for name in ("store", "shop")] == ["FLEET_IN_USE"] * 2

    def test_who_has_the_fleet_yields_to_nobody_who_comes(self, google: GoogleServer, claim: Ask) -> None:
        """Not to an older anchor that a deploy has taken over, and that shows the same fleet for a moment."""
        add_anchor(google, "aaa", action="claim")
        add_anchor(google, "store")

        assert [claim(named(name)).get("code") for name in ("store", "aaa")] == [None, "FLEET_IN_USE"]

    def test_an_anchor_that_is_taken_over_shows_its_fleet_first(
        self, google: GoogleServer, claim: Ask, settle: Ask
    ) -> None:
        """A rival that comes between that and the claim is seen; the teardown that was there gets its anchor back."""
        add_anchor(google, "store", action="teardown")
        del anchor(google)["labels"][labels.PROJECT]

        def comes(method: str, path: str) -> None:
            if path.endswith("/setLabels"):
                google.before = lambda *_: None
                add_unlabelled(google, f"{OLDER}/{OTHER}", "shop", PROJECT)

        google.before = comes
        assert claim()["code"] == "FLEET_IN_USE"
        assert anchor(google)["labels"][labels.ACTION] == "claim"

        settle("claim", "blocked")
        held = anchor(google)["labels"]
        assert (held[labels.ACTION], held[labels.GENERATION]) == ("teardown", MINE)
        assert labels.PROJECT not in held

    def test_another_environment_of_the_fleet_is_seen_without_labels(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """Its note names the project: both would be done otherwise."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", "shop", PROJECT)
        told = claim()

        assert (told["code"], "shop" in told["cause"]) == ("FLEET_IN_USE", True)
        assert google.mutations() == []

    @pytest.mark.parametrize("project", ["another", ""])
    def test_of_another_fleet_it_does_not_matter(
        self, google: GoogleServer, claim: Ask, project: str
    ) -> None:
        """Nor does a teardown's, which has no project."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", "shop", project)
        claim()

        assert claim()["outcome"] == "done"

    def test_the_younger_leaves_a_tombstone(self, google: GoogleServer, claim: Ask, settle: Ask) -> None:
        """Its anchor has no labels yet, and becomes one all the same."""
        claim(named("zzz"), mode="begin")
        elder = add_unlabelled(google, f"{OLDER}/{OTHER}", "aaa", PROJECT)
        elder["creationTimestamp"] = "2026-01-04T00:00:00.000-08:00"

        assert claim(named("zzz"))["code"] == "FLEET_IN_USE"
        settle("claim", "blocked", name="zzz")
        assert standing(google) == [elder]


class TestWhatIsNotClaimedYet:
    @pytest.mark.parametrize(
        "request_",
        [{"action": "verify", "name": "store"}, {"action": "extend", "name": "store", "ttl": "8h"}],
    )
    def test_it_is_no_environment_yet(self, google: GoogleServer, claim: Ask, request_: Any) -> None:
        """Nothing was made under it, and nobody holds it."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
        told = claim(request_)

        assert told["code"] == "UNKNOWN_ENVIRONMENT"
        assert told["cause"] == "There is no environment store; there is none."
        assert google.mutations() == []

    @pytest.mark.parametrize(
        ("state", "names"), [("ACTIVE", []), ("QUEUED", []), ("FAILED", ["store"]), (None, ["store"])]
    )
    def test_the_sweep_asks_for_the_removal_of_an_abandoned_one(
        self, google: GoogleServer, claim: Ask, state: str | None, names: list[str]
    ) -> None:
        """It has no lease that could end; while its execution runs it is left alone."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
        if state:
            alive(google, state=state)
        claim({"action": "sweep"})

        asked = [each["data"] for each in google.published()]
        assert asked == [{"action": "teardown", "name": name, "generation": OLDER} for name in names]
        assert google.mutations() == []

    @pytest.mark.parametrize(("age", "names"), [(23 * 3600, ["store"]), (25 * 3600, [])])
    def test_an_anchor_that_lost_its_labels_is_not_swept(
        self, google: GoogleServer, claim: Ask, age: float, names: list[str]
    ) -> None:
        """An old one was claimed long ago: what it stands for may be there, though somebody took its labels off."""
        found = add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
        found["creationTimestamp"] = rfc3339_pacific(NOW - age)

        assert claim({"action": "sweep"})["outputs"]["swept"] == {"environments": 1, "tornDown": names}

    @pytest.mark.parametrize(("modes", "names"), [
        (["begin", "settle"], ["store"]),
        (["begin", "check", "claim: superseded", "settle"], ["store"]),
        (["begin", "check", "claim: done", "settle"], []),
        (["begin", "destroy"], []),
        (["claim", "check", "apply"], []),
    ])  # fmt: skip
    def test_an_anchor_whose_claim_went_on_has_lost_its_labels(
        self, google: GoogleServer, claim: Ask, modes: list[str], names: list[str]
    ) -> None:
        """No step but a check is asked before the labels are there. However young it is, the environment may stand."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
        parts = [mode.partition(": ") for mode in modes]
        result = json.dumps({"steps": [{"mode": mode, "outcome": outcome} for mode, _, outcome in parts]})
        google.answers[f"{EXECUTIONS}/{OTHER}"] = {"state": "SUCCEEDED", "result": result}

        assert claim({"action": "sweep"})["outputs"]["swept"]["tornDown"] == names

    @pytest.mark.parametrize(
        ("left", "names"), [({"team": "a"}, ["store"]), ({labels.GENERATION: OLDER, labels.NETWORK: "n"}, [])]
    )
    def test_an_anchor_with_some_of_its_labels_is_not_swept(
        self, google: GoogleServer, claim: Ask, left: dict[str, str], names: list[str]
    ) -> None:
        """A claim writes all of them at once. Other people's say nothing."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)["labels"] = left

        assert claim({"action": "sweep"})["outputs"]["swept"]["tornDown"] == names

    def test_what_the_sweep_asked_for_removes_it(self, google: GoogleServer, claim: Ask, settle: Ask) -> None:
        """Found where its note says, claimed, and ended."""
        add_unlabelled(google, f"{OLDER}/{OTHER}", project=PROJECT)
        told = claim(TEARDOWN | {"generation": OLDER})
        assert (told["outcome"], told["outputs"]["place"]["project"]) == ("done", PROJECT)
        assert bearer(google) == (f"{OLDER}-s", EXECUTION)

        settle("audit", "done", f"{OLDER}-s", action="teardown")
        assert standing(google) == []

    @pytest.mark.parametrize(("state", "outcome"), [("ACTIVE", "superseded"), ("FAILED", "done")])
    def test_what_the_sweep_asked_for_leaves_a_deploy_that_went_on(
        self, google: GoogleServer, claim: Ask, state: str, outcome: str
    ) -> None:
        """Another execution of the same request has labelled the anchor since."""
        add_anchor(google, "store", generation=OLDER)
        alive(google, state=state)

        assert claim(TEARDOWN | {"generation": OLDER})["outcome"] == outcome


class TestAWriteThatTakesItsTime:
    @pytest.fixture(autouse=True)
    def _slow(self, google: GoogleServer) -> None:
        """Label writes are accepted, and done when a test says so."""
        self.sent: list[Any] = []
        path = "/compute/v1/projects/hub/regions/us-west1/addresses/fleetgate-store/setLabels"

        def accepts(body: Any, _query: Any) -> Any:
            if self.sent:
                message = "The resource 'fleetgate-store' is not ready"
                error = {"code": 400, "message": message, "errors": [{"reason": "resourceNotReady"}]}
                return 400, {"error": error}
            self.sent.append(body["labels"])
            return {"status": "RUNNING"}

        google.answers[f"POST {path}"] = accepts
        running = "/compute/v1/projects/hub/regions/us-west1/operations/operation-1/wait"
        google.answers[f"POST {running}"] = {"status": "RUNNING"}

    def test_a_claim_waits_for_its_labels(self, google: GoogleServer, claim: Ask) -> None:
        """While they are being written, another attempt waits too, and does not hold the anchor."""
        claim(mode="begin")
        told = [claim(), claim()]
        assert [(each["outcome"], each["reason"]) for each in told] == [("waiting", "WritePending")] * 2

        anchor(google).update(labels=self.sent[0], labelFingerprint="bmV3")
        assert claim()["outcome"] == "done"

    def test_a_warning_is_published_when_its_note_is_accepted(self, google: GoogleServer, claim: Ask) -> None:
        """A sweep does not wait for the note; while it is being written, another sweep does not warn."""
        add_anchor(google, "store", 600)
        told = [claim({"action": "sweep"}), claim({"action": "sweep"})]
        assert [each["outcome"] for each in told] == ["done", "done"]
        assert [len(each["changes"]) for each in told] == [1, 0]

        anchor(google).update(labels=self.sent[0], labelFingerprint="bmV3")
        claim({"action": "sweep"})
        assert [each["ce-type"] for each in google.published()] == ["dev.fleetgate.environment.expiring"]

    def test_a_note_that_is_never_written_keeps_no_teardown_back(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """What is over is billed until it is torn down."""
        add_anchor(google, "store", 600)
        add_anchor(google, "shop", -1)
        self.sent.append({})  # somebody's write of the labels of store, which does not end

        assert claim({"action": "sweep"})["outcome"] == "done"
        assert [each["data"]["name"] for each in google.published()] == ["shop"]

    def test_an_ending_is_told_when_its_tombstone_is_seen(self, google: GoogleServer, settle: Ask) -> None:
        """Whoever hears of it finds the name free."""
        add_unlabelled(google, f"{MINE}/{EXECUTION}", project=PROJECT)
        assert settle("claim", "blocked")["reason"] == "WritePending"
        assert google.published() == []

        anchor(google).update(labels=self.sent[0], labelFingerprint="bmV3")
        assert settle("claim", "blocked")["outcome"] == "done"
        assert standing(google) == []
