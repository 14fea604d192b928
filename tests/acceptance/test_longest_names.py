"""An environment with every name at its longest: it is deployed, verified by its name, and removed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from tests.acceptance.runs import store
from tests.support.dumps import left


def longest(letter: str, most: int = 63) -> str:
    """A name of `most` characters."""
    return f"{letter * (most - 2)}-9"


@pytest.mark.long
def test_an_environment_of_the_longest_names_is_verified_by_name_and_removed() -> None:
    """The anchor keeps what a request without a spec has to know."""
    west, east = longest("w", 40), longest("e", 40)
    wanted: Any = store(
        name=longest("n", 53),
        clusters=[{"name": west, "location": "us-west1-a"}, {"name": east, "location": "us-east1-c"}],
        gateway={"namespace": longest("s"), "name": longest("g")},
    )
    del wanted["services"], wanted["routes"]

    async def story() -> None:
        async with LocalRun() as local:
            before = local.cloud.dump()
            deployed = await local.deploy(wanted)
            assert (deployed.outcome, deployed.diagnoses) == ("done", [])
            verified = await local.act({"action": "verify", "name": wanted["name"]})
            assert (verified.outcome, verified.diagnoses) == ("done", [])
            assert [each.served_by for each in verified.traffic] == [
                each.served_by for each in deployed.traffic
            ]
            removed = await local.teardown(wanted["name"])
            assert (removed.outcome, removed.leaks) == ("done", [])
            assert [] == await left(local, before)

    asyncio.run(story())
