"""The IAM policy of a project over the wire, and when a binding begins to work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localcloud.iam import grants
from localcloud.time.clock import EPOCH
from localcloud.wire.messages import Json
from localcloud.world import World
from tests.support.turns import at_most

Ask = Callable[..., tuple[int, Json]]
ROLE, MEMBER = "roles/compute.networkViewer", "user:ada@example.com"
IMPORTER = "serviceAccount:shop.svc.id.goog[gke-mcs/gke-mcs-importer]"
BOTH = pytest.mark.parametrize("version", ["v1", "v3"])


def bind(ask: Ask, role: str = ROLE, member: str = MEMBER, **policy: object) -> tuple[int, Json]:
    body = {"policy": {"bindings": [{"role": role, "members": [member]}], **policy}}
    return ask("POST", "v1/projects/shop:setIamPolicy", body)


def run_cluster(world: World, status: str) -> None:
    cluster = {"status": status, "workloadIdentityConfig": {"workloadPool": "shop.svc.id.goog"}}
    world.store["container.clusters"].put("projects/shop/locations/us-west1-a/clusters/gke-west-1", cluster)


@BOTH
def test_an_empty_policy_is_its_etag_alone(ask: Ask, version: str) -> None:
    """No bindings, no version."""
    assert ask("POST", f"{version}/projects/shop:getIamPolicy", {}) == (200, {"etag": "ACAB"})


@BOTH
def test_a_policy_is_read_changed_and_written_back(ask: Ask, version: str) -> None:
    """The answer says version 1, though 3 was sent, as long as there are no conditions."""
    etag = ask("POST", f"{version}/projects/shop:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})[
        1
    ]["etag"]
    policy = {"bindings": [{"role": ROLE, "members": [MEMBER]}], "etag": etag, "version": 3}
    status, written = ask("POST", f"{version}/projects/shop:setIamPolicy", {"policy": policy})
    assert (status, written["version"], written["bindings"]) == (200, 1, policy["bindings"])
    assert written["etag"] != etag
    assert ask("POST", f"{version}/projects/shop:getIamPolicy", {})[1] == written


@pytest.mark.parametrize("name", ["a@" + "." * 50_000 + "@", "a@" + "a." * 50_000, "@" * 50_000])
def test_a_long_address_that_is_none_is_refused_at_once(ask: Ask, name: str) -> None:
    """However many ways there are to part it."""
    with at_most(0.2):
        status, answer = bind(ask, member=f"user:{name}")
    assert (400, "INVALID_ARGUMENT") == (status, answer["error"]["status"])
    assert answer["error"]["message"].endswith("an e-mail address is expected.")


def test_an_etag_may_come_back_in_the_alphabet_for_urls(ask: Ask, world: World) -> None:
    """gcloud decodes it and encodes it so; a policy bound often enough has one that differs by that."""
    seen = set[bool]()
    for number in range(40):
        world.clock.advance_to(world.clock.now + 0.0011)
        etag = bind(ask, member=f"user:u{number}@example.com")[1]["etag"]
        returned = etag.translate(str.maketrans("+/", "-_"))
        seen.add(returned != etag)
        assert bind(ask, member=f"user:v{number}@example.com", etag=returned)[0] == 200
    assert True in seen


def test_a_stale_etag_is_refused_as_aborted(ask: Ask) -> None:
    """Two writers read the same policy; the second to write must read again."""
    etag = ask("POST", "v1/projects/shop:getIamPolicy", {})[1]["etag"]
    assert bind(ask, etag=etag)[0] == 200
    status, answer = bind(ask, member="user:bob@example.com", etag=etag)
    assert (status, answer["error"]["status"]) == (409, "ABORTED")
    assert answer["error"]["message"].startswith("There were concurrent policy changes.")


def test_each_write_has_its_own_etag_though_no_time_has_passed(ask: Ask) -> None:
    """Else the second of two writes of one moment would not be noticed."""
    assert bind(ask)[1]["etag"] != bind(ask)[1]["etag"]


def test_a_write_without_etag_overwrites(ask: Ask) -> None:
    """The last writer wins, as documented."""
    bind(ask)
    assert bind(ask, member="user:bob@example.com")[1]["bindings"][0]["members"] == ["user:bob@example.com"]


def test_bindings_of_one_role_are_merged_and_sorted(ask: Ask) -> None:
    """And a role without members is left out."""
    bindings = [
        {"role": "roles/viewer", "members": ["user:b@example.com"]},
        {"role": "roles/editor", "members": []},
        {"role": "roles/viewer", "members": ["user:a@example.com"]},
    ]
    written = ask("POST", "v3/projects/shop:setIamPolicy", {"policy": {"bindings": bindings}})[1]
    expected = [{"role": "roles/viewer", "members": ["user:a@example.com", "user:b@example.com"]}]
    assert written["bindings"] == expected


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("ada@example.com", "is of an unknown type. Please set a valid type prefix for the member."),
        ("robot:ada@example.com", "is of an unknown type"),
        ("user:ada", "Invalid user ada"),
        ("serviceAccount:nobody", "Invalid service account (nobody)."),
        ("principal://iam.googleapis.com/shop", "Invalid principal member"),
        (
            "serviceAccount:service-1@gcp-sa-multiclusteringress.iam.gserviceaccount.com",
            "Service account service-1@gcp-sa-multiclusteringress.iam.gserviceaccount.com does not exist.",
        ),
        (IMPORTER, "Identity Pool does not exist (shop.svc.id.goog)."),
        (
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/shop.svc.id.goog"
            "/subject/ns/gke-mcs/sa/gke-mcs-importer",
            "Identity Pool does not exist (shop.svc.id.goog).",
        ),
    ],
)
def test_a_member_that_cannot_be_is_refused(ask: Ask, member: str, words: str) -> None:
    """400, and the policy stays as it was."""
    status, answer = bind(ask, member=member)
    assert status == 400
    assert words in answer["error"]["message"]
    assert ask("POST", "v1/projects/shop:getIamPolicy", {})[1] == {"etag": "ACAB"}


@pytest.mark.parametrize("role", ["viewer", "roles/", "projects/roles/x"])
def test_a_role_must_have_the_form_of_one(ask: Ask, role: str) -> None:
    """Google's words for a role it does not know."""
    assert bind(ask, role=role)[1]["error"]["message"] == f"Role {role} is not supported for this resource."


@pytest.mark.parametrize(
    ("status", "expected"), [("PROVISIONING", 400), ("RUNNING", 200), ("RECONCILING", 200)]
)
def test_the_identity_pool_is_there_once_a_cluster_with_it_runs(
    world: World, ask: Ask, status: str, expected: int
) -> None:
    """Not while the first cluster is being made."""
    run_cluster(world, status)
    assert bind(ask, member=IMPORTER)[0] == expected


def test_a_member_that_is_bound_already_may_stay_though_its_pool_has_gone(world: World, ask: Ask) -> None:
    """Else nobody could write the policy after the clusters went."""
    run_cluster(world, "RUNNING")
    bind(ask, member=IMPORTER)
    world.store["container.clusters"].delete("projects/shop/locations/us-west1-a/clusters/gke-west-1")
    assert bind(ask, member=IMPORTER)[0] == 200


def test_a_service_agent_can_be_bound_once_it_was_generated(world: World, ask: Ask) -> None:
    """The other half of the refusal."""
    email = "service-1@gcp-sa-multiclusteringress.iam.gserviceaccount.com"
    world.store["serviceusage.identities"].put(email, {"email": email})
    assert bind(ask, role="roles/container.admin", member=f"serviceAccount:{email}")[0] == 200


def test_conditions_need_policy_version_3_and_old_readers_see_a_marked_role(ask: Ask) -> None:
    """So that nobody takes a conditional role for the role itself."""
    binding = {"role": ROLE, "members": [MEMBER], "condition": {"title": "t", "expression": "true"}}
    set_policy = "v1/projects/shop:setIamPolicy"
    assert ask("POST", set_policy, {"policy": {"bindings": [binding], "version": 1}})[0] == 400
    written = ask("POST", set_policy, {"policy": {"bindings": [binding], "version": 3}})[1]
    assert (written["version"], written["bindings"]) == (3, [binding])
    old = ask("POST", "v1/projects/shop:getIamPolicy", {})[1]
    assert old["version"] == 1
    assert old["bindings"][0]["role"].startswith(f"{ROLE}_withcond_")


def test_an_unknown_policy_version_is_refused(ask: Ask) -> None:
    """0, 1 and 3 are all there are."""
    body = {"options": {"requestedPolicyVersion": 2}}
    assert ask("POST", "v1/projects/shop:getIamPolicy", body)[0] == 400


def test_permissions_that_are_none_are_refused(ask: Ask) -> None:
    """The rest is answered as asked."""
    test = "v3/projects/shop:testIamPermissions"
    body = {"permissions": ["compute.subnetworks.create"]}
    assert ask("POST", test, body) == (200, body)
    assert ask("POST", test, {"permissions": []}) == (200, {})
    assert ask("POST", test, {"permissions": ["compute.*"]})[0] == 400


def test_a_binding_works_only_after_it_has_propagated(world: World, ask: Ask) -> None:
    """Who listens hears of it when it does."""
    heard: list[str] = []
    grants.subscribe(world, heard.append)
    bind(ask)
    work = grants.propagation(world, "shop", MEMBER)
    assert work is not None
    assert (work.kind, work.resource) == ("iam.propagation", f"projects/shop {MEMBER}")
    assert not grants.effective(world, "shop", ROLE, MEMBER)
    heard.clear()
    world.clock.advance_to(work.end)
    assert grants.effective(world, "shop", ROLE, MEMBER)
    assert heard == ["shop"]


def test_a_binding_to_an_identity_pool_waited_for_the_first_cluster(world: World, ask: Ask) -> None:
    """The ledger says so: before that the binding was refused."""
    name = "projects/shop/locations/us-west1-a/clusters/gke-west-1"
    created = world.ledger.perform("container.clusters.create", name, lambda: run_cluster(world, "RUNNING"))
    world.clock.advance_to(created.end)
    number = world.projects.get("shop").number
    principal = (
        f"principal://iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/"
        "shop.svc.id.goog/subject/ns/gke-mcs/sa/gke-mcs-importer"
    )
    for member in (IMPORTER, principal, MEMBER):
        bind(ask, member=member)
    works = [grants.propagation(world, "shop", member) for member in (IMPORTER, principal, MEMBER)]
    assert [work.after for work in works if work] == [(created.id,), (created.id,), ()]


def test_what_was_bound_before_goes_on_working_through_a_write(world: World, ask: Ask) -> None:
    """Only what is new propagates."""
    bind(ask)
    world.clock.advance_to(EPOCH + 600)
    both = [{"role": ROLE, "members": [MEMBER]}, {"role": "roles/viewer", "members": [MEMBER]}]
    ask("POST", "v1/projects/shop:setIamPolicy", {"policy": {"bindings": both}})
    assert grants.effective(world, "shop", ROLE, MEMBER)
    assert not grants.effective(world, "shop", "roles/viewer", MEMBER)


def test_taken_away_and_given_again_it_propagates_anew(world: World, ask: Ask) -> None:
    """The first propagation does not make the second grant work."""
    bind(ask)
    first = grants.propagation(world, "shop", MEMBER)
    world.clock.advance_to(EPOCH + 40)
    ask("POST", "v1/projects/shop:setIamPolicy", {"policy": {"bindings": []}})
    bind(ask)
    second = grants.propagation(world, "shop", MEMBER)
    assert first is not None and second is not None
    earlier, later = sorted([first, second], key=lambda work: work.end)
    world.clock.advance_to(first.end)
    assert grants.effective(world, "shop", ROLE, MEMBER) == (second is earlier)
    world.clock.advance_to(later.end)
    assert grants.effective(world, "shop", ROLE, MEMBER)


def test_bindings_handed_in_with_the_project_work_from_the_start(world: World) -> None:
    """They were there before anybody looked."""
    world.projects.get("shop").policy["bindings"] = [{"role": ROLE, "members": [MEMBER]}]
    assert grants.effective(world, "shop", ROLE, MEMBER)
    assert not grants.effective(world, "shop", ROLE, "user:bob@example.com")
    assert not grants.effective(world, "none", ROLE, MEMBER)
