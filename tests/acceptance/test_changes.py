"""A changed spec, deployed: what stands becomes what is asked for, in place, and nothing of what was stays behind."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from localcloud.wire.messages import Caller, Json, Request
from tests.acceptance.runs import RESOURCE_APIS, STORE, settle, store
from tests.support.dumps import difference, left

WEST = "projects/fleetgate-demo/locations/us-west1-a/clusters/gke-west-1"
EAST = "projects/fleetgate-demo/locations/us-east1-c/clusters/gke-east-1"
CENTRAL = "projects/fleetgate-demo/locations/us-central1-f/clusters/gke-central-1"
EXPORT, POLICY = "net.gke.io/ServiceExport", "networking.gke.io/HealthCheckPolicy"
MINE = {"us-west1": "mine-west", "us-east1": "mine-east"}


class Life:
    """An environment that is deployed again and again, and compared at the end with what was before it."""

    def __init__(self, local: LocalRun, name: str = "store") -> None:
        self.local = local
        self.name = name
        self.before = local.cloud.dump()

    async def becomes(self, document: Json) -> None:
        """Deploy it, and once more: the second time, only the anchor is written."""
        assert "done" == (await self.local.deploy(document)).outcome
        await settle(self.local, [])
        await self.stays(document)

    async def stays(self, document: Json) -> None:
        """Deploy what stands: only the claim is written, and then what serves."""
        assert ["setLabels"] * 2 == await self.writes(document)

    async def writes(self, document: Json) -> list[str]:
        """Deploy it; how resources and objects were written."""
        self.local.cloud.log.calls.clear()
        assert "done" == (await self.local.deploy(document)).outcome
        calls = self.local.cloud.log.calls
        written = (c.method for c in calls if c.mutation and c.service in RESOURCE_APIS)
        return [each.rpartition(".")[2] for each in written]

    async def refuses(self, document: Json, code: str) -> None:
        """It is blocked, and nothing changes."""
        stood = self.local.cloud.dump()
        report = await self.local.deploy(document)
        await settle(self.local, [])
        assert ("blocked", True) == (report.outcome, code in {each.code for each in report.diagnoses})
        anchors = {"compute.addresses"}
        assert [] == difference(_without(stood, anchors), _without(self.local.cloud.dump(), anchors))

    async def ends(self) -> None:
        """Torn down, it leaves what was there before it."""
        assert "done" == (await self.local.teardown(self.name)).outcome
        assert [] == await self.left()

    async def left(self) -> list[str]:
        """What is otherwise than before."""
        return await left(self.local, self.before)

    def objects(self, cluster: str, kind: str) -> list[str]:
        """Names of the environment's objects of a kind."""
        found = self.local.cloud.world[CLUSTER_APIS][cluster].list(kind, labels={"fleetgate-env": self.name})
        return sorted(each["metadata"]["name"] for each in found)

    def addresses(self) -> list[str]:
        """Names of all addresses."""
        found = self.local.cloud.world.store["compute.addresses"].names("")
        return sorted(each.rpartition("/")[2] for each in found)


def test_a_service_goes_and_a_health_check_comes_in_place() -> None:
    """The shortest of the stories below."""

    async def story() -> None:
        async with LocalRun(seed=3) as local:
            life = Life(local)
            assert "done" == (await local.deploy(STORE)).outcome
            await settle(local, [])
            await _lose_east(life)
            await life.refuses(store(configCluster="gke-east-1"), "ENVIRONMENT_MOVED")

    asyncio.run(story())


async def _lose_east(life: Life) -> None:
    await life.becomes(_without_east(healthCheck={"requestPath": "/healthz"}))
    assert ["store"] == life.objects(EAST, "Service") == life.objects(EAST, EXPORT)
    assert ["store", "store-west-1"] == life.objects(WEST, POLICY)


@pytest.mark.long
def test_services_routes_checks_and_the_sample_app_change_in_place() -> None:
    """One environment, one change after the other."""

    async def story() -> None:
        async with LocalRun(seed=3) as local:
            life = Life(local)
            await life.becomes(STORE)
            await _lose_east(life)

            elsewhere = {"name": "more", "namespace": "other", "port": 8080, "selector": {"app": "store"}}
            services = [*STORE["services"], elsewhere]
            await life.becomes(_weighted(3, 1, services=services, healthCheck={"checkIntervalSec": 20}))
            assert ["other", "store"] == life.objects(WEST, "Namespace")

            await life.becomes(_weighted(1, 3))
            assert ["store"] == life.objects(WEST, "Namespace")
            assert [] == life.objects(WEST, POLICY)

            await life.becomes(store(sampleApp=False, routes=[]))
            assert [] == life.objects(WEST, "apps/Deployment") == life.objects(EAST, "apps/Deployment")

            await life.refuses(store(configCluster="gke-east-1"), "ENVIRONMENT_MOVED")
            await life.refuses(store(gateway={"name": "another"}), "ENVIRONMENT_MOVED")
            await life.refuses(store(subnetwork="other"), "CLUSTER_NETWORK")
            await life.refuses(store(subnetwork="other"), "SUBNETWORK_MISSING")
            await life.refuses(_east(location="us-east4-a"), "CLUSTER_ELSEWHERE")
            await life.ends()

    asyncio.run(story())


@pytest.mark.long
def test_clusters_come_and_go() -> None:
    """With their region's address and proxy-only subnet; one that goes is emptied before, and leaves nothing."""

    async def story() -> None:
        async with LocalRun(seed=3) as local:
            life = Life(local)
            await life.becomes(STORE)
            central = {"name": "gke-central-1", "location": "us-central1-f"}
            await life.becomes(store(clusters=[*STORE["clusters"], central]))
            assert ["store"] == life.objects(CENTRAL, EXPORT)

            await life.becomes(STORE)
            assert CENTRAL not in local.cloud.world[CLUSTER_APIS]
            here = [each for each in _names(local.cloud.dump()) if "central" in each]
            default = [each for each in _names(life.before) if "central" in each]
            anchor = ["projects/fleetgate-demo/regions/us-central1/addresses/fleetgate-store"]
            assert sorted([*default, *anchor]) == sorted(here)

            await life.ends()

    asyncio.run(story())


@pytest.mark.long
def test_what_the_spec_says_of_nodes_comes_about_in_place() -> None:
    """One operation after the other; what it no longer says stays; what cannot be changed is said before."""

    async def story() -> None:
        async with LocalRun(seed=3) as local:
            life = Life(local)
            await life.becomes(STORE)
            said = {
                "machineType": "e2-standard-2",
                "nodeCount": 2,
                "privateNodes": True,
                "releaseChannel": "rapid",
            }
            await life.becomes(_east(**said))
            assert (["e2-standard-2"] * 2, "RAPID") == (_machines(local, EAST), _channel(local, EAST))
            await life.becomes(STORE)
            assert (["e2-standard-2"] * 2, "RAPID") == (_machines(local, EAST), _channel(local, EAST))
            assert (["e2-medium"] * 3, "REGULAR") == (_machines(local, WEST), _channel(local, WEST))

            await life.refuses(_east(autopilot=True, location="us-east1"), "CLUSTER_ELSEWHERE")
            account = "nodes@fleetgate-demo.iam.gserviceaccount.com"
            await life.refuses(_east(nodeServiceAccount=account), "CLUSTER_NODE_ACCOUNT")
            await life.ends()

    asyncio.run(story())


def _machines(local: LocalRun, cluster: str) -> list[str]:
    nodes = local.cloud.world[CLUSTER_APIS][cluster].list("Node")
    return [each["metadata"]["labels"]["node.kubernetes.io/instance-type"] for each in nodes]


def _channel(local: LocalRun, cluster: str) -> str:
    return str(local.cloud.world.store["container.clusters"].list(cluster)[0]["releaseChannel"]["channel"])


@pytest.mark.long
def test_addresses_are_reserved_named_and_given_back() -> None:
    """As the tutorial's last section, and back: ours go once nothing uses them, the user's stay."""

    async def story() -> None:
        async with LocalRun(seed=3) as local:
            await _reserve(local)
            life = Life(local)
            ours, mine = ["vip-store-us-east1", "vip-store-us-west1"], ["mine-east", "mine-west"]
            anchor = ["fleetgate-store"]
            await life.becomes(STORE)
            await life.becomes(store(gateway={"addresses": "static"}))
            assert [*anchor, *mine, *ours] == life.addresses()
            await life.becomes(store(gateway={"addresses": MINE}))
            assert [*anchor, *mine] == life.addresses()
            await life.becomes(STORE)
            await life.becomes(store(gateway={"addresses": "static"}))
            await life.ends()
            assert mine == life.addresses()

    asyncio.run(story())


async def _reserve(local: LocalRun) -> None:
    for region, name in MINE.items():
        subnetwork = f"projects/{local.project}/regions/{region}/subnetworks/default"
        body = {"name": name, "addressType": "INTERNAL", "subnetwork": subnetwork}
        ask(local, f"compute/compute/v1/projects/{local.project}/regions/{region}/addresses", body)
    await settle(local, [])


def ask(local: LocalRun, path: str, body: Json) -> None:
    """Make something as somebody else would."""
    caller = Caller("user@example.com")
    path, _, query = path.partition("?")
    parameters = {key: [value] for key, _, value in [query.partition("=")] if key}
    request = Request("POST", f"/{path}", parameters, {}, json.dumps(body).encode(), caller)
    answer = local.cloud.answer(request)
    assert 200 == answer.status, answer.body


def _without_east(**fields: Any) -> Json:
    """Neither store-east-1 nor the rule that leads to it."""
    found = copy.deepcopy(STORE)
    found["services"].pop(2)
    found["routes"][0]["rules"].pop(1)
    return found | fields


def _weighted(west: int, east: int, **fields: Any) -> Json:
    found = copy.deepcopy(STORE)
    first, _, last = found["routes"][0]["rules"]
    names = {"store-west-1": west, "store-east-1": east}
    first["backendRefs"] = [{"name": name, "port": 8080, "weight": part} for name, part in names.items()]
    found["routes"][0]["rules"] = [first, last]
    return found | fields


def _east(**fields: Any) -> Json:
    found = copy.deepcopy(STORE)
    found["clusters"][1] |= fields
    return found


def _without(dump: Json, kinds: set[str]) -> Json:
    return {**dump, "resources": {k: v for k, v in dump["resources"].items() if k not in kinds}}


def _names(dump: Json) -> list[str]:
    return [name for items in dump["resources"].values() for name in items]
