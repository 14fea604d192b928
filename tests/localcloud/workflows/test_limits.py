"""Limits at run time: memory, strings, steps; and what is billed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.wire.messages import Json
from localcloud.workflows import steps
from localcloud.workflows.run import Run
from localcloud.workflows.values import size_of
from tests.support.turns import at_most


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 0),
        (True, 8),
        (1, 8),
        (1.5, 8),
        ("abc", 11),
        ("é", 10),
        (b"ab", 10),
        ([1, "a"], 25),
        ({"k": 1}, 25),
    ],
)
def test_memory_is_counted_by_the_documented_formula(value: Any, size: int) -> None:
    """8 bytes for what is simple, 8 and the contents for the rest; null is free."""
    assert size_of(value) == size


def doubling(times: int, copies: int) -> str:
    """A source that makes a string of 2^times bytes and keeps it `copies` times more."""
    return f"""
- init: {{assign: [{{text: "x"}}, {{all: []}}]}}
- grow:
    for: {{value: n, range: [1, {times}], steps: [{{more: {{assign: [{{text: "${{text + text}}"}}]}}}}]}}
- keep:
    for:
      value: n
      range: [1, {copies}]
      steps: [{{add: {{assign: [{{all: "${{list.concat(all, text)}}"}}]}}}}]
- out: {{return: "${{len(all)}}"}}
"""


def test_memory_ends_at_512_kilobytes(result: Callable[..., Any], error_of: Callable[..., Any]) -> None:
    """Four strings of 128 KB are too much, with what little comes with them; three are not."""
    assert result(doubling(17, 2)) == 2
    assert error_of(doubling(17, 3))["tags"] == ["ResourceLimitError"]


def test_string_ends_at_256_kilobytes(error_of: Callable[..., Any]) -> None:
    """One string may not be longer, though there is memory for it."""
    assert "262144 bytes" in error_of(doubling(19, 1))["message"]


def test_null_gives_memory_back(execute: Callable[..., Run]) -> None:
    """Assigning null, and leaving a loop or a sub-workflow, frees what was held."""
    source = """
    main:
      steps:
      - set: {assign: [{a: "12345678"}]}
      - loop: {for: {value: v, in: ["12345678"], steps: [{s: {assign: [{own: "${v}"}]}}]}}
      - call: {call: other, args: {p: "12345678"}}
      - free: {assign: [{a: null}]}
    other: {params: [p], steps: [{s: {assign: [{q: "${p}"}]}}]}
    """
    run = execute(source)
    assert (run.memory.used, run.memory.peak) == (0, 72)


TEN = "x" * 10  # 18 bytes
PAUSE = {"pause": {"call": "sys.sleep", "args": {"seconds": 1}}}


def keep(value: Any) -> Json:
    """A step that assigns to a variable of the body that it is in."""
    return {"keep": {"assign": [{"own": value}]}}


OTHER = {"params": ["p", {"q": "1234"}], "steps": [keep("${p}"), {"out": {"return": "${own}"}}]}
CALL = {"call": "other", "args": {"p": TEN}}
LOOP = {"value": "v", "in": [TEN, TEN], "steps": [keep("${v}"), PAUSE]}


@pytest.mark.parametrize(
    ("step", "argument", "peak"),
    [
        (
            {"assign": [{"a": "This is a string of 28 bytes"}, {"b": "${a}"}]},
            None,
            72,
        ),  # the example of the page
        ({"assign": [{"a": "${event}"}]}, TEN, 3 * 18),
        ({"assign": [{"a": TEN}, {"a": TEN}]}, None, 18),
        (CALL, None, 18 + 12 + 18),
        ({**CALL, "result": "r"}, None, 18 + 12 + 18),
        ({"for": LOOP}, None, 44 + 18 + 18),
        ({"for": {**LOOP, "index": "i"}}, None, 44 + 18 + 8 + 18),
        ({"parallel": {"for": LOOP}}, None, 44 + 2 * (18 + 18)),
        (
            {
                "parallel": {
                    "branches": [
                        {"a": {"steps": [keep(TEN), PAUSE]}},
                        {"b": {"steps": [{"rest": PAUSE["pause"]}]}},
                    ]
                }
            },
            None,
            18,
        ),
        ({"try": {"raise": TEN}, "except": {"as": "e", "steps": [keep("${e}")]}}, None, 18 + 18),
    ],
    ids=["copy", "event", "replaced", "call", "result", "for", "index", "iterations", "branch", "handler"],
)
def test_every_variable_counts_for_itself(
    execute: Callable[..., Run], step: Json, argument: Any, peak: int
) -> None:
    """A copy counts twice; so do parameters, loop variables and what iterations hold side by side."""
    main = {"params": ["event"], "steps": [{"work": step}]}
    run = execute(json.dumps({"main": main, "other": OTHER}), argument)

    assert run.error is None
    assert (peak, 0) == (run.memory.peak, run.memory.used)


CAUGHT = """
- init: {assign: [{x: "%s"}, {outcome: ended}]}
- try_it:
    try: {assign: [{y: "${x + x + x}"}]}
    retry: {predicate: "${retry.always}", max_retries: 2, backoff: {initial_delay: 1}}
    except: {as: e, steps: [{s: {assign: [{outcome: caught}]}}]}
- out: {return: "${outcome}"}
"""


def test_nothing_catches_a_limit(host: Any, result: Callable[..., Any], error_of: Callable[..., Any]) -> None:
    """The execution fails at once, without a retry and past every handler; an error of the same tag is caught."""
    assert "ended" == result(CAUGHT % ("x" * 10_000))
    assert ["ResourceLimitError"] == error_of(CAUGHT % ("x" * 100_000))["tags"]
    assert 1_000_000 == host.now
    raised = "{raise: {tags: [ResourceLimitError]}}"
    assert "caught" == result(CAUGHT.replace('{assign: [{y: "${x + x + x}"}]}', raised) % "x")


def test_a_limit_in_a_branch_ends_the_execution(host: Any, execute: Callable[..., Run]) -> None:
    """The other branches are not waited for."""
    source = f"""
    - init: {{assign: [{{x: "{"x" * 100_000}"}}]}}
    - both:
        try:
          parallel:
            branches:
            - slow: {{steps: [{{z: {{call: sys.sleep, args: {{seconds: 100}}}}}}]}}
            - large:
                steps:
                - wait: {{call: sys.sleep, args: {{seconds: 5}}}}
                - grow: {{assign: [{{y: "${{x + x + x}}"}}]}}
        except: {{as: e, steps: [{{s: {{raise: "${{e}}"}}}}]}}
    """
    run = execute(source)
    assert ("FAILED", 1_000_005.0) == (run.state, host.now)
    assert run.error is not None
    assert '"ResourceLimitError"' in run.error["payload"]


@pytest.mark.parametrize(
    "expression", ["x + x + x", "text.to_upper(x + x) + x", "json.encode_to_string([x, x, x])"]
)
def test_a_string_that_no_variable_holds_is_limited_too(
    error_of: Callable[..., Any], expression: str
) -> None:
    """As an operand or an argument."""
    steps = [{"init": {"assign": [{"x": "a" * 100_000}]}}, {"out": {"return": f"${{len({expression})}}"}}]
    assert ["ResourceLimitError"] == error_of(json.dumps(steps))["tags"]


def test_steps_end_at_a_hundred_thousand(error_of: Callable[..., Any]) -> None:
    """A loop that never ends is ended."""
    assert error_of("- again: {next: again}")["tags"] == ["ResourceLimitError"]


def test_iterations_side_by_side_end_at_the_limit_of_steps(
    monkeypatch: pytest.MonkeyPatch, error_of: Callable[..., Any]
) -> None:
    """A range that must exceed it is not laid out first: none of it begins."""
    laid_out = list[str]()
    monkeypatch.setattr(steps, "Work", lambda name, *others: laid_out.append(name))
    source = "- all: {parallel: {for: {value: n, range: [1, 300000], steps: [{one: {assign: [{a: 1}]}}]}}}"

    assert error_of(source)["tags"] == ["ResourceLimitError"]
    assert 100_000 > len(laid_out)


def test_each_assignment_condition_and_call_is_billed(execute: Callable[..., Run]) -> None:
    """Two assignments, two conditions, a call to Google and one elsewhere, a return."""
    source = """
    - set: {assign: [{a: 1}, {b: 2}]}
    - pick: {switch: [{condition: "${a > 1}", next: end}, {condition: true, next: one}]}
    - one: {call: http.get, args: {url: https://run.googleapis.com/v2/x}}
    - two: {call: http.get, args: {url: https://example.com/googleapis.com}}
    - out: {return: 1}
    """
    billed = execute(source).billed
    assert (billed.internal, billed.external) == (6, 1)


@pytest.mark.parametrize("call", ["replace_all(x, 'a', x)", "replace_all_regex(x, 'a', x)"])
def test_a_replacement_ends_before_it_is_made(error_of: Callable[..., Any], call: str) -> None:
    """A text put into every place of itself would take all memory, and the whole cloud's time."""
    source = f"""
- init: {{assign: [{{x: "{"a" * 60_000}"}}]}}
- out: {{return: "${{text.{call}}}"}}
"""
    with at_most(0.5):
        assert ["ResourceLimitError"] == error_of(source)["tags"]
