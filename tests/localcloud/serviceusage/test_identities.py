"""Service agents: made when asked for, the same one every time."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.iam.accounts import AGENTS
from localcloud.wire.messages import Json
from localcloud.world import World

Ask = Callable[..., tuple[int, Json]]
GENERATE = "v1beta1/projects/shop/services/{}.googleapis.com:generateServiceIdentity"


def test_generating_answers_with_the_agents_email_at_once(world: World, ask: Ask) -> None:
    """An operation that is done, with the identity as its response."""
    number = world.projects.get("shop").number
    status, operation = ask("POST", GENERATE.format("multiclusteringress"))
    assert (status, operation["done"]) == (200, True)
    email = f"service-{number}@gcp-sa-multiclusteringress.iam.gserviceaccount.com"
    assert operation["response"]["email"] == email
    assert operation["response"]["@type"].endswith("v1beta1.ServiceIdentity")


def test_generating_again_gives_the_same_identity(ask: Ask) -> None:
    """Asking twice is harmless."""
    path = GENERATE.format("gkehub")
    assert ask("POST", path)[1]["response"] == ask("POST", path)[1]["response"]


def test_it_is_in_the_version_of_terraforms_other_provider_too(ask: Ask) -> None:
    """Both are given one endpoint."""
    path = GENERATE.format("gkehub")
    assert ask("POST", path) == ask("POST", path.replace("v1beta1/", "v1/"))


def test_generating_grants_nothing(world: World, ask: Ask) -> None:
    """The agent's role is the caller's to bind."""
    ask("POST", GENERATE.format("multiclusterservicediscovery"))
    assert world.projects.get("shop").policy["bindings"] == []


def test_a_service_without_agent_is_refused(ask: Ask) -> None:
    """400, not an empty identity."""
    assert ask("POST", GENERATE.format("dns"))[0] == 400


def test_an_agent_that_comes_with_its_api_needs_no_generating(world: World, ask: Ask) -> None:
    """Enabling GKE makes its robot, with its role; a binding finds it."""
    project = world.projects.get("shop")
    email = f"service-{project.number}@container-engine-robot.iam.gserviceaccount.com"
    assert email not in world.store[AGENTS]
    ask("POST", "v1/projects/shop/services/container.googleapis.com:enable")
    while world.clock.step():
        pass
    assert email in world.store[AGENTS]
