"""Programs of Google's read what the functions made: two pictures from one hand agree too easily.

They run where they are installed, and a line says so where they are not.
"""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import yaml

from tests.acceptance.google_programs import look
from tests.acceptance.runs import STORE, run

# `make test` has the programs ask each service for itself.
pytestmark = [pytest.mark.judge, pytest.mark.long, pytest.mark.xdist_group("google programs")]

needs_gcloud = pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
needs_kubectl = pytest.mark.skipif(
    not (shutil.which("gcloud") and shutil.which("kubectl") and shutil.which("gke-gcloud-auth-plugin")),
    reason="kubectl, gcloud or gke-gcloud-auth-plugin is not installed",
)


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What gcloud and kubectl print of the tutorial's environment after it was deployed."""
    return run(STORE, seed=0, visit=look).extra


@needs_gcloud
def test_gcloud_lists_the_clusters_as_running(seen: dict[str, Any]) -> None:
    """Both, with our label and the Gateway API."""
    assert {("gke-west-1", "us-west1-a", "RUNNING"), ("gke-east-1", "us-east1-c", "RUNNING")} == {
        (each["name"], each["location"], each["status"]) for each in seen["clusters"]
    }
    assert all("store" == each["resourceLabels"]["fleetgate-env"] for each in seen["clusters"])


@needs_gcloud
def test_gcloud_lists_the_memberships_in_their_regions(seen: dict[str, Any]) -> None:
    """A zonal cluster's membership is regional."""
    found = {each["name"].partition("/locations/")[2]: each["state"]["code"] for each in seen["memberships"]}

    assert {"us-west1/memberships/gke-west-1": "READY", "us-east1/memberships/gke-east-1": "READY"} == found


@needs_gcloud
@pytest.mark.parametrize("feature", ["mcs", "ingress"])
def test_gcloud_describes_the_features_as_ok_for_both_members(seen: dict[str, Any], feature: str) -> None:
    """ACTIVE alone would prove nothing."""
    described = seen[feature]

    assert "ACTIVE" == described["resourceState"]["state"]
    assert ["OK", "OK"] == [each["state"]["code"] for each in described["membershipStates"].values()]
    grant = {"fleetgate-importer": "granted"} if feature == "mcs" else {}
    assert {"fleetgate-env": "store"} | grant == described["labels"]


@needs_gcloud
def test_gcloud_lists_the_proxy_only_subnets_with_our_mark(seen: dict[str, Any]) -> None:
    """One ACTIVE /23 a region, outside of 10.128.0.0/9."""
    found = {each["region"].rsplit("/", 1)[-1]: each for each in seen["subnets"]}

    assert {"us-west1", "us-east1"} == set(found)
    assert all(each["ipCidrRange"].endswith("/23") and "ACTIVE" == each["role"] for each in found.values())
    assert all("fleetgate-env=store" in each["description"] for each in found.values())


@needs_gcloud
def test_gcloud_shows_the_environment_by_its_anchor(seen: dict[str, Any]) -> None:
    """One reserved address, whose labels say who holds the environment and until when."""
    (anchor,) = [each for each in seen["addresses"] if "fleetgate-store" == each["name"]]

    assert "store" == anchor["labels"]["fleetgate-env"]
    assert anchor["labels"]["fleetgate-expires"].isdigit()


@needs_gcloud
def test_gcloud_lists_a_forwarding_rule_for_each_vip(seen: dict[str, Any]) -> None:
    """Global, internal managed, port 80."""
    assert 2 == len(seen["rules"])
    assert all("INTERNAL_MANAGED" == each["loadBalancingScheme"] for each in seen["rules"])


@needs_gcloud
def test_gcloud_lists_topics_and_the_execution(seen: dict[str, Any]) -> None:
    """The workflow's one execution succeeded."""
    assert {"fleetgate-requests", "fleetgate-events"} <= {
        each["name"].rsplit("/", 1)[-1] for each in seen["topics"]
    }
    assert ["SUCCEEDED"] == [each["state"] for each in seen["executions"]]


@needs_kubectl
def test_kubectl_reads_gateway_routes_and_imports(seen: dict[str, Any]) -> None:
    """Programmed, reconciled, and three imports with the memberships that export them."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for each in yaml.safe_load(seen["objects"])["items"]:
        by_kind.setdefault(each["kind"], []).append(each)
    (gateway,), (route,) = by_kind["Gateway"], by_kind["HTTPRoute"]
    conditions = {each["type"]: each["status"] for each in gateway["status"]["conditions"]}
    reconciled = {each["type"]: each["status"] for each in route["status"]["parents"][0]["conditions"]}
    members = {each["metadata"]["name"]: len(each["status"]["clusters"]) for each in by_kind["ServiceImport"]}

    assert "True" == conditions["Programmed"]
    assert {"Accepted": "True", "ResolvedRefs": "True", "Reconciled": "True"} == reconciled
    assert {"store": 2, "store-west-1": 1, "store-east-1": 1} == members


@needs_kubectl
def test_kubectl_prints_tables_for_people(seen: dict[str, Any]) -> None:
    """With the columns that a real cluster has."""
    assert ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"] == seen["deployments"].splitlines()[0].split()
    assert "2/2" in seen["deployments"]
    assert ["NAME", "CLASS", "ADDRESS", "PROGRAMMED", "AGE"] == seen["gateways"].splitlines()[0].split()
    assert "gke-l7-cross-regional-internal-managed-mc" in seen["classes"]
