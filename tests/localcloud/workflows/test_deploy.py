"""Deployment: what is refused, with the step's name and a message."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from localcloud.workflows.deploy import compile_document
from localcloud.workflows.errors import DeployError

Faults = Callable[[str], list[tuple[str, str]]]
BODY = "- a: {assign: [{x: 1}]}\n"


def test_undefined_symbol_is_told_in_the_documented_words() -> None:
    """The example of Google's troubleshooting page, and its message."""
    with pytest.raises(DeployError) as refused:
        compile_document(
            "- step1: {assign: [{varA: Hello}, {varB: World}]}\n- step2: {return: '${varC + varB}'}"
        )
    words = (
        "failed to build: error in step step2: symbol 'varC' is neither a variable nor a sub-workflow name"
    )
    assert str(refused.value) == words


def test_all_faults_are_found_at_once(faults: Faults) -> None:
    """Every fault comes with its step."""
    source = """
    main:
      steps:
      - a: {call: http.fetch, args: {url: x}}
      - b: {call: sys.sleep, args: {second: 1}}
      - c: {next: nowhere}
      - d: {call: other, args: {q: 1}}
    other:
      params: [p]
      steps: [{e: {return: "${x}"}}]
    """
    assert faults(source) == [
        ("c", "next step 'nowhere' not found"),
        ("a", "symbol 'http.fetch' not found"),
        ("b", "call to 'sys.sleep': unexpected argument 'second'"),
        ("b", "call to 'sys.sleep': missing argument 'seconds'"),
        ("d", "call to 'other': unexpected argument 'q'"),
        ("d", "call to 'other': missing argument 'p'"),
        ("e", "symbol 'x' is neither a variable nor a sub-workflow name"),
    ]


@pytest.mark.parametrize(
    ("source", "step", "words"),
    [
        ("", "", "must be a list of steps or a map"),
        ("other: {steps: [{a: {return: 1}}]}", "", "main workflow not found"),
        ("main: {params: [a, b], steps: [{a: {return: 1}}]}", "", "at most 1"),
        ("main: {steps: []}", "", "at least one step"),
        ("- a: {assign: [{x: 1}], return: 1}", "a", "both 'assign' and 'return'"),
        ("- a: {asign: []}", "a", "unexpected entry 'asign'"),
        ("- a: {call: sys.now, args: [1]}", "a", "args must be a map"),
        ("- a: {return: 1, result: x}", "a", "'result' needs 'call'"),
        ("- a: {assign: {x: 1}}", "a", "assign must be a list"),
        ("- a: {assign: [{x + 1: 1}]}", "a", "cannot assign to"),
        ("- a: {assign: [{f(x): 1}]}", "a", "cannot assign to"),
        ("- a: {assign: [{x.y: 1}]}", "a", "symbol 'x' is neither"),
        (BODY + "- a: {return: 1}", "a", "duplicate step name"),
        ("- end: {return: 1}", "end", "cannot be the name"),
        ("- a: {return: '${1 +}'}", "a", "parse error in expression"),
        ("- a: {switch: [{condition: x > 1, next: end}]}", "a", "condition must be an expression"),
        ("- a: {raise: 5}", "a", "raise must be"),
        ("- a: {for: {value: v, in: [1], range: [1, 2], STEPS}}", "a", "either 'in' or"),
        ("- a: {for: {value: v, range: ['${1}', two], STEPS}}", "a", "range must be"),
        ("- a: {for: {in: [1], STEPS}}", "a", "name of its variable"),
        ("- a: {try: {for: {value: v, in: [1], STEPS}}, except: {as: e, steps: [{c: {return: 1}}]}}",
         "a", "loop step name should not be empty"),
        ("- a: {parallel: {branches: [{b: {steps: [{c: {next: continue}}]}}]}}", "a", "list of 2 to 10"),
        ("- a: {parallel: {shared: [x], for: {value: v, in: [1], STEPS}}}", "a",
         "shared variable 'x' is not defined"),
        ("- a: {parallel: {exception_policy: stop, for: {value: v, in: [1], STEPS}}}", "a",
         "must be continueAll"),
        ("- a: {parallel: {for: {value: v, in: [1], steps: [{b: {return: 1}}]}}}", "b", "is not allowed"),
        ("- a: {parallel: {for: {value: v, in: [1], steps: [{b: {next: end}}]}}}", "b", "'end' not found"),
        ("- a: {parallel: {for: {value: v, in: [1], steps: [{b: {next: break}}]}}}", "b", "not found"),
        ("- a: {next: continue}", "a", "'continue' not found"),
        ("- a: {for: {value: v, in: [1], steps: [{b: {next: c}}]}}\n- c: {return: 1}", "b", "'c' not found"),
        ("- a: {next: b}\n- s: {steps: [{b: {return: 1}}]}", "a", "'b' not found"),
        ("- a: {return: '${len()}'}", "a", "0 arguments given, 1 expected"),
        ("- a: {return: '${nothing(1)}'}", "a", "symbol 'nothing' is neither"),
        ("- a: {return: '${http.get(\"u\")}'}", "a", "cannot be called in an expression"),
        ("- a: {call: googleapis.compute.v1.instances.get}", "a", "not found"),
        ("- a: {call: googleapis.pubsub.v1.projects.topics.publish, args: {topic: t}}", "a",
         "missing argument 'body'"),
        ("- a: {assign: [{x: 1}, {x: 2}]}\n- a: {return: 1}\n  b: {return: 1}", "", "map of one name"),
        ("- a: {return: 1}\n- a\n", "", "each step must be a map"),
        ("- a: {return: {k: 1, k: 2}}", "", "already set"),
        ("- a: {return: '${x", "", "parse error"),
    ],
)  # fmt: skip
def test_faulty_source_is_refused(faults: Faults, source: str, step: str, words: str) -> None:
    """Structure, names, jumps and calls are checked before anything runs."""
    found = faults(source.replace("STEPS", "steps: [{b: {next: continue}}]"))
    assert any(step == at and words in message for at, message in found), found


def many(n: int, item: str) -> str:
    """`n` items of a flow list."""
    return ", ".join([item] * n)


@pytest.mark.parametrize(
    ("source", "most", "words"),
    [
        (lambda n: f"- a: {{assign: [{many(n, '{x: 1}')}]}}", 50, "1 to 50 assignments"),
        (lambda n: f"- a: {{switch: [{many(n, '{condition: true, next: end}')}]}}", 50, "1 to 50 conditions"),
        (lambda n: f"- a: {{return: '${{\"{'x' * (n - 5)}\"}}'}}", 400, "limit of 400"),
        (lambda n: "main: {steps: [{a: {return: 1}}]}\n"
                   f"s: {{params: [{', '.join(f'p{i}' for i in range(n))}], steps: [{{b: {{return: 1}}}}]}}",
         10, "at most 10"),
        (lambda n: "- a: {parallel: {branches: [" + ", ".join(
                   f"{{b{i}: {{steps: [{{c{i}: {{next: continue}}}}]}}}}" for i in range(n)) + "]}}",
         10, "2 to 10"),
        (lambda n: "- a: {return: 1}\n# " + "x" * (n - 19), 128 * 1024, "exceeds the limit of 131072 bytes"),
    ],
    ids=["assignments", "conditions", "expression", "parameters", "branches", "source"],
)  # fmt: skip
def test_limit_holds_and_ends_there(
    faults: Faults, source: Callable[[int], str], most: int, words: str
) -> None:
    """Exactly the limit is accepted, one more is not."""
    assert faults(source(most)) == []
    assert [words in message for _, message in faults(source(most + 1))] == [True]


SCOPES = """
- init: {assign: [{parent: 0}]}
- loop:
    for:
      value: v
      index: i
      in: [1]
      steps: [{set: {assign: [{own: "${v + i + parent}"}, {parent: "${own}"}]}}]
- attempt:
    try: {steps: [{tried: {assign: [{inside: 1}]}}]}
    except: {as: e, steps: [{handle: {assign: [{handled: "${e}"}]}}]}
- fork:
    parallel:
      branches:
      - left: {steps: [{l: {assign: [{a: "${parent}"}]}}]}
      - right: {steps: [{r: {assign: [{b: 1}]}}]}
- choose: {switch: [{condition: true, assign: [{chosen: 1}]}]}
- out: {return: "${%s}"}
"""


@pytest.mark.parametrize("name", ["parent", "inside", "chosen"])
def test_variables_of_a_routine_are_seen_everywhere_in_it(faults: Faults, name: str) -> None:
    """Steps, switch and try have no scope of their own."""
    assert faults(SCOPES % name) == []


@pytest.mark.parametrize("name", ["own", "v", "i", "e", "handled", "a", "b", "left"])
def test_variables_of_a_body_end_with_it(faults: Faults, name: str) -> None:
    """Loops, handlers and branches keep what was first assigned in them."""
    assert faults(SCOPES % name) == [
        ("out", f"symbol '{name}' is neither a variable nor a sub-workflow name")
    ]


PARALLEL = """
- init: {{assign: [{{mine: 0}}, {{other: {{}}}}]}}
- fork:
    parallel:
      shared: [{shared}]
      for:
        value: v
        in: [1]
        steps:
        - write: {{assign: [{{mine: "${{v}}"}}, {{own: 1}}]}}
        - deep: {{call: sys.now, result: other.at}}
"""


def test_unshared_variables_are_read_only_in_a_branch(faults: Faults) -> None:
    """Assignments and results alike; elements count as the variable; what a branch makes itself is free."""
    message = "variable '{}' is assigned in a parallel branch but is not shared"
    assert faults(PARALLEL.format(shared="mine, other")) == []
    assert faults(PARALLEL.format(shared="mine")) == [("deep", message.format("other"))]
    assert faults(PARALLEL.format(shared="other")) == [("write", message.format("mine"))]


def test_inner_parallel_must_share_as_well(faults: Faults) -> None:
    """A variable goes through each parallel step that shares it."""
    source = """
    - init: {{assign: [{{x: 0}}]}}
    - outer:
        parallel:
          shared: [x]
          for:
            value: a
            in: [1]
            steps:
            - inner:
                parallel:
                  shared: [{}]
                  for: {{value: b, in: [1], steps: [{{set: {{assign: [{{x: "${{b}}"}}]}}}}]}}
    """
    assert faults(source.format("x")) == []
    assert [step for step, _ in faults(source.format(""))] == ["set"]


def test_parallel_steps_nest_two_deep(faults: Faults) -> None:
    """A third level is refused."""
    inner = "{b: {next: continue}}"
    for level in (1, 2, 3):
        inner = f"{{s{level}: {{parallel: {{for: {{value: v{level}, in: [1], steps: [{inner}]}}}}}}}}"
    assert [message for _, message in faults(f"[{inner}]")] == ["parallel steps are nested deeper than 2"]


def test_nested_loops_have_variables_of_their_own(faults: Faults) -> None:
    """A loop inside another may not use its variable; one after it may."""
    loop = "{{value: v, in: [1], steps: [{}]}}"
    step = "{{{}: {{for: {}}}}}"
    inner = step.format("b", loop.format("{c: {next: continue}}"))
    assert [step for step, _ in faults(f"[{step.format('a', loop.format(inner))}]")] == ["b"]
    after = step.format("d", loop.format("{e: {next: continue}}"))
    assert faults(f"[{inner}, {after}]") == []


def test_sub_workflow_that_blocks_needs_a_step(faults: Faults) -> None:
    """Also when it blocks only in what it calls; as a retry predicate it may."""
    source = """
    main:
      steps:
      - a: {return: "${outer()}"}
      - b: {try: {call: outer}, retry: {predicate: "${predicate}", max_retries: 1}}
    outer: {steps: [{c: {call: inner}}]}
    inner: {steps: [{d: {call: sys.sleep, args: {seconds: 1}}}]}
    predicate: {params: [e], steps: [{f: {call: sys.log, args: {data: "${e}"}}}, {g: {return: false}}]}
    """
    assert faults(source) == [("a", "sub-workflow 'outer' blocks and cannot be called in an expression")]


def test_fault_knows_its_line() -> None:
    """A fault carries the routine and the line of its step."""
    source = "main:\n  steps:\n  - a: {call: s}\ns:\n  steps:\n  - b:\n      return: ${x}\n"
    with pytest.raises(DeployError) as refused:
        compile_document(textwrap.dedent(source))
    assert [(fault.routine, fault.line) for fault in refused.value.faults] == [("s", 6)]


def test_plain_values_are_those_of_yaml_1_2(faults: Faults, result: Callable[[str], object]) -> None:
    """`yes`, dates and leading zeros are strings; only true, True, TRUE and their opposites are booleans."""
    source = "- a: {return: [yes, 2024-01-02, 007, TRUE, False, ~, null, 1e2, -3, .5, 0x1F]}"
    assert result(source) == ["yes", "2024-01-02", "007", True, False, None, None, 100.0, -3, 0.5, "0x1F"]


def assigned(value: str) -> str:
    return f"- a: {{assign: [{{x: {value}}}]}}"


def laughs(form: str) -> str:
    """A "billion laughs": each line stands for ten of the line before."""
    lines = (f"a{i}: {form.format(f'&a{i}', ','.join([f'*a{i - 1}'] * 10))}\n" for i in range(1, 9))
    return "a0: &a0 {x: y}\n" + "".join(lines)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (assigned("9" * 5000), "line 1: '9999"),
        (assigned("!!int abc"), "line 1: 'abc' cannot be read as"),
        (assigned("!!bool abc"), "line 1: 'abc' cannot be read as"),
        (assigned("!!timestamp abc"), "line 1: 'abc' cannot be read as"),
        (assigned('"\\UFFFFFFFF"'), "character escape code"),
        (assigned("'${" + "9" * 5000 + "}'"), "parse error in expression"),
        (assigned("[" * 900 + "]" * 900), "exceeded max depth"),
        ("[" * 50_000, "exceeded max depth"),
        ("&a [*a]", "anchor value contains itself"),
        (laughs("{} [{}]"), "document contains excessive aliasing"),
        (laughs("{} {{<<: [{}]}}"), "document contains excessive aliasing"),
        (f"[{'x,' * 60_000}]", "no YAML of more than"),
        ("- a: \x00", "unacceptable character"),
        (assigned('"\ud800"'), "not Unicode"),
    ],
    ids=lambda text: text[:40].encode("ascii", "backslashreplace").decode().replace("\0", "NUL"),
)
def test_a_source_that_cannot_be_read_is_refused_with_the_reason(source: str, words: str) -> None:
    """Whatever keeps it from being read."""
    with pytest.raises(DeployError) as refused:
        compile_document(source)
    assert words in str(refused.value)
