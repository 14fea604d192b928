"""A load balancer's parts: read, kept while something needs them, deleted one by one; endpoints and health."""

from __future__ import annotations

import pytest

from localcloud.compute import set_health, url
from localcloud.wire.messages import Json
from tests.localcloud.compute.conftest import Compute

GLOBAL = "projects/shop/global"
NEG = "projects/shop/zones/us-west1-a/networkEndpointGroups/k8s1-store"
NETWORK = url(f"{GLOBAL}/networks/default")
# Each part, with what it refers to: from the forwarding rule down.
PARTS: dict[str, Json] = {
    f"{GLOBAL}/forwardingRules/gw": {"target": url(f"{GLOBAL}/targetHttpProxies/gw")},
    f"{GLOBAL}/targetHttpProxies/gw": {"urlMap": url(f"{GLOBAL}/urlMaps/gw")},
    f"{GLOBAL}/urlMaps/gw": {
        "defaultService": url(f"{GLOBAL}/backendServices/serve404"),
        "pathMatchers": [
            {"routeRules": [{"routeAction": {"weightedBackendServices": [
                {"backendService": url(f"{GLOBAL}/backendServices/store")}]}}]}
        ],
    },
    f"{GLOBAL}/backendServices/store": {
        "backends": [{"group": url(NEG)}],
        "healthChecks": [url(f"{GLOBAL}/healthChecks/store")],
    },
    f"{GLOBAL}/healthChecks/store": {},
    NEG: {"network": NETWORK},
}  # fmt: skip


def path(full: str) -> str:
    return full.removeprefix("projects/shop/")


@pytest.fixture
def balancer(compute: Compute) -> Compute:
    """A load balancer as the Gateway controller leaves it in the store."""
    for index, (name, fields) in enumerate(PARTS.items()):
        collection, short = name.split("/")[-2:]
        part = {"name": short, "id": str(100 + index), "selfLink": url(name), **fields}
        if collection == "forwardingRules":
            subnetwork = url("projects/shop/regions/us-west1/subnetworks/default")
            part |= {"IPAddress": "10.138.0.7", "subnetwork": subnetwork, "network": NETWORK}
            part |= {"loadBalancingScheme": "INTERNAL_MANAGED", "labelFingerprint": "42WmSpB8rSM="}
        compute.world.store[f"compute.{collection}"].put(name, part)
    endpoint = {"ipAddress": "10.8.0.5", "port": 8080}
    compute.world.store["compute.networkEndpoints"].put(NEG, {"endpoints": [endpoint]})
    return compute


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_read_and_listed(balancer: Compute, name: str) -> None:
    """By name, in its list, and in its aggregated list."""
    assert balancer.get(path(name))["selfLink"] == url(name)
    parent, collection = path(name).rsplit("/", 1)[0], name.split("/")[-2]
    assert [item["selfLink"] for item in balancer.get(parent)["items"]] == [url(name)]
    scope = parent.removesuffix(f"/{collection}")
    found = balancer.get(f"aggregated/{collection}")["items"][scope][collection]
    assert [item["selfLink"] for item in found] == [url(name)]


@pytest.mark.parametrize(
    ("used", "title", "user"),
    [
        ("global/targetHttpProxies/gw", "target_http_proxy", "global/forwardingRules/gw"),
        ("global/urlMaps/gw", "url_map", "global/targetHttpProxies/gw"),
        ("global/backendServices/store", "backend_service", "global/urlMaps/gw"),
        ("global/healthChecks/store", "health_check", "global/backendServices/store"),
        (path(NEG), "network_endpoint_group", "global/backendServices/store"),
    ],
)
def test_a_part_in_use_stays(balancer: Compute, used: str, title: str, user: str) -> None:
    """400 in Google's words, naming the user."""
    code, reason, message = balancer.refusal("DELETE", used)
    assert (code, reason) == (400, "resourceInUseByAnotherResource")
    assert message == (
        f"The {title} resource 'projects/shop/{used}' is already being used by 'projects/shop/{user}'"
    )


def test_the_parts_go_from_the_front(balancer: Compute) -> None:
    """In the documented order each deletion works, and nothing is left."""
    for name in PARTS:
        assert "error" not in balancer.finish(balancer.delete(path(name))), name
    for name in PARTS:
        assert balancer.refusal("GET", path(name))[0] == 404


def test_a_proxy_only_subnetwork_stays_while_a_rule_needs_it(balancer: Compute) -> None:
    """The rule does not name it; its region and network do. Another region's is not needed."""
    body = {"network": "global/networks/default", "purpose": "GLOBAL_MANAGED_PROXY", "role": "ACTIVE"}
    for region, cidr in (("us-west1", "10.5.0.0/23"), ("us-east1", "10.6.0.0/23")):
        balancer.made(f"regions/{region}/subnetworks", body | {"name": "p", "ipCidrRange": cidr})
    message = balancer.refusal("DELETE", "regions/us-west1/subnetworks/p")[2]
    assert message.endswith(f"is already being used by '{GLOBAL}/forwardingRules/gw'")
    balancer.finish(balancer.delete("regions/us-east1/subnetworks/p"))


def test_forwarding_rules_take_labels(balancer: Compute) -> None:
    """As addresses do, by fingerprint."""
    body = {"labels": {"a": "b"}, "labelFingerprint": "42WmSpB8rSM="}
    rule = "global/forwardingRules/gw"
    assert balancer.post(f"{rule}/setLabels", body)["status"] == "DONE"
    assert balancer.get(rule)["labels"] == {"a": "b"}
    assert balancer.refusal("POST", f"{rule}/setLabels", body)[0] == 412


def test_endpoints_are_unhealthy_until_said_otherwise(balancer: Compute) -> None:
    """getHealth asks by group; the data plane's controller sets what it answers."""
    ask = {"group": url(NEG)}
    before = balancer.post("global/backendServices/store/getHealth", ask)
    endpoint = {"ipAddress": "10.8.0.5", "port": 8080}
    assert before["healthStatus"] == [endpoint | {"healthState": "UNHEALTHY"}]
    set_health(balancer.world, f"{GLOBAL}/backendServices/store", NEG, "HEALTHY")
    after = balancer.post("global/backendServices/store/getHealth", ask)
    assert after["healthStatus"] == [endpoint | {"healthState": "HEALTHY"}]


def test_a_group_lists_its_endpoints(balancer: Compute) -> None:
    """With their health if asked; the group's size is their number."""
    plain = balancer.post(f"{path(NEG)}/listNetworkEndpoints")
    assert plain["items"] == [{"networkEndpoint": {"ipAddress": "10.8.0.5", "port": 8080}, "healths": []}]
    shown = balancer.post(f"{path(NEG)}/listNetworkEndpoints", {"healthStatus": "SHOW"})
    (health,) = shown["items"][0]["healths"]
    assert health["healthState"] == "UNHEALTHY"
    assert balancer.get(path(NEG))["size"] == 1


def test_what_is_not_implemented_says_so(balancer: Compute) -> None:
    """405 with the method's name, never an empty success."""
    response = balancer.respond("POST", "global/urlMaps", {"name": "x"})
    assert response.status == 405 and b"compute.urlMaps.insert" in response.body
