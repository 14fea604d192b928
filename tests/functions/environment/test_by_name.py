"""Claims of requests that name an environment: teardown takes it, verify looks, and both say where it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared import labels
from shared.step.message import Place
from tests.support.anchors import MINE, OTHER, add_anchor, alive, anchor, bearer
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import Ask
from tests.support.projects import PROJECT

STORE = {
    "project": PROJECT,
    "network": "default",
    "gateway": "store/internal-cross-region-gateway",
    "disableApis": False,
}
TOPIC = {"verification": "projects/hub/topics/fleetgate-verification-default"}
FIELD = "Ü" * 63  # each with six characters of a label
END = 3600  # of the lease, in seconds from now


def teardown(**more: Any) -> dict[str, Any]:
    return {"action": "teardown", "name": "store", **more}


def _named(gateway: str) -> dict[str, Any]:
    """An environment with a Gateway of this namespace and name, and a probe as long as may be."""
    namespace, _, name = gateway.partition("/")
    return {
        "name": "store",
        "project": PROJECT,
        "clusters": [{"name": "gke-west-1", "location": "us-west1-a"}],
        "gateway": {"namespace": namespace, "name": name},
        "probe": {"identity": {"jsonField": FIELD}},
    }


class TestTeardown:
    def test_it_takes_the_anchor_and_says_where_the_environment_stands(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """Everything else on the anchor is kept."""
        before = add_anchor(google, "store", END, spec="abc")["labels"]
        told = claim(teardown())

        assert told["outcome"] == "done"
        assert told["outputs"] == {
            "name": "store", "action": "teardown", "generation": MINE, "place": STORE, "topics": TOPIC,
        }  # fmt: skip
        assert anchor(google)["labels"] == before | {
            labels.GENERATION: MINE,
            labels.EXECUTION: EXECUTION,
            labels.ACTION: "teardown",
        }

    def test_without_an_anchor_it_makes_one_and_works_by_marks(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """In the one project in which environments can be: a deploy that was published before finds a newer claim."""
        told = claim(teardown(), mode="begin")
        deploy = claim(time="2026-01-05T07:59:59Z", execution=OTHER)

        assert (told["outcome"], len(told["changes"])) == ("done", 2)
        assert told["outputs"]["place"] == {"project": PROJECT, "network": "", "disableApis": False}
        assert told["outputs"]["topics"] == TOPIC
        assert deploy["outcome"] == "superseded"

    @pytest.mark.parametrize(("others", "likely"), [(["hub"], "hub"), (["a", "b"], "a")])
    def test_of_several_projects_none_is_taken_for_granted(
        self,
        google: GoogleServer,
        claim: Ask,
        monkeypatch: pytest.MonkeyPatch,
        others: list[str],
        likely: str,
    ) -> None:
        """Fleetgate's own if environments can be there; the audit hears that it may have been elsewhere."""
        networks = {f"projects/{each}/global/networks/default": "projects/hub/topics/t" for each in others}
        networks |= {f"projects/{PROJECT}/global/networks/default": "projects/hub/topics/u"}
        monkeypatch.setenv("FLEETGATE_VERIFICATION_NETWORKS", json.dumps(networks))
        claim(teardown())
        place = claim(teardown())["outputs"]["place"]

        assert (place["project"], place["located"]) == (likely, False)

    def test_a_newer_deploy_takes_over_wherever_it_wants_to_be(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """The anchor of a teardown that found none does not say where the environment was."""
        claim(teardown()), claim(teardown())
        told = claim(time="2026-01-05T08:00:01Z", execution=OTHER, id="99")

        assert told["outcome"] == "done"
        assert anchor(google)["labels"][labels.ACTION] == "deploy"

    def test_that_apis_are_to_be_disabled_is_not_forgotten_when_it_dies(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """The sweep, which asks for it again, does not know."""
        add_anchor(google, "store")
        claim(teardown(disableApis=True))
        told = claim(teardown(generation=MINE), execution=OTHER, id="99")

        assert told["outputs"]["place"]["disableApis"] is True

    def test_a_gateway_whose_name_was_too_long_to_keep_is_not_named(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """Only its digest is known."""
        add_anchor(google, "store", gateway=labels.pack("n" * 60 + "/gateway"))

        assert "gateway" not in claim(teardown())["outputs"]["place"]

    def test_a_long_gateway_is_named_by_the_parts_of_its_name(self, google: GoogleServer, claim: Ask) -> None:
        """A namespace and a name of 63 characters each are more than one label holds."""
        long = f"{'n' * 63}/{'g' * 63}"
        assert claim({"action": "deploy", "environment": _named(long)})["outcome"] == "done"

        for request in (VERIFY, teardown()):
            place = claim(request, time="2026-01-05T08:00:01Z")["outputs"]["place"]
            assert (place["gateway"], place["probe"]) == (long, f"jsonField={FIELD}")

    def test_somebody_elses_address_is_left_alone(self, google: GoogleServer, claim: Ask) -> None:
        """It bears no mark."""
        google.add_address(name="fleetgate-store")

        assert claim(teardown())["code"] == "ANCHOR_NAME_TAKEN"
        assert google.mutations() == []

    def test_an_older_one_is_superseded(self, google: GoogleServer, claim: Ask) -> None:
        """By the deploy after it."""
        add_anchor(google, "store", generation="1767600000001-1")

        assert claim(teardown())["outcome"] == "superseded"
        assert google.mutations() == []

    def test_a_person_takes_over_a_living_teardown(self, google: GoogleServer, claim: Ask) -> None:
        """Newest wins."""
        add_anchor(google, "store", action="teardown")
        alive(google)

        assert claim(teardown())["outcome"] == "done"
        assert bearer(google) == (MINE, EXECUTION)


class TestWhatTheSweepAskedFor:
    def test_it_is_done_if_nothing_has_changed(self, google: GoogleServer, claim: Ask) -> None:
        """The lease and the claim are those that it saw."""
        found = add_anchor(google, "store", -60)["labels"]
        request = teardown(expires=int(NOW - 60), generation=found[labels.GENERATION])

        assert claim(request)["outcome"] == "done"

    @pytest.mark.parametrize(
        ("request_", "why"),
        [
            (teardown(expires=int(NOW)), "was moved from"),
            (teardown(expires=int(NOW + END), generation="1767500000000-1"), "claimed since"),
            (teardown(generation="1767500000000-1"), "claimed since"),
        ],
    )
    def test_a_lease_or_a_claim_that_moved_wins(
        self, google: GoogleServer, claim: Ask, request_: Any, why: str
    ) -> None:
        """It ends superseded, and changes nothing."""
        add_anchor(google, "store", END)
        told = claim(request_)

        assert (told["outcome"], why in told["message"]) == ("superseded", True)
        assert google.mutations() == []

    def test_what_is_gone_is_left_alone(self, google: GoogleServer, claim: Ask) -> None:
        """No anchor is made for it."""
        assert claim(teardown(expires=int(NOW)))["outcome"] == "superseded"
        assert google.addresses == {}

    @pytest.mark.parametrize(("state", "outcome"), [("ACTIVE", "superseded"), ("CANCELLED", "done")])
    def test_a_living_teardown_is_left_to_it(
        self, google: GoogleServer, claim: Ask, state: str, outcome: str
    ) -> None:
        """And a dead one is done again."""
        add_anchor(google, "store", END, action="teardown")
        alive(google, state=state)

        assert claim(teardown(expires=int(NOW + END)))["outcome"] == outcome

    def test_its_own_claim_is_no_change(self, google: GoogleServer, claim: Ask) -> None:
        """Asked again, it finds what it wrote."""
        found = add_anchor(google, "store", -60)["labels"]
        request = teardown(expires=int(NOW - 60), generation=found[labels.GENERATION])
        claim(request)

        assert claim(request)["outcome"] == "done"
        assert claim(request, execution=OTHER)["outcome"] == "done"


VERIFY = {"action": "verify", "name": "store"}


class TestVerify:
    def test_it_looks_under_the_claim_that_holds(self, google: GoogleServer, claim: Ask) -> None:
        """And writes nothing."""
        found = add_anchor(google, "store")["labels"]
        told = claim(VERIFY)

        assert told["outcome"] == "done"
        assert told["outputs"]["generation"] == found[labels.GENERATION]
        assert told["outputs"]["place"] == STORE
        assert google.mutations() == []

    def test_it_says_which_spec_stands_and_whether_it_is_being_deployed(
        self, google: GoogleServer, claim: Ask
    ) -> None:
        """The spec's hash, and the config cluster, whose Gateway bears it."""
        add_anchor(google, "store", spec="0123456789abcdef", config="gke-west-1")
        known = STORE | {"spec": "0123456789abcdef", "config": "gke-west-1"}
        assert claim(VERIFY)["outputs"]["place"] == known

        alive(google, OTHER)
        assert claim(VERIFY)["outputs"]["place"] == known | {"deploying": OTHER}

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"action": "teardown"}, "BEING_REMOVED"),
            ({"action": "release"}, "UNKNOWN_ENVIRONMENT"),
            ({"action": "tombstone"}, "UNKNOWN_ENVIRONMENT"),
            ({"network": "elsewhere"}, "NO_VERIFIER"),
            ({"gateway": labels.pack("n" * 60 + "/gateway")}, "NAME_NOT_KEPT"),
            ({"probe": labels.pack("header=" + "x" * 60)}, "NAME_NOT_KEPT"),
        ],
    )
    def test_what_cannot_be_proved_is_refused(
        self, google: GoogleServer, claim: Ask, values: dict[str, str], code: str
    ) -> None:
        """With the reason."""
        add_anchor(google, "store", None, **values)

        assert claim(VERIFY)["code"] == code

    def test_an_unknown_name_is_refused(self, google: GoogleServer, claim: Ask) -> None:
        """Naming those there are."""
        add_anchor(google, "shop")
        add_anchor(google, "aaa", action="release")
        told = claim(VERIFY)

        assert (told["code"], told["cause"]) == (
            "UNKNOWN_ENVIRONMENT",
            "There is no environment store; there is shop.",
        )


def test_the_place_travels(message: Any) -> None:
    """From the claim's answer, by the workflow, to every step."""
    place = Place("shop-prod", "default", "apps", "store/gateway", "header=x", True)

    assert message(place=place.wire()).place == place
    assert message(place=None).place is None
