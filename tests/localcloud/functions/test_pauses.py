"""An instance sleeps by the cloud's clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localcloud.functions.clouds import Shop
from tests.localcloud.functions.conftest import Play

SLEEP = """
import time
began = time.monotonic()
time.sleep(20)
print(json.dumps({"seconds": time.monotonic() - began}))
"""


def test_a_pause_takes_as_long_as_it_should(play: Play, tmp_path: Path) -> None:
    """Of simulated time, and others go on meanwhile."""

    async def scene(shop: Shop) -> None:
        shop.deploy("sleeper", tmp_path)
        moments = list[float]()
        clock = shop.cloud.world.clock
        await shop.call("sleeper", "pass")
        began = clock.now
        clock.after(10, lambda: moments.append(clock.now - began))
        said = await shop.said("sleeper", SLEEP)

        assert said["seconds"] == pytest.approx(20.0)
        assert 20.0 <= clock.now - began < 21.0
        assert [10.0] == moments

    play(scene)


def test_an_instance_that_sleeps_is_busy(play: Play, tmp_path: Path) -> None:
    """It is at its event, so its time ends with that of the event."""

    async def scene(shop: Shop) -> None:
        shop.deploy("oversleeper", tmp_path, timeout=15.0)

        assert "504: timed out after 15 s" == (await shop.call("oversleeper", SLEEP)).outcome

    play(scene)
