"""The regions on the anchor: where a teardown must look, of this spec and of those before it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.environment.accepted_labels import SPARE_LABELS
from shared import labels
from tests.support.anchors import MINE, OTHER, add_anchor, add_unlabelled, anchor
from tests.support.google_server import EXECUTION, GoogleServer
from tests.support.messages import Ask
from tests.support.projects import PROJECT

OLDER = "1767500000000-1"
OF_THE_SPEC = ("us-east1", "us-west1")
VERIFY, TEARDOWN = {"action": "verify", "name": "store"}, {"action": "teardown", "name": "store"}


def regions(google: GoogleServer) -> tuple[str, ...] | None:
    """What the anchor says."""
    return labels.regions(anchor(google)["labels"])


def add_anchor_in(google: GoogleServer, *regions: str) -> None:
    """An anchor that names these."""
    add_anchor(google, "store")["labels"] |= {labels.REGION + each: "" for each in regions}


def told(answer: Any) -> tuple[str, ...] | None:
    """What the steps are told."""
    assert answer["outcome"] == "done", answer
    found = answer["outputs"]["place"].get("regions")
    return None if found is None else tuple(found)


def test_a_first_claim_names_those_of_its_spec(google: GoogleServer, claim: Ask) -> None:
    """Nothing can be anywhere else, and the steps hear of it."""
    claim()

    assert OF_THE_SPEC == told(claim()) == regions(google)


def test_a_later_deploy_adds_its_own_to_those_before(google: GoogleServer, claim: Ask, accept: Ask) -> None:
    """What an earlier spec had in Asia may still be there. The steps look there at once; accepted, it is written."""
    add_anchor_in(google, "asia-east1", "us-west1")
    answer = claim()

    assert ("asia-east1", *OF_THE_SPEC) == told(answer)
    assert ("asia-east1", "us-west1") == regions(google)
    accept(answer["outputs"]["environment"])
    assert ("asia-east1", *OF_THE_SPEC) == regions(google)


def test_what_nobody_knows_stays_unknown(google: GoogleServer, claim: Ask) -> None:
    """An anchor of an earlier release names none: its environment may be anywhere."""
    add_anchor(google, "store")

    assert told(claim()) is None
    assert regions(google) is None


@pytest.mark.parametrize(
    ("claimed_by", "known"), [(f"{MINE}/{EXECUTION}", True), (f"{OLDER}/{OTHER}", False)]
)
def test_an_anchor_without_labels_stands_for_nothing_only_to_who_made_it(
    google: GoogleServer, claim: Ask, claimed_by: str, known: bool
) -> None:
    """That of another claim may have had labels, which somebody has taken off."""
    add_unlabelled(google, claimed_by, project=PROJECT)

    assert (OF_THE_SPEC if known else None) == told(claim()) == regions(google)


@pytest.mark.parametrize(("spare", "named"), [(2, True), (1, False)])
def test_where_there_is_no_room_for_all_none_are_named(
    google: GoogleServer, claim: Ask, spare: int, named: bool
) -> None:
    """A part of them would be taken for all. An address has 64 labels, and the next requests need some."""
    claim(), claim()
    own = [each for each in anchor(google)["labels"] if not each.startswith(labels.REGION)]
    room = labels.LIMIT - SPARE_LABELS - len(own)
    anchor(google)["labels"] |= {f"team-{n}": "x" for n in range(room - spare)}

    assert named is (told(claim(time="2026-01-05T09:00:00.000Z", id="89")) is not None)


@pytest.mark.parametrize("request_", [VERIFY, TEARDOWN])
def test_a_request_by_name_looks_where_the_anchor_says(
    google: GoogleServer, claim: Ask, request_: Any
) -> None:
    """And everywhere, if that says nothing."""
    add_anchor_in(google, "asia-east1")
    assert ("asia-east1",) == told(claim(request_))

    add_anchor(google, "store")
    assert told(claim(request_)) is None
