"""Clusters, fleet and service export as deployed: real functions side by side, in a cloud with its own time."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from localcloud.container.kube import CLUSTER_APIS
from localcloud.pubsub.broker import Delivery
from shared.google.gkehub import INGRESS, MCS
from tests.support.cloud import UNKIND, Bench
from tests.support.fleets import FEATURES
from tests.support.live import EXAMPLE
from tests.support.projects import PROJECT

Json = dict[str, Any]

STEPS = ("clusters", "fleet", "service_export")
EAST = f"projects/{PROJECT}/locations/us-east1-c/clusters/gke-east-1"
WEST = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
CREATED = {"container.projects.locations.clusters.create": 2, "gkehub.projects.locations.features.create": 2}
STANDARD = {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}}
POOL = {"workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"}}
OWNED = {"resourceLabels": {"fleetgate-env": "blue"}}


def outcomes(answers: dict[str, list[Json]]) -> dict[str, list[str]]:
    return {step: [each["outcome"] for each in heard] for step, heard in answers.items()}


def last(answers: dict[str, list[Json]]) -> dict[str, str]:
    return {step: heard[-1]["outcome"] for step, heard in answers.items()}


def importers(bench: Bench) -> dict[str, list[str]]:
    """What each import of the config cluster lists."""
    found = bench.cloud.world[CLUSTER_APIS][WEST].list("net.gke.io/ServiceImport")
    return {
        each["metadata"]["name"]: sorted(
            one["cluster"].rpartition("/")[2] for one in each["status"]["clusters"]
        )
        for each in found
    }


def test_a_fleet_comes_to_be_from_nothing_and_then_stays_as_it_is() -> None:
    """A check changes nothing and shows everything; what was made is made once; asked again, each step looks once.

    A service that is asked for in fewer clusters is withdrawn from the others.
    """

    async def story() -> None:
        async with Bench() as bench:
            before = bench.resources()
            planned = await bench.ask(*STEPS, mode="check")
            assert {step: ["done"] for step in STEPS} == outcomes(planned)
            assert {"clusters": 2, "fleet": 3, "service_export": 12} == {
                step: len(heard[0]["changes"]) for step, heard in planned.items()
            }
            assert (before, []) == (bench.resources(), bench.changed())

            made = await bench.ask(*STEPS)
            assert dict.fromkeys(STEPS, "done") == last(made)
            shown = [change for step in STEPS for heard in made[step] for change in heard["changes"]]
            assert len(shown) == len(bench.changed())
            assert CREATED.items() <= Counter(method for method, _ in bench.changed()).items()
            assert {
                "store": ["gke-east-1", "gke-west-1"],
                "store-west-1": ["gke-west-1"],
                "store-east-1": ["gke-east-1"],
            } == importers(bench)

            finished = len(bench.changed())
            again = await bench.ask(*STEPS)
            assert {step: ["done"] for step in STEPS} == outcomes(again)
            assert {"clusters": 2, "fleet": 5, "service_export": 11} == {
                step: heard[0]["calls"]["total"] for step, heard in again.items()
            }
            assert finished == len(bench.changed())

            store, *others = EXAMPLE["services"]
            bench.document = {**EXAMPLE, "services": [{**store, "clusters": ["gke-east-1"]}, *others]}
            assert {"service_export": "done"} == last(await bench.ask("service_export"))
            assert ["gke-east-1"] == importers(bench)["store"]
            assert finished + 2 == len(bench.changed())  # the export, then the Service

    asyncio.run(story())


def test_messages_that_come_twice_and_out_of_order_make_nothing_twice() -> None:
    """Two instances of a function look and act side by side; who comes second finds it done."""

    async def story() -> None:
        async with Bench(delivery=UNKIND, seed=5) as bench:
            assert dict.fromkeys(STEPS, "done") == last(await bench.ask(*STEPS))
            done = Counter(method for method, _ in bench.changed())
            assert CREATED.items() <= done.items()
            bound = bench.call("POST", f"cloudresourcemanager/v3/projects/{PROJECT}:getIamPolicy", {})[
                "bindings"
            ]
            viewers = [each["members"] for each in bound if each["role"] == "roles/compute.networkViewer"]
            assert [1] == [len(each) for each in viewers]
            assert ["gke-east-1", "gke-west-1"] == importers(bench)["store"]

    asyncio.run(story())


def test_what_is_foreign_stops_a_step_and_stays_as_it_is() -> None:
    """A cluster of the same name; an existing one that lacks the Gateway API; a fleet of another environment."""

    async def story() -> None:
        async with Bench(("clusters", "fleet"), Delivery()) as bench:
            await bench.create_cluster("gke-east-1", "us-east1-c", **OWNED)
            await bench.create_cluster("gke-west-1", "us-west1-a", fleet={"project": PROJECT}, **POOL)
            labels = {"labels": {"fleetgate-env": "blue"}}
            bench.call("POST", f"gkehub/v1/{FEATURES}", labels, featureId=MCS)
            await bench.let_pass(600.0)
            before = bench.resources()
            west, east = EXAMPLE["clusters"]

            for mode in ("check", "apply"):
                bench.document = {
                    **EXAMPLE,
                    "clusters": [{"name": "new", "location": "us-west1-b"}, east],
                } | SMALL
                (foreign,) = (await bench.ask("clusters", mode=mode))["clusters"]
                bench.document = {**EXAMPLE, "clusters": [{**west, "existing": True}]} | SMALL
                (unfit,) = (await bench.ask("clusters", mode=mode))["clusters"]
                (in_use,) = (await bench.ask("fleet", mode=mode))["fleet"]

                assert ("blocked", "CLUSTER_FOREIGN") == (foreign["outcome"], foreign["code"])
                assert EAST in foreign["cause"]
                assert ("blocked", "CLUSTER_UNFIT") == (unfit["outcome"], unfit["code"])
                assert unfit["fix"].endswith("one flag at a time: --gateway-api=standard")
                assert ("blocked", "FLEET_IN_USE") == (in_use["outcome"], in_use["code"])
                assert "environment blue" in in_use["cause"]
            assert (before, []) == (
                bench.resources(),
                bench.changed(),
            )

    asyncio.run(story())


def test_a_fleet_that_somebody_else_set_up_is_used() -> None:
    """Existing clusters that have what it takes, features without our mark: only the grant is ours."""

    async def story() -> None:
        async with Bench(("clusters", "fleet")) as bench:
            (west, _) = EXAMPLE["clusters"]
            network = {"networkConfig": STANDARD, "ipAllocationPolicy": {"useIpAliases": True}}
            await bench.create_cluster(
                "gke-west-1", "us-west1-a", fleet={"project": PROJECT}, **POOL, **network
            )
            parent = f"gkehub/v1/projects/{PROJECT}/locations/global/features"
            member = f"projects/{PROJECT}/locations/us-west1/memberships/gke-west-1"
            spec = {"spec": {INGRESS: {"configMembership": member}}}
            bench.call("POST", parent, {}, featureId=MCS)
            bench.call(
                "POST", parent, {"spec": {"multiclusteringress": spec["spec"][INGRESS]}}, featureId=INGRESS
            )
            bench.document = {**EXAMPLE, "clusters": [{**west, "existing": True}]} | SMALL

            assert {"clusters": "done", "fleet": "done"} == last(await bench.ask("clusters", "fleet"))
            assert ["cloudresourcemanager.projects.setIamPolicy"] == [method for method, _ in bench.changed()]

    asyncio.run(story())


# One service and its route, in every cluster of a changed environment.
SMALL: Json = {
    "services": [{"name": "store", "port": 8080, "selector": {"app": "store"}}],
    "routes": [{"name": "r", "rules": [{"backendRefs": [{"name": "store", "port": 8080}]}]}],
}
