"""Callback endpoints: a slot for one message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localcloud.workflows.callbacks import CallbackRequest
from localcloud.workflows.run import Run

WAIT = """
main:
  params: [timeouts]
  steps:
  - make: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: endpoint}
  - publish:
      call: http.post
      args: {url: https://example.com/go, body: {callback: "${endpoint.url}"}}
  - init: {assign: [{got: []}]}
  - each:
      for:
        value: timeout
        in: ${timeouts}
        steps:
        - wait:
            try:
              steps:
              - hold: {call: sys.sleep, args: {seconds: 5}}
              - await:
                  call: events.await_callback
                  args: {callback: "${endpoint}", timeout: "${timeout}"}
                  result: request
              - note: {assign: [{got: "${list.concat(got, request.http_request.body)}"}]}
            except:
              as: e
              steps: [{late: {assign: [{got: "${list.concat(got, e.tags[0])}"}]}}]
  - out: {return: "${got}"}
"""


def post(host: Any, body: str = '{"n": 1}', method: str = "POST", kind: str = "application/json") -> int:
    """Send to the endpoint that the first call named; the HTTP status."""
    url = host.calls[0][2]["body"]["callback"]
    request = CallbackRequest(method, url, {"q": "1"}, {"content-type": kind}, body.encode(), host.now)
    return int(host.callbacks.send(request))


def advance(host: Any, seconds: float) -> None:
    """Let time pass, and everything happen that is due."""
    reached: list[float] = []
    host.after(seconds, lambda: reached.append(host.now))
    while not reached:
        assert host.step()


@pytest.fixture
def wait(begin: Callable[..., Run]) -> Callable[..., Run]:
    """Begin an execution that awaits the same endpoint once for each timeout, five seconds after the last."""
    return lambda *timeouts: begin(WAIT, list(timeouts))


def test_request_resumes_who_waits(host: Any, wait: Callable[..., Run]) -> None:
    """A request during the wait is its value; JSON bodies are decoded."""
    run = wait(60)
    advance(host, 10)
    assert (run.state, run.current_steps[0]["step"], post(host)) == ("ACTIVE", "await", 200)
    assert (run.result, host.now) == ('[{"n":1}]', 1_000_010)


def test_early_request_is_kept(host: Any, wait: Callable[..., Run]) -> None:
    """A request before the wait is stored, and is there at once when the wait begins."""
    run = wait(60)
    assert post(host) == 200
    advance(host, 5)
    assert run.result == '[{"n":1}]'


def test_second_request_is_refused_while_one_is_kept(host: Any, wait: Callable[..., Run]) -> None:
    """429 until the first was read; afterwards the next is kept for the next wait, stale or not."""
    run = wait(60, 60)
    assert [post(host, "1"), post(host, "2")] == [200, 429]
    advance(host, 6)
    assert [post(host, "3"), post(host, "4")] == [200, 429]
    advance(host, 5)
    assert run.result == "[1,3]"


def test_timeout_leaves_the_endpoint_open(host: Any, wait: Callable[..., Run]) -> None:
    """The wait raises TimeoutError after its time; a late request still gets 200 and is kept."""
    run = wait(30, 30)
    advance(host, 36)
    assert (post(host, "7"), run.state) == (200, "ACTIVE")
    advance(host, 5)
    assert run.result == '["TimeoutError",7]'


def test_late_request_is_accepted_and_read_by_nobody(host: Any, wait: Callable[..., Run]) -> None:
    """While the execution lives a late request is 200; after its end it is 404."""
    run = wait(30)
    advance(host, 10)
    post(host, "1")
    assert run.state == "SUCCEEDED"
    host.callbacks.close()
    assert post(host, "2") == 404


def test_other_methods_are_refused(host: Any, wait: Callable[..., Run]) -> None:
    """An endpoint takes the method that it was made for, and an unknown one takes nothing."""
    wait(30)
    host.callbacks.create("GET", "another")
    assert post(host, method="GET") == 405
    unknown = CallbackRequest("POST", "https://callbacks.example/nothing", {}, {}, b"", 0)
    assert host.callbacks.send(unknown) == 404


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [('{"a": 1}', "application/json; charset=utf-8", {"a": 1}), ("hi", "text/plain", "hi"), ("", "", None),
     ("{", "application/json", b"{"), ("raw", "application/octet-stream", b"raw")],
)  # fmt: skip
def test_request_shows_all_of_itself(body: str, kind: str, expected: Any) -> None:
    """Body by content type, headers, method, query and URL, with the time of arrival."""
    headers = {"content-type": kind}
    request = CallbackRequest("POST", "https://c/1", {"q": "1"}, headers, body.encode(), 0.5)
    assert request.value() == {
        "http_request": {"body": expected, "headers": headers, "method": "POST",
                         "query": {"q": "1"}, "url": "https://c/1"},
        "received_time": "1970-01-01T00:00:00.500000000Z",
        "type": "HTTP",
    }  # fmt: skip


def test_endpoint_of_another_execution_cannot_be_awaited(error_of: Callable[..., Any]) -> None:
    """A URL that this execution did not make is a ValueError; a string instead of the map a TypeError."""
    source = "- wait: {call: events.await_callback, args: {callback: %s, timeout: 5}}"
    assert error_of(source % "{url: https://callbacks.example/elsewhere}")["tags"] == ["ValueError"]
    assert error_of(source % "https://callbacks.example/elsewhere")["tags"] == ["TypeError"]


def test_each_wait_is_an_external_step(host: Any, wait: Callable[..., Run]) -> None:
    """Waits and requests to hosts that are not Google's are external, everything else internal."""
    run = wait(30, 30)
    advance(host, 80)
    assert (run.state, run.billed.external) == ("SUCCEEDED", 3)
