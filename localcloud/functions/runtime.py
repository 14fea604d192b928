"""Functions, their instances, and one invocation after another: what Cloud Run does with an event.

An instance serves one event at a time (the concurrency of event-driven functions is 1 unless one asks for
more [documented]). An idle one is used again, lowest number first. Otherwise a new one is started, which costs a cold
start, and the event waits for whichever instance is free first [documented: run/docs/about-instance-autoscaling,
requests wait for 3.5 times the average start or 10 s, and "if an instance finishes processing requests, it becomes
available to process queued requests"]. Failures are dropped: the triggers here have RETRY_POLICY_DO_NOT_RETRY.

An event that takes longer than the function's timeout has failed, with 504. The instance goes on with it all the same
[documented: run/docs/configuring/request-timeout, "Closing the connection doesn't terminate the container instance"].
It may have little processor from then on [documented: run/docs/configuring/billing-settings, request-based billing];
here it goes on as before, which is the worst that it can do. To Google it is idle, and goes when an idle one would.
Google may also send it the next event; here it gets none before it has finished the old one.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import aiohttp

from localcloud.functions.clock_page import ClockPage
from localcloud.functions.logs import Logs
from localcloud.functions.processes import FailedToStart, ForkServer, InstanceProcess
from localcloud.logging.lines import write_lines, write_timeout
from localcloud.time.clock import Timer, rfc3339
from localcloud.wire.messages import Caller, Json
from localcloud.world import Part, World


@dataclass(frozen=True)
class Function:
    """One deployed function, and the Cloud Run service (by full name) and revision that it runs as.

    `directory` is put on the import path, `source` is the file with the entry point. `egress` names the
    network (projects/P/global/networks/N) and region that its requests leave from, with Direct VPC egress.
    """

    name: str
    directory: Path
    source: Path
    entry_point: str
    service_account: str
    service: str
    revision: str
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    egress: tuple[str, str] | None = None


@dataclass(frozen=True)
class Event:
    """A CloudEvent in binary mode: attributes and JSON data."""

    id: str
    source: str
    type: str
    time: float
    data: Json


@dataclass(frozen=True)
class _Work:
    """The event that an instance is at: since when, and when the cloud loses patience.

    With `told`, the event has failed already, and the instance outlives that.
    """

    event: Event
    began: float
    deadline: Timer
    told: bool = False


@dataclass(eq=False)
class Instance:
    """One instance of a function: a process and an identity. Its name is also the name of an actor.

    `reserved` is an instance that is being started for an event; `gone` one that was taken away.
    """

    name: str
    function: Function
    process: InstanceProcess
    reserved: bool = False
    gone: bool = False
    work: _Work | None = None
    idle: Timer | None = None

    @property
    def busy(self) -> bool:
        """Whether it cannot take an event now."""
        return self.reserved or self.work is not None

    @property
    def caller(self) -> Caller:
        """Who its calls come from."""
        return Caller(self.function.service_account, self.name)


@dataclass(frozen=True)
class Invocation:
    """One event handed to one instance; `outcome` is `ok`, or why it failed.

    Failures are an HTTP status and text (`504: timed out after … s`), `crashed: …`, or `killed`. `when` is the moment
    (unix seconds) that the instance got the event, `seconds` how long it had it: for that, and for its start, an
    instance is billed [documented: run/pricing, request-based billing].
    """

    when: float
    function: str
    instance: str
    event: str
    outcome: str
    seconds: float = 0.0


class Schedule(Protocol):
    """Is told which instance is at work, for time depends on it."""

    def draw(self, kind: str) -> float:
        """A seeded duration of `kind`."""
        ...

    def clock_of(self, actor: str, page: Callable[[], ClockPage]) -> bool:
        """Whether the schedule is the clock of this instance, which it then has by the page."""
        ...

    def computes(self, actor: str) -> None:
        """The instance of this name is at work."""
        ...

    def ended(self, actor: str) -> None:
        """It is done, or dead."""
        ...


# Gives the environment variables of a new instance (endpoints, its own metadata server) for its name.
InstanceEnvironment = Callable[[Function, str], dict[str, str]]


class Functions:
    """All functions of the cloud."""

    def __init__(
        self,
        world: World,
        schedule: Schedule,
        fork_server: ForkServer,
        environment: InstanceEnvironment,
        leave: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`leave` is told the name of each instance that is no more, to close what was opened for it."""
        self._world = world
        self._schedule = schedule
        self._fork_server = fork_server
        self._environment = environment
        self._leave = leave
        self._functions: dict[str, Function] = {}
        self._instances: dict[str, list[Instance]] = {}
        self._waiting: dict[str, deque[Event]] = {}  # events of a function for which no instance was free
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.invocations: list[Invocation] = []
        self.starting = 0.0  # seconds that starts of instances took, all together
        self.logs = Logs()

    def deploy(self, function: Function) -> None:
        """Serve `function` from now on; what an older one of that name is at work on, it may finish [documented]."""
        self._functions[function.name] = function
        for instance in list(self._instances.setdefault(function.name, [])):
            if not instance.busy:
                self.kill(instance)

    def remove(self, name: str) -> None:
        """Serve the function no more; its instances go, whatever they are at work on [inferred]."""
        self._functions.pop(name, None)
        for instance in list(self._instances.get(name, [])):
            self.kill(instance)

    def invoke(self, name: str, event: Event) -> None:
        """Hand `event` to an instance of the function. If none is idle, one is started, and the first free one has it.

        Raises:
            KeyError: there is no such function.
        """
        function = self._functions[name]
        idle = [each for each in self._instances[name] if not each.busy and each.function is function]
        if idle:
            self._begin(idle[0], event)
            return
        self._waiting.setdefault(name, deque()).append(event)
        instance = self._start(function)
        seconds = self._schedule.draw("functions.coldstart")
        self.starting += seconds
        self._world.clock.after(seconds, lambda: self._started(instance))

    def instance(self, name: str) -> Instance | None:
        """The instance of that name."""
        function = name.rsplit("-", 1)[0]
        return next((i for i in self._instances.get(function, []) if i.name == name), None)

    def kill(self, instance: Instance, why: str = "killed") -> None:
        """Take the instance away in the middle of whatever it does; that fails, because of `why`."""
        if instance.gone:
            return
        instance.gone = True
        instance.process.kill()
        if instance.idle is not None:
            instance.idle.cancel()
        self._instances[instance.function.name].remove(instance)
        self._record(instance, why)
        self._leave(instance.name)
        self._schedule.ended(instance.name)

    async def stop(self) -> None:
        """End all invocations and instances."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            if self._session is not None:
                await self._session.close()
        finally:
            await self._fork_server.stop()

    def _start(self, function: Function) -> Instance:
        taken = {instance.name for instance in self._instances[function.name]}
        number = next(n for n in range(len(taken) + 1) if f"{function.name}-{n:03d}" not in taken)
        name = f"{function.name}-{number:03d}"
        unique = f"{name}.{self._world.ids.hex(4)}"
        clock = self._world.folder / f"{unique}.clock"
        process = self._fork_server.order(
            unique,
            self._environment(function, name),
            str(function.directory),
            str(function.source),
            function.entry_point,
            str(clock) if self._schedule.clock_of(name, lambda: ClockPage(clock)) else "",
        )
        instance = Instance(name, function, process, reserved=True)
        self._instances[function.name].append(instance)
        self._instances[function.name].sort(key=lambda i: i.name)
        return instance

    def _started(self, instance: Instance) -> None:
        instance.reserved = False
        if not instance.gone:
            self._serve_next(instance)
        elif waiting := self._waiting[
            instance.function.name
        ]:  # it was taken away meanwhile, and an event with it
            self._add(instance, self._world.clock.now, waiting.popleft(), "killed")

    def _serve_next(self, instance: Instance) -> None:
        """Hand the event that has waited longest to a free instance; one for which there is none is idle."""
        if waiting := self._waiting.get(instance.function.name):
            self._begin(instance, waiting.popleft())
        else:
            self._end_when_idle(instance)

    def _begin(self, instance: Instance, event: Event) -> None:
        now = self._world.clock.now
        if instance.idle is not None:
            instance.idle.cancel()
        deadline = self._world.clock.after(instance.function.timeout, lambda: self._time_out(instance))
        instance.work = _Work(event, now, deadline)
        self._schedule.computes(instance.name)
        task = asyncio.get_running_loop().create_task(self._run(instance, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _time_out(self, instance: Instance) -> None:
        """The event has failed; what the instance does with it, it goes on doing."""
        work, function = instance.work, instance.function
        if work is None:
            return
        self._add(instance, work.began, work.event, f"504: timed out after {function.timeout:g} s")
        instance.work = replace(work, told=True)
        write_timeout(self._world, function.service, function.revision)
        self._end_when_idle(instance)

    def _end_when_idle(self, instance: Instance) -> None:
        if instance.idle is not None:
            instance.idle.cancel()
        seconds = self._world.timing.typical("functions.idle")
        instance.idle = self._world.clock.after(seconds, lambda: self.kill(instance))

    async def _run(self, instance: Instance, event: Event) -> None:
        try:
            outcome = await self._post(await instance.process.port, event)
        except (aiohttp.ClientError, FailedToStart) as error:
            self.kill(instance, f"crashed: {error}")
            return
        if instance.gone:  # it answered in the moment of its death
            return
        self._record(instance, outcome)
        if instance.function is not self._functions.get(instance.function.name):
            self.kill(instance)
            return
        self._schedule.ended(instance.name)
        self._serve_next(instance)

    def _record(self, instance: Instance, outcome: str) -> None:
        """Its work is over, one way or another: what it printed, and what became of the event."""
        work, instance.work = instance.work, None
        if work is None:
            return
        work.deadline.cancel()
        if work.told:
            self._collect(instance)
        else:
            self._add(instance, work.began, work.event, outcome)

    def _add(self, instance: Instance, began: float, event: Event, outcome: str) -> None:
        self._collect(instance)
        name, seconds = instance.function.name, self._world.clock.now - began
        self.invocations.append(Invocation(began, name, instance.name, event.id, outcome, seconds))

    def _collect(self, instance: Instance) -> None:
        function, now = instance.function, self._world.clock.now
        for stream, file in (("stdout", instance.process.log), ("stderr", instance.process.errors)):
            lines = self.logs.collect(file, now, function.name, instance.name)
            write_lines(self._world, function.service, function.revision, instance.name, stream, lines)

    async def _post(self, port: int, event: Event) -> str:
        if self._session is None:
            # No limit in real time: the deadline is simulated, and the schedule has patience of its own.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit=0), timeout=aiohttp.ClientTimeout()
            )
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
            text = await response.text(errors="replace")
            return "ok" if response.status < 300 else f"{response.status}: {text[:200]}"


RUNTIME: Part[Functions] = Part("the runtime of functions")
