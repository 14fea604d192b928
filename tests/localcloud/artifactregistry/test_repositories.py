"""Repositories: what is given is shown, what Google refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.artifactregistry.conftest import NAME, PLACE, POLICIES, REPOSITORY
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services


def ended(registry: Services, operation: dict[str, Any]) -> dict[str, Any]:
    """The operation when its time is over; it is not at once."""
    path = operation["name"].removeprefix(f"{PLACE}/")
    assert "done" not in registry.ok("GET", path)
    registry.wait(10)
    return registry.ok("GET", path)


def made(registry: Services, name: str = "functions") -> dict[str, Any]:
    """A repository."""
    ended(registry, registry.ok("POST", "repositories", REPOSITORY, repositoryId=name))
    return registry.ok("GET", f"repositories/{name}")


def test_a_repository_is_made_by_an_operation(registry: Services) -> None:
    """Its response is the repository, to whose fields Google adds some."""
    begun = registry.ok("POST", "repositories", REPOSITORY, repository_id="functions")
    response = ended(registry, begun)["response"]
    shown = registry.ok("GET", "repositories/functions")

    assert {
        "@type": "type.googleapis.com/google.devtools.artifactregistry.v1.Repository",
        **shown,
    } == response
    assert shown.items() >= {**REPOSITORY, "name": NAME}.items()
    assert f"us-central1-docker.pkg.dev/{PROJECT}/functions" == shown["registryUri"]
    assert "SCANNING_DISABLED" == shown["vulnerabilityScanningConfig"]["enablementState"]
    assert {"repositories": [shown]} == registry.ok("GET", "repositories")


def test_a_change_takes_what_its_mask_names(registry: Services) -> None:
    """A policy's id is the caller's own; format and mode stay."""
    before = made(registry)

    body = {"description": "Else.", "labels": {}, "cleanupPolicies": {}, "format": "NPM"}
    changed = registry.ok("PATCH", "repositories/functions", body, updateMask="description,cleanup_policies")
    assert ("Else.", {}, "DOCKER", before["labels"]) == tuple(
        changed[key] for key in ("description", "cleanupPolicies", "format", "labels")
    )


def test_a_repository_is_deleted_by_an_operation(registry: Services) -> None:
    """And is gone when that is done."""
    made(registry)

    assert ended(registry, registry.ok("DELETE", "repositories/functions"))["response"] == {
        "@type": "type.googleapis.com/google.protobuf.Empty"
    }
    refused = registry.refusal("GET", "repositories/functions")
    assert (404, "NOT_FOUND", "Requested entity was not found.") == refused


@pytest.mark.parametrize(
    ("name", "fields", "status", "words"),
    [
        ("functions", {}, 409, "the repository already exists"),
        ("Functions", {}, 400, "invalid repository ID"),
        ("", {}, 400, "invalid repository ID"),
        ("x", {"format": None}, 400, "format must be specified"),
        ("x", {"format": "docker"}, 400, "Invalid value at 'format'"),
        ("x", {"mode": "REMOTE_REPOSITORY"}, NOT_IMPLEMENTED, "REMOTE_REPOSITORY"),
        ("x", {"kmsKeyName": "k"}, NOT_IMPLEMENTED, "kmsKeyName"),
        ("x", {"cleanupPolicies": {"a": {**POLICIES["keep-three"], "action": "DELETE"}}}, 400, "'a'"),
        ("x", {"cleanupPolicies": {"a": {"action": "KEEP"}}}, 400, "exactly one of"),
    ],
)
def test_a_repository_that_cannot_be_is_refused(
    registry: Services, name: str, fields: Any, status: int, words: str
) -> None:
    """And nothing is kept of it."""
    made(registry)

    refused = registry.refusal("POST", "repositories", {**REPOSITORY, **fields}, repositoryId=name)
    assert status == refused[0] and words in refused[2]
    assert 1 == len(registry.ok("GET", "repositories")["repositories"])


def test_a_repository_has_a_policy_of_its_own(registry: Services) -> None:
    """Read, changed and written as Terraform does; it goes with the repository."""
    made(registry)
    path, binding = (
        "repositories/functions",
        {"role": "roles/artifactregistry.writer", "members": ["user:a@b.org"]},
    )

    before = registry.ok("GET", f"{path}:getIamPolicy", **{"options.requestedPolicyVersion": "3"})
    registry.ok("POST", f"{path}:setIamPolicy", {"policy": {**before, "bindings": [binding], "version": 3}})
    assert [binding] == registry.ok("GET", f"{path}:getIamPolicy")["bindings"]
    stale = {"policy": {"etag": before["etag"], "bindings": []}}
    assert (409, "ABORTED") == registry.refusal("POST", f"{path}:setIamPolicy", stale)[:2]
    ended(registry, registry.ok("DELETE", path))
    assert 404 == registry.refusal("GET", f"{path}:getIamPolicy")[0]
    made(registry)
    assert "bindings" not in registry.ok("GET", f"{path}:getIamPolicy")
