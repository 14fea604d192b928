"""Cloud Run's services and who may invoke them, over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.wire.messages import Json
from tests.localcloud.cloudfunctions.clouds import PLACE, TRIGGERS, Deploying
from tests.support.projects import CLOUD_PROJECT as PROJECT

SERVICES = f"run/v2/{PLACE}/services"
INVOKER = {"role": "roles/run.invoker", "members": [f"serviceAccount:{TRIGGERS}"]}


@pytest.fixture
def cloud(tmp_path: Path) -> Deploying:
    """Two functions, each with a service."""
    made = Deploying(tmp_path)
    for name in ("one", "two"):
        made.create(name)
    return made


def test_services_are_got_and_listed(cloud: Deploying) -> None:
    """Page by page."""
    first = cloud.ok("GET", SERVICES, pageSize="1")
    rest = cloud.ok("GET", SERVICES, pageToken=first["nextPageToken"])
    names = [each["name"].rpartition("/")[2] for each in first["services"] + rest["services"]]
    assert ["one", "two"] == names
    assert first["services"][0] == cloud.ok("GET", f"{SERVICES}/one")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_of_a_service_that_is_not_there_there_is_no_policy(cloud: Deploying, method: str) -> None:
    """404, which tells Terraform that its binding is gone."""
    verb = "getIamPolicy" if method == "GET" else "setIamPolicy"
    body: Json | None = None if method == "GET" else {"policy": {}}
    assert (404, "NOT_FOUND") == cloud.refusal(method, f"{SERVICES}/three:{verb}", body)[:2]
    assert 404 == cloud.ask("GET", f"{SERVICES}/three")[0]


def test_an_invoker_of_one_service_may_not_call_another(cloud: Deploying) -> None:
    """A binding on the project would let it call both."""
    cloud.ok("POST", f"{SERVICES}/one:setIamPolicy", {"policy": {"bindings": [INVOKER]}})
    cloud.wait(200.0)
    cloud.publish("hello")
    assert [("one", "hello")] == cloud.runtime.invoked

    path = f"cloudresourcemanager/v1/projects/{PROJECT}"
    cloud.world.projects.get(PROJECT).enabled.add("cloudresourcemanager.googleapis.com")
    policy = cloud.ok("POST", f"{path}:getIamPolicy", {})
    cloud.ok("POST", f"{path}:setIamPolicy", {"policy": {"bindings": [*policy["bindings"], INVOKER]}})
    cloud.wait(200.0)
    cloud.publish("again")
    assert {("one", "again"), ("two", "again")} <= set(cloud.runtime.invoked)


def test_who_may_not_look_is_refused(cloud: Deploying) -> None:
    """By the names of Cloud Run's permissions."""
    for path, permission in (
        ("one", "services.get"),
        ("one:getIamPolicy", "services.getIamPolicy"),
        ("", "services.list"),
    ):
        status, answer = cloud.ask("GET", f"{SERVICES}/{path}".rstrip("/"), who="stranger@example.com")
        assert 403 == status and f"'run.{permission}'" in answer["error"]["message"]


def test_what_cannot_be_made_here_is_refused_as_not_implemented(cloud: Deploying) -> None:
    """A service without a function."""
    assert 405 == cloud.ask("POST", SERVICES, {"template": {}}, serviceId="own")[0]
    assert 405 == cloud.ask("DELETE", f"{SERVICES}/one")[0]
