"""A host with its own time, and a way to run a document on it to its end."""

from __future__ import annotations

import heapq
import json
import random
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.workflows.callbacks import Callbacks
from localcloud.workflows.deploy import compile_document
from localcloud.workflows.dialect import Dialect
from localcloud.workflows.errors import DeployError
from localcloud.workflows.host import CallResult
from localcloud.workflows.run import Run

Answer = Callable[[str, dict[str, Any]], CallResult]


@dataclass
class Alarm:
    """A timer of the fake clock."""

    then: Callable[[], None]
    live: bool = True

    def cancel(self) -> None:
        """Ring no more."""
        self.live = False


@dataclass
class FakeHost:
    """Virtual time, scripted answers to calls, and a memory of everything asked of it."""

    now: float = 1_000_000.0
    answer: Answer = lambda name, arguments: CallResult.ok({"code": 200, "body": None, "headers": {}})
    latency: float = 0.0
    seed: int | None = None
    both_sides: bool = field(default_factory=lambda: Dialect().both_sides)
    variables: dict[str, str] = field(default_factory=dict)
    logs: list[tuple[str, object]] = field(default_factory=list)
    calls: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    callbacks: Callbacks = field(default_factory=lambda: Callbacks("https://callbacks.example"))
    _queue: list[tuple[float, int, Alarm]] = field(default_factory=list)
    _count: int = 0

    def after(self, seconds: float, then: Callable[[], None]) -> Alarm:
        """Ring in virtual time."""
        alarm = Alarm(then)
        self._count += 1
        heapq.heappush(self._queue, (self.now + seconds, self._count, alarm))
        return alarm

    def uuid(self) -> str:
        """Ids in order."""
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012d}"

    def shuffled(self, n: int) -> list[int]:
        """In order, unless there is a seed."""
        order = list(range(n))
        if self.seed is not None:
            random.Random(self.seed).shuffle(order)
        return order

    def environment(self, name: str) -> str | None:
        """What the test set."""
        return self.variables.get(name)

    def log(self, severity: str, payload: object) -> None:
        """Remember."""
        self.logs.append((severity, payload))

    def create_callback(self, method: str) -> str:
        """A new endpoint."""
        return self.callbacks.create(method, self.uuid())

    def await_callback(self, url: str, then: Callable[[CallResult], None]) -> Any:
        """Wait on an endpoint."""
        return self.callbacks.wait(url, then)

    def call(self, name: str, arguments: dict[str, Any], then: Callable[[CallResult], None]) -> None:
        """Answer as the test says, after `latency`."""
        self.calls.append((self.now, name, arguments))
        outcome = self.answer(name, arguments)
        if self.latency:
            self.after(self.latency, lambda: then(outcome))
        else:
            then(outcome)

    def step(self) -> bool:
        """Let the next alarm ring; False when there is none."""
        while self._queue:
            when, _, alarm = heapq.heappop(self._queue)
            if alarm.live:
                self.now = when
                alarm.then()
                return True
        return False


@pytest.fixture
def host() -> FakeHost:
    """A host that starts at unix second 1,000,000."""
    return FakeHost()


Begin = Callable[..., Run]
Execute = Callable[..., Run]


@pytest.fixture
def begin(host: FakeHost) -> Begin:
    """Deploy a source and begin an execution of it."""

    def start(source: str, argument: Any = None) -> Run:
        run = Run(compile_document(textwrap.dedent(source)), argument, host, lambda _: None)
        run.begin()
        return run

    return start


@pytest.fixture
def execute(host: FakeHost, begin: Begin) -> Execute:
    """The same, up to its end."""

    def to_end(source: str, argument: Any = None) -> Run:
        run = begin(source, argument)
        while run.state == "ACTIVE" and host.step():
            pass
        return run

    return to_end


@pytest.fixture
def result(execute: Execute) -> Callable[..., Any]:
    """The value that a source returns; the test fails with the execution's error if it does not."""

    def value(source: str, argument: Any = None) -> Any:
        run = execute(source, argument)
        assert run.error is None, run.error and run.error["context"]
        assert run.result is not None, run.current_steps
        return json.loads(run.result)

    return value


@pytest.fixture
def evaluate(result: Callable[..., Any]) -> Callable[..., Any]:
    """The value of one expression, with variables from keyword arguments."""

    def value(expression: str, **variables: Any) -> Any:
        assignments = [{name: f"${{args.{name}}}"} for name in variables]
        steps: list[Any] = [{"set": {"assign": assignments}}] if assignments else []
        steps.append({"answer": {"return": f"${{{expression}}}"}})
        return result(json.dumps({"main": {"params": ["args"], "steps": steps}}), variables)

    return value


@pytest.fixture
def error_of(execute: Execute) -> Callable[..., Any]:
    """The error, as a value, that a source fails with."""

    def value(source: str, argument: Any = None) -> Any:
        run = execute(source, argument)
        assert run.error is not None, run.result
        return json.loads(run.error["payload"])

    return value


@pytest.fixture
def faults() -> Callable[[str], list[tuple[str, str]]]:
    """(step, message) of every fault that deployment finds in a source."""

    def found(source: str) -> list[tuple[str, str]]:
        try:
            compile_document(textwrap.dedent(source))
        except DeployError as error:
            return [(fault.step, fault.message) for fault in error.faults]
        return []

    return found
