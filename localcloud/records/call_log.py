"""Every call that reached a service, in order: what tests and reports count, and what a crash point is named by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from localcloud.faults.call_faults import CallDescription
from localcloud.wire.messages import Caller


@dataclass(frozen=True)
class LoggedCall:
    """One call: when (unix seconds), by whom, what it asked of which resource, and the HTTP status it got."""

    when: float
    caller: Caller
    service: str
    method: str
    resource: str
    status: int
    mutation: bool

    @classmethod
    def of(cls, when: float, call: CallDescription, status: int) -> LoggedCall:
        """A call that was answered with this status."""
        return cls(when, call.caller, call.service, call.method, call.resource, status, call.mutation)


@dataclass
class CallLog:
    """The calls so far."""

    calls: list[LoggedCall] = field(default_factory=list)

    def add(self, call: LoggedCall) -> None:
        """Append one."""
        self.calls.append(call)

    def mutations(self) -> list[LoggedCall]:
        """Those that were meant to change something and were accepted."""
        return [call for call in self.calls if call.mutation and call.status < 400]

    def count(self, key: Callable[[LoggedCall], str]) -> dict[str, int]:
        """Calls by whatever `key` gives, sorted by it."""
        return dict(sorted(Counter(key(call) for call in self.calls).items()))
