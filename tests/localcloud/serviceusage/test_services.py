"""Which APIs are on, and turning them on and off, over the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localcloud.serviceusage import usage
from localcloud.serviceusage.known import dependents, known, with_requirements
from localcloud.time.clock import EPOCH
from localcloud.wire.messages import Json
from localcloud.world import World

Ask = Callable[..., tuple[int, Json]]
SERVICES = "v1/projects/shop/services"


def enabled(world: World) -> set[str]:
    return world.projects.get("shop").enabled


def test_a_service_is_shown_with_its_title_state_and_the_projects_number(world: World, ask: Ask) -> None:
    """Names carry the number, whatever the caller wrote."""
    number = world.projects.get("shop").number
    expected = {
        "name": f"projects/{number}/services/container.googleapis.com",
        "config": {"name": "container.googleapis.com", "title": "Kubernetes Engine API"},
        "state": "DISABLED",
        "parent": f"projects/{number}",
    }
    assert ask("GET", f"{SERVICES}/container.googleapis.com") == (200, expected)
    assert ask("GET", f"v1/projects/{number}/services/container.googleapis.com") == (200, expected)


def test_an_unknown_service_is_refused_as_not_found_or_permission_denied(ask: Ask) -> None:
    """403, since Google does not tell the two apart."""
    status, answer = ask("POST", f"{SERVICES}/made-up.googleapis.com:enable", {})
    assert status == 403
    assert (
        answer["error"]["message"] == "Not found or permission denied for service(s): made-up.googleapis.com."
    )
    assert answer["error"]["details"][1]["metadata"] == {"services": "made-up.googleapis.com"}


def test_an_unknown_project_is_refused_as_permission_denied(ask: Ask) -> None:
    """The project's existence is not given away."""
    status, answer = ask("GET", "v1/projects/other/services/container.googleapis.com")
    assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_enabling_takes_time_and_ends_in_the_services_new_state(world: World, ask: Ask) -> None:
    """The first answer is a bare name; the operation is not under the project."""
    status, operation = ask("POST", f"{SERVICES}/dns.googleapis.com:enable", {})
    assert (status, list(operation)) == (200, ["name"])
    assert operation["name"].startswith("operations/acat.p2-")
    assert ask("GET", f"v1/{operation['name']}")[1] == {"name": operation["name"]}
    assert enabled(world) == set()
    world.clock.advance_to(EPOCH + 60)
    done = ask("GET", f"v1/{operation['name']}")[1]
    assert done["done"] is True
    assert done["response"]["service"]["state"] == "ENABLED"
    assert done["response"]["@type"].endswith("v1.EnableServiceResponse")
    assert enabled(world) == {"dns.googleapis.com"}


def test_enabling_is_work_of_the_ledger(world: World, ask: Ask) -> None:
    """One entry a service, so that the critical path can name it."""
    ask("POST", f"{SERVICES}:batchEnable", {"serviceIds": ["dns.googleapis.com", "run.googleapis.com"]})
    expected = [
        ("serviceusage.enable", "projects/shop/services/dns.googleapis.com"),
        ("serviceusage.enable", "projects/shop/services/run.googleapis.com"),
    ]
    assert [(work.kind, work.resource) for work in world.ledger.works] == expected


def test_enabling_what_is_on_is_done_at_once(world: World, ask: Ask) -> None:
    """No operation to wait for, and no time passes."""
    enabled(world).add("dns.googleapis.com")
    _, operation = ask("POST", f"{SERVICES}/dns.googleapis.com:enable", {})
    assert (operation["name"], operation["done"]) == ("operations/noop.DONE_OPERATION", True)
    assert world.ledger.works == []


def test_enabling_gke_enables_compute_and_makes_its_service_agent(world: World, ask: Ask) -> None:
    """What a service requires comes with it; GKE's robot holds its role by itself."""
    project = world.projects.get("shop")
    ask("POST", f"{SERVICES}/container.googleapis.com:enable", {})
    world.clock.advance_to(EPOCH + 60)
    assert enabled(world) == {"compute.googleapis.com", "container.googleapis.com"}
    robot = f"serviceAccount:service-{project.number}@container-engine-robot.iam.gserviceaccount.com"
    assert {"role": "roles/container.serviceAgent", "members": [robot]} in project.policy["bindings"]


def test_a_batch_is_all_or_nothing(world: World, ask: Ask) -> None:
    """One unknown name, and none is turned on."""
    body = {"serviceIds": ["dns.googleapis.com", "made-up.googleapis.com"]}
    assert ask("POST", f"{SERVICES}:batchEnable", body)[0] == 403
    assert world.clock.next_due() is None


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_has_at_most_twenty(ask: Ask, count: int) -> None:
    """More, or none, is an invalid argument."""
    body = {"serviceIds": [f"s{n}.googleapis.com" for n in range(count)]}
    assert ask("POST", f"{SERVICES}:batchEnable", body)[0] == 400


def test_a_batch_answers_when_its_last_service_is_on(world: World, ask: Ask) -> None:
    """Not before: the operation stands for all of them."""
    body = {"serviceIds": ["gkehub.googleapis.com", "dns.googleapis.com"]}
    _, operation = ask("POST", f"{SERVICES}:batchEnable", body)
    first, last = sorted(work.end for work in world.ledger.works)
    world.clock.advance_to((first + last) / 2)
    assert ask("GET", f"v1/{operation['name']}")[1] == {"name": operation["name"]}
    world.clock.advance_to(last)
    services = ask("GET", f"v1/{operation['name']}")[1]["response"]["services"]
    assert [s["config"]["name"] for s in services] == ["dns.googleapis.com", "gkehub.googleapis.com"]


def test_a_list_can_be_filtered_and_comes_in_pages(world: World, ask: Ask) -> None:
    """`state:ENABLED` is the filter people use; the last page has no token."""
    enabled(world).update({"dns.googleapis.com", "run.googleapis.com", "gkehub.googleapis.com"})
    first = ask("GET", SERVICES, filter="state:ENABLED", pageSize="2")[1]
    assert [s["config"]["name"] for s in first["services"]] == ["dns.googleapis.com", "gkehub.googleapis.com"]
    token = first["nextPageToken"]
    second = ask("GET", SERVICES, filter="state:ENABLED", pageSize="2", pageToken=token)[1]
    assert [s["config"]["name"] for s in second["services"]] == ["run.googleapis.com"]
    assert "nextPageToken" not in second


def test_a_list_without_filter_has_every_service(ask: Ask) -> None:
    """Whether on or off."""
    services = ask("GET", SERVICES, pageSize="200")[1]["services"]
    assert [s["config"]["name"] for s in services] == sorted(known())


@pytest.mark.parametrize("query", [{"filter": "state:ON"}, {"pageToken": "x"}])
def test_a_list_refuses_what_it_cannot_read(ask: Ask, query: dict[str, str]) -> None:
    """400, not a guess."""
    assert ask("GET", SERVICES, **query)[0] == 400


def test_several_services_can_be_asked_for_by_name(world: World, ask: Ask) -> None:
    """In the order asked."""
    enabled(world).add("dns.googleapis.com")
    names = [f"projects/shop/services/{s}.googleapis.com" for s in ("gkehub", "dns")]
    services = ask("GET", f"{SERVICES}:batchGet", names=names)[1]["services"]
    assert [s["state"] for s in services] == ["DISABLED", "ENABLED"]


def test_disabling_is_refused_while_another_service_depends_on_it(world: World, ask: Ask) -> None:
    """The words name the dependents and the way out."""
    enabled(world).update({"compute.googleapis.com", "container.googleapis.com"})
    status, answer = ask("POST", f"{SERVICES}/compute.googleapis.com:disable", {})
    assert (status, answer["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert answer["error"]["message"] == (
        "The service compute.googleapis.com is depended on by the following active service(s): "
        "container.googleapis.com; Please specify disable_dependent_services=true if you want to proceed with "
        "disabling all services."
    )


def test_disabling_with_dependents_takes_them_along(world: World, ask: Ask) -> None:
    """When it is asked for."""
    enabled(world).update({"compute.googleapis.com", "container.googleapis.com", "dns.googleapis.com"})
    ask("POST", f"{SERVICES}/compute.googleapis.com:disable", {"disableDependentServices": True})
    world.clock.advance_to(EPOCH + 60)
    assert enabled(world) == {"dns.googleapis.com"}


def test_disabling_what_is_off_is_refused(ask: Ask) -> None:
    """FAILED_PRECONDITION, as the method's documentation says."""
    status, answer = ask("POST", f"{SERVICES}/dns.googleapis.com:disable", {})
    assert (status, answer["error"]["status"]) == (400, "FAILED_PRECONDITION")


def test_a_checked_disable_is_refused_for_thirty_days_after_use(world: World, ask: Ask) -> None:
    """CHECK looks at usage, SKIP (the default) does not."""
    enabled(world).add("dns.googleapis.com")
    usage.record(world, world.projects.get("shop"), "dns.googleapis.com")
    disable = f"{SERVICES}/dns.googleapis.com:disable"
    status, answer = ask("POST", disable, {"checkIfServiceHasUsage": "CHECK"})
    assert status == 400
    assert "has usage in the last 30 days" in answer["error"]["message"]
    subject = answer["error"]["details"][0]["violations"][0]["subject"]
    assert subject == "?error_code=100002&service_name=dns.googleapis.com"
    world.clock.advance_to(EPOCH + 31 * 24 * 3600)
    assert ask("POST", disable, {"checkIfServiceHasUsage": "CHECK"})[0] == 200


def test_a_disable_that_does_not_check_goes_through(world: World, ask: Ask) -> None:
    """The unset value means SKIP."""
    enabled(world).add("dns.googleapis.com")
    usage.record(world, world.projects.get("shop"), "dns.googleapis.com")
    assert ask("POST", f"{SERVICES}/dns.googleapis.com:disable", {})[0] == 200


def test_an_unknown_operation_is_not_found(ask: Ask) -> None:
    """404, in the newer style."""
    assert ask("GET", "v1/operations/acat.none")[1]["error"]["status"] == "NOT_FOUND"


def test_every_requirement_is_itself_known() -> None:
    """The list is closed, so that turning one on can turn on the rest."""
    assert [name for name in with_requirements(known()) if name not in known()] == []


def test_dependents_leave_out_what_is_off() -> None:
    """Only what is on can be in the way."""
    assert dependents("compute.googleapis.com", ["dns.googleapis.com"]) == []


@pytest.mark.parametrize("size", ["abc", "-1"])
def test_a_page_of_no_size_is_refused(ask: Ask, size: str) -> None:
    """And not failed at."""
    assert 400 == ask("GET", SERVICES, pageSize=size)[0]
