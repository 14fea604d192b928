"""Executions of the workflow: which one a message started, what it is doing, how it ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from fleetgate.client.calls import asking, repeated
from fleetgate.client.target import Target
from shared import errors
from shared.google import executions
from shared.google.answers import Broken
from shared.google.lists import items
from shared.json_types import Json

WHOLE, NAMES = "FULL", "BASIC"  # views: with argument and result, or without [documented: ExecutionView]
PAGE = 20  # executions: whoever looks for one finds it among the newest
# Routines and steps of `workflows/environment.yaml` that a person is told about.
ASKING, PAUSING = "attempt", {("ask_all", "wait"), ("ask_all", "part")}
# Where threads wait that have started others.
AROUND = {("ask_all", "side_by_side"), ("main", "at_first"), ("main", "meanwhile"), ("wake", "each_function")}


@dataclass(frozen=True)
class Execution:
    """One execution with all its fields.

    `state` is ACTIVE, SUCCEEDED, FAILED, CANCELLED, UNAVAILABLE or QUEUED [documented]. `argument` and `returned` are
    JSON texts. `error` is what it ended with instead of a result, as REST shows it: `payload` and `context`.
    `places` are the routine and the step that each of its threads is at.
    """

    id: str
    state: str
    argument: str = ""
    returned: str = ""
    error: Json | None = None
    places: tuple[tuple[str, str], ...] = ()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.state in executions.ALIVE

    @property
    def result(self) -> Json:
        """What it returned; empty if it has not ended."""
        result = json.loads(self.returned or "{}")
        return result if isinstance(result, dict) else {}

    @property
    def message(self) -> str:
        """The id of the message that started it; "" if something else did."""
        return str(self._message().get("messageId", ""))

    @property
    def asked(self) -> float:
        """When that message was published, unix seconds; 0 if something else started it, with a time that is none."""
        try:
            return datetime.fromisoformat(str(self._message().get("publishTime", ""))).timestamp()
        except (ValueError, OverflowError):
            return 0.0

    @property
    def is_second(self) -> bool:
        """Whether it yielded to another execution or request."""
        return self.result.get("outcome") == "superseded"

    def busy_with(self) -> str:
        """What its threads are doing, as text; "" if the API does not say."""
        words = Counter(_words(*each) for each in self.places if each not in AROUND)
        return ", ".join(f"{count} × {what}" if count > 1 else what for what, count in sorted(words.items()))

    def _message(self) -> dict[str, Any]:
        """The message in the event that started it [documented: MessagePublishedData]."""
        try:
            return dict(json.loads(self.argument or "{}")["data"]["message"])
        except (ValueError, KeyError, TypeError):
            return {}


def _words(routine: str, step: str) -> str:
    if routine == ASKING:
        return "asking a step"
    return "pausing before a step" if (routine, step) in PAUSING else f"{routine}.{step}"


def read(target: Target, id_: str) -> Execution | None:
    """The execution with this id, or None if it no longer exists."""
    name = f"{target.workflow}/executions/{id_}"
    try:
        with asking(target, "workflowexecutions", "GET", name):
            request = {"name": name, "view": WHOLE}
            return _execution(target.google.executions.get_execution(request, **repeated()))
    except errors.NotFound:
        return None


def newest_first(target: Target, view: str = WHOLE) -> Iterator[Execution]:
    """Every execution; no page is read before it is needed. Newest first is the API's order [documented].

    Raises:
        NotFound: there is no Fleetgate in this project.
    """
    with asking(target, "workflowexecutions", "GET", f"{target.workflow}/executions"):
        request = {"parent": target.workflow, "view": view, "page_size": PAGE}
        yield from map(_execution, target.google.executions.list_executions(request, **repeated()))


def newest(target: Target) -> str:
    """The id of the newest execution; "" if there is none.

    Raises:
        NotFound: there is no Fleetgate in this project.
    """
    return next((each.id for each in newest_first(target, NAMES)), "")


def started_by(target: Target, message: str, before: str) -> list[Execution]:
    """The executions that a message has started, oldest first: a repeated delivery starts one more.

    All are newer than `before`, the execution that was the newest when the message was published.

    Raises:
        NotFound: there is no Fleetgate in this project.
    """
    later = takewhile(lambda each: each.id != before, newest_first(target))
    return [each for each in later if each.message == message][::-1]


def open_callbacks(target: Target, execution: str) -> int:
    """How many answers of steps it is waiting for now. Over REST: the client library has no method for callbacks."""
    path = f"v1/{target.workflow}/executions/{execution}/callbacks"
    callbacks = items(target.session, "workflowexecutions", path, "callbacks")
    return sum(int(each.get("waiters", 0)) for each in callbacks)


def _execution(found: Any) -> Execution:
    """The library's execution as ours.

    Raises:
        Broken: it has no name, so it is none.
    """
    if not found.name:
        raise Broken("has no execution in it")
    return Execution(
        id=found.name.rsplit("/", 1)[-1],
        state=getattr(
            found.state, "name", str(found.state)
        ),  # a number if the library is older than the state
        argument=found.argument,
        returned=found.result,
        error=_error(found),
        places=tuple((each.routine, each.step) for each in found.status.current_steps),
    )


def _error(found: Any) -> Json | None:
    """Its error, or why its state cannot be told: its data is encrypted with a key that was taken away, say."""
    error = {"payload": found.error.payload or found.state_error.details, "context": found.error.context}
    return error if any(error.values()) else None
