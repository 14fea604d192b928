"""One name for what JSON is: a type of Google's, a Kubernetes object, or free JSON; nobody makes up another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.paths import ROOT

HOMES = {"shared/json_types.py", "shared/objects.py"}


def aliases(source: str) -> Iterator[str]:
    """Names that a module gives to an object of anything."""
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is not None and ast.unparse(value) in ("dict[str, Any]", "Mapping[str, Any]"):
            yield ast.unparse(node)


def test_only_two_modules_name_an_object_of_anything() -> None:
    """They say what theirs is for."""
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("functions", "shared", "fleetgate")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if any(aliases(path.read_text("utf-8")))
    }
    assert HOMES == found, "import it from there, or describe the resource in shared/google/wire/"
