"""What the local cloud does not serve is refused by name, as not implemented: never as a resource that is gone."""

from __future__ import annotations

import json

import pytest

from localcloud.google_apis import GoogleApis
from localcloud.services import SERVICES
from localcloud.world import World
from tests.support.services import request


@pytest.mark.parametrize(
    ("verb", "path", "named"),
    [
        ("POST", "/language/v1/documents:analyzeSentiment", "language.documents.analyzeSentiment"),
        ("GET", "/secretmanager/v1/projects/p/secrets/s", "secretmanager.projects.secrets.get"),
        ("GET", "/secretmanager/v9/projects/p/secrets/s", "GET /v9/projects/p/secrets/s of secretmanager"),
        ("GET", "/compute/compute/alpha/projects/p/global/networks", "compute.networks.list of version alpha"),
        ("GET", "/compute/v9/projects/p", "GET /v9/projects/p of compute"),
        ("GET", "/compute/compute/v1/projects/p/global/moons", "GET /compute/v1/projects/p/global/moons of compute"),
        ("PUT", "/pubsub/v1/projects/p/topics", "PUT /v1/projects/p/topics of pubsub"),
        ("GET", "/computeMetadata/v1/project", "GET /v1/project of computeMetadata"),
        ("GET", "/nothing", "GET /nothing"),
        ("GET", "/dns/dns/v1/projects/p/managedZones/z", "dns.managedZones.get of version v1"),
        ("GET", "/bigquery/projects/p", "GET /projects/p of bigquery"),
        ("GET", "/", "GET /"),
        ("GET", "/\0/v1/x", "GET /v1/x of"),
        ("GET", f"/{'long' * 100}/v1/x", "GET /v1/x of long"),
    ],
)  # fmt: skip
def test_what_nobody_serves_is_refused_by_its_name(verb: str, path: str, named: str) -> None:
    """Of a service that is there or not, at the root of the host, and in words that are no file's name."""
    response = GoogleApis(World.create(), SERVICES).answer(request(verb, path))

    assert 405 == response.status, response.body
    assert f"The local cloud does not implement {named}" in json.loads(response.body)["error"]["message"]
