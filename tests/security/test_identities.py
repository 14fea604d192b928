"""What whoever has stolen one function's identity holds in his hands: its role file, and nothing that leads further."""

from __future__ import annotations

import re

import pytest

from fleetgate.local.roles import Role, read_roles
from tests.support.paths import ROOT

ROLES = {role.step: role for role in read_roles()}
BOOTSTRAP = ROOT / "terraform-bootstrap"
FUNCTIONS = {"environment", "clusters", "fleet", "subnets", "service_export", "gateway", "verification"}


def held(role: Role, *sections: str) -> set[str]:
    """The permissions of a role, in these sections or in all."""
    every = sections or tuple(role.permissions)
    return {each for section in every for each in role.permissions.get(section, ())}


def holders(form: str, *sections: str) -> set[str]:
    """Whose roles have a permission of this form."""
    return {step for step, role in ROLES.items() if any(re.fullmatch(form, p) for p in held(role, *sections))}


def test_no_identity_makes_keys_or_tokens() -> None:
    """Neither of its own account nor of another: what is stolen ends with the token, within the hour."""
    assert holders(r"iam\..*") == set()
    assert not re.search(
        r"google_service_account_(key|iam_policy)|tokenCreator|workloadIdentityUser", _terraform()
    )


def test_of_googles_roles_identities_have_the_smallest_alone() -> None:
    """No basic role, and no admin but the one that Google's own agent of multi-cluster ingress has to have."""
    given = set(re.findall(r'"(roles/[\w.]+)"', _terraform()))
    agents = {each for each in given if each.endswith(".serviceAgent")} | {"roles/container.admin"}
    assert given - agents == {
        "roles/artifactregistry.writer",
        "roles/compute.networkViewer",
        "roles/container.defaultNodeServiceAccount",
        "roles/iam.serviceAccountUser",
        "roles/pubsub.publisher",
        "roles/run.invoker",
        "roles/workflows.viewer",
    }
    assert holders(r".*\*.*") == set()


@pytest.mark.parametrize("action", ["setIamPolicy", "update", "create"])
def test_only_the_fleets_identity_changes_a_policy_and_only_under_its_condition(action: str) -> None:
    """See what the condition lets through: `test_the_fleets_identity_grants_one_role_alone`."""
    policies = {
        "setIamPolicy": r".*\.setIamPolicy",
        "update": r"iam\.roles\.update",
        "create": r"iam\.roles\.create",
    }
    assert holders(policies[action], "home", "fleet") == set()
    assert holders(policies[action], "limited") == ({"fleet"} if action == "setIamPolicy" else set())


def test_functions_act_as_nobody_but_nodes() -> None:
    """Clusters are made with their nodes' account; the build deploys functions in theirs. Nobody else is anybody."""
    acting = {step: set(role.act_as) for step, role in ROLES.items() if role.act_as}
    assert acting.pop("clusters") == {"nodes"}
    assert acting.pop("build") == {step.replace("_", "-") for step in FUNCTIONS} | {"workflow"}
    assert acting == {}


def test_requests_are_published_by_those_who_ask_for_something() -> None:
    """A step cannot ask for another request, nor speak to another step."""
    topics = {step: set(role.topics) for step, role in ROLES.items() if role.topics}
    steps = {step.replace("_", "-") for step in FUNCTIONS}
    assert topics.pop("workflow") == steps | {"events"}
    assert topics == {
        "environment": {"events", "requests"},
        "schedule": {"environment"},
        "build": {"requests"},
    }


def test_only_the_environments_identity_writes_anchors() -> None:
    """The lock of every environment; the others read it. Where environments go to the home project, see the page."""
    assert holders(r"compute\.addresses\.(create|delete|setLabels)\w*", "home") == {"environment"}


@pytest.mark.parametrize(
    ("form", "who"),
    [
        (r"container\.clusters\.(create|delete|update)", {"clusters"}),
        (r"compute\.subnetworks\.(create|delete)", {"subnets"}),
        (r"gkehub\.features\.(create|delete|update)", {"fleet"}),
        (r"container\.deployments\.create", {"service_export"}),
        (r"container\.secrets\..*", {"service_export"}),
        (r"serviceusage\.services\.(enable|disable)", {"fleet"}),
        (r"compute\.instances\..*", set()),
        (r"compute\.firewalls\.(create|update)", set()),
        (r"storage\.objects\.create", {"check"}),
        (r"storage\.objects\.(delete|update)|storage\.buckets\..*", set()),
        (r"cloudfunctions\.functions\.update", {"build"}),
        (r"workflows\.workflows\.update", {"build"}),
        (r"workflows\.executions\.create", {"triggers"}),
    ],
)
def test_what_can_do_harm_is_in_one_hand(form: str, who: set[str]) -> None:
    """As the page lists it, identity by identity."""
    assert holders(form) == who


def test_the_builds_hold_nothing_of_buckets_but_their_own() -> None:
    """Neither of them reads what else is in the project's buckets, such as Terraform's state."""
    assert holders(r"storage\..*", "home", "fleet", "limited") == set()
    assert holders(r"storage\..*", "source") == {"build", "check"}
    assert holders(r"storage\..*", "built") == {"build"}


def test_the_check_deploys_nothing() -> None:
    """Whatever runs in its build can have its token."""
    check = ROLES["check"]
    assert held(check, "home") == {"logging.logEntries.create"}
    assert (check.topics, check.act_as, held(check, "fleet", "limited", "built")) == ((), (), set())


def test_verification_and_those_who_only_ask_change_nothing() -> None:
    """Verification stands in the VPC: of all functions it is the one that others' answers reach."""
    changing = re.compile(r".*\.(create|update|delete|set\w*|updatePolicy|use|disable|enable)$")
    found = {
        step: {p for p in held(ROLES[step]) if changing.match(p)} for step in ("verification", "schedule")
    }
    assert found == {"verification": set(), "schedule": set()}


def _terraform() -> str:
    return "".join(path.read_text("utf-8") for path in sorted(BOOTSTRAP.rglob("*.tf")))
