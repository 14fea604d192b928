"""What a teardown leaves: nothing; and who wins when requests meet."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.installation import ROOT
from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from localcloud.wire.messages import Caller, Request
from tests.acceptance import foreign
from tests.acceptance.races import last_of_three_holds, teardown_overtakes
from tests.acceptance.runs import settle, store
from tests.support.dumps import difference, left, standing

STATIC = {"addresses": "static"}
EXISTING = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
ANCHOR = f"projects/{PROJECT}/regions/us-central1/addresses/fleetgate-store"
GATEWAY = "gateway.networking.k8s.io/Gateway"
INGRESS = f"projects/{PROJECT}/locations/global/features/multiclusteringress"
KEEPER = "example.com/keeper"
CRDS = {
    "serviceexports.net.gke.io",
    "serviceimports.net.gke.io",
    "servicenetworkendpointgroups.networking.gke.io",
}


async def lived(local: LocalRun, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Deploy and tear down: the dump before, and how both ended."""
    before = local.cloud.dump()
    deployed = await local.deploy(document)
    removed = await local.teardown(document["name"])
    await settle(local, [])
    return before, [deployed.outcome, removed.outcome]


@pytest.mark.long  # `test_teardown_equal` has a shorter one of the kind
def test_an_existing_cluster_is_left_as_it_was() -> None:
    """Without anything of ours in it or on it. What Google's controller installed with the feature stays [inferred]."""

    async def scenario() -> None:
        async with LocalRun(seed=5) as local:
            await make_cluster(local, "gke-west-1", "us-west1-a")
            document = store()
            document["clusters"][0]["existing"] = True
            before, outcomes = await lived(local, document)
            after = standing(local.cloud.dump())
            here, now = (each["clusters"].pop(EXISTING) for each in (before, after))

            assert outcomes == ["done", "done"]
            assert difference(before, after) == []
            assert [each for each in here if each not in now] == []
            assert {each["metadata"]["name"] for each in now if each not in here} <= CRDS

    asyncio.run(scenario())


def test_a_lease_ends_by_itself_and_nothing_is_left() -> None:
    """The scheduler sweeps, warns once, and what has outlived its lease is removed, reserved addresses too.

    The cloud is what it was before, but for chance and history; also a custom-mode network.
    """

    async def scenario() -> None:
        async with LocalRun(seed=6, network="custom", sweep=True) as local:
            events: list[dict[str, Any]] = []
            local.cloud.broker.listen(local.installation.topic("events"), events.append)
            before = local.cloud.dump()
            assert (await local.deploy(store(ttl="1h", gateway=STATIC))).outcome == "done"
            await until(local, local.cloud.world.clock.now + 2 * 3600)

            endings = [each["attributes"]["ce-type"].rpartition(".")[2] for each in events]
            assert endings == ["verified", "expiring", "removed"]
            assert await left(local, before) == []

    asyncio.run(scenario())


@pytest.mark.long
@pytest.mark.parametrize("held", ["a finalizer", "a config membership"])
def test_a_gateway_that_is_held_stops_the_teardown_and_a_later_sweep_finishes_it(held: str) -> None:
    """Nothing that its load balancer needs is touched before it is gone: not the features, memberships or clusters.

    Who holds it is said; once it has let go, nothing is left, and nobody has asked but the scheduler.
    """

    async def scenario() -> None:
        async with LocalRun(seed=9, sweep=True) as local:
            endings = listen(local)
            world, before = local.cloud.world, local.cloud.dump()
            assert (await local.deploy(store(ttl="30m"))).outcome == "done"
            stood = foundations(local)
            hold, let_go, words = HOLDS[held]
            hold(local)
            await ended(local, endings, "blocked")

            (told,) = endings["blocked"][0]["reasons"]
            assert ("GATEWAY_HELD", "gateway") == (told["code"], told["step"])
            assert "Gateway store/internal-cross-region-gateway in cluster gke-west-1" in told["cause"]
            assert words in told["cause"]
            assert stood == foundations(local)
            assert (
                "teardown" == world.store["compute.addresses"].list(ANCHOR)[0]["labels"]["fleetgate-action"]
            )

            let_go(local)
            await ended(local, endings, "removed")
            assert [] == await left(local, before)

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(1))  # `make prove` has more
def test_a_teardown_that_overtakes_a_deploy_leaves_nothing(seed: int) -> None:
    """Wherever the deploy is when the newer request comes, or if it comes after it."""
    assert asyncio.run(teardown_overtakes(seed, ROOT)) == ""


@pytest.mark.parametrize("seed", range(1))
def test_of_deploy_teardown_deploy_the_last_one_holds(seed: int) -> None:
    """The others end superseded, wherever they were."""
    assert asyncio.run(last_of_three_holds(seed, ROOT)) == ""


def listen(local: LocalRun) -> dict[str, list[dict[str, Any]]]:
    """The endings that are told from now on, by kind."""
    endings: dict[str, list[dict[str, Any]]] = {}

    def hear(message: dict[str, Any]) -> None:
        kind = message["attributes"]["ce-type"].rpartition(".")[2]
        endings.setdefault(kind, []).append(json.loads(base64.b64decode(message["data"])))

    local.cloud.broker.listen(local.installation.topic("events"), hear)
    return endings


async def ended(local: LocalRun, endings: dict[str, list[Any]], kind: str) -> None:
    """Let time pass until an ending of this kind is told, four hours at the most."""
    clock = local.cloud.world.clock
    over = clock.now + 4 * 3600
    await local.cloud.run_until(lambda: (kind in endings and local.cloud.schedule.idle) or clock.now > over)
    assert kind in endings, f"not {kind}: {endings}"


def foundations(local: LocalRun) -> dict[str, Any]:
    """What the Gateway's load balancer needs, as it is asked for."""
    store = local.cloud.world.store
    kinds = ("gkehub.features", "gkehub.memberships", "container.clusters", "compute.subnetworks")
    return {kind: store[kind].names() for kind in kinds}


def put_finalizer(local: LocalRun) -> None:
    """Somebody's controller puts its finalizer on the Gateway, beside what is there."""
    _change_finalizers(local, lambda there: [*there, KEEPER])


def take_finalizer(local: LocalRun) -> None:
    """It takes its finalizer off again."""
    _change_finalizers(local, lambda there: [each for each in there if each != KEEPER])


def _change_finalizers(local: LocalRun, change: Callable[[list[str]], list[str]]) -> None:
    api, name = local.cloud.world[CLUSTER_APIS][EXISTING], "internal-cross-region-gateway"
    there = (api.get(GATEWAY, "store", name) or {})["metadata"].get("finalizers", [])
    api.patch(GATEWAY, "store", name, {"metadata": {"finalizers": change(there)}}, "keeper")


def move_config(local: LocalRun, membership: str) -> None:
    """Somebody moves the config membership: only in its cluster Gateways are looked after."""
    full = f"projects/{PROJECT}/locations/{membership}"
    spec = {"multiclusteringress": {"configMembership": full}}
    local.cloud.world.store["gkehub.features"].change(INGRESS, spec=spec)


HOLDS: dict[str, tuple[Callable[[LocalRun], None], Callable[[LocalRun], None], str]] = {
    "a finalizer": (put_finalizer, take_finalizer, KEEPER),
    "a config membership": (
        partial(move_config, membership="us-east1/memberships/gke-east-1"),
        partial(move_config, membership="us-west1/memberships/gke-west-1"),
        "gcloud container fleet ingress update --config-membership=gke-west-1 --location=us-west1",
    ),
}


async def make_cluster(local: LocalRun, name: str, zone: str) -> None:
    """A cluster that somebody made before, fit to be used."""
    path = f"/container/v1/projects/{PROJECT}/locations/{zone}/clusters"
    text = json.dumps({"cluster": foreign.fit_cluster(PROJECT, name)}).encode()
    answer = local.cloud.answer(Request("POST", path, {}, {}, text, Caller("user@example.com")))
    assert answer.status == 200, answer.body
    await until(local, local.cloud.world.clock.now + 900)


async def until(local: LocalRun, when: float) -> None:
    """Let time pass."""
    clock = local.cloud.world.clock
    clock.at(when, lambda: None)
    await local.cloud.run_until(lambda: clock.now >= when and local.cloud.schedule.idle)
