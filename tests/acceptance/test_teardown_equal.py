"""After a teardown the cloud is what it was: in another network, and with clusters that were there before."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from shared.importer import ROLE, importer_of
from tests.acceptance import foreign
from tests.acceptance.runs import STORE, settle, store
from tests.acceptance.test_changes import ask
from tests.acceptance.test_teardown import PROJECT, difference, lived, until

APPS = {"network": "shop-vpc", "subnetwork": "apps"}
CLUSTERS = {each["name"]: each["location"] for each in STORE["clusters"]}
FEATURES = f"projects/{PROJECT}/locations/global/features"
THEIRS = (
    ("Namespace", "", "theirs", {}),
    ("Namespace", "", "store", {}),  # the very one that the environment uses
    ("ConfigMap", "theirs", "notes", {"data": {"read": "me"}}),
    ("ConfigMap", "store", "notes", {"data": {"read": "me too"}}),
    ("Service", "theirs", "shop", {"spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]}}),
    ("net.gke.io/ServiceExport", "theirs", "shop", {}),
)


@pytest.mark.long
def test_nothing_is_left_in_a_network_of_another_name() -> None:
    """With subnetworks of another name, too."""

    async def scenario() -> None:
        async with LocalRun(seed=7, network_name="shop-vpc", subnetwork="apps") as local:
            before, outcomes = await lived(local, store(**APPS))

            assert ["done", "done"] == outcomes
            assert [] == difference(before, local.cloud.dump())

    asyncio.run(scenario())


def test_existing_clusters_keep_all_that_others_made_in_them() -> None:
    """In the fleet before, with namespaces, objects and an export of somebody's: all of it stays."""

    async def scenario() -> None:
        async with LocalRun(seed=8) as local:
            await _in_use_already(local)
            document = copy.deepcopy(STORE)
            for cluster in document["clusters"]:
                cluster["existing"] = True
            before, theirs = local.cloud.dump(), _picture(local)
            deployed = await local.deploy(document)
            await settle(local, [])
            assert ("done", theirs) == (deployed.outcome, _picture(local))

            removed = await local.teardown("store")
            await settle(local, [])
            assert ("done", theirs) == (removed.outcome, _picture(local))
            assert [] == difference(before, local.cloud.dump())

    asyncio.run(scenario())


@pytest.mark.long
def test_no_firewall_rule_is_left_where_multi_cluster_services_stay() -> None:
    """Other people enabled them, so they are not disabled: clusters leave the fleet, then the rule goes, then they."""

    async def scenario() -> None:
        async with LocalRun(seed=9) as local:
            await foreign.plant(local)
            before, outcomes = await lived(local, STORE)
            left = difference(before, local.cloud.dump())

            assert ["done", "done"] == outcomes
            assert [] == [each for each in left if ROLE not in each], (
                "but for the importer's grant, which others use"
            )

    asyncio.run(scenario())


async def _in_use_already(local: LocalRun) -> None:
    """Two clusters in a fleet with multi-cluster Services, which somebody uses."""
    project = local.cloud.world.projects.get(PROJECT)
    members = [importer_of(PROJECT, project.number)]
    project.policy["bindings"].append({"role": ROLE, "members": members})
    for name, zone in CLUSTERS.items():
        parent = f"projects/{PROJECT}/locations/{zone}"
        ask(local, f"container/v1/{parent}/clusters", {"cluster": _cluster(name)})
    ask(local, f"gkehub/v1/{FEATURES}?featureId=multiclusterservicediscovery", {"labels": {"team": "search"}})
    await until(local, local.cloud.world.clock.now + 1200)
    for cluster in _apis(local):
        for kind, namespace, name, rest in THEIRS:
            cluster.apply(kind, _object(kind, namespace, name, rest), "kubectl")
    await until(local, local.cloud.world.clock.now + 600)


def _cluster(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "initialNodeCount": 3,
        "network": "default",
        "subnetwork": "default",
        "ipAllocationPolicy": {"useIpAliases": True},
        "networkConfig": {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}},
        "workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"},
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}},
        "fleet": {"project": PROJECT},
        "resourceLabels": {"team": "search"},
    }


def _object(kind: str, namespace: str, name: str, rest: dict[str, Any]) -> dict[str, Any]:
    group, _, bare = kind.rpartition("/")
    meta = {"name": name, "labels": {"team": "search"}} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": bare, "metadata": meta, **rest}


def _apis(local: LocalRun) -> list[Any]:
    names = [f"projects/{PROJECT}/locations/{zone}/clusters/{name}" for name, zone in CLUSTERS.items()]
    return [local.cloud.world.clusters[name] for name in names]


def _picture(local: LocalRun) -> str:
    """Their objects, to the byte, without what the platform says of an export's state."""
    found = [
        {key: value for key, value in cluster.get(kind, namespace, name).items() if key != "status"}
        for cluster in _apis(local)
        for kind, namespace, name, _ in THEIRS
    ]
    return json.dumps(found, sort_keys=True)
