"""Triggers of a region: what is given is shown, by id and by name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.cloudbuild.conftest import BUILDER, PLACE, PUSH, REPOSITORY, TRIGGER
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services


def test_a_trigger_is_kept_until_it_is_deleted(builds: Services) -> None:
    """Its id is Google's; its name finds it, too."""
    made = builds.ok("POST", "triggers", TRIGGER)

    assert made.items() >= TRIGGER.items()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["id"])
    assert f"{PLACE}/triggers/{made['id']}" == made["resourceName"]
    assert made == builds.ok("GET", f"triggers/{made['id']}") == builds.ok("GET", "triggers/deploy-push")
    changed = builds.ok("PATCH", f"triggers/{made['id']}", {**TRIGGER, "description": "Else."})
    assert {**made, "description": "Else."} == changed
    assert {"triggers": [changed]} == builds.ok("GET", "triggers")
    assert {} == builds.ok("DELETE", f"triggers/{made['id']}")
    number = builds.world.projects.get(PROJECT).number
    words = f"trigger ({number}, deploy-push) not found"
    assert (404, "NOT_FOUND", words) == builds.refusal("GET", "triggers/deploy-push")


def test_a_name_is_given_once(builds: Services) -> None:
    """In Google's words."""
    builds.ok("POST", "triggers", TRIGGER)
    number = builds.world.projects.get(PROJECT).number

    words = f"trigger ({number}, deploy-push) already exists"
    assert (409, "ALREADY_EXISTS", words) == builds.refusal("POST", "triggers", TRIGGER)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"name": "-x"}, 400, "invalid trigger name"),
        ({"substitutions": {"REGION": "x"}}, 400, "invalid substitution key"),
        ({"serviceAccount": BUILDER}, 400, "invalid service account"),
        ({"filename": None}, 400, "exactly one of filename"),
        ({"repositoryEventConfig": {**PUSH, "repository": "github/platform"}}, 400, "invalid repository"),
        (
            {"repositoryEventConfig": {**PUSH, "repository": REPOSITORY.replace("central1", "west1")}},
            400,
            "they must be in one region",
        ),
        ({"repositoryEventConfig": {**PUSH, "push": {"branch": "(main"}}}, 400, "invalid branch"),
        ({"repositoryEventConfig": {"repository": REPOSITORY}}, 400, "a branch or a tag"),
        ({"repositoryEventConfig": None, "github": {"owner": "me"}}, NOT_IMPLEMENTED, "triggers with github"),
    ],
)
def test_a_trigger_that_cannot_be_is_refused(builds: Services, fields: Any, status: int, words: str) -> None:
    """And nothing is kept of it."""
    refused = builds.refusal("POST", "triggers", {**TRIGGER, **fields})

    assert status == refused[0] and words in refused[2]
    assert {} == builds.ok("GET", "triggers")


@pytest.mark.parametrize("verb", ["POST", "PATCH"])
def test_who_makes_or_changes_a_trigger_acts_as_its_account(builds: Services, verb: str) -> None:
    """A trigger runs code as that account."""
    path = f"triggers/{builds.ok('POST', 'triggers', TRIGGER)['id']}" if verb == "PATCH" else "triggers"
    builds.world[ACCESS].enforced = True
    role, account = f"projects/{PROJECT}/roles/maker", f"projects/{PROJECT}/serviceAccounts/{BUILDER}"
    define_role(builds.world, role, ["cloudbuild.builds.create"])
    grant(builds.world, f"projects/{PROJECT}", role, "user:user@example.com")

    assert "iam.serviceAccounts.actAs" in builds.refusal(verb, path, TRIGGER)[2]
    grant(builds.world, account, "roles/iam.serviceAccountUser", "user:user@example.com")
    assert builds.ok(verb, path, TRIGGER)["name"] == "deploy-push"


def test_nothing_is_built(builds: Services) -> None:
    """To run a trigger is refused as not implemented."""
    made = builds.ok("POST", "triggers", TRIGGER)

    assert NOT_IMPLEMENTED == builds.refusal("POST", f"triggers/{made['id']}:run", {})[0]
