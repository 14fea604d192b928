"""Things of other people's in the cloud that an environment goes to: no run may change a byte of them."""

from __future__ import annotations

import json
from typing import Any

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from tests.support.local_cloud import call, let_pass

PROJECT = HOME_PROJECT
COMPUTE = f"compute/compute/v1/projects/{PROJECT}"
NETWORK = f"projects/{PROJECT}/global/networks/default"
CLUSTER = f"projects/{PROJECT}/locations/us-west1-b/clusters/legacy"
FEATURE = f"projects/{PROJECT}/locations/global/features/multiclusterservicediscovery"
RESOURCES = {
    "compute.subnetworks": f"projects/{PROJECT}/regions/us-west1/subnetworks/theirs",
    "compute.addresses": f"projects/{PROJECT}/regions/us-west1/addresses/fleetgate-store-us-west1-theirs",
    "compute.firewalls": f"projects/{PROJECT}/global/firewalls/theirs",
    "container.clusters": CLUSTER,
}
# What the platform itself writes into a feature as memberships come and go.
LIVING = {"membershipStates", "state", "updateTime"}
OBJECTS = (
    ("Namespace", "", "theirs"),
    ("Namespace", "", "store"),
    ("apps/Deployment", "theirs", "shop"),
    ("gateway.networking.k8s.io/Gateway", "theirs", "shop"),
)


def fit_cluster(project: str, name: str, **more: Any) -> dict[str, Any]:
    """The body of a cluster that somebody made before, in the fleet and fit to be used; `more` are further fields."""
    return {
        "name": name,
        "initialNodeCount": 3,
        "network": "default",
        "subnetwork": "default",
        "ipAllocationPolicy": {"useIpAliases": True},
        "networkConfig": {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}},
        "workloadIdentityConfig": {"workloadPool": f"{project}.svc.id.goog"},
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}},
        "fleet": {"project": project},
        **more,
    }


async def make(local: LocalRun) -> None:
    """Make them, as somebody else would, and wait until they stand."""
    call(local.cloud, "POST", f"{COMPUTE}/regions/us-west1/subnetworks", _subnetwork())
    call(local.cloud, "POST", f"{COMPUTE}/regions/us-west1/addresses", _address())
    call(local.cloud, "POST", f"{COMPUTE}/global/firewalls", _firewall())
    call(local.cloud, "POST", f"container/v1/{CLUSTER.rpartition('/clusters/')[0]}/clusters", _cluster())
    parent, _, name = FEATURE.partition("/features/")
    call(local.cloud, "POST", f"gkehub/v1/{parent}/features?featureId={name}", {"labels": {"team": "search"}})
    await let_pass(local.cloud, 600.0)
    for kind, namespace, name in OBJECTS:
        local.cloud.world[CLUSTER_APIS][CLUSTER].apply(kind, _object(kind, namespace, name), "kubectl")
    await let_pass(local.cloud, 120.0)


def picture(local: LocalRun) -> dict[str, str]:
    """Every one of them, to the byte."""
    world = local.cloud.world
    resources: dict[str, Any] = {name: world.store[kind].get(name) for kind, name in RESOURCES.items()}
    feature = world.store["gkehub.features"].get(FEATURE) or {}
    resources[FEATURE] = {key: value for key, value in feature.items() if key not in LIVING}
    for kind, namespace, name in OBJECTS:
        resources[f"{kind} {namespace}/{name}"] = world[CLUSTER_APIS][CLUSTER].get(kind, namespace, name)
    return {name: json.dumps(value, sort_keys=True) for name, value in resources.items()}


def _subnetwork() -> dict[str, Any]:
    """In the range that a free choice would take first."""
    return {"name": "theirs", "network": NETWORK, "ipCidrRange": "172.16.0.0/24"}


def _address() -> dict[str, Any]:
    """With a name that looks like one of ours."""
    name = RESOURCES["compute.addresses"].rpartition("/")[2]
    default = f"projects/{PROJECT}/regions/us-west1/subnetworks/default"
    return {"name": name, "addressType": "INTERNAL", "subnetwork": default}


def _firewall() -> dict[str, Any]:
    allowed = [{"IPProtocol": "tcp", "ports": ["22"]}]
    return {"name": "theirs", "network": NETWORK, "sourceRanges": ["10.0.0.0/8"], "allowed": allowed}


def _cluster() -> dict[str, Any]:
    return {
        "cluster": {
            "name": "legacy",
            "initialNodeCount": 1,
            "network": "default",
            "subnetwork": "default",
            "ipAllocationPolicy": {"useIpAliases": True},
            "networkConfig": {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}},
            "resourceLabels": {"team": "search"},
        }
    }


def _object(kind: str, namespace: str, name: str) -> dict[str, Any]:
    group, _, bare = kind.rpartition("/")
    version = {"": "v1", "apps": "apps/v1", "gateway.networking.k8s.io": "gateway.networking.k8s.io/v1"}[
        group
    ]
    meta = {"name": name, "labels": {"team": "search"}} | ({"namespace": namespace} if namespace else {})
    item: dict[str, Any] = {"apiVersion": version, "kind": bare, "metadata": meta}
    if bare == "Deployment":
        container = {"name": "shop", "image": "example.com/shop:1"}
        template = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [container]}}
        item["spec"] = {"selector": {"matchLabels": {"app": "shop"}}, "template": template}
    if bare == "Gateway":
        listener = {"name": "http", "port": 80, "protocol": "HTTP"}
        item["spec"] = {"gatewayClassName": "gke-l7-rilb", "listeners": [listener]}
    return item
