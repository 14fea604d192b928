"""Follows a request from its publication to its end, through the workflow executions API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from fleetgate.client.calls import asking, once
from fleetgate.client.errors import ClientError
from fleetgate.client.executions import Execution, newest, read, started_by
from fleetgate.client.pauses import Watch
from fleetgate.client.target import Target
from fleetgate.log.entries import LogSource
from fleetgate.log.waiting import LIMIT, LogReading
from fleetgate.report import Report
from fleetgate.results import Ended, report_of_result
from shared import errors
from shared.google.answers import Broken

START_LIMIT = 120.0  # real seconds within which a message must start an execution
MAX_FAILURES = 5  # reads in a row that may fail: with growing pauses, an outage of some seconds


@dataclass(frozen=True)
class Published:
    """A published request: its message id, and the id of the execution that was the newest before ("" for none)."""

    message: str
    before: str


class Progress(Protocol):
    """Receives what is happening."""

    def tell(self, passed: float, told: str) -> None:
        """Report what is `told`, `passed` seconds after the beginning."""
        ...


def publish(target: Target, request: Mapping[str, Any]) -> str:
    """Publish a request; the id of its message.

    Raises:
        NotFound: there is no Fleetgate in this project.
        Transient: it may be published.
    """
    message = {"data": json.dumps(request).encode()}
    with asking(target, "pubsub", "POST", f"{target.requests}:publish"):
        answer = target.google.publisher.publish(topic=target.requests, messages=[message], **once())
        if not answer.message_ids:
            raise Broken("has no id of the message")
    return str(answer.message_ids[0])


def publish_to_follow(target: Target, request: Mapping[str, Any]) -> Published:
    """The same for a request that will be followed. Nothing is published for somebody who may not read executions.

    Raises:
        NotFound: there is no Fleetgate in this project.
    """
    before = newest(target)
    return Published(publish(target, request), before)


@dataclass
class Following:
    """Follows one published request to its end; `log_limit` is for how many seconds lines of the log are waited for."""

    target: Target
    published: Published
    progress: Progress
    watch: Watch = field(default_factory=Watch)
    log_limit: float = LIMIT

    def to_the_end(self, request: Mapping[str, Any]) -> Report:
        """Wait until its execution exists and has ended.

        Raises:
            ClientError: no execution was started.
        """
        began = self.watch.now()
        execution = self._ended(self._started(), began)
        if execution.is_second:
            others = [each for each in self._of_message() if each.id != execution.id]
            execution = next((self._ended(each, began) for each in others if not each.is_second), execution)
        how = Ended(
            execution.state,
            execution.returned,
            execution.error,
            execution.asked,
            self.watch.now() - began,
        )
        return report_of_result(how, request, self._log(execution, how, began))

    def _log(self, execution: Execution, how: Ended, began: float) -> LogReading:
        """What its functions logged, once it is there or has been waited for."""
        source = LogSource(self.target.project, execution.id, how.began)
        reading = LogReading(self.target.session, source, how.counts, self.log_limit)
        for pause in reading.pauses():
            self.progress.tell(self.watch.now() - began, "waiting for lines of the log")
            self.watch.sleep(pause)
        return reading

    def _of_message(self) -> list[Execution]:
        return started_by(self.target, self.published.message, self.published.before)

    def _started(self) -> Execution:
        for attempt in attempts(self.watch, START_LIMIT):
            with attempt:
                if found := self._of_message():
                    return found[0]
        raise ClientError(
            f"Message {self.published.message} has started no execution of {self.target.workflow} "
            f"in {START_LIMIT:.0f} s.",
            "Check the trigger of the workflow: `gcloud eventarc triggers list`.",
        )

    def _ended(self, execution: Execution, began: float) -> Execution:
        self.progress.tell(self.watch.now() - began, f"execution {execution.id} has begun")
        if not execution.is_alive:
            return execution
        for attempt in attempts(self.watch):
            with attempt:
                execution = read(self.target, execution.id) or _vanished(execution)
                if not execution.is_alive:
                    return execution
                if words := execution.busy_with():
                    self.progress.tell(self.watch.now() - began, words)
        raise AssertionError("attempts without a limit do not end")


def _vanished(execution: Execution) -> Execution:
    return replace(execution, state="UNAVAILABLE", error={"payload": "the execution was deleted"})


class Attempt:
    """One attempt to read. A missing answer is ignored, unless too many in a row are missing."""

    def __init__(self, failures: list[None]) -> None:
        self._failures = failures

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if isinstance(error, errors.Transient) and len(self._failures) < MAX_FAILURES:
            self._failures.append(None)
            return True
        self._failures.clear()
        return False


def attempts(watch: Watch, limit: float | None = None) -> Iterator[Attempt]:
    """Attempts with growing pauses, for at most `limit` seconds."""
    failures: list[None] = []
    for _ in watch.ticks(limit):
        yield Attempt(failures)
