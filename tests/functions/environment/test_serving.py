"""What serves: the settling keeps what was proven on the anchor, and tells when it changes."""

from __future__ import annotations

from typing import Any

import pytest

from shared import labels
from shared.spec import Environment
from tests.support.anchors import MINE, OTHER, add_anchor, anchor, overtake
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import DEPLOY, Ask

AT = int(NOW) + 30  # when the request had ended
VERIFIED, BROKEN = f"verified-{int(NOW) - 600}", f"broken-{int(NOW) - 600}"
WHY = {"code": "TOOK_TOO_LONG", "cause": "no answer", "fix": "look", "brokenAt": AT}


def serving(google: GoogleServer) -> str | None:
    found: str | None = anchor(google)["labels"].get(labels.SERVING)
    return found


def changes(google: GoogleServer) -> list[Any]:
    """The events that are not endings."""
    return [each for each in google.published() if each["ce-type"].endswith(("broken", "recovered"))]


@pytest.fixture
def held(google: GoogleServer) -> GoogleServer:
    """An accepted anchor of this execution."""
    add_anchor(google, "store", 3600, generation=MINE, execution=EXECUTION)
    return google


def test_a_verified_deploy_is_kept_with_its_moment(held: GoogleServer, settle: Ask) -> None:
    """It is written once; another message about the same ending finds it there."""
    told = [settle("verification", "done", at=AT) for _ in range(2)]

    assert [each["calls"]["mutations"] for each in told] == [1, 0]
    assert serving(held) == f"verified-{AT}"
    assert changes(held) == []


def test_a_deploy_that_changed_nothing_is_accepted_in_the_same_write(
    google: GoogleServer, claim: Ask, settle: Ask, store: Environment
) -> None:
    """Lease, spec and what serves: two writes of the anchor are all that a deploy costs that is deployed again."""
    add_anchor(google, "store", 60, serving=VERIFIED)
    told = claim(DEPLOY | {"origin": "git"})["outputs"]
    settle(
        "verification", "done", at=AT, fields={"environment": told["environment"], "origin": told["origin"]}
    )
    values = anchor(google)["labels"]

    assert [each.rpartition("/")[2] for each in google.mutations()] == ["setLabels", "setLabels"]
    assert (values[labels.EXPIRES], values[labels.SPEC]) == (str(int(NOW) + 8 * 3600), store.spec_hash)
    assert (values[labels.SERVING], values[labels.ORIGIN]) == (f"verified-{AT}", "git")
    assert labels.ACCEPTED not in values


@pytest.mark.parametrize(
    ("phase", "outcome"), [("check", "blocked"), ("accept", "blocked"), ("check", "superseded")]
)
def test_a_refused_one_is_not_accepted(
    google: GoogleServer, claim: Ask, settle: Ask, phase: str, outcome: str
) -> None:
    """Everything but the claim stays."""
    add_anchor(google, "store", 60, serving=VERIFIED)
    environment = claim()["outputs"]["environment"]
    before = dict(anchor(google)["labels"])
    settle(phase, outcome, at=AT, fields={"environment": environment})

    assert anchor(google)["labels"] == before


@pytest.mark.parametrize(
    ("ending", "kept"),
    [
        ({"phase": "verification", "outcome": "failed", **WHY}, f"broken-{AT}"),
        ({"phase": "verification", "outcome": "blocked", **WHY}, f"broken-{AT}"),
        (
            {"phase": "verification", "outcome": "blocked", "code": "PERMISSION_DENIED"},
            VERIFIED,
        ),  # it could not look
        ({"phase": "verification", "outcome": "superseded", **WHY}, VERIFIED),
        ({"phase": "apply", "outcome": "failed", "code": "TOOK_TOO_LONG"}, VERIFIED),
    ],
)
def test_only_a_proof_counts(held: GoogleServer, settle: Ask, ending: dict[str, Any], kept: str) -> None:
    """What could not be looked at is as it was found the last time."""
    anchor(held)["labels"][labels.SERVING] = VERIFIED
    settle(**ending, at=AT)

    assert serving(held) == kept


class TestVerify:
    @pytest.fixture(autouse=True)
    def _held(self, google: GoogleServer) -> None:
        """An environment whose claim is another execution's."""
        add_anchor(google, "store", 3600, generation=MINE, execution=OTHER, serving=VERIFIED)

    def test_it_writes_what_it_found_and_nothing_else(self, google: GoogleServer, settle: Ask) -> None:
        """It has no claim of its own."""
        before = dict(anchor(google)["labels"])
        settle("verification", "done", action="verify", at=AT)

        assert anchor(google)["labels"] == before | {labels.SERVING: f"verified-{AT}"}

    @pytest.mark.parametrize("values", [{labels.GENERATION: "9999999999999-1"}, {labels.ACTION: "teardown"}])
    def test_never_over_a_newer_claim(
        self, google: GoogleServer, settle: Ask, values: dict[str, str]
    ) -> None:
        """What it looked at is changing."""
        anchor(google)["labels"] |= values
        settle("verification", "failed", action="verify", at=AT, **WHY)

        assert (serving(google), changes(google)) == (VERIFIED, [])

    def test_never_over_a_claim_that_comes_meanwhile(self, google: GoogleServer, settle: Ask) -> None:
        """Compare-and-swap."""
        overtake(google)
        settle("verification", "done", action="verify", at=AT)

        assert serving(google) == VERIFIED

    @pytest.mark.parametrize("since", [5, -1])
    def test_an_older_proof_is_not_written_over_a_newer_one(
        self, google: GoogleServer, settle: Ask, since: int
    ) -> None:
        """Two at once may end in any order; and what one saw is as old as its last look, not as its end."""
        anchor(google)["labels"][labels.SERVING] = newer = f"verified-{AT + since}"
        settle("verification", "failed", action="verify", at=AT, **{**WHY, "brokenAt": AT - 2})

        assert (serving(google), changes(google)) == (newer, [])


class TestChanges:
    @pytest.mark.parametrize(
        ("before", "ending", "tells"),
        [
            (VERIFIED, {"outcome": "failed", **WHY}, "broken"),
            (BROKEN, {"outcome": "done"}, "recovered"),
            (VERIFIED, {"outcome": "done"}, None),
            (BROKEN, {"outcome": "failed", **WHY}, None),
            (None, {"outcome": "failed", **WHY}, None),  # it has never served
        ],
    )
    @pytest.mark.parametrize("action", ["deploy", "verify"])
    def test_a_change_is_told_and_nothing_else(
        self,
        held: GoogleServer,
        settle: Ask,
        action: str,
        before: str | None,
        ending: dict[str, Any],
        tells: str | None,
    ) -> None:
        """Once, whoever found it; and broken says since when, until it is mended."""
        if before:
            anchor(held)["labels"][labels.SERVING] = before
        for _ in range(2):
            settle("verification", action=action, at=AT, **ending)
        told = changes(held)

        assert [each["ce-type"].rpartition(".")[2] for each in told] == ([tells] if tells else [])
        if tells == "broken":
            assert (told[0]["data"]["since"], told[0]["data"]["code"]) == (AT, "TOOK_TOO_LONG")
        if before == BROKEN and not tells:
            assert serving(held) == BROKEN

    def test_it_is_told_although_the_write_after_it_fails(self, held: GoogleServer, settle: Ask) -> None:
        """Twice rather than never, and with one id."""
        anchor(held)["labels"][labels.SERVING] = VERIFIED
        path = "POST /compute/v1/projects/hub/regions/us-west1/addresses/fleetgate-store/setLabels"
        held.answers[path] = (503, {})
        settle("verification", "failed", at=AT, **WHY)
        del held.answers[path]
        settle("verification", "failed", at=AT, **WHY)
        told = changes(held)

        assert (len(told) > 1, len({each["ce-id"] for each in told})) == (True, 1)
        assert serving(held) == f"broken-{AT}"

    @pytest.mark.parametrize("outcome", ["done", "failed"])
    def test_a_quiet_request_has_no_ending(self, held: GoogleServer, settle: Ask, outcome: str) -> None:
        """Nothing is told while nothing changes."""
        anchor(held)["labels"][labels.SERVING] = VERIFIED if outcome == "done" else BROKEN
        settle("verification", outcome, action="verify", at=AT, quiet=True, serves=outcome == "done")

        assert held.published() == []
