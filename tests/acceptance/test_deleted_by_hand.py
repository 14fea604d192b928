"""Whatever somebody deletes by hand before a teardown, the teardown ends.

Either all is removed, or the answer has the commands that remove what nobody else can. They are run here, as the calls
of gcloud that they are; after that the next teardown goes on.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from localcloud.container.kube import CLUSTER_APIS
from tests.acceptance.runs import settle, store
from tests.support.local_cloud import call, let_pass, respond

WEST = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
EAST = f"projects/{PROJECT}/locations/us-east1-c/clusters/gke-east-1"
FLEET = f"gkehub/v1/projects/{PROJECT}/locations"
COMPUTE = f"compute/compute/v1/projects/{PROJECT}"
GATEWAY = "gateway.networking.k8s.io/Gateway"
INGRESS = "multiclusteringress"
LIMIT = 3600.0  # simulated seconds that a teardown may take, whatever it ends with
ROUNDS = 5  # teardowns, with a person's commands between
KINDS = (
    "container.clusters", "gkehub.features", "gkehub.memberships", "compute.forwardingRules", "compute.urlMaps",
    "compute.targetHttpProxies", "compute.networkEndpointGroups", "compute.addresses",
)  # fmt: skip

Hand = Callable[[LocalRun], None]


def _call(path: str, **query: str) -> Hand:
    """A person deletes a resource of Google's; what is in use is refused, and that is no matter."""

    def delete(local: LocalRun) -> None:
        respond(local.cloud, "DELETE", path, **query)

    return delete


def _object(cluster: str, kind: str, namespace: str, name: str) -> Hand:
    """A person deletes an object in a cluster."""

    def delete(local: LocalRun) -> None:
        api = local.cloud.world[CLUSTER_APIS].get(cluster)
        if api is not None and api.get(kind, namespace, name) is not None:
            api.delete(kind, namespace, name)

    return delete


HANDS: dict[str, Hand] = {
    "cluster": _call(f"container/v1/{EAST}"),
    "config cluster": _call(f"container/v1/{WEST}"),
    "membership": _call(f"{FLEET}/us-east1/memberships/gke-east-1"),
    "config membership": _call(f"{FLEET}/us-west1/memberships/gke-west-1"),
    "namespace": _object(WEST, "Namespace", "", "store"),
    "Gateway": _object(WEST, GATEWAY, "store", "internal-cross-region-gateway"),
    "ingress": _call(f"{FLEET}/global/features/{INGRESS}", force="true"),
    "subnet": _call(f"{COMPUTE}/regions/us-west1/subnetworks/fleetgate-store-proxy"),
    "address": _call(f"{COMPUTE}/regions/us-west1/addresses/vip-store-us-west1"),
}
QUICK = {"config membership"}  # `make test` has this, `make prove` all
CASES = [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.long]) for name in HANDS]


@pytest.mark.parametrize("name", CASES)
def test_a_teardown_ends_whatever_was_deleted_by_hand_before(name: str) -> None:
    """A quarter of an hour before: the controllers have done what they do by themselves."""

    async def scenario() -> None:
        async with LocalRun(seed=3) as local:
            document = store(gateway={"addresses": "static"})
            assert "done" == (await local.deploy(document)).outcome
            HANDS[name](local)
            await let_pass(local.cloud, 900.0)
            for _ in range(ROUNDS):
                removed = await _teardown(local)
                if removed.outcome == "done":
                    break
                commands = list(_commands(removed))
                assert commands, removed.diagnoses
                for each in commands:
                    _follow(local, each)
                    await let_pass(local.cloud, 60.0)  # gcloud waits until it is done

            assert ("done", []) == (removed.outcome, removed.leaks), removed.diagnoses
            # The ingress that a person has enabled is theirs, and it needs multi-cluster Services.
            kinds = [each for each in KINDS if name != "ingress" or each != "gkehub.features"]
            world = local.cloud.world
            assert {} == {kind: found for kind in kinds if (found := world.store[kind].names())}

    asyncio.run(scenario())


async def _teardown(local: LocalRun) -> Report:
    began = local.cloud.world.clock.now
    removed = await local.teardown("store")
    assert local.cloud.world.clock.now - began < LIMIT, removed.diagnoses
    await settle(local, [])
    return removed


def _commands(report: Report) -> Iterator[str]:
    """The commands that a person is told, in order."""
    if report.leaks:
        yield from (each["fix"] for each in report.leaks)
        return
    for each in report.diagnoses:
        assert each.code != "TOOK_TOO_LONG", each
        told = each.cause.partition("taken down: ")[2] or each.fix
        yield from (part.strip() for part in told.split("&&") if part.strip().startswith("gcloud "))


def _follow(local: LocalRun, command: str) -> None:
    """What gcloud does for this command."""
    words = command.split()
    flags = dict(each[2:].partition("=")[::2] for each in words if each.startswith("--"))
    verb = " ".join(each for each in words[1:] if not each.startswith("--"))
    if found := re.fullmatch(r"compute ([a-z-]+) delete (\S+)", verb):
        kind = re.sub("-(.)", lambda dash: dash[1].upper(), found[1])
        place = "global" if "global" in flags else f"zones/{flags['zone']}"
        call(local.cloud, "DELETE", f"{COMPUTE}/{place}/{kind}/{found[2]}")
    elif found := re.fullmatch(r"container clusters update (\S+)", verb):
        update = {"update": {"desiredFleet": {"project": PROJECT}}}
        path = f"container/v1/projects/{PROJECT}/locations/{flags['location']}/clusters/{found[1]}"
        call(local.cloud, "PUT", path, update)
    else:
        assert verb == "container fleet ingress enable", command
        member = f"projects/{PROJECT}/locations/{flags['location']}/memberships/{flags['config-membership']}"
        body = {"spec": {INGRESS: {"configMembership": member}}}
        call(local.cloud, "POST", f"{FLEET}/global/features", body, featureId=INGRESS)
