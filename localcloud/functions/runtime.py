"""Functions, their instances, and one invocation after another: what Cloud Run does with an event.

An instance serves one event at a time (the concurrency of event-driven functions is 1 unless one asks for
more [documented]). An idle one is used again, lowest number first; otherwise a new one is started, which
costs a cold start. Failures are dropped: the triggers here have RETRY_POLICY_DO_NOT_RETRY.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from localcloud.clock import Timer, rfc3339
from localcloud.functions.logs import Logs
from localcloud.functions.processes import FailedToStart, InstanceProcess, Zygote
from localcloud.schedule import JumpSchedule
from localcloud.wire.messages import Caller, Json
from localcloud.world import World


@dataclass(frozen=True)
class Function:
    """One deployed function.

    `directory` is put on the import path, `source` is the file with the entry point. `egress` names the
    network (projects/P/global/networks/N) and region that its requests leave from, with Direct VPC egress.
    """

    name: str
    directory: Path
    source: Path
    entry_point: str
    service_account: str
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    egress: tuple[str, str] | None = None


@dataclass
class Instance:
    """One instance of a function: a process and an identity. Its name is also the name of an actor."""

    name: str
    function: Function
    process: InstanceProcess
    busy: bool = False
    idle: Timer | None = None

    @property
    def caller(self) -> Caller:
        """Who its calls come from."""
        return Caller(self.function.service_account, self.name)


@dataclass(frozen=True)
class Invocation:
    """One event handed to one instance; `outcome` is `ok`, or why it failed."""

    when: float
    function: str
    instance: str
    event: str
    outcome: str


@dataclass(frozen=True)
class Event:
    """A CloudEvent in binary mode: attributes and JSON data."""

    id: str
    source: str
    type: str
    time: float
    data: Json


# Gives the environment variables of a new instance (endpoints, its own metadata server) for its name.
Surroundings = Callable[[Function, str], dict[str, str]]


class Functions:
    """All functions of the cloud."""

    def __init__(
        self, world: World, schedule: JumpSchedule, zygote: Zygote, surroundings: Surroundings
    ) -> None:
        self._world = world
        self._schedule = schedule
        self._zygote = zygote
        self._surroundings = surroundings
        self._functions: dict[str, Function] = {}
        self._instances: dict[str, list[Instance]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.invocations: list[Invocation] = []
        self.logs = Logs()

    def deploy(self, function: Function) -> None:
        """Serve `function` from now on; instances of an older one of that name are not used again."""
        for instance in self._instances.pop(function.name, []):
            instance.process.kill()
        self._functions[function.name] = function
        self._instances[function.name] = []

    def invoke(self, name: str, event: Event) -> None:
        """Hand `event` to an instance of the function, starting one if none is idle."""
        function = self._functions[name]
        idle = [instance for instance in self._instances[name] if not instance.busy]
        if idle:
            self._begin(idle[0], event)
            return
        instance = self._start(function)
        seconds = self._schedule.spread("functions.coldstart")
        self._world.clock.after(seconds, lambda: self._begin(instance, event))

    def instance(self, name: str) -> Instance | None:
        """The instance of that name."""
        function = name.rsplit("-", 1)[0]
        return next((i for i in self._instances.get(function, []) if i.name == name), None)

    def kill(self, instance: Instance) -> None:
        """Take the instance away in the middle of whatever it does."""
        instance.process.kill()
        self._instances[instance.function.name].remove(instance)
        self._schedule.ended(instance.name)

    async def stop(self) -> None:
        """End all invocations and instances."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        await self._zygote.stop()

    def _start(self, function: Function) -> Instance:
        taken = {instance.name for instance in self._instances[function.name]}
        number = next(n for n in range(len(taken) + 1) if f"{function.name}-{n:03d}" not in taken)
        name = f"{function.name}-{number:03d}"
        process = self._zygote.order(
            f"{name}.{self._world.ids.hex(4)}",
            self._surroundings(function, name),
            str(function.directory),
            str(function.source),
            function.entry_point,
        )
        instance = Instance(name, function, process, busy=True)
        self._instances[function.name].append(instance)
        self._instances[function.name].sort(key=lambda i: i.name)
        return instance

    def _begin(self, instance: Instance, event: Event) -> None:
        instance.busy = True
        if instance.idle is not None:
            instance.idle.cancel()
        self._schedule.computes(instance.name)
        deadline = self._world.clock.after(instance.function.timeout, lambda: self.kill(instance))
        task = asyncio.get_running_loop().create_task(self._run(instance, event, deadline))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, instance: Instance, event: Event, deadline: Timer) -> None:
        began = self._world.clock.now
        try:
            outcome = await self._post(await instance.process.port, event)
        except (aiohttp.ClientError, FailedToStart) as error:
            outcome = f"crashed: {error}"
        deadline.cancel()
        name = instance.function.name
        self.logs.collect(instance.process.log, self._world.clock.now, name, instance.name)
        record = Invocation(began, name, instance.name, event.id, outcome)
        self.invocations.append(record)
        if instance in self._instances.get(name, []):
            self._rest(instance, outcome)

    def _rest(self, instance: Instance, outcome: str) -> None:
        if outcome.startswith("crashed"):
            self.kill(instance)
            return
        instance.busy = False
        seconds = self._world.timing.typical("functions.idle")
        instance.idle = self._world.clock.after(seconds, lambda: self._expire(instance))
        self._schedule.ended(instance.name)

    def _expire(self, instance: Instance) -> None:
        if not instance.busy and instance in self._instances[instance.function.name]:
            self.kill(instance)

    async def _post(self, port: int, event: Event) -> str:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        headers = {
            "ce-id": event.id,
            "ce-source": event.source,
            "ce-type": event.type,
            "ce-specversion": "1.0",
            "ce-time": rfc3339(event.time, 3),
            "content-type": "application/json",
        }
        body = json.dumps(event.data).encode()
        async with self._session.post(f"http://127.0.0.1:{port}/", data=body, headers=headers) as response:
            text = await response.text()
            return "ok" if response.status < 300 else f"{response.status}: {text[:200]}"
