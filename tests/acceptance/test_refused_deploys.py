"""A deploy that is refused changes nothing: lease, spec, place and phase of the environment stay what they were."""

from __future__ import annotations

import asyncio
from typing import Any

from fleetgate.local.run import LocalRun
from shared import labels
from tests.acceptance.runs import store
from tests.support.anchors import OF_CLAIM

REFUSED = {"us-west1": "10.128.0.0/23", "us-east1": "10.130.0.0/23"}  # ranges of a network in auto mode


def standing(local: LocalRun) -> dict[str, Any]:
    """Everything on the anchor but the claim."""
    (anchor,) = local.cloud.dump()["resources"]["compute.addresses"].values()
    return {key: value for key, value in anchor["labels"].items() if key not in OF_CLAIM}


def test_the_lease_and_the_spec_stay_and_the_next_deploy_has_its_own() -> None:
    """One of three hours is verified; then one without an end is refused, and one of eight hours is accepted."""

    async def story() -> None:
        async with LocalRun(seed=1) as local:
            assert "done" == (await local.deploy(store(ttl="3h"))).outcome
            before = standing(local)

            refused = store(proxyRanges=REFUSED)
            del refused["ttl"]
            assert "blocked" == (await local.deploy(refused)).outcome
            assert before == standing(local)

            assert "done" == (await local.deploy(store(ttl="8h"))).outcome
            after = standing(local)
            assert int(before[labels.EXPIRES]) + 5 * 3600 < int(after[labels.EXPIRES])
            assert before[labels.SPEC] != after[labels.SPEC]

    asyncio.run(story())
