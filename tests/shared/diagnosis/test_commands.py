"""Fixes that depend on what there is: never fewer nodes than before, never a range that is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.diagnosis.case import Case, InCluster
from shared.diagnosis.cluster_error import cluster_in_error
from shared.diagnosis.importer_starved import importer_starved
from shared.diagnosis.imports import import_incomplete
from shared.diagnosis.pods import pods_not_ready
from shared.diagnosis.proxy_subnet import proxy_subnet_missing
from shared.diagnosis.service import service_unfit
from shared.spec import parse_environment
from tests.acceptance.runs import store
from tests.support.fleets import cluster
from tests.support.fleets import pool as nodes
from tests.support.projects import PROJECT

EAST = "gke-east-1"
NETWORK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/default"
STARVED = {
    "metadata": {"name": "importer-1", "namespace": "gke-mcs", "labels": {"k8s-app": "gke-mcs-importer"}},
    "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]},
}


def case(**fields: Any) -> Case:
    """The tutorial's environment, and what is observed of it."""
    return Case(parse_environment(store(), project=PROJECT), **fields)


def subnetwork(region: str, cidr: str) -> dict[str, Any]:
    """A subnet of the default network."""
    return {"name": "default", "network": NETWORK, "region": f"regions/{region}", "ipCidrRange": cidr}


@pytest.mark.parametrize(
    ("now", "zones", "asked"),
    [(1, 1, 3), (3, 1, 4), (1, 3, 2), (1, 0, 3)],
    ids=["one", "full", "regional", "none"],
)
def test_a_starved_importer_gets_more_nodes_than_there_are(now: int, zones: int, asked: int) -> None:
    """At least three in all, and one more in each zone than now: the number is of each zone."""
    pool = replace(nodes(EAST, count=now), path=f"{EAST}/nodePools/small", zones=("z",) * zones)
    inside = {EAST: InCluster({"Pod": [STARVED]})}
    (found,) = importer_starved(case(clusters={EAST: cluster(EAST, pools=(pool,))}, inside=inside))

    assert found.fix.endswith(f"--node-pool=small --num-nodes={asked}")


def test_a_network_without_a_free_range_is_not_told_to_take_one() -> None:
    """A command that leaves the range to be filled in would only fail."""
    taken = ("172.16.0.0/12", "10.0.0.0/8", "192.168.0.0/16")
    full = [subnetwork("us-west1", each) for each in taken]

    assert {False} == {each.fix.startswith("gcloud") for each in proxy_subnet_missing(case(subnetworks=full))}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("[GCE_STOCKOUT]: Instance 'i' creation failed", "Once it is deleted: choose another zone"),
        ("Internal error.", "if that fails in the same way, choose another zone"),
    ],
)
def test_a_broken_cluster_is_not_sent_back_to_where_it_failed(words: str, told: str) -> None:
    """To delete it is a command; where it may then be created is the environment's."""
    broken = cluster(EAST, status="ERROR", status_message=words)
    (found,) = cluster_in_error(case(clusters={EAST: broken}))

    assert found.fix.startswith("gcloud container clusters delete gke-east-1 ")
    assert words.rstrip(".") in found.cause and told in found.cause


def test_the_same_finding_for_several_services_is_one() -> None:
    """A person does one thing about it."""
    lacking = InCluster({"Service": [], "ServiceExport": []})
    imports = import_incomplete(case(inside={"gke-west-1": lacking, EAST: lacking}))
    ports = [{"port": 9090, "name": "http"}]
    services = [
        {"metadata": {"name": name, "namespace": "store"}, "spec": {"ports": ports}}
        for name in ("store", "store-east-1")
    ]
    (unfit,) = service_unfit(case(inside={EAST: InCluster({"Service": services, "Pod": []})}))

    assert ["gke-west-1/Service/store/store", "gke-east-1/Service/store/store"] == [
        each.resource for each in imports
    ]
    assert ("store/store in" in unfit.cause, "store/store-east-1 in" in unfit.cause) == (True, True)
    assert 2 == unfit.fix.count("kubectl patch service")


def test_pods_that_are_not_ready_are_started_anew_in_their_cluster() -> None:
    """The command says which cluster it is meant for."""
    labels = {"app": "store"}
    objects: dict[str, list[dict[str, Any]] | None] = {
        "Service": [{"metadata": {"name": "store", "namespace": "store"}, "spec": {"selector": labels}}],
        "Deployment": [
            {
                "metadata": {"name": "shop", "namespace": "store"},
                "spec": {"replicas": 2, "template": {"metadata": {"labels": labels}}},
            }
        ],
        "Pod": [{"metadata": {"name": "shop-1", "namespace": "store", "labels": labels}}],
    }
    (found,) = pods_not_ready(case(inside={"gke-east-1": InCluster(objects)}))

    credentials, _, restart = found.fix.partition(" && ")
    assert "gke-east-1 --location=us-east1-c --project=shop-prod" in credentials
    assert "kubectl rollout restart deployment shop --namespace=store" == restart
