"""The parent of the instances: it takes any number of orders, and nothing outlives its owner."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from localcloud.functions.processes import FailedToStart, ForkServer, InstanceProcess

SOURCE = "import functions_framework\n@functions_framework.cloud_event\ndef work(event): pass\n"
PRELOAD = ("functions_framework", "werkzeug.serving")

OWNER = """
import asyncio, sys
from pathlib import Path
from tests.localcloud.functions.test_processes import started

async def main():
    fork_server, instance = started(Path(sys.argv[1]))
    print(await instance.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def order(fork_server: ForkServer, folder: Path, id: str = "work-000") -> InstanceProcess:
    """An instance of a function that does nothing."""
    source = folder / "main.py"
    if not source.exists():  # instances that were ordered before may be reading it
        source.write_text(SOURCE)
    return fork_server.order(id, {"HOME": str(folder)}, str(folder), str(source), "work")


def started(folder: Path) -> tuple[ForkServer, InstanceProcess]:
    """A fork server and an instance that was ordered of it at once."""
    fork_server = ForkServer(folder, 0, PRELOAD, {})
    fork_server.start()
    return fork_server, order(fork_server, folder)


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _shut(port: int) -> None:
    while is_open(port):
        await asyncio.sleep(0.005)


def play(
    folder: Path, scene: Callable[[ForkServer], Awaitable[None]], preload: tuple[str, ...] = PRELOAD
) -> None:
    """A scene with a fork server that is stopped in the end."""

    async def whole() -> None:
        fork_server = ForkServer(folder, 0, preload, {})
        fork_server.start()
        try:
            await scene(fork_server)
        finally:
            await fork_server.stop()

    asyncio.run(whole())


def test_many_orders_may_come_before_the_first_is_read(tmp_path: Path) -> None:
    """While the parent imports, nothing is lost; stopping it ends all of them."""
    ports: list[int] = []

    async def scene(fork_server: ForkServer) -> None:
        instances = [order(fork_server, tmp_path, f"work-{number:03d}") for number in range(16)]
        ports.extend(await asyncio.gather(*(instance.port for instance in instances)))
        assert all(is_open(port) for port in ports)

    play(tmp_path, scene)
    assert 16 == len(set(ports))
    assert not any(is_open(port) for port in ports)


@pytest.mark.parametrize("known", [True, False])
def test_no_instance_is_left_when_news_of_others_are_unread(tmp_path: Path, known: bool) -> None:
    """The end comes when it comes, and the fork server sees to instances that its owner has not heard of."""
    ports: list[int] = []

    async def scene(fork_server: ForkServer) -> None:
        first = order(fork_server, tmp_path)
        ports.append(await first.port)
        if not known:
            first.pid = 0
        order(fork_server, tmp_path, "work-001")
        assert fork_server._control is not None
        select.select([fork_server._control], [], [], 10)  # its news are here, and nobody takes them

    play(tmp_path, scene)
    asyncio.run(asyncio.wait_for(_shut(ports[0]), 10))


def test_instances_do_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Then it is for the cloud to end them."""

    async def scene(fork_server: ForkServer) -> None:
        port = await order(fork_server, tmp_path).port
        assert fork_server._life is not None
        os.kill(int(fork_server._life.recv(64)), signal.SIGKILL)
        await asyncio.wait_for(_shut(port), 10)

    play(tmp_path, scene)


@pytest.mark.sigkill
def test_an_instance_ordered_and_killed_at_once_does_not_live(tmp_path: Path) -> None:
    """Though its process id was not known when it was killed."""

    async def scene(fork_server: ForkServer) -> None:
        instance = order(fork_server, tmp_path)
        instance.kill()
        with pytest.raises(FailedToStart):
            await asyncio.wait_for(instance.port, 10)
        assert 0 == instance.pid

    play(tmp_path, scene)


def test_without_a_parent_no_instance_starts_and_nobody_waits(tmp_path: Path) -> None:
    """A parent that cannot import what it should ends; orders fail, before and after it is known."""

    async def scene(fork_server: ForkServer) -> None:
        for _ in range(2):
            with pytest.raises(FailedToStart, match="parent"):
                await asyncio.wait_for(order(fork_server, tmp_path).port, 10)

    play(tmp_path, scene, ("no_such_module",))


def test_instances_end_with_an_owner_that_was_killed(tmp_path: Path) -> None:
    """No cleaning up is needed for it: the socket between them closes."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        port = int(owner.stdout.readline())
    assert is_open(port)

    owner.send_signal(signal.SIGKILL)
    owner.wait()

    asyncio.run(asyncio.wait_for(_shut(port), 10))
