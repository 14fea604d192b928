"""A teardown where others work too: what they use stays and is theirs, and what they would lose stops it at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from tests.acceptance import foreign
from tests.acceptance.runs import STORE, settle
from tests.support.dumps import left
from tests.support.local_cloud import call, let_pass

FEATURES = f"projects/{PROJECT}/locations/global/features"
MCS = f"{FEATURES}/multiclusterservicediscovery"
THEIRS = f"projects/{PROJECT}/locations/us-east1-b/clusters/theirs"
CONFIG = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
GATEWAY = "gateway.networking.k8s.io/Gateway"
HIDDEN = {
    "privateClusterConfig": {"enablePrivateNodes": True, "enablePrivateEndpoint": True},
    "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": False}},
}


async def join(local: LocalRun, **more: Any) -> None:
    """Somebody's cluster joins the fleet."""
    body = {"cluster": foreign.fit_cluster(PROJECT, "theirs", **more)}
    call(local.cloud, "POST", f"container/v1/{THEIRS.rpartition('/clusters/')[0]}/clusters", body)
    await let_pass(local.cloud, 900.0)


def export(local: LocalRun) -> None:
    """Their cluster exports a Service."""
    api = local.cloud.world[CLUSTER_APIS][THEIRS]
    api.create("Namespace", {"metadata": {"name": "other"}})
    ports = {"ports": [{"port": 80}]}
    api.create("Service", {"metadata": {"name": "api", "namespace": "other"}, "spec": ports})
    api.create("net.gke.io/ServiceExport", {"metadata": {"name": "api", "namespace": "other"}})


@pytest.mark.parametrize(
    ("more", "why"),
    [
        pytest.param({}, "has ServiceExport other/api", id="export", marks=pytest.mark.long),
        pytest.param(HIDDEN, "its cluster cannot be looked into", id="private", marks=pytest.mark.long),
    ],
)
def test_a_feature_that_others_use_is_theirs_after_the_teardown(more: dict[str, Any], why: str) -> None:
    """It ends removed, says why the feature stays, and prints no command that would cut them off.

    Asked again, it is removed still; and the fleet is free for the next environment.
    """

    async def scenario() -> None:
        async with LocalRun(seed=4) as local:
            assert "done" == (await local.deploy(STORE)).outcome
            await join(local, **more)
            if not more:
                export(local)
            removed = await local.teardown("store")
            await settle(local, [])

            assert ("done", []) == (removed.outcome, removed.leaks)
            (row,) = (each for each in removed.foreign if each["resource"].endswith(MCS))
            assert f"/memberships/theirs {why}" in row["why"]
            left = local.cloud.world.store["gkehub.features"].list(f"{FEATURES}/")
            assert [(MCS, {})] == [(each["name"], each.get("labels") or {}) for each in left]
            again = await local.teardown("store")
            assert ("done", []) == (again.outcome, again.leaks)
            assert "done" == (await local.deploy({**STORE, "name": "next"})).outcome

    asyncio.run(scenario())


def test_somebodys_gateway_on_our_config_cluster_stops_a_teardown_before_anything_goes() -> None:
    """It is named; once it is gone, the same request goes through."""

    async def scenario() -> None:
        async with LocalRun(seed=4) as local:
            before = local.cloud.dump()
            assert "done" == (await local.deploy(STORE)).outcome
            api = local.cloud.world[CLUSTER_APIS][CONFIG]
            api.create("Namespace", {"metadata": {"name": "team-a"}})
            spec = {**api.list(GATEWAY)[0]["spec"], "addresses": []}
            api.create(GATEWAY, {"metadata": {"name": "theirs", "namespace": "team-a"}, "spec": spec})
            await settle(local, [])
            removed = await local.teardown("store")

            (told,) = removed.diagnoses
            assert ("blocked", "CLUSTER_IN_USE", "gateway") == (removed.outcome, told.code, told.step)
            assert "team-a/theirs in gke-west-1" in told.cause
            assert [] == [
                change for step in removed.steps if step.mode == "destroy" for change in step.changes
            ]
            api.delete(GATEWAY, "team-a", "theirs")
            await let_pass(local.cloud, 300.0)
            assert "done" == (await local.teardown("store")).outcome
            assert [] == await left(local, before)

    asyncio.run(scenario())
