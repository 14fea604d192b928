"""Custom roles over the wire: what they may hold, how long a deleted one is remembered, and Google's own."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.catalog import permissions
from localcloud.wire.messages import Caller
from tests.localcloud.iam.clouds import OWNER, ROBOT, Cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

PARENT = f"iam/v1/projects/{PROJECT}/roles"
NAME = f"projects/{PROJECT}/roles/lister"
PATH = f"iam/v1/{NAME}"
ROLE = {
    "title": "Lister",
    "description": "Lists.",
    "stage": "GA",
    "includedPermissions": ["compute.networks.list"],
}
NETWORKS = f"compute/compute/v1/projects/{PROJECT}/global/networks"
POLICY = f"cloudresourcemanager/v3/projects/{PROJECT}"
DAY = 86400


@pytest.fixture
def cloud() -> Cloud:
    """The owner asks."""
    made = Cloud()
    made.caller = Caller(OWNER)
    return made


def _create(cloud: Cloud, **changes: Any) -> Any:
    return cloud.ask("POST", PARENT, {"roleId": "lister", "role": {**ROLE, **changes}})


def _bind(cloud: Cloud) -> tuple[int, Any]:
    policy = cloud.ok("POST", f"{POLICY}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
    added = {"role": NAME, "members": [f"serviceAccount:{ROBOT}"]}
    policy = {**policy, "bindings": [*policy["bindings"], added]}
    answer = cloud.ask("POST", f"{POLICY}:setIamPolicy", {"policy": policy})
    cloud.wait(600)
    return answer


def test_a_role_is_read_as_it_was_made(cloud: Cloud) -> None:
    """Not there before: that is what Terraform looks for first."""
    before = cloud.refusal("GET", PATH)
    status, made = _create(cloud)

    assert (404, "NOT_FOUND", f"The role named {NAME} was not found.") == before
    assert (200, {**ROLE, "name": NAME}) == (
        status,
        {key: value for key, value in made.items() if key != "etag"},
    )
    assert made == cloud.ok("GET", PATH)


def test_a_role_gives_what_it_holds(cloud: Cloud) -> None:
    """To whom it is bound, and no longer when it is changed."""
    _create(cloud)
    _bind(cloud)
    could = cloud.ask("GET", NETWORKS, who=ROBOT)[0]
    cloud.ok(
        "PATCH", f"{PATH}?updateMask=includedPermissions", {"includedPermissions": ["compute.networks.get"]}
    )

    assert (200, 403) == (could, cloud.ask("GET", NETWORKS, who=ROBOT)[0])


def test_lists_tell_what_roles_hold_if_they_are_asked(cloud: Cloud) -> None:
    """By default they do not."""
    _create(cloud)

    (basic,), (full,) = (cloud.ok("GET", PARENT, view=view)["roles"] for view in ("BASIC", "FULL"))
    assert ROLE["includedPermissions"] == full.pop("includedPermissions")
    assert full == basic


def test_a_role_is_made_once(cloud: Cloud) -> None:
    """409."""
    _create(cloud)

    assert (409, "ALREADY_EXISTS") == cloud.refusal("POST", PARENT, {"roleId": "lister", "role": ROLE})[:2]


@pytest.mark.parametrize("role_id", ["", "ab", "a-b-c", "a" * 65])
def test_a_role_has_an_id(cloud: Cloud, role_id: str) -> None:
    """3 to 64 letters, digits, underscores and periods."""
    assert 400 == cloud.refusal("POST", PARENT, {"roleId": role_id, "role": ROLE})[0]


@pytest.mark.parametrize(
    ("permission", "status", "words"),
    [
        ("cloudfunctions.runtimes.list", 400, "Permission cloudfunctions.runtimes.list is not valid."),
        ("compute.networks.lst", 400, "Permission compute.networks.lst is not valid."),
        ("everything", 400, "Permission everything is not valid."),
        ("resourcemanager.projects.list", 400, "Permission resourcemanager.projects.list is not valid."),
        ("resourcemanager.folders.get", 400, "Permission resourcemanager.folders.get is not valid."),
        (
            "bigquery.tables.get",
            405,
            "The local cloud does not implement custom roles with permissions of bigquery",
        ),
    ],
)
def test_a_role_holds_permissions_that_there_are(
    cloud: Cloud, permission: str, status: int, words: str
) -> None:
    """[reported: terraform-google-iam#158]; also when it is changed."""
    body = {**ROLE, "includedPermissions": [*ROLE["includedPermissions"], permission]}
    refused = cloud.refusal("POST", PARENT, {"roleId": "lister", "role": body})
    _create(cloud)

    assert status == refused[0] and refused[2].startswith(words)
    assert refused == cloud.refusal("PATCH", f"{PATH}?updateMask=includedPermissions", body)


def test_a_deleted_role_gives_nothing_and_can_be_taken_back(cloud: Cloud) -> None:
    """For seven days; its bindings stay, and then give again."""
    _create(cloud)
    _bind(cloud)
    assert cloud.ok("DELETE", PATH)["deleted"] is True
    denied = cloud.ask("GET", NETWORKS, who=ROBOT)[0]
    cloud.wait(6 * DAY)
    shown = cloud.ok("GET", PATH)
    hidden = cloud.ok("GET", PARENT)
    listed = cloud.ok("GET", PARENT, showDeleted="true")["roles"]
    back = cloud.ok("POST", f"{PATH}:undelete", {})

    assert (403, True, {}, [NAME]) == (denied, shown["deleted"], hidden, [each["name"] for each in listed])
    assert "deleted" not in back and "deleteTime" not in shown
    assert 200 == cloud.ask("GET", NETWORKS, who=ROBOT)[0]


def test_the_id_of_a_deleted_role_is_taken_for_37_days(cloud: Cloud) -> None:
    """Of which the role is to be seen for seven [reported: gke-autoneg-controller#71]."""
    _create(cloud)
    cloud.ok("DELETE", PATH)
    words = "You can't create a role_id (lister) which has been marked for deletion."
    for days, found in ((0, 200), (8, 404), (28, 404)):
        cloud.wait(days * DAY)
        assert (400, "FAILED_PRECONDITION", words) == cloud.refusal(
            "POST", PARENT, {"roleId": "lister", "role": ROLE}
        )
        assert found == cloud.ask("GET", PATH)[0]
    assert 404 == cloud.ask("POST", f"{PATH}:undelete", {})[0]
    cloud.wait(2 * DAY)
    assert 200 == _create(cloud)[0]


def test_a_deleted_role_is_neither_changed_nor_bound_nor_deleted(cloud: Cloud) -> None:
    """And one that is not deleted is not undeleted."""
    _create(cloud)
    assert 400 == cloud.refusal("POST", f"{PATH}:undelete", {})[0]
    cloud.ok("DELETE", PATH)

    assert 400 == cloud.refusal("PATCH", f"{PATH}?updateMask=title", {"title": "Other"})[0]
    assert 400 == cloud.refusal("DELETE", PATH)[0]
    assert f"Role ({NAME}) does not exist in the resource's hierarchy." == _bind(cloud)[1]["error"]["message"]


def test_a_patch_changes_what_its_mask_names(cloud: Cloud) -> None:
    """If nobody else has changed the role meanwhile."""
    etag = _create(cloud)[1]["etag"]
    changed = cloud.ok(
        "PATCH", f"{PATH}?updateMask=title", {"title": "Other", "description": "Other.", "etag": etag}
    )

    assert ("Other", "Lists.") == (changed["title"], changed["description"])
    assert 409 == cloud.refusal("PATCH", f"{PATH}?updateMask=title", {"title": "Third", "etag": etag})[0]
    assert 400 == cloud.refusal("PATCH", f"{PATH}?updateMask=name", {"name": "x"})[0]


def test_a_disabled_role_gives_nothing(cloud: Cloud) -> None:
    """[documented]; an alpha one does, but does not say so."""
    _create(cloud, stage="ALPHA")
    _bind(cloud)
    could = cloud.ask("GET", NETWORKS, who=ROBOT)[0]
    assert "stage" not in cloud.ok("GET", PATH)
    cloud.ok("PATCH", f"{PATH}?updateMask=stage", {"stage": "DISABLED"})

    assert (200, 403) == (could, cloud.ask("GET", NETWORKS, who=ROBOT)[0])


def test_roles_are_nobodys_business_without_permission(cloud: Cloud) -> None:
    """To make, read or delete one."""
    for verb, path, body in (("POST", PARENT, {}), ("GET", PATH, None), ("DELETE", PATH, None)):
        status, refused = cloud.ask(verb, path, body, who=ROBOT)
        assert 403 == status and refused["error"]["message"].startswith("You don't have permission to ")


@pytest.mark.parametrize(
    ("role", "status"), [("run.invoker", 200), ("pubsub.none", 404), ("owner", 405), ("pubsub.admin", 405)]
)
def test_googles_own_roles_are_read_if_they_are_known(cloud: Cloud, role: str, status: int) -> None:
    """One whose permissions are not known is not implemented."""
    found, answer = cloud.ask("GET", f"iam/v1/roles/{role}")

    assert status == found
    if found == 200:
        assert ("Cloud Run Invoker", "run.routes.invoke") == (
            answer["title"],
            answer["includedPermissions"][-1],
        )


@pytest.mark.parametrize("host", ["cloudresourcemanager.googleapis.com", "127.0.0.1:80/cloudresourcemanager"])
def test_gcloud_is_told_which_permissions_there_are(cloud: Cloud, host: str) -> None:
    """In pages; those of organizations alone are not among a project's."""
    body: dict[str, Any] = {"fullResourceName": f"//{host}/projects/{PROJECT}", "pageSize": 1000}
    path, found = "iam/v1/permissions:queryTestablePermissions", set()
    while True:
        page = cloud.ok("POST", path, body)
        found |= {each["name"] for each in page["permissions"]}
        if "nextPageToken" not in page:
            break
        body["pageToken"] = page["nextPageToken"]

    assert found < permissions()
    assert "resourcemanager.projects.list" not in found and "compute.networks.list" in found
    elsewhere = {"fullResourceName": f"//{host}/organizations/1"}
    assert 405 == cloud.refusal("POST", path, elsewhere)[0]
