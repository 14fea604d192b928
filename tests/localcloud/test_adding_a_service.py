"""To add a service is to write its package and to list it: nothing else knows one by name."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import localcloud
from localcloud.endpoints import gcloud_endpoints
from localcloud.google_apis import GoogleApis
from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.authorization import Authorization
from localcloud.iam.grants import grant
from localcloud.request_path import REQUEST_PATH
from localcloud.service import Call, Service
from localcloud.services import SERVICES
from localcloud.wire.errors import Style
from localcloud.wire.messages import Caller, Json, Request
from localcloud.world import Part, World

ROOT = Path(localcloud.__file__).parent
# What all services go through, and so may have no special case for one.
COMMON = (
    "world.py",
    "service.py",
    "google_apis.py",
    "request_path.py",
    "edge.py",
    "iam",
    "faults",
    "records",
    "wire",
)
GENERATORS = {"wire/enums.py"}  # reads google-cloud-* for the two APIs whose libraries send enums as numbers
ZONES: Part[list[str]] = Part("zones of names", lambda world: [])


def test_what_is_common_names_no_service() -> None:
    """A special case of one service stands in its package."""
    names = {service.name for service in SERVICES}
    files = [
        file
        for part in COMMON
        for file in sorted(ROOT.glob(part if part.endswith(".py") else f"{part}/*.py"))
    ]
    named = {
        (str(file.relative_to(ROOT)), node.value)
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in names - {file.parent.name}
    }

    assert set() == {(file, name) for file, name in named if file not in GENERATORS}


@pytest.fixture
def dns(tmp_path: Path) -> Service:
    """A service of one method, which keeps what it was given in its part of the world."""
    (tmp_path / "permissions.yaml").write_text("dns.zones.add: dns.managedZones.create\n")
    service = Service(
        "dns",
        "dns.googleapis.com",
        ["v1"],
        Style.NEWER,
        authorization=Authorization(str(tmp_path / "service.py")),
    )

    @service.on_path("POST", "v1/projects/{project}/zones/{zone}", "dns.zones.add")
    def add(call: Call) -> Json:
        call.world[ZONES].append(call.params["zone"])
        return {"zones": call.world[ZONES]}

    return service


def test_a_service_that_is_listed_is_served_as_all_are(dns: Service) -> None:
    """Its API has to be on, its permission is asked for, its calls are logged, and gcloud is sent to it."""
    world = World.create()
    apis, project = GoogleApis(world, (*SERVICES, dns)), world.projects.create("shop")
    world[ACCESS].enforced = True

    def ask() -> tuple[int, str]:
        answer = apis.answer(
            Request("POST", "/dns/v1/projects/shop/zones/a", {}, {}, b"", Caller("me@example.com"))
        )
        body = json.loads(answer.body)
        return answer.status, str(body.get("zones") or body["error"]["message"])

    off = ask()
    project.enabled.add("dns.googleapis.com")
    denied = ask()
    define_role(world, "projects/shop/roles/dns", ["dns.managedZones.create"])
    grant(world, "projects/shop", "projects/shop/roles/dns", "user:me@example.com")

    assert off[1].startswith("Cloud DNS API has not been used in project")
    assert (403, "Permission 'dns.managedZones.create' denied on resource") == (
        denied[0],
        denied[1].partition(" '//")[0],
    )
    assert (200, "['a']") == ask()
    assert [("dns.zones.add", status) for status in (403, 403, 200)] == [
        (call.method, call.status) for call in world[REQUEST_PATH].log.calls
    ]
    assert "http://x/dns/dns/v1/" == gcloud_endpoints("http://x")["CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS"]
