"""Clusters on the wire: what GKE fills in, and what it refuses before it begins."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from localcloud.container.endpoints import ENDPOINT_SERVER, ClusterEndpoints
from localcloud.container.kube import CLUSTER_APIS
from tests.localcloud.container.wire import WEST, Cloud, clusters

# fmt: off
ALWAYS_THERE = [
    "addonsConfig", "anonymousAuthenticationConfig", "autopilot", "autoscaling", "clusterIpv4Cidr",
    "controlPlaneEndpointsConfig", "createTime", "currentMasterVersion", "currentNodeCount", "currentNodeVersion",
    "databaseEncryption", "defaultMaxPodsConstraint", "endpoint", "enterpriseConfig", "etag", "id",
    "initialClusterVersion", "instanceGroupUrls", "ipAllocationPolicy", "labelFingerprint", "legacyAbac",
    "location", "locations", "loggingConfig", "loggingService", "maintenancePolicy", "masterAuth",
    "masterAuthorizedNetworksConfig", "monitoringConfig", "monitoringService", "name", "network", "networkConfig",
    "nodeConfig", "nodePoolDefaults", "nodePools", "notificationConfig", "podAutoscaling", "privateClusterConfig",
    "rbacBindingConfig", "releaseChannel", "securityPostureConfig", "selfLink", "servicesIpv4Cidr", "shieldedNodes",
    "status", "subnetwork", "userManagedKeysConfig",
]
# fmt: on


def test_a_created_cluster_is_provisioning_and_running_when_its_operation_is_done(cloud: Cloud) -> None:
    """The operation's end and the cluster's RUNNING are one moment."""
    operation = cloud.create()
    path = f"container/v1/projects/shop/locations/us-west1-a/operations/{operation['name']}"
    lasts = cloud.lasted("container.clusters.create", WEST)
    cloud.wait(lasts - 1)
    before = (
        cloud.ok("GET", path)["status"],
        cloud.ok("GET", f"{clusters('us-west1-a')}/gke-west-1")["status"],
    )
    cloud.wait(2)
    after = cloud.ok("GET", path)["status"], cloud.ok("GET", f"{clusters('us-west1-a')}/gke-west-1")["status"]
    assert before == ("RUNNING", "PROVISIONING")
    assert after == ("DONE", "RUNNING")


def test_a_running_cluster_has_every_field_that_googles_have(cloud: Cloud) -> None:
    """The keys are those that all recorded answers share."""
    cluster = cloud.running()
    assert [key for key in ALWAYS_THERE if key not in cluster] == []


def test_a_zonal_cluster_says_zone_and_a_regional_one_does_not(cloud: Cloud) -> None:
    """Links and names differ too; a regional cluster has its nodes in three zones."""
    zonal, regional = cloud.running(), cloud.running("gke-east-1", "us-east1")
    assert (zonal["zone"], zonal["currentNodeCount"]) == ("us-west1-a", 3)
    assert zonal["selfLink"].endswith("/v1/projects/shop/zones/us-west1-a/clusters/gke-west-1")
    assert ("zone" in regional, regional["currentNodeCount"]) == (False, 9)
    assert regional["selfLink"].endswith("/v1/projects/shop/locations/us-east1/clusters/gke-east-1")
    assert regional["locations"] == ["us-east1-b", "us-east1-c", "us-east1-d"]


def test_what_is_asked_for_is_laid_on_the_defaults(cloud: Cloud) -> None:
    """Enum values come as names or, from Google's own clients, as numbers."""
    pool = {"name": "main", "initialNodeCount": 2, "config": {"machineType": "e2-standard-4"}}
    cluster = cloud.running(
        nodePools=[pool], releaseChannel={"channel": 1}, networkConfig={"gatewayApiConfig": {"channel": 4}}
    )
    main = cluster["nodePools"][0]
    assert cluster["releaseChannel"]["channel"] == "RAPID"
    assert cluster["networkConfig"]["gatewayApiConfig"] == {"channel": "CHANNEL_STANDARD"}
    assert (main["config"]["machineType"], main["config"]["diskSizeGb"]) == ("e2-standard-4", 100)
    assert (main["status"], main["management"]["autoUpgrade"]) == ("RUNNING", True)


def test_output_only_fields_of_a_caller_are_ignored(cloud: Cloud) -> None:
    """A status that is sent means nothing."""
    cloud.create(status="RUNNING", endpoint="198.51.100.7", selfLink="x")
    cluster = cloud.ok("GET", f"{clusters('us-west1-a')}/gke-west-1")
    assert (cluster["status"], "endpoint" in cluster) == ("PROVISIONING", False)
    assert cluster["selfLink"].endswith("/clusters/gke-west-1")


def test_an_autopilot_cluster_has_the_gateway_api_and_workload_identity_from_birth(cloud: Cloud) -> None:
    """Both are always on there [documented]."""
    cluster = cloud.running("auto", "us-west1", initialNodeCount=None, autopilot={"enabled": True})
    assert cluster["autopilot"] == {"enabled": True}
    assert cluster["networkConfig"]["gatewayApiConfig"]["channel"] == "CHANNEL_STANDARD"
    assert cluster["workloadIdentityConfig"] == {"workloadPool": "shop.svc.id.goog"}


class _Endpoints:
    """Endpoints that say where they would be, and which are open."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def open_cluster(self, name: str, host: str, api: object) -> ClusterEndpoints:
        """Note it."""
        self.open.append(name)
        self.host = host
        return ClusterEndpoints("127.0.0.1:1111", "-----BEGIN CERTIFICATE-----")

    def close_cluster(self, name: str) -> None:
        """Note it."""
        self.open.remove(name)


def test_a_running_cluster_is_reached_by_both_endpoints_and_trusted_by_its_own_authority(
    cloud: Cloud,
) -> None:
    """The public endpoint speaks under the cluster's CA; external traffic to the DNS one is as asked."""
    cloud.world[ENDPOINT_SERVER] = endpoints = _Endpoints()
    asked = {"dnsEndpointConfig": {"allowExternalTraffic": True}}
    cluster = cloud.running(controlPlaneEndpointsConfig=asked)
    config = cluster["controlPlaneEndpointsConfig"]
    ca = base64.b64decode(cluster["masterAuth"]["clusterCaCertificate"]).decode()
    assert (cluster["endpoint"], config["ipEndpointsConfig"]["publicEndpoint"]) == ("127.0.0.1:1111",) * 2
    assert (config["dnsEndpointConfig"]["endpoint"], config["dnsEndpointConfig"]["allowExternalTraffic"]) == (
        endpoints.host,
        True,
    )
    assert re.fullmatch(r"gke-[0-9a-f]{32}-\d{12}\.us-west1-a\.gke\.goog", endpoints.host)
    assert ca == "-----BEGIN CERTIFICATE-----"


def test_a_cluster_without_a_public_endpoint_has_its_private_one(cloud: Cloud) -> None:
    """`endpoint` is the one that there is, an address of the subnetwork."""
    asked = {"ipEndpointsConfig": {"enablePublicEndpoint": False}}
    cluster = cloud.running(controlPlaneEndpointsConfig=asked)
    ip = cluster["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    assert cluster["endpoint"] == ip["privateEndpoint"]
    assert cluster["endpoint"].startswith("10.138.")
    assert "publicEndpoint" not in ip


def test_a_running_cluster_has_nodes_in_its_zones(cloud: Cloud) -> None:
    """Each has zone and region labels, an address of the subnetwork, and a range of the cluster's for pods."""
    cluster = cloud.running("gke-east-1", "us-east1", initialNodeCount=1)
    api = cloud.world[CLUSTER_APIS]["projects/shop/locations/us-east1/clusters/gke-east-1"]
    nodes = api.list("Node")
    zones = [node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes]
    ready = {c["type"]: c["status"] for c in nodes[0]["status"]["conditions"]}["Ready"]
    assert sorted(zones) == cluster["locations"]
    assert len({node["spec"]["podCIDR"] for node in nodes}) == 3
    assert nodes[0]["status"]["allocatable"]["cpu"] == "940m"
    assert nodes[0]["status"]["addresses"][0]["address"].startswith("10.142.")
    assert ready == "True"


def test_lists_cover_a_location_or_all_of_them_and_an_empty_one_is_an_empty_object(cloud: Cloud) -> None:
    """`-` is every location."""
    assert cloud.ok("GET", clusters("-")) == {}
    cloud.create()
    cloud.create("gke-east-1", "us-east1")
    names = [cluster["name"] for cluster in cloud.ok("GET", clusters("-"))["clusters"]]
    assert names == ["gke-east-1", "gke-west-1"]
    assert cloud.ok("GET", clusters("us-west1")) == {}


def test_what_is_not_there_and_what_is_there_already_are_refused_in_googles_words(cloud: Cloud) -> None:
    """Zonal names say `zones`, regional ones `locations`; the full stop is Google's."""
    cloud.create()
    again = cloud.refusal(
        "POST", clusters("us-west1-a"), {"cluster": {"name": "gke-west-1", "initialNodeCount": 1}}
    )
    assert cloud.refusal("GET", f"{clusters('us-east1')}/x") == (
        404,
        "NOT_FOUND",
        "Not found: projects/shop/locations/us-east1/clusters/x.",
    )
    assert again == (
        409,
        "ALREADY_EXISTS",
        "Already exists: projects/shop/zones/us-west1-a/clusters/gke-west-1.",
    )


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "a bad name",
        {"name": "My_Cluster"},
        'Invalid value for field "cluster.name": "My_Cluster". Must be a match',
    ),
    ("no nodes", {"initialNodeCount": 0}, "Cluster.initial_node_count must be greater than zero."),
    (
        "an unknown machine",
        {"nodeConfig": {"machineType": "ns-standard-1"}},
        'machine type "ns-standard-1" does not',
    ),
    ("an unknown version", {"initialClusterVersion": "1.1"}, 'Master version "1.1" is unsupported.'),
    ("a missing network", {"network": "ghost"}, 'Project "shop" has no network named "ghost".'),
    (
        "a missing subnetwork",
        {"subnetwork": "s"},
        'Subnetwork "projects/shop/regions/us-west1/subnetworks/s" is not',
    ),
    (
        "a subnetwork elsewhere",
        {"subnetwork": "projects/shop/regions/us-east1/subnetworks/default"},
        'Subnet "projects/shop/regions/us-east1/subnetworks/default" does not exist in specified region "us-west1".',
    ),
    ("a foreign pool", {"workloadIdentityConfig": {"workloadPool": "x.svc.id.goog"}}, "Workload pool"),
    ("a bad label", {"resourceLabels": {"Team": "x"}}, "Invalid value for field 'resource.labels'"),
    ("autopilot in a zone", {"autopilot": {"enabled": True}}, "Autopilot clusters must be regional"),
    ("a far zone", {"locations": ["us-east1-b"]}, 'Zone "us-east1-b" is not in the region'),
    (
        "an unknown field",
        {"colour": "red"},
        "Invalid JSON payload received. Unknown name \"colour\" at 'cluster'",
    ),
]


@pytest.mark.parametrize(("fields", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_cluster_that_cannot_be_is_refused_before_it_begins(
    cloud: Cloud, fields: dict[str, Any], words: str
) -> None:
    """400 INVALID_ARGUMENT, and nothing is made."""
    body = {"cluster": {"name": "gke-west-1", "initialNodeCount": 1, **fields}}
    status, code, said = cloud.refusal("POST", clusters("us-west1-a"), body)
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert said.startswith(words)
    assert cloud.ok("GET", clusters("-")) == {}


def test_a_location_that_is_not_there_is_forbidden_to_create_in_and_unknown_to_read(cloud: Cloud) -> None:
    """Google says 403 to one and 400 to the other."""
    body = {"cluster": {"name": "c", "initialNodeCount": 1}}
    assert cloud.refusal("POST", clusters("us-west9-a"), body) == (
        403,
        "PERMISSION_DENIED",
        "Permission denied on 'locations/us-west9-a' (or it may not exist).",
    )
    assert cloud.refusal("GET", clusters("us-west9-a"))[2] == 'Location "us-west9-a" does not exist.'


def test_a_custom_mode_network_wants_its_subnetwork_named(cloud: Cloud) -> None:
    """And a proxy-only subnetwork is none for a cluster."""
    cloud.add_network("custom", auto=False)
    cloud.add_subnetwork("nodes", "us-west1", "10.1.0.0/20", network="custom")
    cloud.add_subnetwork(
        "proxies", "us-west1", "10.2.0.0/23", network="custom", purpose="GLOBAL_MANAGED_PROXY"
    )
    body = {"cluster": {"name": "c", "initialNodeCount": 1, "network": "custom"}}
    unnamed = cloud.refusal("POST", clusters("us-west1-a"), body)[2]
    body["cluster"]["subnetwork"] = "proxies"
    proxies = cloud.refusal("POST", clusters("us-west1-a"), body)[2]
    cluster = cloud.running("c", network="projects/shop/global/networks/custom", subnetwork="nodes")
    assert unnamed == 'Network "custom" uses manual subnet mode and requires specifying a subnetwork.'
    assert proxies.endswith('is not valid for Network "custom".')
    assert (cluster["network"], cluster["subnetwork"]) == ("custom", "nodes")


def test_a_fleet_whose_project_has_no_fleet_api_is_refused(cloud: Cloud) -> None:
    """The membership could not be made."""
    cloud.world.projects.get("shop").enabled.discard("gkehub.googleapis.com")
    body = {"cluster": {"name": "c", "initialNodeCount": 1, "fleet": {"project": "shop"}}}
    assert cloud.refusal("POST", clusters("us-west1-a"), body)[:2] == (400, "FAILED_PRECONDITION")


def test_the_zonal_twins_of_the_methods_are_not_served(cloud: Cloud) -> None:
    """405 with the method's name, never an empty answer."""
    status, code, words = cloud.refusal("GET", "container/v1/projects/shop/zones/us-west1-a/clusters")
    assert (status, code) == (405, "UNIMPLEMENTED")
    assert "container.projects.zones.clusters.list" in words


def test_server_config_offers_the_version_that_a_new_cluster_gets(cloud: Cloud) -> None:
    """The default is the regular channel's."""
    config = cloud.ok("GET", "container/v1/projects/shop/locations/us-west1-a/serverConfig")
    assert cloud.running()["currentMasterVersion"] == config["defaultClusterVersion"]
    assert config["defaultClusterVersion"] in config["validMasterVersions"]
