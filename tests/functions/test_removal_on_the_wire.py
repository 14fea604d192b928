"""Fleet, clusters and subnets made and removed by the real functions, in a cloud with its own time."""

from __future__ import annotations

import asyncio
from typing import Any

from functions.fleet.remaining import APIS
from localcloud.container.kube import CLUSTER_APIS
from localcloud.serviceusage import usage
from shared.google.gkehub import INGRESS, MCS
from tests.functions.test_fleet_on_the_wire import POOL, STANDARD, WEST, last, outcomes
from tests.support.cloud import UNKIND, Bench
from tests.support.fleets import FEATURES
from tests.support.live import EXAMPLE
from tests.support.projects import PROJECT

Json = dict[str, Any]

STEPS = ("fleet", "clusters", "subnets")
FEATURE_DELETION = "gkehub.projects.locations.features.delete"
DELETIONS = {
    FEATURE_DELETION: 2,
    "container.projects.locations.clusters.delete": 1,
    "compute.subnetworks.delete": 2,
}
FIT = {"networkConfig": STANDARD, "ipAllocationPolicy": {"useIpAliases": True}, **POOL}


async def take_down(bench: Bench) -> dict[str, list[Json]]:
    """Every answer of the three, one after another, each of which ends as done."""
    heard: dict[str, list[Json]] = {}
    for step in STEPS:
        heard |= await bench.ask(step, mode="destroy")
        assert "done" == heard[step][-1]["outcome"], heard[step]
    return heard


def counts(bench: Bench, since: int) -> dict[str, int]:
    """How often each deletion was made since so many changes."""
    made = [method for method, _ in bench.changed()[since:]]
    return {method: made.count(method) for method in DELETIONS}


def everything(bench: Bench) -> Json:
    """All that there is, but for the CRDs that multi-cluster Services leave in a cluster [inferred]."""
    dump = bench.resources()
    kept = {
        name: [each for each in objects if each["kind"] != "CustomResourceDefinition"]
        for name, objects in dump["clusters"].items()
    }
    return {**dump, "clusters": kept}


def features(bench: Bench) -> list[str]:
    found = bench.call("GET", f"gkehub/v1/{FEATURES}").get("resources", [])
    return sorted(each["name"].rpartition("/")[2] for each in found)


async def with_an_existing_cluster(bench: Bench) -> Json:
    """Deploy with the first cluster made before by somebody; all there was then."""
    await bench.create_cluster("gke-west-1", "us-west1-a", fleet={"project": PROJECT}, **FIT)
    west, east = EXAMPLE["clusters"]
    bench.document = {**EXAMPLE, "clusters": [{**west, "existing": True}, east]}
    before = everything(bench)
    assert dict.fromkeys(STEPS, "done") == last(await bench.ask(*STEPS))
    return before


def test_what_was_made_is_removed_once() -> None:
    """Messages come twice; features, grant, clusters, memberships and subnets go; asked again, each step looks once."""

    async def story() -> None:
        async with Bench(STEPS, delivery=UNKIND, seed=3) as bench:
            before = await with_an_existing_cluster(bench)
            made = len(bench.changed())
            await take_down(bench)
            assert before == everything(bench)
            assert DELETIONS == counts(bench, made)
            finished = len(bench.changed())
            assert {step: ["done"] for step in STEPS} == outcomes(await bench.ask(*STEPS, mode="destroy"))
            assert finished == len(bench.changed())

    asyncio.run(story())


def test_what_others_use_stays_and_is_theirs_from_then_on() -> None:
    """An existing cluster of the environment is not ours either; only what is done with it counts.

    The answer says who uses it; labels that others have put on it stay. Nothing takes it for ours afterwards, not even
    when nobody uses it any more.
    """

    async def story() -> None:
        async with Bench(STEPS, delivery=UNKIND, seed=3) as bench:
            await with_an_existing_cluster(bench)
            made = len(bench.changed())
            services = bench.call("GET", f"gkehub/v1/{FEATURES}/{MCS}")
            more = {"labels": {**services["labels"], "team": "search"}}
            bench.call("PATCH", f"gkehub/v1/{FEATURES}/{MCS}", more, updateMask="labels")
            api = bench.cloud.world[CLUSTER_APIS][WEST]
            export = {"apiVersion": "net.gke.io/v1", "metadata": {"name": "cart", "namespace": "default"}}
            api.create("net.gke.io/ServiceExport", export)

            answers = await take_down(bench)
            told = [
                each["outputs"]["shared"] for each in answers["fleet"] if "shared" in each.get("outputs", {})
            ]
            assert f"/features/{MCS}" in told[0][0]["resource"]
            assert "/memberships/gke-west-1 has ServiceExport default/cart" in told[0][0]["why"]
            assert {"team": "search"} == bench.call("GET", f"gkehub/v1/{FEATURES}/{MCS}")["labels"]

            api.delete("net.gke.io/ServiceExport", "default", "cart")
            await take_down(bench)
            assert [MCS] == features(bench)
            assert {**DELETIONS, FEATURE_DELETION: 1} == counts(bench, made)

    asyncio.run(story())


def test_a_deploy_that_meets_a_teardown_waits_and_makes_it_all_again() -> None:
    """Clusters are leaving the fleet, features DISABLING, subnets on their way out; nothing is blocked or failed."""

    async def story() -> None:
        async with Bench(STEPS, seed=3) as bench:
            assert dict.fromkeys(STEPS, "done") == last(await bench.ask(*STEPS))
            begun = await bench.ask(*STEPS, mode="destroy", once=True, settle=0.0)
            assert {step: ["waiting"] for step in STEPS} == outcomes(begun)

            again = await bench.ask(*STEPS)
            assert dict.fromkeys(STEPS, "done") == last(again)
            assert {"waiting", "done"} == {each for heard in outcomes(again).values() for each in heard}
            assert "ClusterUpdating" == again["clusters"][0]["reason"]
            assert again["subnets"][0]["reason"] in (
                "ProxySubnetDeleting",
                "ProxySubnetCreating",
            )  # it may be gone
            assert [INGRESS, MCS] == features(bench)
            assert {step: ["done"] for step in STEPS} == outcomes(await bench.ask(*STEPS))

    asyncio.run(story())


def test_apis_are_disabled_where_they_can_be() -> None:
    """One that was used lately is refused, which is told and fails nothing; the others are off."""

    async def story() -> None:
        async with Bench(("fleet",), disable_apis=True) as bench:
            world = bench.cloud.world
            usage.record(world, world.projects.get(PROJECT), APIS[2])
            heard = (await bench.ask("fleet", mode="destroy"))["fleet"]

            rows = heard[-1]["outputs"]["apis"]
            assert {"waiting", "done"} == {each["outcome"] for each in heard}
            assert [(APIS[0], True), (APIS[1], True), (APIS[2], False)] == [
                (row["api"], row["disabled"]) for row in rows
            ]
            assert "has usage in the last 30 days" in rows[2]["why"]
            assert [APIS[2]] == sorted(world.projects.get(PROJECT).enabled & set(APIS))

    asyncio.run(story())
