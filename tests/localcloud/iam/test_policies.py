"""Bindings: on projects, topics and service accounts, under conditions, and only once they have come through."""

from __future__ import annotations

import pytest

from localcloud.iam import Use
from localcloud.iam.access import ACCESS
from localcloud.iam.conditions import MODIFIED, Attributes, bucket_name, modified_roles, satisfied
from localcloud.time.clock import EPOCH
from localcloud.wire.messages import Json
from tests.localcloud.iam.clouds import OWNER, ROBOT, ROLE, Cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

POLICY = f"cloudresourcemanager/v3/projects/{PROJECT}"
VIEWER = "roles/compute.networkViewer"
EXPRESSION = f"api.getAttribute('{MODIFIED}', []).hasOnly(['{VIEWER}'])"
CONDITION = {"title": "only-network-viewer", "expression": EXPRESSION}
NETWORKS = f"compute/compute/v1/projects/{PROJECT}/global/networks"
TOPIC = f"projects/{PROJECT}/topics/news"
MESSAGE = {"messages": [{"data": "eA=="}]}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def _with(cloud: Cloud, role: str) -> Json:
    policy = cloud.ask("POST", f"{POLICY}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}}, OWNER)[1]
    member = {"role": role, "members": ["user:new@example.com"]}
    return {"policy": {**policy, "version": 3, "bindings": [*policy["bindings"], member]}}


def test_a_role_lets_its_members_do_what_it_holds(cloud: Cloud) -> None:
    """And nothing else; what was made use of is known afterwards."""
    cloud.let("compute.networks.list")

    assert 200 == cloud.ask("GET", NETWORKS)[0]
    assert 403 == cloud.ask("GET", f"{NETWORKS}/default")[0]
    assert {Use(ROBOT, "compute.networks.list", f"projects/{PROJECT}", ROLE)} == cloud.world[ACCESS].used


def test_a_topic_has_a_policy_of_its_own(cloud: Cloud) -> None:
    """What the project's lets do holds for it, too."""
    for name in ("news", "other"):
        cloud.ask("PUT", f"pubsub/v1/projects/{PROJECT}/topics/{name}", {}, OWNER)
    cloud.let("pubsub.topics.publish", on=TOPIC)

    assert 200 == cloud.ask("POST", f"pubsub/v1/{TOPIC}:publish", MESSAGE)[0]
    assert 403 == cloud.ask("POST", f"pubsub/v1/projects/{PROJECT}/topics/other:publish", MESSAGE)[0]
    assert 200 == cloud.ask("POST", f"pubsub/v1/projects/{PROJECT}/topics/other:publish", MESSAGE, OWNER)[0]


def test_a_condition_limits_what_may_be_granted(cloud: Cloud) -> None:
    """One role, and no other; also not by taking somebody else's away."""
    cloud.let("resourcemanager.projects.setIamPolicy", condition=CONDITION)

    assert 403 == cloud.ask("POST", f"{POLICY}:setIamPolicy", _with(cloud, "roles/owner"))[0]
    assert 403 == cloud.ask("POST", f"{POLICY}:setIamPolicy", {"policy": {"bindings": []}})[0]
    assert 200 == cloud.ask("POST", f"{POLICY}:setIamPolicy", _with(cloud, VIEWER))[0]


def test_a_conditional_binding_stands_in_the_policy(cloud: Cloud) -> None:
    """Which is of version 3 then [documented]."""
    cloud.let("resourcemanager.projects.setIamPolicy", condition=CONDITION)
    policy = _with(cloud, VIEWER)["policy"]

    assert 3 == policy["version"]
    assert [CONDITION] == [each["condition"] for each in policy["bindings"] if "condition" in each]


def test_a_new_binding_does_not_work_at_once(cloud: Cloud) -> None:
    """It propagates [documented]; what was bound long before works."""
    wanted = _with(cloud, VIEWER)
    cloud.ask("POST", f"{POLICY}:setIamPolicy", wanted, OWNER)
    soon = cloud.ask("GET", NETWORKS, who="new@example.com")[0]
    while cloud.world.clock.step():
        pass

    assert 403 == soon
    assert 200 == cloud.ask("GET", NETWORKS, who="new@example.com")[0]


def test_whoever_asks_is_told_what_he_may(cloud: Cloud) -> None:
    """And sees in lists what he may read."""
    asked = {"permissions": ["compute.networks.get", "compute.networks.list"]}
    cloud.let("compute.networks.list")

    assert {"permissions": ["compute.networks.list"]} == cloud.ask(
        "POST", f"{POLICY}:testIamPermissions", asked
    )[1]
    assert {} == cloud.ask("GET", "cloudresourcemanager/v1/projects")[1]
    assert PROJECT in str(cloud.ask("GET", "cloudresourcemanager/v1/projects", who=OWNER)[1])


@pytest.mark.parametrize(
    ("roles", "holds"),
    [([VIEWER], True), ([], True), ([VIEWER, "roles/owner"], False)],
)
def test_of_nothing_everything_holds(roles: list[str], holds: bool) -> None:
    """A call that changes no grants changes none of other roles [documented]."""
    assert holds == satisfied(CONDITION, Attributes({MODIFIED: roles}))


def test_a_condition_that_cannot_be_judged_is_false() -> None:
    """[documented]."""
    for expression in (
        "request.time < 3",
        "resource.name == ''",
        "destination.port == 443",
        "1 / 0 == 1",
        "[1 2]",
        "1",
        "api.getAttribute('a', 1).hasOnly([])",
    ):
        assert not satisfied({"expression": expression}, Attributes())
    assert not satisfied({"title": "none"}, Attributes())
    assert satisfied(CONDITION, Attributes())


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("request.time > timestamp('2020-01-01T00:00:00Z')", True),
        ("request.time < timestamp('2020-01-01T00:00:00Z')", False),
        ("request.time.getFullYear('Europe/Berlin') == 2026", True),
        ("resource.name == 'projects/_/buckets/b'", True),
        ("resource.name.startsWith('projects/_/buckets/other/')", False),
    ],
)
def test_a_condition_asks_for_the_time_and_for_the_resource(expression: str, holds: bool) -> None:
    """[documented: attribute reference]."""
    attributes = Attributes(resource=bucket_name("projects/p/buckets/b"), time=EPOCH)

    assert holds == satisfied({"expression": expression}, attributes)


def test_a_grant_under_another_condition_is_another_grant() -> None:
    """Whichever way it changes."""
    plain = {"role": VIEWER, "members": ["user:a@example.com"]}

    assert [] == modified_roles([plain], [plain])
    assert [VIEWER] == modified_roles([plain], [{**plain, "condition": CONDITION}])
    assert ["roles/owner"] == modified_roles(
        [plain], [plain, {"role": "roles/owner", "members": ["user:b@c.d"]}]
    )
