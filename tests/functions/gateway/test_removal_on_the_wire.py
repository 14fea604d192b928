"""Gateway and exports taken down as deployed: what is ours goes, load balancer and all; what is not stays."""

from __future__ import annotations

import asyncio
from typing import Any

from localcloud.container.kube import CLUSTER_APIS
from shared.google.gkehub import INGRESS
from shared.labels import OWNER
from shared.step.packed import unpack
from tests.support.cloud import UNKIND, Bench
from tests.support.fleets import FEATURES
from tests.support.live import EXAMPLE
from tests.support.projects import PROJECT

Json = dict[str, Any]

STEPS = ("subnets", "clusters", "fleet", "service_export", "gateway")
EAST = f"projects/{PROJECT}/locations/us-east1-c/clusters/gke-east-1"
WEST = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
CONFIG = {"configMembership": f"projects/{PROJECT}/locations/us-west1/memberships/gke-west-1"}
PARTS = ("forwardingRules", "targetHttpProxies", "urlMaps", "backendServices", "healthChecks")
GATEWAY, ROUTE = "gateway.networking.k8s.io/Gateway", "gateway.networking.k8s.io/HTTPRoute"
FIT: Json = {
    "fleet": {"project": PROJECT},
    "workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"},
    "networkConfig": {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}},
    "ipAllocationPolicy": {"useIpAliases": True},
}


def somebodys_gateway(bench: Bench) -> None:
    """A Gateway of somebody else's, which routes to an import of ours and so shares its backend service."""
    api = bench.cloud.world[CLUSTER_APIS][WEST]
    api.create("Namespace", {"metadata": {"name": "other"}})
    ours = api.list(GATEWAY)[0]["spec"]
    spec = {**ours, "addresses": [each for each in ours["addresses"] if each["value"] == "us-west1"]}
    meta = {"name": "other", "namespace": "other", "labels": {OWNER: "blue"}}
    grant = {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "other"}],
        "to": [{"group": "net.gke.io", "kind": "ServiceImport"}],
    }
    api.create(GATEWAY, {"metadata": meta, "spec": spec})
    place = {"name": "theirs", "namespace": "store"}
    api.create("gateway.networking.k8s.io/ReferenceGrant", {"metadata": place, "spec": grant})
    backend = {"group": "net.gke.io", "kind": "ServiceImport", "name": "store", "namespace": "store"}
    rules = [{"backendRefs": [{**backend, "port": 8080}]}]
    api.create(ROUTE, {"metadata": meta, "spec": {"parentRefs": [{"name": "other"}], "rules": rules}})


def parts(bench: Bench) -> dict[str, Json]:
    """The parts of the controller's load balancers, by kind and name."""
    store = bench.cloud.world.store
    return {
        name.partition("/global/")[2]: part
        for kind in PARTS
        for name, part in store[f"compute.{kind}"].items()
    }


def disable_ingress_by_force(bench: Bench) -> None:
    bench.call("DELETE", f"gkehub/v1/{FEATURES}/{INGRESS}", force="true")


def enable_ingress(bench: Bench) -> None:
    bench.call("POST", f"gkehub/v1/{FEATURES}", {"spec": {INGRESS: CONFIG}}, featureId=INGRESS)


def names(bench: Bench, cluster: str, kind: str) -> list[str]:
    return [each["metadata"]["name"] for each in bench.cloud.world[CLUSTER_APIS][cluster].list(kind)]


def test_what_is_ours_goes_and_what_is_not_stays() -> None:
    """Without a controller the Gateway is left, and said to be held; with one again, it goes in its order.

    Another Gateway keeps its load balancer, shared backend service and firewall rule included. Exports and Services go
    in both clusters, and so would namespaces, but these clusters existed before and somebody has a thing in each.
    Messages come twice and out of order all the while.
    """

    async def story() -> None:
        async with Bench(STEPS) as bench:
            for each in EXAMPLE["clusters"]:
                await bench.create_cluster(each["name"], each["location"], **FIT)
            bench.document = {
                **EXAMPLE,
                "clusters": [{**each, "existing": True} for each in EXAMPLE["clusters"]],
            }
            made = await bench.ask(*STEPS)
            assert dict.fromkeys(STEPS, "done") == {
                step: heard[-1]["outcome"] for step, heard in made.items()
            }
            somebodys_gateway(bench)
            await bench.let_pass(600.0)
            theirs = {name: part for name, part in parts(bench).items() if "gkemcg1-other" in name}
            assert 3 == len(theirs)
            bench.cloud.world[CLUSTER_APIS][EAST].create(
                "ConfigMap", {"metadata": {"name": "notes", "namespace": "store"}, "data": {"a": "b"}}
            )
            bench.cloud.broker._delivery = UNKIND

            await taken_down(bench, theirs)
            await withdrawn(bench)

    asyncio.run(story())


async def taken_down(bench: Bench, theirs: dict[str, Json]) -> None:
    """While nobody is in charge the Gateway, marked, and its load balancer stay; then both go."""
    disable_ingress_by_force(bench)
    await bench.let_pass(60.0)
    bench.cloud.world.clock.after(400.0, lambda: enable_ingress(bench))
    heard = (await bench.ask("gateway", mode="destroy"))["gateway"]

    reasons = [each.get("reason", each["outcome"]) for each in heard]
    assert ["Inventoried", "GatewayHeld", "GatewayDeleting", "done"] == list(dict.fromkeys(reasons))
    (fix,) = {
        each["message"].partition("taken down: ")[2] for each in heard if "Held" in each.get("reason", "")
    }
    assert fix == (
        "gcloud container fleet ingress enable --config-membership=gke-west-1"
        f" --location=us-west1 --project={PROJECT}"
    )
    (inventory,) = [unpack(each["outputs"]["inventory"]) for each in heard if "outputs" in each]
    assert 2 + 1 + 1 + 4 + 4 + 1 == len(inventory)  # rules, proxy, URL map, services, checks, firewall rule
    changes = [change["resource"].split("/", 6)[-1] for each in heard for change in each["changes"]]
    assert ["HTTPRoute/store/store-route", "Gateway/store/internal-cross-region-gateway"] == changes
    assert theirs == {name: part for name, part in parts(bench).items() if name in theirs}
    assert [] == [name for name in parts(bench) if "gkemcg1-store-internal" in name]
    assert ["backendServices", "healthChecks"] == [
        name.partition("/")[0] for name in parts(bench) if "gkemcg1-store-store-8080" in name
    ]
    assert ["other"] == names(bench, WEST, GATEWAY) == names(bench, WEST, ROUTE)


async def withdrawn(bench: Bench) -> None:
    heard = (await bench.ask("service_export", mode="destroy"))["service_export"]

    assert "done" == heard[-1]["outcome"]
    assert {
        (f"{WEST}/Namespace/store", "it holds referencegrants/theirs"),
        (f"{EAST}/Namespace/store", "it holds configmaps/notes"),
    } == {(each["resource"], each["why"]) for each in heard[-1]["outputs"]["left"]}
    for cluster in (WEST, EAST):
        assert [] == names(bench, cluster, "net.gke.io/ServiceExport")
        assert [] == names(bench, cluster, "net.gke.io/ServiceImport")
        assert [] == [each for each in names(bench, cluster, "Service") if each.startswith("store")]
        assert ["gke-mcs-importer"] == names(bench, cluster, "apps/Deployment")
    assert [] == [name for name in parts(bench) if "gkemcs-" in name]
    assert ["theirs"] == names(bench, WEST, "gateway.networking.k8s.io/ReferenceGrant")
    assert "notes" in names(bench, EAST, "ConfigMap")
    assert [] == bench.cloud.world.store["compute.networkEndpointGroups"].names()
    finished = len(bench.changed())
    again = await bench.ask("gateway", "service_export", mode="destroy")
    assert [["done"], ["done"]] == [[each["outcome"] for each in heard] for heard in again.values()]
    assert finished == len(bench.changed())
