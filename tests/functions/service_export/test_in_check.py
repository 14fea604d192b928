"""Services of the user's own are looked at in check, in a real cluster: ports that differ between clusters are told."""

from __future__ import annotations

import asyncio

import pytest

from functions.service_export.step import SERVICE_EXPORT
from localcloud.container.kube import CLUSTER_APIS
from shared.step.outcome import Blocked, Done, Outcome
from tests.shared.diagnosis.standing import EAST, Standing

pytestmark = pytest.mark.xdist_group("diagnosis")

PORTS = (
    {"port": 9090, "targetPort": 8080},
    {"port": 8080, "targetPort": "web"},
    {"port": 8080, "targetPort": 8080},
)


async def _checked() -> list[Outcome]:
    async with Standing() as standing:
        await standing.deploy()
        for each in standing.document["services"]:
            each.pop("selector", None)
        found = []
        for port in PORTS:
            patch = {"spec": {"ports": [{"protocol": "TCP", **port}]}}
            api = standing.world[CLUSTER_APIS][EAST]
            api.patch("Service", "store", "store-east-1", patch, "somebody")
            found.append(await standing.ask(SERVICE_EXPORT, "check"))
        return found


def test_ports_are_held_against_the_spec_before_anything_is_made() -> None:
    """A port of another number, a container's port of a name that none has; and what fits."""
    number, name, fits = asyncio.run(_checked())

    assert isinstance(number, Blocked) and isinstance(name, Blocked)
    assert {"SERVICE_UNFIT"} == {number.code, name.code}
    assert "store-east-1 in cluster gke-east-1 has no TCP port 8080 (it has 9090)" in number.cause
    assert "a container's port called web" in name.cause
    assert isinstance(fits, Done)
