"""Service accounts over the wire: made, read, changed, deleted, and whoever was bound to what before."""

from __future__ import annotations

import pytest

from localcloud.iam import accounts
from localcloud.wire.messages import Caller, Json
from tests.localcloud.iam.clouds import OWNER, ROBOT, Cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

PARENT = f"iam/v1/projects/{PROJECT}/serviceAccounts"
EMAIL = f"reader@{PROJECT}.iam.gserviceaccount.com"
NAME = f"projects/{PROJECT}/serviceAccounts/{EMAIL}"
MEMBER = f"serviceAccount:{EMAIL}"
POLICY = f"cloudresourcemanager/v3/projects/{PROJECT}"
VIEWER = "roles/compute.networkViewer"
NETWORKS = f"compute/compute/v1/projects/{PROJECT}/global/networks"
BODY = {"accountId": "reader", "serviceAccount": {"displayName": "Reader", "description": "Reads."}}


class Accounts(Cloud):
    """A cloud whose owner asks, of IAM's API unless a call says otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.caller = Caller(OWNER)

    def create(self) -> Json:
        """Make the account, and wait until policies know it."""
        made = self.ok("POST", PARENT, BODY)
        self.wait(10)
        return made

    def bind(self, member: str = MEMBER, role: str = VIEWER) -> tuple[int, Json]:
        """Bind a member in the project, beside those who are."""
        policy = self.ok("POST", f"{POLICY}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
        added = {"role": role, "members": [member]}
        policy = {**policy, "version": 3, "bindings": [*policy["bindings"], added]}
        return self.ask("POST", f"{POLICY}:setIamPolicy", {"policy": policy})

    def members(self) -> list[str]:
        """Who is a viewer of networks."""
        policy = self.ok("POST", f"{POLICY}:getIamPolicy", {})
        return [
            each for binding in policy["bindings"] if binding["role"] == VIEWER for each in binding["members"]
        ]

    def settle(self) -> None:
        """Let all that is under way come to its end."""
        while self.world.clock.step():
            pass


@pytest.fixture
def cloud() -> Accounts:
    return Accounts()


def test_an_account_is_read_as_it_was_made(cloud: Accounts) -> None:
    """By address or number, in its project or whichever it is in."""
    made = cloud.create()

    assert (NAME, EMAIL, PROJECT) == (made["name"], made["email"], made["projectId"])
    assert ("Reader", "Reads.", 21) == (made["displayName"], made["description"], len(made["uniqueId"]))
    for path in (
        f"{PARENT}/{EMAIL}",
        f"{PARENT}/{made['uniqueId']}",
        f"iam/v1/projects/-/serviceAccounts/{EMAIL}",
    ):
        assert made == cloud.ok("GET", path)
    assert made in cloud.ok("GET", PARENT)["accounts"]


def test_a_name_is_taken_once(cloud: Accounts) -> None:
    """409, with the account's full name."""
    cloud.create()
    status, refused = cloud.ask("POST", PARENT, BODY)

    assert (409, "ALREADY_EXISTS") == (status, refused["error"]["status"])
    assert (
        f"Service account reader already exists within project projects/{PROJECT}."
        == refused["error"]["message"]
    )
    assert NAME == refused["error"]["details"][0]["resourceName"]


@pytest.mark.parametrize("account", ["short", "a" * 31, "1reader", "Reader", "reader-", "rea_der"])
def test_an_id_has_its_form(cloud: Accounts, account: str) -> None:
    """6 to 30 lower-case letters, digits and hyphens."""
    status, _, words = cloud.refusal("POST", PARENT, {"accountId": account})

    assert 400 == status and words.startswith(f'The account ID "{account}" does not ')


@pytest.mark.parametrize(("key", "length"), [("displayName", 101), ("description", 257)])
def test_texts_have_their_length(cloud: Accounts, key: str, length: int) -> None:
    """In bytes, for new accounts and changed ones."""
    cloud.create()
    body = {"serviceAccount": {key: "é" * (length // 2 + 1)}}

    assert 400 == cloud.refusal("POST", PARENT, {"accountId": "writer", **body})[0]
    assert 400 == cloud.refusal("PATCH", f"{PARENT}/{EMAIL}", {**body, "updateMask": key})[0]


def test_a_patch_changes_what_its_mask_names(cloud: Accounts) -> None:
    """And nothing else; what the body leaves out goes."""
    made = cloud.create()
    asked = {"serviceAccount": {"displayName": "Other", "description": "Other."}, "updateMask": "displayName"}

    changed = cloud.ok("PATCH", f"{PARENT}/{EMAIL}", asked)
    assert {"displayName": "Other", "etag": changed["etag"]} == {
        key: value for key, value in changed.items() if made.get(key) != value
    }
    gone = cloud.ok("PATCH", f"{PARENT}/{EMAIL}", {"serviceAccount": {}, "updateMask": "description"})
    assert "description" not in gone
    for mask in ({}, {"updateMask": "email"}):
        assert 400 == cloud.refusal("PATCH", f"{PARENT}/{EMAIL}", {"serviceAccount": {}, **mask})[0]


def test_what_is_not_there_is_unknown(cloud: Accounts) -> None:
    """404; without its project, nobody says whether it is there."""
    for verb in ("GET", "DELETE"):
        assert (404, "NOT_FOUND", "Unknown service account") == cloud.refusal(verb, f"{PARENT}/{EMAIL}")
    denied = cloud.refusal("GET", f"iam/v1/projects/-/serviceAccounts/{EMAIL}")
    assert (403, "PERMISSION_DENIED") == denied[:2]


def test_there_are_a_hundred_in_a_project_at_most(cloud: Accounts) -> None:
    """Lists come in pages."""
    for number in range(99):
        cloud.ok("POST", PARENT, {"accountId": f"reader-{number}"})
    first = cloud.ok("GET", PARENT)

    assert (429, "RESOURCE_EXHAUSTED") == cloud.refusal("POST", PARENT, BODY)[:2]
    assert 20 == len(first["accounts"])
    assert 80 == len(cloud.ok("GET", PARENT, pageSize="100", pageToken=first["nextPageToken"])["accounts"])


def test_only_who_is_there_can_be_bound(cloud: Accounts) -> None:
    """Also not one of a project that is not here, nor what is no service account."""
    for email in (EMAIL, "reader@elsewhere.iam.gserviceaccount.com", "reader@example.com"):
        status, refused = cloud.bind(f"serviceAccount:{email}")
        assert (400, f"Service account {email} does not exist.") == (status, refused["error"]["message"])
    cloud.create()
    assert 200 == cloud.bind()[0]


def test_policies_know_a_new_account_in_a_while(cloud: Accounts) -> None:
    """It can be read at once, but not bound: who makes one waits, or asks again [reported: google-cloud-go#11482]."""
    cloud.ok("POST", PARENT, BODY)
    read, bound = cloud.ask("GET", f"{PARENT}/{EMAIL}")[0], cloud.bind()[0]
    cloud.wait(10)

    assert (200, 400, 200) == (read, bound, cloud.bind()[0])


def test_an_account_of_another_project_can_be_bound(cloud: Accounts) -> None:
    """If it is there."""
    other = cloud.world.projects.create("other-project")
    made = accounts.make(cloud.world, other, "reader", {})

    assert 200 == cloud.bind(f"serviceAccount:{made['email']}")[0]


def test_bindings_say_whose_account_is_gone(cloud: Accounts) -> None:
    """A later account of the same name is given nothing by them."""
    number = cloud.create()["uniqueId"]
    cloud.bind()
    cloud.settle()
    could = cloud.ask("GET", NETWORKS, who=EMAIL)[0]
    assert {} == cloud.ok("DELETE", f"{PARENT}/{EMAIL}")
    again = cloud.create()

    assert 200 == could
    assert [f"deleted:serviceAccount:{EMAIL}?uid={number}"] == cloud.members()
    assert again["uniqueId"] != number
    assert 403 == cloud.ask("GET", NETWORKS, who=EMAIL)[0]


def test_a_policy_with_one_who_is_gone_can_be_written_back(cloud: Accounts) -> None:
    """And the new account of the name bound beside."""
    number = cloud.create()["uniqueId"]
    cloud.bind()
    cloud.ok("DELETE", f"{PARENT}/{EMAIL}")
    cloud.create()

    assert 200 == cloud.bind()[0]
    assert [f"deleted:serviceAccount:{EMAIL}?uid={number}", MEMBER] == cloud.members()


def test_who_may_act_as_an_account_is_its_own_policys_to_say(cloud: Accounts) -> None:
    """Which Terraform reads by POST, without a body, and which goes with the account."""
    cloud.create()
    assert {"etag": "ACAB"} == cloud.ok(
        "POST", f"{PARENT}/{EMAIL}:getIamPolicy?options.requestedPolicyVersion=3"
    )
    binding = {"role": "roles/iam.serviceAccountUser", "members": [f"serviceAccount:{ROBOT}"]}
    policy = {"bindings": [binding], "etag": "ACAB", "version": 3}
    cloud.ok("POST", f"{PARENT}/{EMAIL}:setIamPolicy", {"policy": policy})
    cloud.settle()
    asked = {"permissions": ["iam.serviceAccounts.actAs"]}
    allowed = cloud.ask("POST", f"{PARENT}/{EMAIL}:testIamPermissions", asked, ROBOT)[1]
    cloud.ok("DELETE", f"{PARENT}/{EMAIL}")
    cloud.create()

    assert asked == allowed
    assert {"etag": "ACAB"} == cloud.ok("POST", f"{PARENT}/{EMAIL}:getIamPolicy")


def test_each_call_takes_a_permission(cloud: Accounts) -> None:
    """On the account, by whichever name, or on its project."""
    number = cloud.create()["uniqueId"]
    for verb, path in (
        ("POST", PARENT),
        ("GET", f"{PARENT}/{EMAIL}"),
        ("GET", f"{PARENT}/{number}"),
        ("GET", f"iam/v1/projects/-/serviceAccounts/{EMAIL}"),
        ("POST", f"{PARENT}/{EMAIL}:setIamPolicy"),
        ("DELETE", f"{PARENT}/{EMAIL}"),
    ):
        body: Json | None = {} if verb == "POST" else None
        status, refused = cloud.ask(verb, path, body, who=ROBOT)
        assert 403 == status and refused["error"]["message"].startswith("Permission 'iam.serviceAccounts.")


def test_google_makes_the_account_of_machines(cloud: Accounts) -> None:
    """With Compute Engine; before, nobody can bind it [reported: generative-ai#944]."""
    project = cloud.world.projects.get(PROJECT)
    project.enabled.remove("compute.googleapis.com")
    email = f"{project.number}-compute@developer.gserviceaccount.com"
    before = cloud.bind(f"serviceAccount:{email}")[0]
    cloud.ok("POST", f"serviceusage/v1/projects/{PROJECT}/services/compute.googleapis.com:enable")
    cloud.settle()

    assert (400, 200) == (before, cloud.bind(f"serviceAccount:{email}")[0])
    assert "Compute Engine default service account" == cloud.ok("GET", f"{PARENT}/{email}")["displayName"]
