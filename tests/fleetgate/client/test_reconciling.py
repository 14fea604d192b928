"""What a folder of specs and the anchors have to say to each other."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetgate.client.reconciling import reconcile
from fleetgate.client.screens import show_reconciliation
from fleetgate.client.target import Target
from fleetgate.repository import RepositorySpec, read_folder
from fleetgate.terminal import Terminal
from tests.acceptance.runs import store
from tests.fleetgate.client.conftest import EXECUTIONS, add_anchor, add_unlabelled, execution
from tests.support.google_server import GoogleServer

SPEC = store(project="shop-prod")


@pytest.fixture
def kept(tmp_path: Path) -> list[RepositorySpec]:
    """The tutorial's environment, and no other."""
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "store.yaml").write_text(yaml.safe_dump(SPEC), "utf-8")
    return read_folder(folder, "hub")


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({"origin": "git"}, ""),
        ({"origin": "git", "spec": "0000000000000000"}, "its spec has changed"),
        ({}, "it was not in Git before"),
        ({"origin": "git", "action": "teardown"}, "it was being torn down"),
        ({"origin": "git", "action": "tombstone"}, "it is new"),
        (None, "it is new"),
    ],
)
def test_a_spec_is_asked_for_unless_it_was_the_last_thing_asked_for(
    google: GoogleServer, here: Target, kept: list[RepositorySpec], labels: dict[str, str] | None, reason: str
) -> None:
    """As Git's own: what somebody deployed by hand becomes the repository's, even if it is the same."""
    google.answers["POST /pubsub/v1/projects/hub/topics/fleetgate-requests:publish"] = {"messageIds": ["7"]}
    if labels is not None:
        add_anchor(google, **{"spec": kept[0].environment.spec_hash, **labels})

    result = reconcile(here, kept)

    assert ([reason] if reason else []) == [each.reason for each in result.requests]
    asked = {"action": "deploy", "environment": SPEC, "origin": "git"}
    assert ([asked] if reason else []) == _published(google)


@pytest.mark.parametrize(
    ("asked", "state", "reason"),
    [
        ("this", "ACTIVE", ""),
        ("another", "ACTIVE", "its spec has changed"),
        ("this", "SUCCEEDED", "its spec has changed"),  # it was refused
        ("another", "FAILED", ""),
    ],
)
def test_a_deploy_that_is_being_checked_counts_while_it_runs(
    google: GoogleServer, here: Target, kept: list[RepositorySpec], asked: str, state: str, reason: str
) -> None:
    """The anchor has the spec that stands, too. One of the two is the folder's."""
    hashes = {"this": kept[0].environment.spec_hash, "another": "0000000000000000"}
    stands = hashes["another" if asked == "this" else "this"]
    add_anchor(google, origin="git", spec=stands, asked=hashes[asked], accepted="1-1")
    google.answers[f"GET {EXECUTIONS}/x-1"] = execution("x-1", "m-1", state=state)

    result = reconcile(here, kept, dry_run=True)

    assert ([reason] if reason else []) == [each.reason for each in result.requests]


def test_what_is_not_claimed_yet_is_new(
    google: GoogleServer, here: Target, kept: list[RepositorySpec]
) -> None:
    """An anchor without labels does not say which spec was asked for; it is nobody's environment either."""
    add_unlabelled(google)
    add_unlabelled(google, "shop")

    result = reconcile(here, kept, dry_run=True)

    assert (["it is new"], []) == ([each.reason for each in result.requests], list(result.others))


@pytest.mark.parametrize(
    ("labels", "torn_down"),
    [
        ({"origin": "git"}, True),
        ({"origin": "git", "action": "teardown"}, False),
        ({"origin": "git", "action": "tombstone"}, False),
        ({}, False),
    ],
)
def test_what_was_gits_and_has_no_spec_is_torn_down_once(
    google: GoogleServer, here: Target, labels: dict[str, str], torn_down: bool
) -> None:
    """What is not Git's, or only looks like an anchor, is left alone."""
    google.answers["POST /pubsub/v1/projects/hub/topics/fleetgate-requests:publish"] = {"messageIds": ["7"]}
    add_anchor(google, **labels)
    google.add_address(name="fleetgate-stranger", labels={"fleetgate-origin": "git"})

    result = reconcile(here, [])

    assert ([{"action": "teardown", "name": "store"}] if torn_down else []) == _published(google)
    assert ([] if labels.get("origin") else ["store"]) == result.others


def test_a_dry_run_tells_and_publishes_nothing(
    google: GoogleServer, here: Target, kept: list[RepositorySpec]
) -> None:
    """What goes before what comes."""
    add_anchor(google, "books", origin="git")
    printed = io.StringIO()
    console = Terminal(width=40, file=printed)

    result = reconcile(here, kept, dry_run=True)
    show_reconciliation(result, console, dry_run=True)

    assert [] == google.posted(":publish")
    assert [("books", "teardown", None), ("store", "deploy", None)] == [
        (each["environment"], each["action"], each["messageId"]) for each in result.wire()["requests"]
    ]
    assert [
        "teardown books: its spec is gone (not published)",
        "deploy store: it is new (not published)",
        "2 requests would be published, 0 unchanged",
    ] == printed.getvalue().splitlines()


def _published(google: GoogleServer) -> list[dict[str, Any]]:
    """The requests, decoded."""
    messages = [each for body in google.posted(":publish") for each in body["messages"]]
    return [json.loads(base64.b64decode(each["data"])) for each in messages]
