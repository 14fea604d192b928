"""Faults by matcher: what goes wrong with which calls, so that what a caller makes of it can be seen.

    Fault(Matcher(method="container.*.clusters.create"), Crash(after=True))           the first such call
    Fault(Matcher(), Refusal(503), nth=None, probability=0.1)                         a seeded tenth of all
    Fault(Matcher(method="*.sendHttpCallback", function="my-step"), Lost(), nth=2)

A fault is injected once the method of a call is known, and before the call takes effect (see `request_path`). For a
seed the same calls come in the same order, so the same ones meet a fault.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from localcloud.time.clock import Clock
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Abort, Caller, Response

Answer = Callable[[], Response]

# What Google's front ends say when they cannot [observed, but for the words of 500: documented].
_REFUSALS = {
    429: ("RESOURCE_EXHAUSTED", "Rate Limit Exceeded"),
    500: ("INTERNAL", "Internal error encountered."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
}
# What a Kubernetes API server says [documented: API concepts, k8s.io/apimachinery pkg/api/errors].
_KUBERNETES = {
    429: ("RESOURCE_EXHAUSTED", "Too many requests, please try again later."),
    500: ("INTERNAL", "Internal error occurred: etcdserver: request timed out"),
    503: ("UNAVAILABLE", "the server is currently unable to handle the request"),
}
_WORDS = {Style.KUBERNETES: _KUBERNETES}


@dataclass(frozen=True)
class CallDescription:
    """A call as matchers see it: of which method of which service, on what, and by whom.

    A cluster's own API is the service `kubernetes`, with the HTTP verb for a method and the cluster's full name and
    the path for a resource. `style` is how the service writes errors.
    """

    caller: Caller
    service: str
    method: str
    resource: str
    mutation: bool
    style: Style = Style.NEWER

    @property
    def function(self) -> str:
        """The function that calls; "" for a workflow or a person."""
        return (self.caller.instance or "").rpartition("-")[0]


@dataclass(frozen=True)
class Matcher:
    """Which calls are meant: each part is a pattern as in a shell; `mutation` None means either."""

    service: str = "*"
    method: str = "*"
    resource: str = "*"
    function: str = "*"
    mutation: bool | None = None

    def matches(self, call: CallDescription) -> bool:
        """Whether this call is meant."""
        return self.mutation in (None, call.mutation) and all(
            fnmatchcase(text, pattern)
            for text, pattern in (
                (call.service, self.service),
                (call.method, self.method),
                (call.resource, self.resource),
                (call.function, self.function),
            )
        )


@dataclass(frozen=True)
class Means:
    """What an effect can do beside answering: set timers, and take an instance away by name."""

    clock: Clock
    kill: Callable[[str], None]


class Effect(Protocol):
    """What becomes of a call; `answer` lets it take effect."""

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The answer.

        Raises:
            Abort: there is none.
        """
        ...


@dataclass(frozen=True)
class Refusal:
    """The call is refused with 429, 500 or 503, and has no effect."""

    status: int

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The refusal in the service's own shape."""
        return Refused(*_WORDS.get(call.style, _REFUSALS)[self.status]).response(call.style)


@dataclass(frozen=True)
class Denied:
    """The caller lacks `permission`: 403, in compute's words [documented], and no effect."""

    permission: str

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The refusal in the service's own shape."""
        words = f"Required '{self.permission}' permission for '{call.resource}'"
        return Refused("PERMISSION_DENIED", words).response(call.style)


@dataclass(frozen=True)
class Reset:
    """The connection breaks: before the call takes effect, or after it, with the answer on its way."""

    after: bool = False

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """No answer."""
        if self.after:
            answer()
        raise Abort


@dataclass(frozen=True)
class Crash:
    """The calling instance is killed: before the call takes effect, or after it, with the answer unread."""

    after: bool = False

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """No answer, and nobody to read it; who is no instance is not killed, but loses the connection."""
        if self.after:
            answer()
        if call.caller.instance:
            means.kill(call.caller.instance)
        raise Abort


@dataclass(frozen=True)
class Slow:
    """The answer comes `seconds` later. The call takes effect at once, or `late`, with the answer.

    Workflows and people do not feel it.
    """

    seconds: float
    late: bool = False

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The answer, held back."""
        response = Response(late=answer) if self.late else answer()
        response.latency += self.seconds
        return response


@dataclass(frozen=True)
class Lost:
    """The caller is told that all is well, and nothing happens: a message that gets lost on its way."""

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """An empty success."""
        return Response.of_json({})


@dataclass(frozen=True)
class Late:
    """The caller is told that all is well; the call takes effect `seconds` later."""

    seconds: float

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """An empty success."""
        means.clock.after(self.seconds, lambda: _dropped(answer))
        return Response.of_json({})


@dataclass(frozen=True)
class Twice:
    """The call takes effect, and `seconds` later once more: a message that is delivered twice."""

    seconds: float

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The first answer."""
        means.clock.after(self.seconds, lambda: _dropped(answer))
        return answer()


def _dropped(answer: Answer) -> None:
    answer()


@dataclass(frozen=True)
class Fault:
    """An effect, and which of the matching calls have it.

    `nth` picks one, counted from 1; None means each of them, or a seeded share if there is a `probability`.
    """

    matcher: Matcher
    effect: Effect
    nth: int | None = 1
    probability: float = 1.0


class Faults:
    """The faults that are planned, and those that were injected. `kill` takes an instance away, by name."""

    def __init__(self, planned: Sequence[Fault] = (), seed: int = 0, clock: Clock | None = None) -> None:
        self._seed = seed
        self._planned: list[Fault] = []
        self._random: list[random.Random] = []
        self._seen: Counter[int] = Counter()
        self._clock = clock or Clock()
        self.kill: Callable[[str], None] = lambda _: None
        self.injected: list[tuple[Fault, CallDescription]] = []
        for fault in planned:
            self.plan(fault)

    def plan(self, fault: Fault) -> None:
        """Inject `fault` from now on."""
        self._random.append(random.Random(f"faults/{self._seed}/{len(self._planned)}"))  # noqa: S311  # no secrets
        self._planned.append(fault)

    def cease(self) -> None:
        """Inject nothing more of what is planned so far."""
        self._planned.clear()
        self._random.clear()
        self._seen.clear()

    def inject(self, call: CallDescription, answer: Answer) -> Response:
        """What `answer` gives, or what a fault makes of it; of several faults the first that is planned.

        Raises:
            Abort: a fault leaves the call without an answer.
        """
        due = [fault for n, fault in enumerate(self._planned) if self._is_due(n, fault, call)]
        if not due:
            return answer()
        fault = due[0]
        self.injected.append((fault, call))
        return fault.effect.apply(call, answer, Means(self._clock, self.kill))

    def _is_due(self, number: int, fault: Fault, call: CallDescription) -> bool:
        """Whether the fault picks this call; every match counts, and is a draw, whichever fault comes first."""
        if not fault.matcher.matches(call):
            return False
        self._seen[number] += 1
        picked = fault.nth in (None, self._seen[number])
        return picked and (fault.probability >= 1.0 or self._random[number].random() < fault.probability)
