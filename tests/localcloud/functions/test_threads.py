"""Several threads of one instance call at once, and the seed decides all the same who comes when."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest

from localcloud.faults.call_faults import Fault, Matcher, Slow
from tests.localcloud.functions.clouds import SOURCE, Shop, in_cloud
from tests.localcloud.functions.conftest import Play

THREADED = SOURCE.replace(
    "import base64, json, os, sys", "import base64, json, os, sys, threading, time"
).replace("method=verb))", "method=verb), timeout=5)")
SIDE_BY_SIDE = """
def side_by_side(work, those):
    threads = [threading.Thread(target=work, args=(each,)) for each in those]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
"""
# Each thread asks three times, and the answers of the metadata server and some refusals come at once.
BUSY = f"""{SIDE_BY_SIDE}
lock, said = threading.Lock(), []

def work(number):
    for n in range(3):
        topics("PUT", f"/of-{{os.environ['K_SERVICE']}}-{{number}}-{{n}}")
        with lock:
            topics()
            said.append(number)

side_by_side(work, range(8))
print(json.dumps({{'said': said}}))
"""
# The second thread relies on the first one's call being over before its own.
RACE = f"""{SIDE_BY_SIDE}
over = []

def work(name):
    topics()
    over.append(name)

side_by_side(work, ["first", "second"])
print(json.dumps({{'over': over}}))
"""
GUARDED = RACE.replace("    topics()\n", "    with lock:\n        topics()\n").replace(
    "over = []", "over, lock = [], threading.Lock()"
)


async def _threads(shop: Shop, code: str, functions: int = 1) -> tuple[list[Any], list[Any]]:
    """The calls of some functions whose instances have several threads, and what they said."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"threads{number}" for number in range(functions)]
        for name in names:
            shop.deploy(name, Path(folder), THREADED)
        events = [shop.publish(name, code) for name in names]
        await shop.cloud.run_until(lambda: all(shop.invocations(event) for event in events))
    assert {"ok"} == {shop.invocations(event)[0].outcome for event in events}, (
        shop.cloud.functions.invocations
    )
    calls = [(c.when, c.caller.instance, c.method, c.resource, c.status) for c in shop.cloud.log.calls]
    return calls, [each.payload for each in shop.cloud.functions.logs.entries]


@pytest.mark.parametrize("runs", [2, pytest.param(10, marks=pytest.mark.long)])
def test_all_runs_of_a_seed_have_the_same_sequence_of_calls(runs: int) -> None:
    """Eight threads in each of two instances, which meet at a lock; all clouds share one machine."""

    async def scene() -> list[Any]:
        clouds = (in_cloud(11, lambda shop: _threads(shop, BUSY, functions=2)) for _ in range(runs))
        return list(await asyncio.gather(*clouds))

    first, *others = asyncio.run(scene())
    assert 2 * 8 * 3 * 2 == len(first[0])
    assert all(first == other for other in others)
    assert 8 == len(set(first[1][0]["said"]))


def _who_is_over_first(seed: int, code: str) -> str:
    return str(asyncio.run(in_cloud(seed, lambda shop: _threads(shop, code)))[1][0]["over"][0])


def test_a_race_between_threads_is_found_by_some_seed_and_found_again_by_it() -> None:
    """And there is none where a lock prevents it."""
    seeds = range(4)
    found = [_who_is_over_first(seed, RACE) for seed in seeds]

    assert {"first", "second"} == set(found)
    assert found == [_who_is_over_first(seed, RACE) for seed in seeds]
    assert {"first"} == {_who_is_over_first(seed, GUARDED) for seed in seeds}


def test_calls_of_threads_take_the_time_of_one(play: Play, tmp_path: Path) -> None:
    """Sixteen calls are as long as the longest of them."""

    async def scene(shop: Shop) -> None:
        shop.deploy("quick", tmp_path, THREADED)
        code = f"{SIDE_BY_SIDE}\nbegan = time.monotonic()\nside_by_side(lambda _: topics(), range(16))"
        said = await shop.said("quick", f"{code}\nprint(json.dumps({{'s': time.monotonic() - began}}))")
        assert 0.15 <= said["s"] <= 0.21

    play(scene)


def test_each_thread_has_its_own_time_limit(play: Play, tmp_path: Path) -> None:
    """One call is late; the thread that made it gives up, and the others never hear of it."""
    code = f"""{SIDE_BY_SIDE}
how = {{}}

def work(number):
    began = time.monotonic()
    try:
        topics("PUT", f"/by-limits-{{number}}")
        how[number] = "answered"
    except OSError as error:
        how[number] = f"{{type(error).__name__}} after {{time.monotonic() - began:.0f}} s"

side_by_side(work, range(4))
print(json.dumps(how))
"""

    async def scene(shop: Shop) -> None:
        shop.deploy("limits", tmp_path, THREADED)
        shop.cloud.faults.plan(Fault(Matcher(method="pubsub.projects.topics.create"), Slow(14.0)))
        said = await shop.said("limits", code)

        assert ["TimeoutError after 5 s", *3 * ["answered"]] == sorted(said.values())

    play(scene)


@pytest.mark.parametrize("wait", ["lock.acquire(timeout=1)", "thread.join(1)"])
def test_what_is_not_modelled_is_refused(play: Play, tmp_path: Path, wait: str) -> None:
    """A time limit of a lock or of a wait for a thread would pass in the machine's seconds."""
    name = f"refused{len(wait)}"
    code = f"""
lock = threading.Lock()
lock.acquire()
thread = threading.Thread(target=topics)
thread.start()
try:
    {wait}
except NotImplementedError as error:
    print(json.dumps({{"why": str(error)}}))
thread.join()
"""

    async def scene(shop: Shop) -> None:
        shop.deploy(name, tmp_path, THREADED)
        assert "time limit" in (await shop.said(name, code))["why"]

    play(scene)
