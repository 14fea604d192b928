"""Google's own programs as judges: gcloud against services on a real port, with time that passes by itself."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.edge import Edge
from localcloud.endpoints import gcloud_endpoints
from localcloud.google_apis import GoogleApis
from localcloud.service import Service
from localcloud.wire.identities import Identities
from localcloud.wire.messages import Caller, Response
from localcloud.world import World

TICK = 0.005  # real seconds for a simulated one

judged_by_gcloud = [
    pytest.mark.judge,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
]


class AtOnce:
    """A schedule that answers whoever calls."""

    async def admit(
        self, actor: str | None, kind: str, answer: Callable[[], Response], limit: float = 0.0, port: int = 0
    ) -> Response:
        """The answer, now."""
        return answer()


@dataclass
class Gcloud:
    """gcloud, pointed at the services by its own variables."""

    environment: dict[str, str]
    project: str

    def run(self, *words: str) -> tuple[int, str, str]:
        """(exit status, standard output, standard error) of a command."""
        command = ["gcloud", *words, "--quiet", f"--project={self.project}"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def json(self, *words: str) -> Any:
        """What a command that is expected to succeed prints as JSON."""
        status, output, errors = self.run(*words, "--format=json")
        assert status == 0, errors
        return json.loads(output)


@contextmanager
def gcloud_in(world: World, services: Sequence[Service], project: str, folder: Path) -> Iterator[Gcloud]:
    """gcloud on these services of `world`, whose clock runs fast; `folder` takes its configuration."""
    identities, over = Identities(), threading.Event()
    token = folder / "token"
    token.write_text(identities.issue(Caller("dev@example.com")))
    address: list[str] = []
    listening = threading.Event()

    def ready(where: str) -> None:
        address.append(where)
        listening.set()

    thread = threading.Thread(target=lambda: asyncio.run(_serve(world, services, identities, ready, over)))
    thread.start()
    try:
        assert listening.wait(10)
        yield Gcloud(_environment(address[0], token), project)
    finally:
        over.set()
        thread.join(10)


async def _serve(
    world: World,
    services: Sequence[Service],
    identities: Identities,
    ready: Callable[[str], None],
    over: threading.Event,
) -> None:
    answer = GoogleApis(world, services).answer
    edge = Edge(world, identities, AtOnce(), answer, answer)
    address = edge.open("services", edge.handle_service)
    world.base_url = f"http://{address}"
    ready(address)
    while not over.is_set():
        world.clock.advance_to(world.clock.now + 1)
        await asyncio.sleep(TICK)
    await edge.stop()


def _environment(address: str, token: Path) -> dict[str, str]:
    return {
        **gcloud_endpoints(f"http://{address}"),
        "PATH": os.environ["PATH"],
        "HOME": str(token.parent),
        "CLOUDSDK_CONFIG": str(token.parent / "config"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
    }
