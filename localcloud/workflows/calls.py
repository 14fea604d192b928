"""Calling what a document names: sub-workflows, the library, connectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from localcloud.workflows.authentication import check as check_auth
from localcloud.workflows.bodies import encoded
from localcloud.workflows.connectors import is_idempotent
from localcloud.workflows.errors import WorkflowError, error_map, fail
from localcloud.workflows.host import CallResult, Timer
from localcloud.workflows.library import CONSTANTS, FUNCTIONS, Function
from localcloud.workflows.library.blocking import HTTP_TIMEOUT_LIMIT, SLEEP_LIMIT
from localcloud.workflows.library.registry import expect
from localcloud.workflows.library.times import parse_timestamp, write_log
from localcloud.workflows.threads import Calling, Frame, Resume, Suspension
from localcloud.workflows.values import copied, limited

_GOOGLE = (".googleapis.com", ".run.app", ".cloudfunctions.net", ".appspot.com", ".cloud.goog")


def call(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    """Call by named arguments, as a call step does; the value of the call.

    Raises:
        WorkflowError: whatever the called function raises.
    """
    routine = frame.run.document.routines.get(name)
    if routine is not None:
        frame.run.bill()
        return (yield from frame.run.routine(frame.thread, routine, arguments, frame.depth + 1))
    function = FUNCTIONS.get(name)
    if function is None:
        return (yield from _connector(frame, name, arguments))
    if not function.blocking:
        frame.run.bill()
        return compute(frame, function, arguments)
    given = {**function.optional, **arguments}
    return (yield from _BLOCKING.get(name, _http)(frame, name, given))


def call_with(frame: Frame, name: str, arguments: list[Any]) -> Calling:
    """Call by position, as an expression or a retry policy does.

    Raises:
        WorkflowError: TypeError, more arguments than parameters; whatever the called function raises.
    """
    routine = frame.run.document.routines.get(name)
    names = [param.name for param in routine.params] if routine else FUNCTIONS[name].parameters
    if len(arguments) > len(names):
        raise fail("TypeError", f"{name}: {len(arguments)} arguments given, {len(names)} expected")
    return (yield from call(frame, name, dict(zip(names, arguments, strict=False))))


def compute(frame: Frame, function: Function, arguments: dict[str, Any]) -> Any:
    """The value of a function that does not block.

    Raises:
        WorkflowError: TypeError, an argument is missing; whatever the function raises.
    """
    given = {**function.optional, **arguments}
    missing = [name for name in function.required if name not in given]
    if missing or function.apply is None:
        raise fail("TypeError", f"{function.name}: missing argument '{', '.join(missing)}'")
    values = [given[name] for name in function.parameters]
    host = (frame.run.host,) if function.needs_host else ()
    return limited(function.apply(*host, *values))


def _connector(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    """A connector repeats by itself: GETs like any idempotent call, the rest with care [documented]."""
    policy = "default_retry" if is_idempotent(name) else "default_retry_non_idempotent"
    rules = CONSTANTS[f"http.{policy}"]
    retryable = FUNCTIONS[rules["predicate"].name].apply
    assert retryable is not None
    delay = rules["backoff"]["initial_delay"]
    for _ in range(rules["max_retries"]):
        frame.run.bill()
        try:
            return (yield _asking(frame, name, arguments))
        except WorkflowError as error:
            if not retryable(error.value):
                raise
        yield frame.run.sleeping(delay)
        delay = min(delay * rules["backoff"]["multiplier"], rules["backoff"]["max_delay"])
    frame.run.bill()
    return (yield _asking(frame, name, arguments))


def _asking(frame: Frame, name: str, arguments: dict[str, Any]) -> Suspension:
    host = frame.run.host

    def begin(resume: Resume) -> None:
        def answered(outcome: CallResult) -> None:
            resume(CallResult(copied(outcome.value), copied(outcome.error), outcome.failed))

        host.call(name, copied(arguments), answered)

    return Suspension(begin)


def _http(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    given = {key: value for key, value in arguments.items() if value is not None}
    url = expect(given.get("url"), str, name)
    timeout = expect(given.get("timeout", HTTP_TIMEOUT_LIMIT), (int, float), name)
    if not 0 < timeout <= HTTP_TIMEOUT_LIMIT:
        raise fail("ValueError", f"{name}: timeout must be over 0 and at most {HTTP_TIMEOUT_LIMIT:g} seconds")
    check_auth(given.get("auth"), name)
    encoded(given.get("body"), _content_type(given), name)  # a body that cannot be sent is told here
    frame.run.bill(external=not is_google(url))
    return (yield _asking(frame, name, given))


def _content_type(arguments: dict[str, Any]) -> str:
    headers = expect(arguments.get("headers", {}), dict, "headers")
    return next((str(value) for key, value in headers.items() if str(key).lower() == "content-type"), "")


def is_google(url: str) -> bool:
    """Whether a request to `url` is billed as an internal step [documented: pricing]."""
    return (urlsplit(url).hostname or "").endswith(_GOOGLE)


def _sleep(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    seconds = expect(arguments.get("seconds"), (int, float), name)
    if not 0 <= seconds <= SLEEP_LIMIT:
        raise fail("ValueError", f"{name}: seconds must be between 0 and {SLEEP_LIMIT:g}")
    frame.run.bill()
    return (yield frame.run.sleeping(seconds))


def _sleep_until(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    until = parse_timestamp(arguments.get("time"), name)
    return (yield from _sleep(frame, name, {"seconds": max(0.0, until - frame.run.host.now)}))


def _log(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    frame.run.bill()
    write_log(frame.run.host, arguments)
    return None
    yield  # a generator like the others


def _await_callback(frame: Frame, name: str, arguments: dict[str, Any]) -> Calling:
    """Wait for a request; each wait is billed as an external step [documented: pricing]."""
    callback = expect(arguments.get("callback"), dict, name)  # a map with a url [documented: await_callback]
    url = expect(callback.get("url"), str, name)
    timeout = expect(arguments["timeout"], (int, float), name)
    if timeout <= 0:
        raise fail("ValueError", f"{name}: timeout must be over 0 seconds")
    frame.run.bill(external=True)
    return (yield Suspension(lambda resume: _Waiting(frame, url, timeout).begin(resume)))


class _Waiting:
    """A wait for a callback or for its time to run out, whichever is first."""

    def __init__(self, frame: Frame, url: str, timeout: float) -> None:
        self._host = frame.run.host
        self._url = url
        self._timeout = timeout
        self._timers: list[Timer] = []
        self._over = False

    def begin(self, resume: Resume) -> Timer:
        def finish(outcome: CallResult) -> None:
            self.cancel()
            resume(CallResult(copied(outcome.value), outcome.error, outcome.failed))

        def expire() -> None:
            finish(CallResult.failure(error_map("TimeoutError", "timed out waiting for callback")))

        waiting = self._host.await_callback(self._url, finish)
        if not self._over:
            self._timers = [waiting, self._host.after(self._timeout, expire)]
        return self

    def cancel(self) -> None:
        self._over = True
        for timer in self._timers:
            timer.cancel()


_BLOCKING: dict[str, Callable[[Frame, str, dict[str, Any]], Calling]] = {
    "sys.sleep": _sleep,
    "sys.sleep_until": _sleep_until,
    "sys.log": _log,
    "events.await_callback": _await_callback,
}
