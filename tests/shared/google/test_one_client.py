"""Google's APIs are asked in `shared/google` alone: nobody else knows a path, a page or an envelope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

CALLS = {"get", "post", "patch", "delete", "pages"}
SESSIONS = {"session", "_session"}
HOME = ROOT / "shared" / "google"
FILES = [
    path
    for folder in ("functions", "shared", "fleetgate")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if HOME not in path.parents
]


def asked(source: str) -> Iterator[tuple[int, str]]:
    """Where a method of a session is taken, whether it is called there or handed on, by line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in CALLS and _name(node.value) in SESSIONS:
            yield node.lineno, ast.unparse(node)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_nobody_but_the_clients_asks_an_api() -> None:
    """Each API has one module in shared/google, which knows its paths and what its answers leave out."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {call}" for path in FILES for line, call in asked(path.read_text())
    ]
    assert [] == found, "give it a function in shared/google"


def test_every_list_is_looked_at_for_holes() -> None:
    """So pages are read in one module, which does."""
    readers = {
        path.name
        for path in HOME.glob("*.py")
        if any(call.endswith(".pages") for _, call in asked(path.read_text()))
    }
    assert {"lists.py"} == readers


@pytest.mark.parametrize(
    "line",
    [
        "session.get('compute', path)",
        "partial(look.session.post, 'compute', path, {})",
        "[*self._session.pages('gkehub', path)]",
        "context.session.delete('compute', path)",
    ],
)
def test_the_rule_sees_each_way_of_asking(line: str) -> None:
    """Also where a call is only prepared."""
    assert list(asked(line))


def test_every_file_is_looked_at() -> None:
    """And the clients themselves would be found."""
    assert len(FILES) > 100
    assert list(asked(Path(HOME / "compute.py").read_text()))
