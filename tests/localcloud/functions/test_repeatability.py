"""The same seed gives the same calls at the same moments, though the callers are real processes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from localcloud.logging.entries import ENTRIES
from tests.localcloud.functions.clouds import Shop, in_cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

CODE = """
for n in range(3):
    topics("PUT", f"/of-{os.environ['K_SERVICE']}-{event['id']}-{n}")
    topics()
print(json.dumps({"hash": hash("fleet"), "order": list({"west", "east", "central"})}))
"""


async def busy(shop: Shop) -> tuple[list[Any], list[Any], list[Any]]:
    """Two functions with two events each, side by side: their calls, what they printed, and the log of that."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("one", "two"):
            shop.deploy(name, Path(folder))
        events = [shop.publish(name, CODE) for name in ("one", "two", "one", "two")]
        await shop.cloud.run_until(lambda: all(shop.invocations(event) for event in events))
    assert {"ok"} == {shop.invocations(event)[0].outcome for event in events}
    calls = [(c.when, c.caller.instance, c.method, c.resource, c.status) for c in shop.cloud.log.calls]
    printed = [(e.when, e.instance, e.payload) for e in shop.cloud.functions.logs.entries]
    await shop.passed(10)
    return calls, printed, [each.entry for each in shop.cloud.world[ENTRIES].read(PROJECT)]


async def thrice() -> list[Any]:
    """Two clouds of one seed and one of another, at the same time."""
    return list(await asyncio.gather(in_cloud(11, busy), in_cloud(11, busy), in_cloud(12, busy)))


def test_a_seed_gives_one_sequence_of_calls_and_another_seed_another() -> None:
    """Who calls what when; even the order of a set and the hash of a text."""
    one, same, other = asyncio.run(thrice())

    assert (24, 4) == (len(one[0]), len(one[2]))
    assert one == same
    assert [call[1] for call in one[0]] != [call[1] for call in other[0]]
    assert one[1][0][2]["hash"] != other[1][0][2]["hash"]
