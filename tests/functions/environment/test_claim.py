"""Claims: newest wins, two at once do not both win, and a refused request leaves nothing behind."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from functions.environment.claim_to_deploy import SPEC_LIMIT
from shared import labels
from shared.step.packed import unpack
from tests.support.anchors import EXECUTIONS, MINE, OTHER, anchor, bearer, overtake, standing
from tests.support.google_server import EXECUTION, NOW, GoogleServer, refusal
from tests.support.messages import DEPLOY, GENERATION, Ask
from tests.support.projects import PROJECT


def changed(**environment: Any) -> Any:
    return {"action": "deploy", "environment": {**DEPLOY["environment"], **environment}}


class TestAFreshClaim:
    def test_the_anchor_is_made_then_labelled(self, google: GoogleServer, claim: Ask) -> None:
        """An insert drops labels. Each write is waited for, and its end says that it is done."""
        told = claim()

        path = "hub/regions/us-west1"
        assert (told["outcome"], len(told["changes"])) == ("done", 2)
        assert [
            f"{method} {each.rpartition('projects/')[2]}" for method, each, _ in google.requests[:-1]
        ] == [
            f"GET {path}/addresses?maxResults=500",
            f"POST {path}/addresses",
            f"POST {path}/operations/operation-1/wait",
            f"GET {path}/addresses?maxResults=500",
            f"POST {path}/addresses/fleetgate-store/setLabels",
        ]
        assert "labels" not in google.posted("/addresses")[0]

    def test_it_is_begun_first(self, google: GoogleServer, claim: Ask) -> None:
        """So that the check need not wait. What is written is waited for by whoever is asked for the claim."""
        begun = claim(mode="begin")
        made = google.mutations()
        told = claim(writing=begun["outputs"]["writing"])

        assert (begun["outcome"], begun["outputs"]["writing"]) == ("done", "operation-1")
        assert made == ["POST hub/regions/us-west1/addresses"]
        assert told["outcome"] == "done"
        assert told["outputs"] == {name: each for name, each in begun["outputs"].items() if name != "writing"}
        assert bearer(google) == (MINE, EXECUTION)

    def test_a_write_that_has_failed_is_told(self, google: GoogleServer, claim: Ask) -> None:
        """The address could not be reserved, say."""
        failed = {"code": "IP_SPACE_EXHAUSTED", "message": "no address is left"}
        path = "/compute/v1/projects/hub/regions/us-west1/operations/operation-1/wait"
        google.answers[f"POST {path}"] = {"status": "DONE", "error": {"errors": [failed]}}

        assert "no address is left" in claim(writing="operation-1")["cause"]

    def test_a_write_that_fails_once_is_made_again(self, google: GoogleServer, claim: Ask) -> None:
        """What the claim has begun is not there, and its operation fails for ever."""
        begun = claim(mode="begin")["outputs"]["writing"]
        google.addresses.clear()
        failed = {"code": "INTERNAL_ERROR", "message": "try again"}
        path = "/compute/v1/projects/hub/regions/us-west1/operations/operation-1/wait"
        told = iter([{"status": "DONE", "error": {"errors": [failed]}}, {"status": "DONE"}])
        google.answers[f"POST {path}"] = lambda *_: next(told)

        assert claim(writing=begun)["outcome"] == "done"
        assert bearer(google) == (MINE, EXECUTION)

    def test_a_write_that_google_has_forgotten_is_done(self, google: GoogleServer, claim: Ask) -> None:
        """Operations are kept for some days; a copy of a message may come as late."""
        path = "/compute/v1/projects/hub/regions/us-west1/operations/operation-1/wait"
        google.answers[f"POST {path}"] = lambda *_: refusal(404, "notFound", "not found")
        claim(mode="begin")
        anchor(google)["status"] = "RESERVED"

        assert claim(writing="operation-1")["outcome"] == "done"

    def test_the_anchor_bears_what_cannot_be_observed(self, google: GoogleServer, claim: Ask) -> None:
        """Owner, claim, lease, and what a teardown needs to know."""
        claim(), claim()

        assert anchor(google)["labels"] == {
            "fleetgate-env": "store",
            "fleetgate-generation": MINE,
            "fleetgate-execution": EXECUTION,
            "fleetgate-action": "deploy",
            "fleetgate-expires": str(int(NOW) + 8 * 3600),
            "fleetgate-spec": anchor(google)["labels"]["fleetgate-spec"],
            "fleetgate-project": PROJECT,
            "fleetgate-network": "default",
            "fleetgate-gateway": "store_2finternal-cross-region-gateway",
            "fleetgate-config": "gke-west-1",
            "fleetgate-probe": "json_46ield_3dcluster_5fname",
            "fleetgate-region-us-east1": "",
            "fleetgate-region-us-west1": "",
        }
        assert anchor(google)["subnetwork"] == "projects/hub/regions/us-west1/subnetworks/anchors"

    def test_it_hands_over_the_spec_and_the_verifiers_topic(self, claim: Ask) -> None:
        """In its normal form, which gives the same environment again."""
        claim()
        outputs = claim()["outputs"]

        assert (outputs["name"], outputs["action"], outputs["generation"]) == ("store", "deploy", MINE)
        assert unpack(outputs["environment"])["gateway"]["regions"] == ["us-west1", "us-east1"]
        assert outputs["topics"] == {"verification": "projects/hub/topics/fleetgate-verification-default"}

    def test_it_waits_until_the_address_is_reserved(self, google: GoogleServer, claim: Ask) -> None:
        """What is being reserved takes no labels yet."""
        claim(mode="begin")
        anchor(google)["status"] = "RESERVING"

        assert claim()["reason"] == "AnchorReserving"
        assert not google.posted("/setLabels")

    def test_without_a_ttl_there_is_no_end(self, google: GoogleServer, claim: Ask) -> None:
        """And the origin is told where a repository keeps the spec."""
        environment = {k: v for k, v in DEPLOY["environment"].items() if k != "ttl"}
        request = {"action": "deploy", "environment": environment, "origin": "git"}
        claim(request), claim(request)

        assert labels.EXPIRES not in anchor(google)["labels"]
        assert anchor(google)["labels"][labels.ORIGIN] == "git"


class TestAnotherClaim:
    @pytest.fixture(autouse=True)
    def _held(self, anchored: GoogleServer) -> None:
        """An older claim, of another message, holds the anchor."""

    def test_a_newer_request_takes_over_with_one_write(self, google: GoogleServer, claim: Ask) -> None:
        """Deploying again costs one mutation, a look at the execution before, and no second call of the function."""
        told = claim()

        assert told["outcome"] == "done"
        services = {"compute": 3, "workflowexecutions": 1}
        assert told["calls"] == {"total": 4, "mutations": 1, "byService": services}
        assert bearer(google) == (MINE, EXECUTION)
        assert len(told["changes"]) == 1

    def test_an_older_request_is_superseded(self, google: GoogleServer, claim: Ask) -> None:
        """However late it comes."""
        told = claim(time="2026-01-05T07:00:00Z")

        assert told["outcome"] == "superseded"
        assert bearer(google) == (GENERATION, EXECUTION)
        assert google.mutations() == []

    def test_a_claim_that_holds_is_not_written_again(self, google: GoogleServer, claim: Ask) -> None:
        """A message that was delivered twice."""
        claim()
        told = claim()

        assert told["outcome"] == "done"
        assert told["calls"]["mutations"] == 0

    def test_of_two_at_once_the_one_whose_write_is_refused_looks_again(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """Compare-and-swap: a newer claim got in between, and stays."""
        overtake(google)
        told = claim()

        assert told["outcome"] == "superseded"
        assert bearer(google)[0] == "9999999999999-1"

    def test_two_creations_at_once_end_in_one(self, google: GoogleServer, claim: Ask) -> None:
        """409 means: look again."""
        held = google.addresses.pop("fleetgate-store")
        held["labels"][labels.GENERATION] = "9999999999999-1"

        def creates(method: str, path: str) -> None:
            if method == "POST" and path.endswith("/addresses"):
                google.addresses["fleetgate-store"] = held

        google.before = creates

        assert claim()["outcome"] == "superseded"

    @pytest.mark.parametrize(
        ("state", "outcome"), [("ACTIVE", "superseded"), ("SUCCEEDED", "superseded"), ("FAILED", "done")]
    )
    def test_a_second_execution_of_one_message_yields_to_the_living(
        self, google: GoogleServer, claim: Ask, state: str, outcome: str
    ) -> None:
        """And to one that has done it. It takes over from the dead."""
        claim()
        google.answers[f"{EXECUTIONS}/{EXECUTION}"] = {"state": state}

        assert claim(execution=OTHER)["outcome"] == outcome
        assert bearer(google) == (MINE, OTHER if outcome == "done" else EXECUTION)

    def test_an_anchor_that_is_retired_is_never_taken(self, google: GoogleServer, claim: Ask) -> None:
        """Whoever comes next deletes it, as the sweep does that retired it, before another is made."""
        anchor(google)["labels"][labels.ACTION] = "release"
        told = claim(execution=OTHER)

        assert ("waiting", "AnchorReleasing") == (told["outcome"], told["reason"])
        assert 1 == sum(each.startswith("DELETE") for each in google.mutations())
        assert not google.posted("/setLabels")

    @pytest.mark.parametrize(
        "moved",
        [
            {"project": "shop-test"},
            {"network": "other"},
            {"configCluster": "gke-east-1"},
            {"gateway": {"name": "another"}},
        ],
    )
    def test_an_environment_that_stands_elsewhere_is_not_forgotten(
        self, google: GoogleServer, claim: Ask, monkeypatch: pytest.MonkeyPatch, moved: dict[str, Any]
    ) -> None:
        """What stands there would be nobody's."""
        network = (
            f"projects/{moved.get('project', PROJECT)}/global/networks/{moved.get('network', 'default')}"
        )
        monkeypatch.setenv("FLEETGATE_VERIFICATION_NETWORKS", json.dumps({network: "projects/hub/topics/t"}))
        told = claim(changed(**moved))

        assert (told["outcome"], told["code"]) == ("blocked", "ENVIRONMENT_MOVED")
        assert google.mutations() == []


class TestARefusal:
    def test_every_fault_of_a_request_is_told(self, google: GoogleServer, claim: Ask) -> None:
        """With its path, and the name as far as it can be made out."""
        told = claim({"action": "deploy", "environment": {"name": "store", "clusters": [], "colour": "red"}})

        assert (told["outcome"], told["code"]) == ("blocked", "INVALID_REQUEST")
        assert {fault["path"] for fault in told["faults"]} >= {"environment.clusters", "environment.colour"}
        assert told["outputs"]["name"] == "store"
        assert google.mutations() == []

    @pytest.mark.parametrize(
        "time", ["2026-02-30T08:00:00Z", "yesterday", "", "0001-01-01T00:00:00+23:00", "\u202e"]
    )
    def test_a_request_of_no_time_is_refused(self, google: GoogleServer, claim: Ask, time: str) -> None:
        """Somebody has started an execution by hand; nothing can be said of its seniority."""
        told = claim(time=time)

        assert (told["outcome"], told["code"]) == ("blocked", "INVALID_REQUEST")
        assert [fault["path"] for fault in told["faults"]] == ["publishTime"]
        assert google.mutations() == []

    @pytest.mark.parametrize("request_", ["text", [1], None, {"environment": [1]}, {"name": 7}])
    def test_nonsense_is_refused_without_a_name(self, claim: Ask, request_: Any) -> None:
        """And without a crash."""
        told = claim(request_)

        assert (told["code"], told["outputs"]["name"]) == ("INVALID_REQUEST", "")

    def test_an_action_of_later_versions_is_refused_in_words(self, claim: Ask) -> None:
        """Not with a timeout."""
        told = claim({"action": "drill", "name": "store", "region": "us-west1"})

        assert (told["outcome"], told["code"]) == ("blocked", "NOT_YET")
        assert told["outputs"] == {"name": "store", "action": "drill", "generation": MINE}

    def test_a_network_without_a_verifier_is_refused(self, claim: Ask) -> None:
        """What cannot be proved is not built."""
        told = claim(changed(network="elsewhere"))

        assert told["code"] == "NO_VERIFIER"
        assert "projects/shop-prod/global/networks/elsewhere" in told["fix"]

    def test_a_spec_that_cannot_travel_is_refused(self, claim: Ask) -> None:
        """It must fit an answer."""
        paths = [[f"/{uuid.uuid4()}" for _ in range(60)] for _ in range(6)]
        rules = [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": path}} for path in each],
                "backendRefs": [{"name": "store", "port": 8080}],
            }
            for each in paths
        ]
        routes = [{"name": f"route-{i}", "rules": [rule]} for i, rule in enumerate(rules)]
        told = claim(changed(routes=routes))

        assert told["code"] == "SPEC_TOO_LARGE"
        assert f"{SPEC_LIMIT:,} can be carried" in told["cause"]

    def test_somebody_elses_address_of_that_name_is_left_alone(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """It bears no mark of ours."""
        google.add_address(name="fleetgate-store")

        assert claim()["code"] == "ANCHOR_NAME_TAKEN"
        assert google.mutations() == []


class TestOneFleetOneEnvironment:
    def test_the_second_in_a_project_is_refused(self, anchored: GoogleServer, claim: Ask) -> None:
        """Naming the first."""
        told = claim(changed(name="shop"))

        assert (told["code"], "store" in told["cause"]) == ("FLEET_IN_USE", True)
        assert anchored.mutations() == []

    def test_of_two_at_once_the_younger_gives_way(
        self, google: GoogleServer, claim: Ask, settle: Ask
    ) -> None:
        """Both wrote before either looked again; of what the younger made a tombstone stays."""
        claim()  # creates the anchor of store
        elder = google.add_address(
            name="fleetgate-aaa",
            description=f"Fleetgate environment aaa, first claimed by {GENERATION}/x for project {PROJECT}",
            labels={labels.OWNER: "aaa", labels.PROJECT: PROJECT},
            creationTimestamp="2026-01-04T00:00:00.000-08:00",
        )
        told = claim()
        settle("claim", "blocked")

        assert (told["code"], "aaa" in told["cause"]) == ("FLEET_IN_USE", True)
        assert standing(google) == [elder]

    def test_of_two_at_once_the_elder_stays(self, google: GoogleServer, claim: Ask) -> None:
        """So exactly one does."""
        claim()
        google.add_address(
            name="fleetgate-zzz",
            description=f"Fleetgate environment zzz, first claimed by {GENERATION}/x for project {PROJECT}",
        )

        assert claim()["outcome"] == "done"

    @pytest.mark.parametrize(
        "values",
        [
            {labels.OWNER: "shop", labels.PROJECT: "another"},
            {labels.OWNER: "shop", labels.PROJECT: PROJECT, labels.ACTION: "release"},
            {labels.OWNER: "shop", labels.PROJECT: PROJECT, labels.ACTION: "tombstone"},
            {},
        ],
    )
    def test_others_do_not_matter(self, google: GoogleServer, claim: Ask, values: dict[str, str]) -> None:
        """Another project's, one that has ended, an address that is no anchor."""
        google.add_address(name="fleetgate-shop", labels=values)
        claim()

        assert claim()["outcome"] == "done"
