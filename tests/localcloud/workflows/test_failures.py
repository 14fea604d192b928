"""Errors: try, retry, except, raise, and what an execution that fails shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.workflows.errors import error_map, http_error
from localcloud.workflows.host import CallResult
from localcloud.workflows.run import Run

Result = Callable[..., Any]

GET = """
main:
  params: [policy]
  steps:
  - get:
      try:
        call: http.get
        args: {url: https://example.com/item}
        result: answer
      retry: %s
      except:
        as: e
        steps: [{caught: {return: "${e}"}}]
  - done: {return: "${answer.body}"}
"""


def failing(*errors: Any) -> Callable[[str, dict[str, Any]], CallResult]:
    """Answers that fail with each error in turn, then work."""
    left = list(errors)
    good = CallResult.ok({"code": 200, "body": "good", "headers": {}})
    return lambda name, arguments: CallResult.failure(left.pop(0)) if left else good


def started(host: Any) -> list[float]:
    """Seconds from the first call to each."""
    return [when - host.calls[0][0] for when, _, _ in host.calls]


UNAVAILABLE = http_error(503, {}, None)


def test_retry_waits_longer_each_time(host: Any, result: Result) -> None:
    """Delays grow by the multiplier up to the maximum; max_retries does not count the first attempt."""
    host.answer = failing(*[UNAVAILABLE] * 4)
    policy = (
        "{predicate: '${http.default_retry_predicate}', max_retries: 4, "
        "backoff: {initial_delay: 2, max_delay: 10, multiplier: 3}}"
    )
    assert result(GET % policy) == "good"
    assert started(host) == [0, 2, 8, 18, 28]


def test_default_policy_is_five_retries_from_one_second(host: Any, result: Result) -> None:
    """http.default_retry: five retries, after a second at first, then a quarter more; then the last error."""
    host.answer = failing(*[http_error(code, {}, None) for code in (429, 502, 503, 504, 503, 502)])
    assert result(GET % "${http.default_retry}")["code"] == 502
    assert started(host) == [0, 1, 2.25, 3.8125, 5.765625, 8.20703125]


@pytest.mark.parametrize(
    ("error", "idempotent", "careful"),
    [
        (http_error(429, {}, None), True, True),
        (http_error(503, {}, None), True, True),
        (http_error(502, {}, None), True, False),
        (http_error(504, {}, None), True, False),
        (http_error(500, {}, None), False, False),
        (error_map("ConnectionFailedError", "refused"), True, True),
        (error_map("ConnectionError", "reset"), True, False),
        (error_map("TimeoutError", "slow"), True, False),
        ("a string", False, False),
    ],
)
def test_default_policies_tell_errors_apart(
    host: Any, result: Result, error: Any, idempotent: bool, careful: bool
) -> None:
    """What surely did not arrive is repeated by both policies, what may have arrived by one of them."""
    attempts = []
    for policy in ("http.default_retry", "http.default_retry_non_idempotent"):
        host.calls.clear()
        host.answer = failing(error)
        result(GET % f"${{{policy}}}")
        attempts.append(len(host.calls) == 2)
    assert attempts == [idempotent, careful]


def test_own_predicate_decides(host: Any, result: Result) -> None:
    """A predicate is a sub-workflow named without brackets; it may log, and answers true or false."""
    host.answer = failing(http_error(418, {}, None), http_error(419, {}, None))
    policy = "{predicate: '${teapot}', max_retries: 5, backoff: '${retry.default_backoff}'}"
    source = GET % policy + (
        "teapot:\n"
        "  params: [e]\n"
        "  steps:\n"
        "  - tell: {call: sys.log, args: {data: '${e.code}', severity: INFO}}\n"
        "  - say: {return: '${e.code == 418}'}\n"
    )
    assert result(source)["code"] == 419
    assert host.logs == [("INFO", 418), ("INFO", 419)]


def test_error_of_a_predicate_takes_over(host: Any, result: Result) -> None:
    """A predicate that reads `code` of an error without one fails itself, and that is what is caught."""
    host.answer = failing(error_map("ConnectionError", "reset"))
    source = GET % "{predicate: '${p}', max_retries: 1, backoff: {initial_delay: 1}}"
    assert result(source + "p: {params: [e], steps: [{say: {return: '${e.code == 1}'}}]}")["tags"] == [
        "KeyError"
    ]


def test_retry_repeats_the_whole_block(host: Any, result: Result) -> None:
    """All steps of the block run again, and variables keep what the failed attempt gave them."""
    source = """
    - init: {assign: [{n: 0}]}
    - work:
        try:
          steps:
          - count: {assign: [{n: "${n + 1}"}]}
          - check: {switch: [{condition: "${n < 3}", raise: "again"}]}
        retry: {predicate: "${retry.always}", max_retries: 5, backoff: {initial_delay: 1}}
    - out: {return: "${n}"}
    """
    assert (result(source), host.now) == (3, 1_000_002.25)


def test_raised_value_arrives_as_it_was(result: Result) -> None:
    """A string stays a string and a map stays a map: a string has no tags."""
    source = """
    main:
      params: [error]
      steps:
      - a:
          try: {raise: "${error}"}
          except: {as: e, steps: [{out: {return: ["${e}", "${get_type(e)}"]}}]}
    """
    assert result(source, "stop") == ["stop", "string"]
    assert result(source, {"code": 7}) == [{"code": 7}, "map"]


def test_variables_of_a_handler_are_its_own(result: Result) -> None:
    """What the block set before it failed stays; what the handler first sets goes."""
    source = """
    - init: {assign: [{out: none}]}
    - a:
        try:
          steps:
          - set: {assign: [{before: kept}]}
          - fail: {raise: x}
        except:
          as: e
          steps:
          - inside: {assign: [{own: gone}, {out: "${before + e}"}]}
    - end_: {return: "${out}"}
    """
    assert result(source) == "keptx"


FAILING = """\
main:
  steps:
  - outer:
      call: inner
inner:
  steps:
  - before: {assign: [{m: {}}]}
  - look:
      return: ${m.results}
"""


def test_uncaught_error_shows_its_way(execute: Callable[..., Run]) -> None:
    """payload is the error as JSON, context its message and a line a routine, stackTrace its parts."""
    run = execute(FAILING)
    assert (run.state, run.error and run.error["payload"], run.error and run.error["context"]) == (
        "FAILED",
        '{"message":"KeyError: key not found: results","tags":["KeyError"]}',
        'KeyError: key not found: results\nin step "look", routine "inner", line: 8\n'
        'in step "outer", routine "main", line: 3',
    )
    assert run.error is not None
    assert run.error["stackTrace"]["elements"][0] == {
        "step": "look",
        "routine": "inner",
        "position": {"line": "8", "column": "5", "length": "0"},
    }


def test_uncaught_string_is_a_runtime_error(execute: Callable[..., Run]) -> None:
    """A raised string is JSON text in the payload, too."""
    run = execute("- stop: {raise: no more}")
    assert run.error is not None
    assert (run.error["payload"], run.error["context"].splitlines()[0]) == (
        '"no more"',
        'RuntimeError: "no more"',
    )


def test_error_that_is_raised_again_begins_a_new_trace(execute: Callable[..., Run]) -> None:
    """`raise: ${e}` keeps the error and names the step that raised it again."""
    source = """
    - work:
        try: {raise: {code: 1}}
        except: {as: e, steps: [{again: {raise: "${e}"}}]}
    """
    run = execute(source)
    assert run.error is not None
    assert json.loads(run.error["payload"]) == {"code": 1}
    assert [element["step"] for element in run.error["stackTrace"]["elements"]] == ["again"]


def test_bytes_cannot_be_a_result(error_of: Result) -> None:
    """The result goes through JSON, which has no bytes."""
    assert error_of("- out: {return: '${text.encode(\"x\")}'}")["tags"] == ["ValueError"]


def test_cancelled_execution_runs_no_handler(host: Any, begin: Callable[..., Run]) -> None:
    """Cancelling ends at once: no except block, no later step, no timer."""
    source = """
    - work:
        try: {call: sys.sleep, args: {seconds: 60}}
        except: {as: e, steps: [{log: {call: sys.log, args: {text: caught}}}]}
    """
    run = begin(source)
    assert run.current_steps == [{"routine": "main", "step": "work"}]
    run.cancel()
    assert (run.state, host.step(), host.logs) == ("CANCELLED", False, [])
    assert run.current_steps == [{"routine": "main", "step": "work"}]


NESTING = """
main:
  steps:
  - init: {assign: [{x: 1}]}
  - nest: {for: {value: n, range: [1, 3000], steps: [{more: {assign: [{x: ["${x}"]}]}}]}}
"""
ECHO = "main: {params: [given], steps: [{out: {return: '${given}'}}]}"


@pytest.mark.parametrize(
    ("source", "argument", "tag"),
    [(NESTING, None, "RecursionError"), (ECHO, "\ud800", "ValueError")],
    ids=["too deep", "no Unicode"],
)
def test_a_value_that_cannot_be_kept_fails_the_execution(
    execute: Callable[..., Run], source: str, argument: Any, tag: str
) -> None:
    """It raises an error of the language, and nothing escapes to whoever drives the run."""
    run = execute(source, argument)
    assert run.state == "FAILED" and run.error is not None
    assert [tag] == json.loads(run.error["payload"])["tags"]
