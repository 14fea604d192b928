"""The changes of the fleet: how each shows itself, and what it asks of which API."""

from __future__ import annotations

from typing import Any, cast

import pytest

from functions.fleet.changes import (
    DisableApi,
    DisableFeature,
    EnableIngress,
    EnableServices,
    GrantImporter,
    MoveConfigMembership,
    RevokeImporter,
)
from shared import errors
from shared.google import gkehub_writes, importer, serviceusage
from shared.google.gkehub import INGRESS, MCS
from shared.google.session import Session
from shared.step.change import Change
from tests.support.fleets import FEATURES, OURS, member_path
from tests.support.projects import PROJECT

WEST, EAST = member_path("gke-west-1"), member_path("gke-east-1")
API = f"{INGRESS}.googleapis.com"
BINDINGS = {"verb": "update", "resource": f"projects/{PROJECT}", "field": "bindings"}
CONFIG = {"resource": f"{FEATURES}/{INGRESS}", "field": "configMembership"}

# Change, how it shows itself, and the request that it makes.
CHANGES: list[tuple[Change, dict[str, Any], tuple[Any, ...]]] = [
    (
        EnableServices(PROJECT, OURS),
        {"verb": "create", "resource": f"{FEATURES}/{MCS}"},
        ("create_feature", PROJECT, MCS, OURS),
    ),
    (
        EnableIngress(PROJECT, OURS, WEST),
        {"verb": "create", **CONFIG, "after": WEST},
        ("create_feature", PROJECT, INGRESS, OURS, WEST),
    ),
    (
        MoveConfigMembership(PROJECT, WEST, EAST),
        {"verb": "update", **CONFIG, "before": WEST, "after": EAST},
        ("move_config_membership", f"{FEATURES}/{INGRESS}", EAST),
    ),
    (
        DisableFeature(f"{FEATURES}/{MCS}"),
        {"verb": "delete", "resource": f"{FEATURES}/{MCS}"},
        ("delete_feature", f"{FEATURES}/{MCS}"),
    ),
    (
        GrantImporter(PROJECT),
        {**BINDINGS, "after": f"{importer.ROLE}: {importer.SUBJECT}"},
        ("grant", PROJECT),
    ),
    (
        RevokeImporter(PROJECT, ["principal://a", "principal://b"]),
        {**BINDINGS, "before": f"{importer.ROLE}: principal://a, principal://b"},
        ("revoke", PROJECT),
    ),
    (
        DisableApi(PROJECT, API),
        {
            "verb": "update",
            "resource": f"projects/{PROJECT}/services/{API}",
            "field": "state",
            "before": "ENABLED",
            "after": "DISABLED",
        },
        ("disable", PROJECT, API),
    ),
]


@pytest.mark.parametrize(("change", "shown", "request_"), CHANGES, ids=lambda each: type(each).__name__)
def test_a_change_shows_and_asks_for_the_same_thing(
    monkeypatch: pytest.MonkeyPatch, change: Change, shown: dict[str, Any], request_: tuple[Any, ...]
) -> None:
    """In the words of the answer, and in those of Google's API; once."""
    made: list[tuple[Any, ...]] = []
    name, *_ = request_
    api = next(each for each in (gkehub_writes, importer, serviceusage) if hasattr(each, name))
    monkeypatch.setattr(api, name, lambda session, *given: made.append((name, *given)))
    change.perform(cast(Session, None))

    assert shown == change.describe().wire()
    assert [request_] == made


def test_ingress_is_planned_before_its_config_membership_is_known() -> None:
    """A plan shows that it will be enabled, and as what."""
    assert {"verb": "create", **CONFIG} == EnableIngress(PROJECT, OURS, None).describe().wire()


def test_an_api_that_is_used_declines_in_googles_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner notes them, and the step goes on."""

    def refuse(*_: Any) -> None:
        raise errors.Refused("serviceusage", "POST", API, 400, "FAILED_PRECONDITION", "it has usage")

    monkeypatch.setattr(serviceusage, "disable", refuse)
    with pytest.raises(errors.Declined, match=r"^it has usage$"):
        DisableApi(PROJECT, API).perform(cast(Session, None))
