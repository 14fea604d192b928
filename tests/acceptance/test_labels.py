"""An insert of an address drops its labels: what comes of a product that relies on them, and of a claim that dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fleetgate.local.run import LocalRun
from localcloud.faults.call_faults import Crash, Fault, Matcher
from tests.acceptance.runs import STORE, Mutant
from tests.support.dumps import left, standing

ANCHOR = "projects/fleetgate-demo/regions/us-central1/addresses/fleetgate-store"
IN_THE_INSERT_ALONE = Mutant(
    (
        (
            "shared/anchor.py",
            '        "description": note,\n    }',
            '        "description": note,\n        "labels": first_labels(note),\n    }',
        ),
        (
            "shared/anchor.py",
            "written if is_labelled else {**first_labels(description), **written}",
            "written",
        ),
    )
)


def test_labels_in_the_insert_alone_fail_the_first_deploy(tmp_path: Path) -> None:
    """The anchor has none at the next look, and is taken for somebody else's."""

    async def story() -> None:
        async with LocalRun(root=IN_THE_INSERT_ALONE.build(tmp_path)) as local:
            report = await local.deploy(STORE)
            assert ("blocked", ["ANCHOR_NAME_TAKEN"]) == (report.outcome, [d.code for d in report.diagnoses])

    asyncio.run(story())


def test_an_anchor_whose_claim_died_before_the_labels_is_swept() -> None:
    """Nobody labels it, so it has no lease; the sweep finds it by its name and its note, and nothing stays billed."""

    async def story() -> None:
        async with LocalRun() as local:
            before = local.cloud.dump()
            dies = Matcher(method="compute.addresses.setLabels", function="fleetgate-environment")
            local.cloud.faults.plan(Fault(dies, Crash(), nth=None))
            await local.deploy(STORE)
            (found,) = local.cloud.world.store["compute.addresses"].list(ANCHOR)
            assert "labels" not in found

            local.cloud.faults.cease()
            await local.act({"action": "sweep"})
            await local.cloud.run_until(lambda: before == standing(local.cloud.dump()))
            assert [] == await left(local, before)

    asyncio.run(story())
