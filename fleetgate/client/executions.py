"""Executions of the workflow: which one a message started, what it is doing, how it ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetgate.client.target import Target
from shared.google import executions
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.google import wire

MARGIN = 60.0  # seconds by which an execution may seem older than its message: clocks differ [inferred]
# Routines and steps of `workflows/environment.yaml` that a person is told about.
ASKING, PAUSING = "attempt", ("ask_all", "wait")
AROUND = ("ask_all", "side_by_side")  # where the thread waits that started the others


@dataclass(frozen=True)
class Execution:
    """One execution with all its fields."""

    wire: wire.Execution

    @property
    def id(self) -> str:
        """Its id: the last part of its name."""
        return str(self.wire["name"]).rsplit("/", 1)[-1]

    @property
    def state(self) -> str:
        """ACTIVE, SUCCEEDED, FAILED, CANCELLED, UNAVAILABLE, QUEUED [documented]."""
        return str(self.wire.get("state", ""))

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.state in executions.ALIVE

    @property
    def result(self) -> Json:
        """What it returned; empty if it has not ended."""
        result = json.loads(self.wire.get("result") or "{}")
        return result if isinstance(result, dict) else {}

    @property
    def message(self) -> str:
        """The id of the message that started it; "" if something else did."""
        try:
            return str(json.loads(self.wire.get("argument") or "{}")["data"]["message"]["messageId"])
        except (ValueError, KeyError, TypeError):
            return ""

    @property
    def is_second(self) -> bool:
        """Whether it yielded to another execution or request."""
        return self.result.get("outcome") == "superseded"

    def busy_with(self) -> str:
        """What its threads are doing, as text; "" if the API does not say."""
        steps = self.wire.get("status", {}).get("currentSteps", [])
        places = [(step.get("routine", ""), step.get("step", "")) for step in steps]
        words = Counter(_words(*each) for each in places if each != AROUND)
        return ", ".join(f"{count} × {what}" if count > 1 else what for what, count in sorted(words.items()))


def _words(routine: str, step: str) -> str:
    if routine == ASKING:
        return "asking a step"
    return "pausing before a step" if (routine, step) == PAUSING else f"{routine}.{step}"


def read(target: Target, id_: str) -> Execution | None:
    """The execution with this id, or None if it no longer exists."""
    found = executions.read(target.session, target.workflow, id_)
    return Execution(found) if found else None


def newest_first(target: Target, since: float | None = None) -> Iterator[Execution]:
    """Executions that were created after `since` (unix seconds), with all their fields.

    Raises:
        NotFound: there is no Fleetgate in this project.
    """
    after = None if since is None else since - MARGIN
    return map(Execution, executions.newest_first(target.session, target.workflow, after))


def started_by(target: Target, message: str, since: float) -> list[Execution]:
    """The executions that a message has started, oldest first: a repeated delivery starts one more.

    Raises:
        NotFound: there is no Fleetgate in this project.
    """
    return [each for each in newest_first(target, since) if each.message == message][::-1]


def open_callbacks(target: Target, execution: str) -> int:
    """How many answers of steps it is waiting for now."""
    return executions.waiters(target.session, target.workflow, execution)
