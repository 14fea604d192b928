"""Parallel steps: scopes, order, limits, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localcloud.workflows.host import CallResult
from localcloud.workflows.run import Run

Result = Callable[..., Any]

SLEEPERS = """
main:
  params: [args]
  steps:
  - init: {assign: [{order: []}]}
  - side_by_side:
      parallel:
        shared: [order]
        concurrency_limit: ${args.limit}
        for:
          value: n
          in: ${args.seconds}
          steps:
          - nap: {call: sys.sleep, args: {seconds: "${n}"}}
          - note: {assign: [{order: "${list.concat(order, n)}"}]}
  - out: {return: "${order}"}
"""


def test_branches_share_what_is_shared(result: Result) -> None:
    """Each branch writes the shared map; its own variables are invisible to the others and afterwards."""
    source = """
    - init: {assign: [{got: {}}]}
    - both:
        parallel:
          shared: [got]
          branches:
          - users:
              steps:
              - a1: {call: http.get, args: {url: https://example.com/u}, result: answer}
              - a2: {assign: [{got.users: "${answer.code}"}]}
          - items:
              steps:
              - b1: {assign: [{answer: mine}]}
              - b2:
                  assign:
                  - got["items"]: ${answer}
    - out: {return: "${got}"}
    """
    assert result(source) == {"users": 200, "items": "mine"}


def test_iterations_run_side_by_side(host: Any, result: Result) -> None:
    """Sleeps overlap: the whole takes as long as the longest."""
    assert result(SLEEPERS, {"limit": 20, "seconds": [3, 1, 2]}) == [1, 2, 3]
    assert host.now == 1_000_003


def test_limit_makes_branches_wait(host: Any, result: Result) -> None:
    """With two at once the third begins when the first is over."""
    assert result(SLEEPERS, {"limit": 2, "seconds": [3, 4, 2]}) == [3, 4, 2]
    assert host.now == 1_000_005


def test_at_most_twenty_run_at_once(host: Any, result: Result) -> None:
    """An execution runs 20 branches at a time, whatever the step asks for."""
    result(SLEEPERS, {"limit": 1000, "seconds": [10] * 45})
    assert host.now == 1_000_030


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_start_order_comes_from_the_host(host: Any, result: Result, seed: int) -> None:
    """Branches start in any order; a seed picks it, and the same seed the same one."""
    host.seed = seed
    once = result(SLEEPERS, {"limit": 1, "seconds": [1, 2, 3, 4, 5]})
    assert sorted(once) == [1, 2, 3, 4, 5]
    assert once == result(SLEEPERS, {"limit": 1, "seconds": [1, 2, 3, 4, 5]})


def test_sum_over_iterations_loses_nothing(host: Any, result: Result) -> None:
    """One assignment to a shared variable is atomic, its expression included."""
    host.latency = 1
    host.answer = lambda name, arguments: CallResult.ok({"code": 200, "body": 2, "headers": {}})
    source = """
    - init: {assign: [{sum: 0}]}
    - all:
        parallel:
          shared: [sum]
          for:
            value: n
            range: [1, 10]
            steps:
            - get: {call: http.get, args: {url: https://example.com}, result: r}
            - add: {assign: [{sum: "${sum + r.body * n}"}]}
    - out: {return: "${sum}"}
    """
    assert result(source) == 110


def test_all_branches_run_though_some_fail(host: Any, result: Result) -> None:
    """The errors come together, after the last branch has ended; `continue` ends an iteration early."""
    source = """
    - init: {assign: [{done: []}]}
    - work:
        try:
          steps:
          - odd:
              parallel:
                shared: [done]
                for:
                  value: num
                  range: [0, 5]
                  steps:
                  - check: {switch: [{condition: "${num % 2 != 0}", raise: how odd}]}
                  - skip: {switch: [{condition: "${num == 2}", next: continue}]}
                  - nap: {call: sys.sleep, args: {seconds: 9}}
                  - note: {assign: [{done: "${list.concat(done, num)}"}]}
        except:
          as: e
          steps: [{out: {return: {e: "${e}", done: "${done}"}}}]
    """
    value = result(source)
    assert (value["done"], value["e"]["tags"], value["e"]["truncated"]) == (
        [0, 4],
        ["UnhandledBranchError"],
        False,
    )
    assert [(branch["id"], branch["error"]["payload"]) for branch in value["e"]["branches"]] == [
        ("1", "how odd"),
        ("3", "how odd"),
        ("5", "how odd"),
    ]
    assert host.now == 1_000_009


NESTED = """
main:
  params: [depth]
  steps:
  - go: {call: deeper, args: {depth: "${depth}"}}
  - out: {return: ok}
deeper:
  params: [depth]
  steps:
  - stop: {switch: [{condition: "${depth == 0}", next: end}]}
  - fork:
      parallel:
        for:
          value: n
          range: [1, 12]
          steps:
          - go: {call: deeper, args: {depth: "${depth - 1}"}}
          - nap: {call: sys.sleep, args: {seconds: 1}}
"""


def test_nesting_goes_two_deep(execute: Callable[..., Run], error_of: Result) -> None:
    """Two levels run, 12 × 12 branches through 20 places without locking up; a third is an error."""
    assert execute(NESTED, 2).result == '"ok"'
    assert "ParallelNestingError" in str(error_of(NESTED, 3))


def test_cancel_ends_every_branch(host: Any, begin: Callable[..., Run]) -> None:
    """All threads stop, and all steps that were at work are shown."""
    run = begin(SLEEPERS, {"limit": 3, "seconds": [5, 5, 5, 5]})
    run.cancel()
    assert (run.state, host.step()) == ("CANCELLED", False)
    assert run.current_steps.count({"routine": "main", "step": "nap"}) == 3


def test_empty_list_has_no_iterations(result: Result) -> None:
    """Nothing to do is done at once."""
    assert result(SLEEPERS, {"limit": 1, "seconds": []}) == []
