"""The words of faults: ours, for every error that pydantic can make, and short."""

from __future__ import annotations

import inspect
from typing import Any, cast, get_args

import pytest
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from shared.spec import Environment, Fault
from shared.spec.defaults import with_defaults
from shared.spec.fault_messages import MESSAGES, UNSUPPORTED, fault_of, shown
from shared.spec.faults import listed, nearest, path_of
from tests.shared.spec import test_faults
from tests.shared.spec.documents import changed
from tests.support.projects import PROJECT

CONTEXT = {
    "pattern": "^a$",
    "max_length": 3,
    "ge": 1,
    "le": 2,
    "expected": "'a'",
    "fault": "wrong",
    "fix": "right",
}


@pytest.mark.parametrize("kind", [*get_args(ErrorType), "refused"])
def test_every_error_of_pydantic_has_words_and_a_fix(kind: str) -> None:
    """Also those that today's model cannot make."""
    error = {
        "type": kind,
        "loc": ("clusters", 0, "name"),
        "input": 7,
        "ctx": CONTEXT,
        "msg": "Input should be",
    }
    fault = fault_of(cast(ErrorDetails, error), Environment)
    assert fault.path == "clusters[0].name"
    assert "Input should" not in fault.fault
    assert fault.fault
    assert fault.fix


def test_no_wording_is_dead() -> None:
    """Each stands for an error that some document of the fault table makes."""
    made = {"invalid_key"}  # of `test_all_at_once`
    for path, value, *_ in test_faults.VALUES:
        try:
            Environment.model_validate(with_defaults(changed(path, value), PROJECT))
        except ValidationError as refused:
            made |= {error["type"] for error in refused.errors()}
    assert set(MESSAGES) - made == set()


def test_what_is_unsupported_is_not_in_the_model() -> None:
    """A field that the model had would never reach these words."""
    from shared.spec import model, routes

    parts = {
        name: part for module in (model, routes) for name, part in inspect.getmembers(module, inspect.isclass)
    }
    fields = {(name, field) for name, field in UNSUPPORTED if field in _wire_names(parts[name])}
    assert fields == set()


def _wire_names(part: Any) -> set[str]:
    return {field.alias for field in part.model_fields.values()}


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        ((), "."),
        (("clusters", 1, "location"), "clusters[1].location"),
        (("routes", 0, "rules", 2, "backendRefs", 0, "port"), "routes[0].rules[2].backendRefs[0].port"),
        (("proxyRanges", "#map", "us-west1"), "proxyRanges.us-west1"),
        (("proxyRanges", "#map", "us-wets1", "[key]"), "proxyRanges.us-wets1"),
    ],
)
def test_a_path_is_written_as_a_person_would(loc: tuple[str | int, ...], path: str) -> None:
    """What only pydantic knows of a place is not part of it."""
    assert path_of(loc) == path


def test_a_fault_moves_under_the_document_that_holds_it() -> None:
    """A request holds an environment."""
    assert Fault("ttl", "a", "b").under("environment") == Fault("environment.ttl", "a", "b")
    assert Fault(".", "a", "b").under("environment") == Fault("environment", "a", "b")
    assert Fault("ttl", "a", "b").wire() == {"path": "ttl", "fault": "a", "fix": "b"}


def test_long_values_are_cut() -> None:
    """A fault is a line, not a page."""
    assert shown("x" * 99) == "x" * 60 + "…"
    assert shown([1, 2]) == "[1, 2]"


def test_the_nearest_word_is_near() -> None:
    """Case does not matter; what is like nothing has no nearest."""
    assert nearest("HTTPRoute", ["httproute", "gateway"]) == "httproute"
    assert nearest("qqq", ["clusters"]) is None


def test_words_are_listed_as_in_a_sentence() -> None:
    """Also one, and none."""
    assert [listed("abc"), listed("a"), listed("")] == ["a, b or c", "a", "nothing"]
