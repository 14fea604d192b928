"""Every change of every function: a frozen value with typed fields, that says what it does without being asked how."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from shared import json_types
from shared.google import wire
from shared.step.change import Change

NAMES = vars(json_types) | {"wire": wire}  # that only type checkers import

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])


def modules() -> Iterator[str]:
    """The modules that define changes."""
    for path in (
        *sorted((ROOT / "functions").glob("*/changes.py")),
        *sorted((ROOT / "shared/changes").glob("*.py")),
    ):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def kinds() -> list[type[Change]]:
    """Every kind of change."""
    loaded = [importlib.import_module(each) for each in modules()]
    found = {
        each
        for module in loaded
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Change) and each is not Change
    }
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


def untyped(hint: object, seen: frozenset[object] = frozenset()) -> Iterator[object]:
    """Where a type says Any, or nothing: in its arguments, and in the fields of our own values."""
    if hint is Any or hint in (dict, list, tuple, object):
        yield hint
    for part in get_args(hint):
        if part is not Ellipsis and not isinstance(part, str):
            yield from untyped(part, seen)
    ours = inspect.isclass(hint) and dataclasses.is_dataclass(hint) and hint not in seen
    if ours and get_origin(hint) is None:
        for each in get_type_hints(hint, localns=NAMES).values():
            yield from untyped(each, seen | {hint})


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_a_change_is_a_frozen_value_with_typed_fields(kind: type[Change]) -> None:
    """What `decide` hands on is read by nobody but the change itself, and the type checker reads all of it."""
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    hints = get_type_hints(kind, localns=NAMES)
    assert [] == [(name, found) for name, hint in hints.items() for found in untyped(hint)]


def test_there_are_changes() -> None:
    """Of every function that changes anything."""
    assert len(kinds()) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_acts_for_a_change(path: Path) -> None:
    """No `act`, and nobody tells kinds of changes apart by a resource's path or a field's name."""
    tree = ast.parse(path.read_text("utf-8"))
    acts = [each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name == "act"]
    guesses = [
        ast.unparse(each) for each in ast.walk(tree) if isinstance(each, ast.Compare) and _guesses(each)
    ]

    assert (acts, guesses) == ([], [])


def _guesses(test: ast.Compare) -> bool:
    """`"/memberships/" in change.resource`, `change.verb == "delete"` and the like."""
    sides = [test.left, *test.comparators]
    names = {
        each.attr
        for each in sides
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) in ("change", "c")
    }
    return bool(names & {"resource", "field", "verb"})
