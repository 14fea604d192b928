"""Whole runs: by which endpoint clusters are reached, and what of tokens and specs is left in the logs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.run import LocalRun
from tests.acceptance.runs import store
from tests.security.stories import EAST, PRIVATE_ONLY, PUBLIC_ONLY, RESTRICTED, WEST, Told, told
from tests.support.dumps import standing
from tests.support.local_cloud import respond

pytestmark = pytest.mark.xdist_group("stories")  # one cloud for all of them
Json = dict[str, Any]
ROWS = ("changes", "traffic")
CANARIES = ("canary-host", "canary-path", "canary-value", "canary-query")
ROUTE = {
    "matches": [
        {
            "path": {"type": "PathPrefix", "value": "/canary-path"},
            "headers": [{"name": "X-Key", "value": "canary-value"}],
            "queryParams": [{"name": "q", "value": "canary-query"}],
        }
    ],
    "backendRefs": [{"name": "store", "port": 8080}],
}
NETWORK_VIEWER, OWNER = "roles/compute.networkViewer", "roles/owner"
FLEET = f"fleetgate-fleet@{PROJECT}.iam.gserviceaccount.com"


def document(*existing: tuple[str, str]) -> Json:
    """The tutorial's environment, where these clusters are somebody's; its first route has canaries in it."""
    found = store()
    for each in found["clusters"]:
        if (each["name"], each["location"]) in existing:
            each["existing"] = True
    (route,) = found["routes"]
    route["hostnames"] = ["canary-host.example.internal"]
    route["rules"].insert(0, ROUTE)
    return found


@pytest.fixture(scope="module")
def mixed() -> Told:
    """The config cluster has nothing but a public endpoint; the other one Fleetgate makes."""
    return told(document(WEST), {WEST: PUBLIC_ONLY})


def test_an_environment_is_reached_by_both_endpoints(mixed: Told) -> None:
    """Gateway, routes and exports by the public endpoint of one cluster; exports by the DNS endpoint of the other."""
    assert mixed.report.outcome == "done"
    changed = [any(call.mutation for call in mixed.on(name)) for name, _ in (WEST, EAST)]
    assert changed == [True, True]
    endpoints = mixed.after["resources"]["container.clusters"]
    open_to_all = {
        each["name"]: each["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["allowExternalTraffic"]
        for each in endpoints.values()
    }
    assert open_to_all == {WEST[0]: False, EAST[0]: True}


@pytest.mark.long
def test_an_environment_is_reached_by_public_endpoints_alone() -> None:
    """Without any DNS endpoint."""
    found = told(document(WEST, EAST), {WEST: PUBLIC_ONLY, EAST: PUBLIC_ONLY})
    assert found.report.outcome == "done"
    assert found.on(WEST[0]) and found.on(EAST[0])


@pytest.mark.parametrize("endpoints", [PRIVATE_ONLY, pytest.param(RESTRICTED, marks=pytest.mark.long)])
def test_a_cluster_without_an_endpoint_for_us_is_told_before_anything_is_made(endpoints: Json) -> None:
    """With the command that opens one."""
    found = told(document(EAST), {EAST: endpoints})
    (diagnosis,) = found.report.diagnoses
    where = f"{EAST[0]} --location={EAST[1]} --project={PROJECT}"
    assert (found.report.outcome, diagnosis.code) == ("blocked", "CLUSTER_UNREACHABLE")
    assert diagnosis.fix == f"gcloud container clusters update {where} --enable-dns-access"
    assert (standing(found.before), found.on(EAST[0])) == (standing(found.after), [])


def test_no_token_is_in_any_log(mixed: Told) -> None:
    """Each that was issued is looked for, in whole and by its beginning."""
    assert len(mixed.tokens) >= 7
    assert len(mixed.lines) > 20
    assert [
        line for line in mixed.lines if "ya29" in line or any(each in line for each in mixed.tokens)
    ] == []


def test_of_a_spec_the_log_has_rows_alone(mixed: Told) -> None:
    """Hosts, paths, header and query values are in no text: requests that are waited for are not quoted."""
    entries = [json.loads(line) for line in mixed.lines]
    texts = [{k: v for k, v in entry.items() if k not in ROWS} for entry in entries]
    assert [text for text in texts if any(each in json.dumps(text) for each in CANARIES)] == []
    told_of = {each.path for each in mixed.report.traffic if "canary" in each.path}
    assert told_of == {"/canary-path?q=canary-query"}, "who asked is told in the report"


@pytest.mark.parametrize(("role", "status"), [(NETWORK_VIEWER, 200), (OWNER, 403)])
def test_the_fleets_identity_grants_one_role_alone(role: str, status: int) -> None:
    """Stolen or not: the condition on its grant holds for every change of the policy."""

    async def scenario() -> None:
        async with LocalRun(seed=1) as local:
            name = f"v3/projects/{PROJECT}"
            path = f"/cloudresourcemanager/{name}"
            read = respond(
                local.cloud, "POST", f"{path}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}}, FLEET
            )
            policy = json.loads(read.body)
            policy["bindings"].append({"role": role, "members": ["user:x@example.com"]})
            answer = respond(local.cloud, "POST", f"{path}:setIamPolicy", {"policy": policy}, FLEET)
            assert answer.status == status, answer.body

    asyncio.run(scenario())
