"""The policy of a resource over the wire: a topic's, as that of every resource that has one of its own."""

from __future__ import annotations

import pytest

from localcloud.iam.access import define_role
from localcloud.iam.authorization import policy_holder
from localcloud.iam.grants import grant
from localcloud.wire.messages import Json
from tests.localcloud.iam.clouds import OWNER, ROBOT, Cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

TOPIC = f"projects/{PROJECT}/topics/news"
PATH = f"pubsub/v1/{TOPIC}"
PUBLISHER, USER = "roles/pubsub.publisher", "user:ada@example.com"
MESSAGE = {"messages": [{"data": "eA=="}]}
CONDITION = {"title": "never", "expression": "false"}


@pytest.fixture
def cloud() -> Cloud:
    """A topic of the owner's."""
    made = Cloud()
    assert 200 == made.ask("PUT", PATH, {}, OWNER)[0]
    return made


def _bind(cloud: Cloud, role: str = PUBLISHER, member: str = USER, **more: object) -> tuple[int, Json]:
    binding = {"role": role, "members": [member]} | ({"condition": CONDITION} if "version" in more else {})
    return cloud.ask("POST", f"{PATH}:setIamPolicy", {"policy": {"bindings": [binding], **more}}, OWNER)


def _policy(cloud: Cloud, **query: str) -> Json:
    return cloud.ask("GET", f"{PATH}:getIamPolicy", who=OWNER, **query)[1]


def _wait(cloud: Cloud) -> None:
    while cloud.world.clock.step():
        pass


def test_a_policy_that_nobody_has_written_is_its_etag_alone(cloud: Cloud) -> None:
    """[observed]; the project's own bindings do not stand in it."""
    assert {"etag": "ACAB"} == _policy(cloud)


def test_a_policy_is_read_changed_and_written_back(cloud: Cloud) -> None:
    """As Terraform does: the empty policy's etag comes back with version 3."""
    status, written = _bind(cloud, etag="ACAB")

    assert 200 == status and "ACAB" != written["etag"]
    assert {"version": 1, "bindings": [{"role": PUBLISHER, "members": [USER]}]} == {
        key: written[key] for key in ("version", "bindings")
    }
    assert written == _policy(cloud)


def test_of_two_writers_the_second_reads_again(cloud: Cloud) -> None:
    """409, as for projects; a policy that was emptied has an etag of its own."""
    _bind(cloud, etag="ACAB")
    status, refused = _bind(cloud, etag="ACAB")
    emptied = cloud.ask("POST", f"{PATH}:setIamPolicy", {"policy": {"bindings": []}}, OWNER)[1]

    assert (409, "ABORTED") == (status, refused["error"]["status"])
    assert {"version", "etag"} == set(emptied) and "ACAB" != emptied["etag"]


@pytest.mark.parametrize(
    ("role", "member", "words"),
    [
        ("roles/run.invoker", USER, "Role roles/run.invoker is not supported for this resource."),
        ("roles/pubsub.none", USER, "Role roles/pubsub.none is not supported for this resource."),
        ("publisher", USER, "Role publisher is not supported for this resource."),
        (
            f"projects/{PROJECT}/roles/none",
            USER,
            f"Role (projects/{PROJECT}/roles/none) does not exist in the resource's hierarchy.",
        ),
        (
            "projects/other/roles/theirs",
            USER,
            "Role (projects/other/roles/theirs) does not exist in the resource's hierarchy.",
        ),
        (PUBLISHER, "ada@example.com", "The member ada@example.com is of an unknown type."),
    ],
)
def test_what_cannot_be_bound_is_refused(cloud: Cloud, role: str, member: str, words: str) -> None:
    """As in a project's policy, and nothing is written."""
    define_role(cloud.world, "projects/other/roles/theirs", ["pubsub.topics.publish"])
    status, refused = _bind(cloud, role, member)

    assert 400 == status and refused["error"]["message"].startswith(words)
    assert {"etag": "ACAB"} == _policy(cloud)


def test_what_a_role_of_an_unknown_service_gives_is_not_implemented(cloud: Cloud) -> None:
    """Said plainly; one whose name is known can be bound, and gives nothing."""
    assert 405 == _bind(cloud, "roles/bigquery.admin")[0]
    assert 200 == _bind(cloud, "roles/pubsub.admin", f"serviceAccount:{ROBOT}")[0]
    _wait(cloud)

    assert 403 == cloud.ask("DELETE", PATH)[0]


def test_conditions_need_version_3(cloud: Cloud) -> None:
    """To write, and to be read whole; in the query, a reader says which version it knows."""
    assert 400 == _bind(cloud, version=1)[0]
    assert 3 == _bind(cloud, version=3)[1]["version"]
    asked = {"options.requestedPolicyVersion": "3"}

    assert _policy(cloud)["bindings"][0]["role"].startswith(f"{PUBLISHER}_withcond_")
    assert CONDITION == _policy(cloud, **asked)["bindings"][0]["condition"]
    assert 400 == cloud.ask("GET", f"{PATH}:getIamPolicy?options.requestedPolicyVersion=2", who=OWNER)[0]


def test_a_binding_lets_its_member_once_it_has_come_through(cloud: Cloud) -> None:
    """On this topic, and no other."""
    cloud.ask("PUT", f"{PATH}-other", {}, OWNER)
    _bind(cloud, member=f"serviceAccount:{ROBOT}")
    soon = cloud.ask("POST", f"{PATH}:publish", MESSAGE)[0]
    _wait(cloud)

    assert 403 == soon
    assert 200 == cloud.ask("POST", f"{PATH}:publish", MESSAGE)[0]
    assert 403 == cloud.ask("POST", f"{PATH}-other:publish", MESSAGE)[0]


@pytest.mark.parametrize(("member", "stranger"), [("allUsers", 200), ("allAuthenticatedUsers", 403)])
def test_everybody_may_be_bound(cloud: Cloud, member: str, stranger: int) -> None:
    """Who has no token is none of the authenticated [documented]."""
    _bind(cloud, member=member)
    _wait(cloud)

    assert 200 == cloud.ask("POST", f"{PATH}:publish", MESSAGE)[0]
    cloud.caller = type(cloud.caller)("")
    assert stranger == cloud.ask("POST", f"{PATH}:publish", MESSAGE)[0]


def test_who_is_bound_to_what_is_nobodys_business_without_permission(cloud: Cloud) -> None:
    """Both methods take one of their own."""
    assert 403 == cloud.ask("GET", f"{PATH}:getIamPolicy")[0]
    assert 403 == cloud.ask("POST", f"{PATH}:setIamPolicy", {"policy": {}})[0]


def test_permissions_are_told_that_the_resource_gives(cloud: Cloud) -> None:
    """Beside those of its project."""
    asked = {"permissions": ["pubsub.topics.publish", "pubsub.topics.delete"]}
    before = cloud.ask("POST", f"{PATH}:testIamPermissions", asked)[1]
    _bind(cloud, member=f"serviceAccount:{ROBOT}")
    _wait(cloud)

    assert {} == before
    assert {"permissions": ["pubsub.topics.publish"]} == cloud.ask(
        "POST", f"{PATH}:testIamPermissions", asked
    )[1]


def test_what_is_deleted_takes_its_policy_along(cloud: Cloud) -> None:
    """One of the same name that is made later has none; a binding on its way there does not come through."""
    _bind(cloud, member=f"serviceAccount:{ROBOT}")
    cloud.ask("DELETE", PATH, who=OWNER)
    gone = cloud.ask("GET", f"{PATH}:getIamPolicy", who=OWNER)[0]
    cloud.ask("PUT", PATH, {}, OWNER)
    _wait(cloud)

    assert 404 == gone
    assert {"etag": "ACAB"} == _policy(cloud)
    assert 403 == cloud.ask("POST", f"{PATH}:publish", MESSAGE)[0]


def test_what_was_on_its_way_to_a_deleted_resource_delays_nothing(cloud: Cloud) -> None:
    """A binding of its namesake that works at once does."""
    _bind(cloud, member=f"serviceAccount:{ROBOT}")
    cloud.ask("DELETE", PATH, who=OWNER)
    cloud.ask("PUT", PATH, {}, OWNER)
    grant(cloud.world, TOPIC, PUBLISHER, f"serviceAccount:{ROBOT}")

    assert 200 == cloud.ask("POST", f"{PATH}:publish", MESSAGE)[0]


@pytest.mark.parametrize(
    ("resource", "holder"),
    [
        ("projects/p/topics/t", "projects/p/topics/t"),
        ("projects/p/locations/l/services/s/revisions/r", "projects/p/locations/l/services/s"),
        ("projects/p/locations/l/repositories/r/packages/a", "projects/p/locations/l/repositories/r"),
        ("projects/p/buckets/b/objects/o", "projects/p/buckets/b"),
        ("projects/p/services/s", "projects/p"),
        ("projects/p/global/networks/n", "projects/p"),
        ("projects/p", "projects/p"),
    ],
)
def test_a_resource_has_a_policy_or_lies_in_what_has_one(resource: str, holder: str) -> None:
    """A project's services are none of Cloud Run's."""
    assert holder == policy_holder(resource)
