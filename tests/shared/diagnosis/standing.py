"""An environment that stands in a local cloud: made by the steps themselves, called one after the other.

No functions' processes and no workflow: `observe`, `decide` and the changes run in a thread of the test, with a
person's token, over real sockets, and the test lets time pass in between. So a whole environment takes a second or
two.
"""

from __future__ import annotations

import asyncio
import copy
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import google.auth.credentials

from functions.clusters.step import CLUSTERS
from functions.fleet.step import FLEET
from functions.gateway.step import GATEWAY
from functions.service_export.step import SERVICE_EXPORT
from functions.subnets.step import SUBNETS
from functions.verification.audit import AUDIT
from functions.verification.step import VERIFICATION
from localcloud.functions import resolver
from localcloud.world import World
from shared.diagnosis import Case, Finding, diagnose, gather
from shared.google import cluster_reader, cluster_writer, container_writes, gkehub_writes
from shared.google.session import Session
from shared.settings import Settings as FunctionSettings
from shared.spec import Environment, parse_environment
from shared.step.attempt import attempt
from shared.step.bounds import BOUNDS
from shared.step.message import Claim, Message, Place
from shared.step.outcome import Done, Outcome, Stopped, Waiting
from shared.step.step import AnyStep
from tests.acceptance.google_programs import output_of, surroundings
from tests.acceptance.runs import store
from tests.support.local_cloud import cloud_with_fleetgate, let_pass, put_anchor
from tests.support.projects import PROJECT

Json = dict[str, Any]
Value = TypeVar("Value")

STEPS: tuple[AnyStep, ...] = (SUBNETS, CLUSTERS, FLEET, SERVICE_EXPORT, GATEWAY)
GENERATION = "1700000000000-77"
PATIENCE = 3600.0  # simulated seconds in which an environment must stand
WEST = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
EAST = f"projects/{PROJECT}/locations/us-east1-c/clusters/gke-east-1"


class Token(google.auth.credentials.Credentials):
    """A person's token, which does not end."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token

    def refresh(self, request: object) -> None:
        """There is nothing to refresh."""


class Standing:
    """A local cloud with the tutorial's environment, or another, once `deploy` has been awaited."""

    def __init__(self, seed: int = 0, **changes: Any) -> None:
        self.document = {**store(**changes), "project": PROJECT}
        self.kept: dict[str, Json] = {}
        self._seed = seed
        self._phase = 0.0  # when the phase began whose steps are asked, unix seconds

    async def __aenter__(self) -> Standing:
        self._block = cloud_with_fleetgate((), seed=self._seed, preload=())
        self.installation = await self._block.__aenter__()
        self.cloud = self.installation.cloud
        put_anchor(self.installation, GENERATION, "1")
        settings = FunctionSettings.from_env({**self.installation._settings(), **self.cloud.endpoints()})
        self.session = Session(settings, Token(self.cloud.user_token()))
        cluster_reader._pool.cache_clear()
        return self

    async def __aexit__(self, *error: Any) -> None:
        for client in (container_writes._client(self.session), gkehub_writes._client(self.session)):
            client.transport._session.close()
        for api in cluster_writer._CLIENTS.values():
            api.rest_client.pool_manager.clear()
        cluster_writer._CLIENTS.clear()
        self.session._http.close()
        cluster_reader._pool("").clear()
        cluster_reader._pool.cache_clear()
        await asyncio.sleep(0.05)  # for the cloud's side of the connections to see it
        await self._block.__aexit__(*error)

    @property
    def world(self) -> World:
        """The cloud's inside."""
        return self.cloud.world

    @property
    def wanted(self) -> Environment:
        """The environment as it is asked for."""
        return parse_environment(copy.deepcopy(self.document), project=PROJECT)

    async def deploy(self) -> dict[str, Outcome]:
        """Ask every step until all are done, or one cannot go on; what each last said."""
        self._phase, said = self.world.clock.now, dict[str, Outcome]()
        until = self._phase + PATIENCE
        while True:
            for step in STEPS:
                said[step.name] = await self.ask(step)
            waits = [each for each in said.values() if isinstance(each, Waiting)]
            stuck = any(not isinstance(each, Done | Waiting) for each in said.values())
            if not waits or stuck or self.world.clock.now > until:
                return said
            await self.pass_by(60.0)

    async def told(self, limit: float = 1800.0) -> tuple[str, float] | None:
        """The code that a deploy would be ended with, and after how many seconds; None if it is verified.

        The steps are asked as the workflow asks them: at the bound of a reason of waiting its cause is looked for.
        A place that is down ends nothing, since it comes back: the reason of the wait tells it, and its message where.
        """
        began, waited = self.world.clock.now, dict[tuple[str, str], float]()
        self._phase = began
        while (passed := self.world.clock.now - began) < limit:
            said = {step.name: await self.ask(step) for step in STEPS}
            if all(isinstance(each, Done) for each in said.values()):
                said = {VERIFICATION.name: await self.ask(VERIFICATION)}
            for name, outcome in said.items():
                if isinstance(outcome, Stopped):
                    return outcome.code, passed
                if isinstance(outcome, Waiting) and outcome.reason == "PlaceUnreachable":
                    return "PLACE_UNREACHABLE", passed
                if isinstance(outcome, Waiting) and (code := await self._explained(name, outcome, waited)):
                    return code, passed
            waits = [each for each in said.items() if isinstance(each[1], Waiting)]
            if not waits:
                return None
            pause = min(60.0, *(each.retry_after for _, each in waits if isinstance(each, Waiting)))
            for name, each in waits:
                key = (name, each.reason) if isinstance(each, Waiting) else (name, "")
                waited[key] = waited.get(key, 0.0) + pause
            await self.pass_by(pause)
        return "TOOK_TOO_LONG", limit

    async def _explained(self, step: str, wait: Waiting, waited: dict[tuple[str, str], float]) -> str:
        """The code of a finding that explains a wait which has reached its bound, or ""."""
        bound = BOUNDS[wait.reason]
        if not bound.causes or waited.get((step, wait.reason), 0.0) < bound.seconds:
            return ""
        return next((each.code for each in await self.diagnose() if each.code in bound.causes), "")

    async def verify(self, patience: float = 600.0) -> Outcome:
        """Ask the verification until it is done, or for so long."""
        self._phase = self.world.clock.now
        until = self._phase + patience
        while True:
            outcome = await self.ask(VERIFICATION)
            if isinstance(outcome, Done) or self.world.clock.now > until:
                return outcome
            await self.pass_by(30.0)

    async def ask(self, step: AnyStep, mode: str = "apply", **fields: Any) -> Outcome:
        """One attempt of one step."""
        message = replace(self._message(step, mode), **fields)
        outcome, _ = await self.call(lambda session: attempt(step, message, session))
        return outcome

    async def audit(self, **fields: Any) -> Outcome:
        """One attempt of the audit."""
        place = Place(PROJECT, "default", "default", "store/internal-cross-region-gateway")
        return await self.ask(AUDIT, "destroy", place=place, environment=None, **fields)

    async def diagnose(self) -> list[Finding]:
        """What the rules find now."""
        return diagnose(await self.case())

    async def case(self) -> Case:
        """What is observed now."""
        return await self.call(lambda session: gather(session, self.wanted))

    async def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        await let_pass(self.cloud, seconds)

    async def run(self, command: str) -> str:
        """What a command line prints, typed by a person; time passes while it runs.

        Raises:
            AssertionError: it failed.
        """
        folder = self.cloud.folder / "person"
        folder.mkdir(exist_ok=True)
        typed = asyncio.create_task(output_of(surroundings(self.cloud, PROJECT, folder), command))
        while not typed.done():
            await asyncio.wait({typed}, timeout=0.2)
            await self.pass_by(20.0)
        return typed.result()

    async def call(self, what: Callable[[Session], Value]) -> Value:
        """Run `what` in a thread, while the cloud answers."""
        self.session.begin(self.world.clock.now)
        with (
            resolver.installed(self.cloud.domains()),
            _surroundings(
                SSL_CERT_FILE=self.cloud.endpoints()["SSL_CERT_FILE"],
                HTTP_PROXY=f"http://{self.cloud.vpc_proxy()}",
                NO_PROXY="127.0.0.1,localhost",
            ),
        ):
            return await asyncio.to_thread(what, self.session)

    def _message(self, step: AnyStep, mode: str) -> Message:
        claim = Claim(self.wanted.name, GENERATION, "1")
        return Message(
            step.name,
            mode,
            attempt=2,
            nonce="n",
            callback="",
            deadline=self.world.clock.now + 90.0,
            claim=claim,
            sent=self.world.clock.now,
            began=self._phase,
            environment=self.wanted.wire(),
        )


@contextmanager
def _surroundings(**variables: str) -> Iterator[None]:
    before: Mapping[str, str | None] = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
