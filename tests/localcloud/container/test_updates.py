"""Changing a cluster: one group a call, labels by fingerprint, and what is not served says so."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.container.kube import CLUSTER_APIS
from tests.localcloud.container.wire import Cloud, clusters

PATH = f"{clusters('us-west1-a')}/gke-west-1"


def _update(cloud: Cloud, **update: Any) -> dict[str, Any]:
    cloud.ok("PUT", PATH, {"update": update})
    cloud.wait(1000)
    return cloud.ok("GET", PATH)


def test_a_cluster_is_reconciling_while_it_is_updated_and_changed_afterwards(cloud: Cloud) -> None:
    """Its Kubernetes API stays up all the while."""
    cloud.running()
    operation = cloud.ok("PUT", PATH, {"update": {"desiredGatewayApiConfig": {"channel": 4}}})
    during = cloud.ok("GET", PATH)
    cloud.wait(1000)
    after = cloud.ok("GET", PATH)
    assert (operation["operationType"], during["status"], after["status"]) == (
        "UPDATE_CLUSTER",
        "RECONCILING",
        "RUNNING",
    )
    assert "gatewayApiConfig" not in during["networkConfig"]
    assert after["networkConfig"]["gatewayApiConfig"] == {"channel": "CHANNEL_STANDARD"}
    assert len(cloud.world[CLUSTER_APIS]) == 1


@pytest.mark.parametrize(
    ("update", "path", "value"),
    [
        ({"desiredReleaseChannel": {"channel": "STABLE"}}, "releaseChannel.channel", "STABLE"),
        (
            {"desiredControlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}}},
            "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic",
            True,
        ),
        (
            {"desiredWorkloadIdentityConfig": {"workloadPool": "shop.svc.id.goog"}},
            "workloadIdentityConfig.workloadPool",
            "shop.svc.id.goog",
        ),
        (
            {"desiredAddonsConfig": {"httpLoadBalancing": {"disabled": True}}},
            "addonsConfig.httpLoadBalancing.disabled",
            True,
        ),
        ({"desiredDefaultEnablePrivateNodes": True}, "networkConfig.defaultEnablePrivateNodes", True),
    ],
)
def test_an_update_changes_its_part_and_leaves_the_rest(
    cloud: Cloud, update: dict[str, Any], path: str, value: object
) -> None:
    """The other fields of the same object stay."""
    before = cloud.running()
    after = _update(cloud, **update)
    found: Any = after
    for key in path.split("."):
        found = found[key]
    top = path.split(".")[0]
    assert found == value
    assert {k for k in before if before[k] != after[k]} <= {top}
    assert set(before.get(top, {})) <= set(after[top])


def test_an_updated_dns_endpoint_keeps_its_address(cloud: Cloud) -> None:
    """Only what is said changes."""
    before = cloud.running()["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    asked = {"dnsEndpointConfig": {"allowExternalTraffic": True}}
    after = _update(cloud, desiredControlPlaneEndpointsConfig=asked)
    assert after["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"] == before


def test_autoscaling_goes_to_the_pool_that_is_named(cloud: Cloud) -> None:
    """`desiredNodePoolId` goes with it and is no second update."""
    cloud.running(nodePools=[{"name": "a", "initialNodeCount": 1}, {"name": "b", "initialNodeCount": 1}])
    scaling = {"enabled": True, "maxNodeCount": 3}
    after = _update(cloud, desiredNodePoolId="b", desiredNodePoolAutoscaling=scaling)
    assert [pool.get("autoscaling") for pool in after["nodePools"]] == [None, scaling]


@pytest.mark.parametrize(
    ("update", "status", "words"),
    [
        ({}, 400, "Must specify a field to update."),
        (
            {"desiredReleaseChannel": {"channel": "RAPID"}, "desiredFleet": {"project": "shop"}},
            400,
            "Exactly one update can be applied to a cluster with each request",
        ),
        ({"desiredImageType": "COS"}, 405, "The local cloud does not implement"),
        ({"desiredWorkloadIdentityConfig": {"workloadPool": "x.svc.id.goog"}}, 400, "Workload pool"),
    ],
)
def test_an_update_that_cannot_be_is_refused(
    cloud: Cloud, update: dict[str, Any], status: int, words: str
) -> None:
    """Nothing begins."""
    cloud.running()
    refusal = cloud.refusal("PUT", PATH, {"update": update})
    assert (refusal[0], refusal[2].startswith(words)) == (status, True)
    assert cloud.ok("GET", PATH)["status"] == "RUNNING"


def test_labels_are_set_whole_by_the_fingerprint_that_they_had(cloud: Cloud) -> None:
    """A stale one is refused in Google's words; no labels at all have the fingerprint that Google gives them."""
    before = cloud.running()
    body = {"labelFingerprint": before["labelFingerprint"], "resourceLabels": {"team": "web"}}
    operation = cloud.ok("POST", f"{PATH}:setResourceLabels", body)
    cloud.wait(100)
    after = cloud.ok("GET", PATH)
    stale = cloud.refusal("POST", f"{PATH}:setResourceLabels", body)
    assert (operation["operationType"], before["labelFingerprint"]) == ("SET_LABELS", "a9dc16a7")
    assert after["resourceLabels"] == {"team": "web"}
    assert stale[:2] == (400, "FAILED_PRECONDITION")
    assert stale[2].endswith(
        f'fingerprint supplied was "a9dc16a7", the expected one is "{after["labelFingerprint"]}".'
    )


def test_labels_given_at_creation_can_be_taken_away(cloud: Cloud) -> None:
    """An empty map leaves the field out."""
    before = cloud.running(resourceLabels={"a": "1"})
    body = {"labelFingerprint": before["labelFingerprint"], "resourceLabels": {}}
    cloud.ok("POST", f"{PATH}:setResourceLabels", body)
    cloud.wait(100)
    assert "resourceLabels" not in cloud.ok("GET", PATH)
