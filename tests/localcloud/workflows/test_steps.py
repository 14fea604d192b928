"""Steps: assignment, jumps, switch, loops, sub-workflows, return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.workflows.run import Run

Result = Callable[..., Any]
Execute = Callable[..., Run]


def test_main_gets_the_whole_argument(result: Result) -> None:
    """The one parameter of main is the argument, whatever its type."""
    source = """
    main:
      params: [who]
      steps:
      - greet:
          return: ${"Hello " + who.first + " " + who.last}
    """
    assert result(source, {"first": "Ada", "last": "Byron"}) == "Hello Ada Byron"


def test_missing_argument_is_null(result: Result) -> None:
    """Without an argument the parameter is null."""
    assert result("main: {params: [a], steps: [{r: {return: '${get_type(a)}'}}]}") == "null"


def test_workflow_without_return_ends_with_null(result: Result) -> None:
    """A list of steps is a main without parameters; its result is null."""
    assert result("- only:\n    assign:\n    - a: 1") is None


def test_later_assignments_see_earlier_ones(result: Result) -> None:
    """Assignments of one step happen in order, into maps, lists and what is missing on the way."""
    source = """
    - set:
        assign:
        - m: {list: [1, 2]}
        - m.list[1]: ${m.list[0] + 9}
        - m["new"].deep: ${m.list[1]}
        - key: other
        - m[key]: {"${key + 1}": yes}
    - out:
        return: ${m}
    """
    assert result(source) == {"list": [1, 10], "new": {"deep": 10}, "other": {"other1": "yes"}}


def test_values_are_copied(result: Result) -> None:
    """A change of a copy leaves the original alone."""
    source = """
    - set:
        assign:
        - original: {inner: {n: 1}, items: [[1]]}
        - copy: ${original}
        - copy.inner.n: 2
        - copy.items[0][0]: 2
    - out:
        return: ["${original}", "${copy}"]
    """
    assert result(source) == [{"inner": {"n": 1}, "items": [[1]]}, {"inner": {"n": 2}, "items": [[2]]}]


def test_assignment_past_the_end_of_a_list_fails(error_of: Result) -> None:
    """A list does not grow by assignment."""
    assert error_of("- set:\n    assign:\n    - l: [1]\n    - l[1]: 2")["tags"] == ["IndexError"]


def test_jumps_make_a_loop(result: Result) -> None:
    """`next` leads back as well as forth, and out of a switch without a match the next step follows."""
    source = """
    - define:
        assign: [{words: [mu, l, ti]}, {text: ""}, {i: 0}]
    - check:
        switch:
        - condition: ${i < len(words)}
          next: append
    - done:
        return: ${text}
    - append:
        assign:
        - text: ${text + words[i]}
        - i: ${i + 1}
        next: check
    """
    assert result(source) == "multi"


def test_first_true_condition_wins(result: Result) -> None:
    """A case may hold steps, an assignment, a return or a switch; the switch's `next` is for the rest."""
    source = """
    main:
      params: [n]
      steps:
      - pick:
          switch:
          - condition: ${n == 1}
            steps:
            - one: {return: steps}
          - condition: ${n == 2}
            assign: [{word: assigned}]
            next: tell
          - condition: ${n == 3}
            return: returned
          - condition: ${n == 4}
            switch:
            - condition: true
              assign: [{word: nested}]
          next: tell
      - never: {return: wrong}
      - tell: {return: "${default(word, 0)}"}
    """
    assert [result(source, n) for n in (1, 2, 3, 4, 5)] == ["steps", "assigned", "returned", "nested", 0]


def test_end_stops_without_a_value(result: Result) -> None:
    """`next: end` ends main, also from inside nested steps."""
    source = """
    - outer:
        steps:
        - inner: {assign: [{a: 1}], next: end}
    - never: {return: wrong}
    """
    assert result(source) is None


def test_range_includes_both_ends(result: Result) -> None:
    """Ranges count from the first number to the last one, also over doubles and from an expression."""
    source = """
    main:
      params: [last]
      steps:
      - init: {assign: [{sum: 0}, {seen: []}]}
      - count:
          for:
            value: n
            range: [1, 9]
            steps: [{add: {assign: [{sum: "${sum + n}"}]}}]
      - again:
          for:
            value: d
            index: i
            range: '${[0.5, last]}'
            steps: [{add2: {assign: [{seen: "${list.concat(seen, [i, d])}"}]}}]
      - third: {for: {value: e, range: ['${last}', 3], steps: [{add3: {assign: [{sum: "${sum + e}"}]}}]}}
      - out: {return: ["${sum}", "${seen}"]}
    """
    assert result(source, 2) == [45 + 2 + 3, [[0, 0.5], [1, 1.5]]]


def test_loop_over_the_keys_of_a_map(result: Result) -> None:
    """Integer keys stay integers, and a variable may be called `map`."""
    source = """
    - init: {assign: [{map: {1: 10, 2: 20, 3: 30}}, {sum: 0}]}
    - each:
        for:
          value: key
          in: ${keys(map)}
          steps: [{add: {assign: [{sum: "${sum + map[key]}"}]}}]
    - out: {return: "${sum}"}
    """
    assert result(source) == 60


def test_break_and_continue_steer_a_loop(result: Result) -> None:
    """`continue` goes to the next iteration from any depth inside, `break` leaves the innermost loop."""
    source = """
    - init: {assign: [{seen: []}]}
    - outer:
        for:
          value: a
          in: [1, 2]
          steps:
          - inner:
              for:
                value: b
                in: [1, 2, 3, 4]
                steps:
                - skip:
                    switch:
                    - {condition: "${b == 2}", next: continue}
                    - {condition: "${b == 4}", next: break}
                - note: {assign: [{seen: "${list.concat(seen, a * 10 + b)}"}]}
    - out: {return: "${seen}"}
    """
    assert result(source) == [11, 13, 21, 23]


def test_variables_of_a_loop_begin_anew(result: Result) -> None:
    """What is first assigned in an iteration is gone in the next; the parent's variables stay changed."""
    source = """
    - init: {assign: [{parent: 0}]}
    - each:
        for:
          value: n
          in: [5, 6]
          steps:
          - look: {assign: [{seen: "${default(own, \\"unset\\")}"}, {own: "${n}"}, {parent: "${n}"}]}
          - check: {switch: [{condition: '${seen != "unset"}', raise: "kept"}]}
    - out: {return: "${parent}"}
    """
    assert result(source) == 6


def test_jump_from_a_handler_to_an_outer_step(result: Result) -> None:
    """A handler may lead on to a step of the routine."""
    source = """
    - read:
        try: {raise: {code: 404}}
        except:
          as: e
          steps:
          - known: {switch: [{condition: "${e.code == 404}", next: missing}]}
          - unknown: {raise: "${e}"}
    - found: {return: found}
    - missing: {return: missing}
    """
    assert result(source) == "missing"


def test_sub_workflow_takes_named_arguments_and_defaults(result: Result) -> None:
    """Called by a step with names, in an expression by position; what is left out has its default."""
    source = """
    main:
      steps:
      - call: {call: full, args: {first: Ada}, result: one}
      - out: {return: ["${one}", "${full(\\"Alan\\", \\"Turing\\")}", "${nothing()}"]}
    full:
      params: [first, {last: Lovelace}]
      steps: [{out: {return: '${first + " " + last}'}}]
    nothing:
      steps: [{jump: {next: end}}]
    """
    assert result(source) == ["Ada Lovelace", "Alan Turing", None]


def test_sub_workflow_has_variables_of_its_own(result: Result) -> None:
    """No variable crosses a call: neither way."""
    source = """
    main:
      steps:
      - set: {assign: [{x: main}]}
      - call: {call: other}
      - out: {return: "${x}"}
    other:
      steps: [{set: {assign: [{x: other}]}}]
    """
    assert result(source) == "main"


def test_recursion_ends_at_twenty_calls(error_of: Result, result: Result) -> None:
    """Calls may be nested 20 deep, main among them."""
    source = """
    main:
      params: [n]
      steps: [{go: {call: down, args: {n: "${n}"}, result: r}}, {out: {return: "${r}"}}]
    down:
      params: [n]
      steps:
      - stop: {switch: [{condition: "${n == 0}", return: bottom}]}
      - go: {call: down, args: {n: "${n - 1}"}, result: r}
      - out: {return: "${r}"}
    """
    assert result(source, 18) == "bottom"
    assert error_of(source, 19)["tags"] == ["RecursionError"]


def test_variable_that_no_path_assigned_is_null(result: Result) -> None:
    """Deployment accepts a variable that some path assigns; on the others it reads as null."""
    source = """
    - maybe: {switch: [{condition: false, assign: [{x: 1}]}]}
    - out: {return: "${x == null}"}
    """
    assert result(source) is True


def test_variable_named_as_a_module_hides_its_functions(error_of: Result) -> None:
    """`map.get` with a variable `map` is an element of the variable, and no function."""
    source = "- set: {assign: [{map: {get: 1}}]}\n- out: {return: '${map.get(map, \"get\")}'}"
    assert error_of(source)["message"].startswith("TypeError: unsupported operand type for call")


def test_json_source_runs_as_yaml_does(result: Result) -> None:
    """JSON is the other spelling, tabs included."""
    assert result('[\n\t{"a": {"assign": [{"n": 4}]}},\n\t{"b": {"return": "${n * 2}"}}\n]') == 8
