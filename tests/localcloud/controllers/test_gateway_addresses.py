"""Which addresses a Gateway can have, and what it is told when it cannot."""

from __future__ import annotations

import pytest

from localcloud.compute.creation import create_network
from localcloud.wire.messages import Json
from tests.localcloud.controllers.gateways import NETWORK, Gateways, described
from tests.support.projects import CLOUD_PROJECT as PROJECT

EPHEMERAL = "networking.gke.io/ephemeral-ipv4-address"
NAMED = "networking.gke.io/named-address-with-region"


@pytest.fixture
def cloud() -> Gateways:
    """A config cluster ready for Gateways, with proxies in both regions."""
    return _ready()


def _ready() -> Gateways:
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.proxies()
    cloud.wait(300)
    cloud.imports("store")
    return cloud


def test_ephemeral_addresses_come_from_the_regions_subnetworks_in_the_order_of_the_spec(
    cloud: Gateways,
) -> None:
    """One forwarding rule an address, global, with the regional subnetwork of the config cluster's name."""
    cloud.gateway("us-east1", "us-west1")
    cloud.wait(300)

    rules = cloud.world.store["compute.forwardingRules"].list()
    assert [vip.rsplit(".", 2)[0] for vip in cloud.vips()] == ["10.142", "10.138"]
    assert sorted(rule["IPAddress"] for rule in rules) == sorted(cloud.vips())
    assert {rule["loadBalancingScheme"] for rule in rules} == {"INTERNAL_MANAGED"}
    assert {rule["portRange"] for rule in rules} == {"80-80"}
    assert described(rules[0]) == {
        "k8sResource": "/namespaces/store/gateways/gw",
        "k8sCluster": f"/{cloud.full('west')}",
    }


def test_without_addresses_there_is_one_in_the_config_clusters_region(cloud: Gateways) -> None:
    """The spec may leave them out."""
    cloud.gateway()
    cloud.wait(300)

    assert [vip.rsplit(".", 2)[0] for vip in cloud.vips()] == ["10.138"]


def test_the_same_gateway_gets_the_same_address_whoever_was_first(cloud: Gateways) -> None:
    """Allocation follows from the Gateway's name, not from the order of arrival."""
    cloud.gateway("us-west1", name="one")
    cloud.gateway("us-west1", name="two")
    cloud.wait(300)
    other = Gateways()
    other.enable_ingress()
    other.proxies()
    other.wait(300)
    other.imports("store")
    other.gateway("us-west1", name="two")
    other.wait(300)

    assert other.vips("two") == cloud.vips("two")
    assert cloud.vips("one") != cloud.vips("two")


def test_a_reserved_address_becomes_the_gateways(cloud: Gateways) -> None:
    """Named addresses keep their IP, and the annotation lists them."""
    ip = cloud.reserve("us-west1", "mine")
    cloud.gateway(addresses=[{"type": NAMED, "value": "regions/us-west1/addresses/mine"}])
    cloud.wait(300)

    listed = cloud.seen()["metadata"]["annotations"]["networking.gke.io/addresses"]
    assert cloud.vips() == [ip]
    assert listed == f"/projects/{cloud.project.number}/regions/us-west1/addresses/mine"


REFUSED = {
    "a type that is not known": (
        {"type": "IPAddress", "value": "10.0.0.9"},
        'unsupported address type "IPAddress", only "NamedAddress" is supported.',
    ),
    "a value that is another region": (
        {"type": f"{EPHEMERAL}/us-west1", "value": "us-east1"},
        'address value "us-east1" must be empty or the region "us-west1" of its type.',
    ),
    "a region that is not there": (
        {"type": f"{EPHEMERAL}/moon-1"},
        'no subnetwork "default", as the config cluster has, in region "moon-1".',
    ),
    "an address that is not there": (
        {"type": NAMED, "value": "regions/us-west1/addresses/none"},
        'address "regions/us-west1/addresses/none" does not exist.',
    ),
    "a value that names no address": ({"type": NAMED, "value": "none"}, 'address "none" does not exist.'),
    "an external address": (
        {"type": NAMED, "value": "regions/us-west1/addresses/external"},
        'address "regions/us-west1/addresses/external" is not an internal address.',
    ),
    "an address of another network": (
        {"type": NAMED, "value": "regions/us-west1/addresses/other"},
        'address "regions/us-west1/addresses/other" is not in subnetwork '
        f'"projects/{PROJECT}/regions/us-west1/subnetworks/default".',
    ),
}


@pytest.fixture(scope="module")
def refused() -> Gateways:
    """A Gateway for each case, by its place."""
    cloud = _ready()
    create_network(cloud.world, PROJECT, "other", subnetworks={"us-west1": "10.9.0.0/24"})
    cloud.reserve("us-west1", "external", addressType="EXTERNAL")
    cloud.reserve("us-west1", "other", subnetwork=f"projects/{PROJECT}/regions/us-west1/subnetworks/other")
    for index, (address, _) in enumerate(REFUSED.values()):
        cloud.gateway(addresses=[address], name=f"gw-{index}")
    cloud.wait(300)
    return cloud


@pytest.mark.parametrize("case", REFUSED)
def test_an_address_it_cannot_have_makes_the_gateway_invalid(refused: Gateways, case: str) -> None:
    """GWCER106: Accepted stays True, Programmed is False and Invalid, the listener is detached, an event warns."""
    name = f"gw-{list(REFUSED).index(case)}"
    conditions = {one["type"]: one for one in refused.seen(name)["status"]["conditions"]}
    listener = {one["type"]: one for one in refused.seen(name)["status"]["listeners"][0]["conditions"]}

    message = f'Error GWCER106: Gateway "store/{name}" is invalid, err: {REFUSED[case][1]}.'
    assert conditions["Accepted"]["status"] == "True"
    assert _verdict(conditions["Programmed"]) == ("False", "Invalid", message)
    assert conditions["networking.gke.io/GatewayHealthy"]["message"] == f"Gateway: Invalid : {message}"
    assert _verdict(listener["Accepted"]) == ("False", "UnsupportedAddress", message)
    assert listener["Detached"]["status"] == "True"
    assert f'failed to translate Gateway "store/{name}": {message}' in refused.events("Gateway")
    assert refused.works("gateway.program") == []


def test_a_reserved_address_of_another_gateway_is_refused_by_compute(cloud: Gateways) -> None:
    """One address, one Gateway: the second waits until the first has gone."""
    cloud.reserve("us-west1", "mine")
    address = {"type": NAMED, "value": "regions/us-west1/addresses/mine"}
    cloud.gateway(addresses=[address], name="first")
    cloud.wait(300)
    cloud.gateway(addresses=[address])
    cloud.wait(300)

    refused = cloud.condition("Programmed")
    assert (refused["status"], refused["reason"]) == ("False", "Pending")
    assert "is in-use and would result in a conflict" in refused["message"]


def test_two_ports_share_a_reserved_address_only_if_its_purpose_says_so(cloud: Gateways) -> None:
    """Two listeners on two ports are two forwarding rules."""
    cloud.reserve("us-west1", "plain")
    shared = cloud.reserve("us-west1", "shared", purpose="SHARED_LOADBALANCER_VIP")
    listeners = [{"name": f"p{port}", "protocol": "HTTP", "port": port} for port in (80, 8080)]
    for name in ("plain", "shared"):
        address = {"type": NAMED, "value": f"regions/us-west1/addresses/{name}"}
        cloud.gateway(addresses=[address], listeners=listeners, name=name)
    cloud.wait(300)

    rules = cloud.world.store["compute.forwardingRules"].list()
    assert cloud.condition("Programmed", "plain")["status"] == "False"
    assert sorted((r["IPAddress"], r["portRange"]) for r in rules) == [
        (shared, "80-80"),
        (shared, "8080-8080"),
    ]


WRONG: dict[str, Json] = {
    "none at all": {},
    "one of the wrong purpose": {"purpose": "REGIONAL_MANAGED_PROXY"},
    "one that is not active": {"role": "BACKUP"},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_missing_proxy_only_subnetwork_is_told_in_googles_words(case: str) -> None:
    """Programmed is False and Pending, with a warning event, whatever is there instead."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.wait(300)
    cloud.imports("store")
    if WRONG[case]:
        cloud.proxies("us-west1", **WRONG[case])
    cloud.gateway("us-west1")
    cloud.wait(300)

    programmed = cloud.condition("Programmed")
    assert (programmed["status"], programmed["reason"]) == ("False", "Pending")
    assert programmed["message"].startswith(
        "gceSync: generic::invalid_argument: error ensuring load balancer: Insert: Invalid value for field "
        "'resource.target': 'global/targetHttpProxies/gkemcg1-store-gw-"
    )
    assert programmed["message"].endswith(
        "An active proxy-only subnetwork is required in the same region and VPC as the forwarding rule."
    )
    assert cloud.events("Gateway") == [programmed["message"]]


def test_the_gateway_heals_when_the_subnetwork_appears() -> None:
    """One of two regions is not enough; the second begins the work, and the work names its insertion."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.wait(300)
    cloud.imports("store")
    cloud.proxies("us-west1")
    cloud.gateway("us-west1", "us-east1")
    cloud.wait(600)
    failing = cloud.condition("Programmed")["status"]
    name = f"projects/{PROJECT}/regions/us-east1/subnetworks/us-east1-proxies"
    inserted = cloud.world.ledger.perform(
        "compute.subnetworks.insert", name, lambda: cloud.proxies("us-east1")
    )
    cloud.wait(600)

    work = cloud.world.ledger.latest("gateway.program", f"{cloud.full('west')}/store/gw")
    assert failing == "False"
    assert cloud.condition("Programmed")["status"] == "True"
    assert work is not None
    assert inserted.id in work.after
    assert work.start == inserted.end


def test_the_firewall_rule_lets_probers_and_every_proxy_in(cloud: Gateways) -> None:
    """Never with an empty source range, which was a security bulletin once."""
    cloud.gateway("us-west1")
    cloud.wait(300)

    rule = cloud.world.store["compute.firewalls"].get(
        f"projects/{PROJECT}/global/firewalls/gkemcg1-l7-default-global"
    )
    assert rule is not None
    assert rule["network"].endswith(NETWORK)
    assert rule["sourceRanges"] == ["130.211.0.0/22", "172.16.0.0/23", "172.16.2.0/23", "35.191.0.0/16"]


def _verdict(found: Json) -> tuple[str, str, str]:
    return found["status"], found["reason"], found["message"]
