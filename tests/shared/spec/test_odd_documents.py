"""What no environment is made of is a fault with a path, wherever it stands: JSON and YAML can say a great deal."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spec import Fault, InvalidRequest, parse_request
from shared.spec.faults import LONGEST
from shared.spec.request import ACTIONS, MAX_REQUEST
from tests.shared.spec.documents import example, faults_of
from tests.shared.spec.test_all_at_once import WHOLE_EXAMPLE, _places, _put
from tests.support.hidden import hidden_in
from tests.support.projects import PROJECT


def nested(depth: int, inner: Any = "x") -> Any:
    """Lists within lists."""
    for _ in range(depth):
        inner = [inner]
    return inner


ODD: dict[str, Any] = {
    "an integer of 5,000 digits": 10**5000,
    "a negative one": -(10**5000),
    "one of twenty": 2**64,
    "half a character": "store\ud800",
    "an escape": "\x1b[31mstore",
    "a mark of direction": "store\u202e",
    "nothing that is seen": "\u200b",
    "an infinite number": float("inf"),
    "no number": float("nan"),
    "a nest": nested(60),
    "a date": date(2026, 2, 28),
    "a moment": datetime(2026, 2, 28, tzinfo=UTC),
    "bytes": b"store",
    "a set": {"store"},
    "a pair": ("a", "b"),
    "an empty key": {"": "x"},
    "half a key": {"\ud800": "x"},
    "a key with an escape": {"\x1b[2J": "x"},
    "a key that is a number": {10**5000: "x"},
    "a key that is a date": {date(2026, 2, 28): "x"},
    "a key that is a pair": {("a", "b"): "x"},
    "a key that is nothing": {None: "x"},
}


def check(found: list[Fault]) -> None:
    """Each fault has words that can be sent, shown and read."""
    for each in found:
        for text in (each.path, each.fault, each.fix):
            assert 0 < len(text) <= LONGEST
            assert hidden_in(text, allowed="") == []
            assert text.encode()


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_part_is_a_fault_wherever_it_stands(odd: str) -> None:
    """With a path that leads there, or to what has it."""
    for place in _places(WHOLE_EXAMPLE):
        document = copy.deepcopy(WHOLE_EXAMPLE)
        _put(document, place, ODD[odd])
        found = faults_of(document)
        check(found)
        assert any(each.path.startswith(str(place[0])) for each in found), (place, found)


@pytest.mark.parametrize(
    ("document", "path", "fault"),
    [
        ({"ttl": 10**5000}, "ttl", "more than 18 digits"),
        ({"clusters": [{"": 1}]}, 'clusters[0][""]', "a key is empty"),
        ({"services": [{"selector": {"a\u202eb": "c"}}]}, 'services[0].selector["a\\\\u202eb"]', "U+202E"),
        ({"services": [{"selector": {"a b": 7}}]}, 'services[0].selector["a b"]', "not text"),
        ({"name": "a\x1bb"}, "name", "U+001B"),
        ({"routes": nested(30)}, "routes" + "[0]" * 23, "within each other"),
        ({3: 4}, ".", "a key is not text"),
    ],
)
def test_the_path_leads_there(document: Any, path: str, fault: str) -> None:
    """A key that is no word is quoted in it."""
    found = [each for each in faults_of({**example(), **document}) if fault in each.fault]
    assert [each.path for each in found] == [path]


def test_a_nest_of_thousands_is_not_gone_into() -> None:
    """It is a fault where it becomes too deep."""
    (found,) = faults_of(example() | {"name": nested(50_000)})
    assert found.path == "name" + "[0]" * 23


def test_a_key_like_a_mark_of_ours_is_in_the_path() -> None:
    """`#` and `[` begin what only pydantic knows of a place, in some of its locations."""
    assert [each.path for each in faults_of(example() | {"#x": 1, "[x": 1})] == ['["#x"]', '["[x"]']


TEXTS = st.text(st.characters(codec=None), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.dates()
    | st.sampled_from(sorted(ODD)).map(lambda name: ODD[name]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(["name", "#map", "[key]", "port"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*_places(WHOLE_EXAMPLE), ("",)]), VALUES), min_size=1, max_size=3))
def test_whatever_a_document_is_made_of_it_is_an_environment_or_faults(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    """No reader stumbles."""
    document = copy.deepcopy(WHOLE_EXAMPLE)
    for place, value in changes:
        _put(document, place, value)
    check(faults_of(document))


def faults_of_request(data: bytes) -> list[Fault]:
    """Every fault of a message; none if it is a request."""
    try:
        parse_request(data, project=PROJECT)
    except InvalidRequest as invalid:
        return invalid.faults
    return []


@pytest.mark.parametrize(
    ("data", "path", "fault"),
    [
        (b'{"action": "deploy", "environment": {"": 1}}', 'environment[""]', "a key is empty"),
        (b'{"action": "verify", "name": "\\ud800"}', "name", "U+D800"),
        (b'{"action": "verify", "name": ' + b"9" * 5000 + b"}", "name", "5000 digits"),
        (b'{"action": "deploy", "environment": ' + b"-" + b"9" * 5000 + b"}", "environment", "5000 digits"),
        (
            b'{"action": "teardown", "name": "a", "expires": 253402300800}',
            "expires",
            "more than 253402300799",
        ),
        (b'{"action": "teardown", "name": "a", "generation": "x y"}', "generation", "not made of"),
        (b'{"action": "deploy", "environment": ' + b"[" * 900 + b"]" * 900 + b"}", None, "within each other"),
        (b"[" * 60_000, ".", "nests without end"),
        (b'{"action": "verify", "name": "a", "name": "b"}', ".", "the key 'name' is twice"),
        (b'{"action": "deploy", "environment": {"\\u001b": 1, "\\u001b": 2}}', ".", "twice"),
        (b'{"action": "deploy", "environment": NaN}', "environment", "nan is not a number"),
        (b'{"action": "deploy", "environment": 1e999}', "environment", "inf is not a number"),
    ],
)
def test_an_odd_request_is_a_fault_with_a_path(data: bytes, path: str | None, fault: str) -> None:
    """Never a traceback in the function that reads it."""
    found = faults_of_request(data)
    check(found)
    assert [each.path for each in found if fault in each.fault] == [path or found[0].path]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(ACTIONS)),
    st.dictionaries(
        TEXTS | st.sampled_from(["name", "ttl", "expires", "generation", "region", "environment"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    ),
)
def test_whatever_a_message_says_it_is_a_request_or_faults(action: str, fields: dict[str, Any]) -> None:
    """As JSON can say it."""
    check(faults_of_request(json.dumps({"action": action, **fields}).encode()))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from('{}[]",:0123456789eE.-ntf \\u'), max_size=60).map(str.encode)
)
def test_whatever_bytes_are_published_they_are_a_request_or_faults(data: bytes) -> None:
    """Also those that are no JSON."""
    assert len(data) <= MAX_REQUEST
    check(faults_of_request(data))
