"""Expressions, their values and their faults; what the hand-written evaluator of before got wrong comes first."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from localcloud.cel import CelError, CompileError, Environment, EvaluationError, Function

SELF = Environment(("self",), extensions=("strings", "optional"))
VALUE = {"list": [1, 2, 3], "text": "abc", "__namespace__": "space", "nothing": None, "map": {"a": 1}}


def value(text: str, of: Any = VALUE) -> Any:
    """What `text` evaluates to for this `self`."""
    return SELF.compile(text).evaluate(SELF.bind({"self": of}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 / -2", -3),
        ("7 % -2", 1),
        ("dyn(1) == true", False),
        ("[1] == [dyn(true)]", False),
        ("true in [dyn(1)]", False),
        ("{'a': 1}.a", 1),
        ("b'a'", b"a"),
        (r"'\u00e9' == 'é' && '\x41' == 'A'", True),
        ("'''a\nb'''.size()", 3),
        ("0x10 + 1", 17),
        ("1e3", 1000.0),
    ],
)
def test_what_was_wrong_is_right(text: str, expected: Any) -> None:
    """As the language says; the evaluator of before had another value, or none."""
    found = value(text)
    assert (expected, type(expected)) == (found, type(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 == 7 && !(2 > 3)", True),
        ("self.list.all(x, x > 0) && self.list.exists_one(x, x == 2)", True),
        ("self.list.filter(x, x > 1).size() == 2", True),
        ("self.list.map(x, x * 2)[2] == 6", True),
        ("has(self.none) ? self.none : 'other'", "other"),
        ("has(self.nothing) && self.nothing == null", True),
        ("self.text.startsWith('ab') && self.text.matches('^[a-c]+$')", True),
        ("'a' in ['a', \"b\"] && size(self.text) == 3", True),
        ("self.__namespace__.contains('sp') && self.text.split('b')[1] == 'c'", True),
        ("duration('1m30s') > duration('89s') && duration('1500ms') < duration('2s')", True),
        (r'self.text.matches(r"""^a\w+$""")', True),
        ("self.none == 1 || true", True),
        ("self.list.all(x, 6 / (x - 2) > 100) || true", True),
        ("self.map.exists(key, key == 'a')", True),
        ("'a.b'.matches('^a[.]b$') && !'b'.matches('^a')", True),
        ("false && self.none == 1", False),
        ("self.?none.orValue(4) + self.map.?a.orValue(4)", 5),
        ("[null, {'a': null}]", [None, {"a": None}]),
    ],
)
def test_expressions_have_values(text: str, expected: Any) -> None:
    """The language as rules use it, Kubernetes' optional fields included."""
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "size"), [("", 0), ("abc", 3), ("é", 1), ("😀", 1), ("e\u0301", 2), ("日本", 2), ("\0", 1), ("a\ud800", 2)]
)  # fmt: skip
def test_size_counts_code_points(text: str, size: int) -> None:
    """Not bytes, and not what is seen as one letter."""
    assert size == value("size(self)", text) == value("self.size()", text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("self.none == 1", "no such key: none"),
        ("self['a b']", "no such key: a b"),
        ("{1: 2}[3]", "no such key: 3"),
        ("self.text.none", "no such key"),
        ("self.list[9] == 1", "index out of bounds: 9"),
        ("self.list[-1] == 1", "index out of bounds: -1"),
        ("self.list['a']", "unsupported index type 'string' in list"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("9223372036854775807 + 1", "integer overflow"),
        ("1u - 2u", "unsigned integer overflow"),
        ("self.text < 3", "no such overload"),
        ("self.text ? 1 : 2", "no such overload"),
        ("duration('soon')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("timestamp('soon')", "type conversion error from 'string' to 'google.protobuf.Timestamp'"),
        ("int('x')", "type conversion error from 'string' to 'int'"),
        ("double('x')", "type conversion error from 'string' to 'double'"),
        ("bool('x')", "type conversion error from 'string' to 'bool'"),
        (r"string(b'\xff')", "invalid UTF-8 in bytes, cannot convert to string"),
        ("[1, 2, 3 / 0]", "division by zero"),
        ("{'a': self.none}", "no such key: none"),
    ],
)
def test_what_has_no_value_is_told_in_the_words_of_the_api_server(text: str, words: str) -> None:
    """cel-go's, common/types and interpreter [documented]."""
    with pytest.raises(EvaluationError) as caught:
        value(text)
    assert words == str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("other", "<input>:1:1: undeclared reference to 'other' (in container '')\n | other\n | ^"),
        ("self.list.sum()",
         "<input>:1:14: undeclared reference to 'sum' (in container '')\n | self.list.sum()\n | .............^"),
        ("1 == true",
         "<input>:1:3: found no matching overload for '_==_' applied to '(int, bool)'\n | 1 == true\n | ..^"),
        ("[1 2]", "<input>:1:4: Syntax error: extraneous input '2' expecting {']', ','}\n | [1 2]\n | ...^"),
        ("has(1)", "<input>:1:5: invalid argument to has() macro\n | has(1)\n | ....^"),
        ("1 +", "<input>:1:4: Syntax error: mismatched input '<EOF>' expecting"),
        ("a$b", "<input>:1:2: Syntax error: token recognition error at: '$'"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_told_with_its_place(text: str, words: str) -> None:
    """cel-go's compiler has the same words."""
    with pytest.raises(CompileError) as caught:
        SELF.compile(text)
    assert str(caught.value).startswith("ERROR: " + words)


@pytest.mark.parametrize(
    "given", [object(), 2**70, -(2**70), {1, 2}, {"a": object()}, {None: 1}, [1.5, [2**64]], (1,)]
)
def test_values_that_cel_does_not_have_are_refused(given: Any) -> None:
    """Wherever in the value they are."""
    with pytest.raises(EvaluationError):
        value("self == self", given)


def test_deep_values_are_refused_or_taken() -> None:
    """The stack of C++ is deeper than that of Python, which is asked first."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(EvaluationError):
        value("self == self", deep)
    assert value("self == self", [[[[1]]]])


def test_an_expression_is_compiled_once() -> None:
    """And again when others have taken its place."""
    assert SELF.compile("1 + 1") is SELF.compile("1 + 1")


def test_functions_of_python_are_called_on_values() -> None:
    """With the types that they declare; what they raise is a fault of the expression."""

    def halved(number: int) -> int:
        if number % 2:
            raise ValueError("odd")
        return number // 2

    half = Function("half", ("int",), "int", halved)
    environment = Environment(("x",), functions=(half,))
    bindings = environment.bind({"x": 4})

    assert 2 == environment.compile("x.half()").evaluate(bindings)
    with pytest.raises(EvaluationError, match="odd"):
        environment.compile("3.half()").evaluate(bindings)
    with pytest.raises(CompileError, match="found no matching overload for 'half'"):
        environment.compile("'a'.half()")


COUNTING = """
import sys
from localcloud.cel import Environment, Function
keep = Function("keep", ("list<dyn>", "map<string, dyn>"), "bool", lambda target, other: True)
environment = Environment(("self",), functions=(keep,))
bindings = environment.bind({"self": {"a": None, "b": [None]}})
texts = ("null", "self", "[null, [null]]", "[null, [self.a]].keep({'a': null})", "self.b.keep(self)")
expressions = [environment.compile(text) for text in texts]
def run(times):
    for _ in range(times):
        for each in expressions:
            each.evaluate(bindings)
run(10)
before = sys.getrefcount(None)
run(2000)
print(sys.getrefcount(None) - before)
"""


def test_null_does_not_use_up_none() -> None:
    """Before Python 3.12 a None too few ends the interpreter: the binding forgets to count them."""
    done = subprocess.run([sys.executable, "-c", COUNTING], capture_output=True, text=True, check=True)
    assert -1000 < int(done.stdout)  # 2000 at least for each place that does not count


def test_the_local_cloud_starts_without_the_library() -> None:
    """It comes with the first expression, and protobuf with it."""
    late = {"cel_expr_python", "google.protobuf"}
    shown = f"import sys, localcloud.cloud; print(sorted({late} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_faults_are_of_one_family() -> None:
    """Whoever evaluates what a user wrote catches one type."""
    assert issubclass(CompileError, CelError)
    assert issubclass(EvaluationError, CelError)
