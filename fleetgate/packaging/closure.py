"""Finds what an entry point imports: our own modules that it can reach, and the libraries that they import.

No code is run. An import inside a function counts like one at the top; an import only for type checkers does not. So an
archive has every module that its function can load, and its requirements are the imported libraries.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = ("functions", "shared")


class Unresolved(Exception):
    """Code imports a module of ours that does not exist."""


@dataclass(frozen=True)
class Closure:
    """`files` are paths relative to the root, `imports` the full names that are neither ours nor Python's."""

    files: tuple[str, ...]
    imports: tuple[str, ...]


def closure_of(root: Path, module: str) -> Closure:
    """Everything that `module` (a dotted name under `root`) may import.

    Raises:
        Unresolved: an imported module of ours does not exist.
    """
    files: dict[str, Path] = {}
    libraries: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        files[name] = _file_of(root, name)
        waiting.extend(_parents(name))
        for imported, thing in _imported(files[name]):
            if imported.split(".")[0] in OURS:
                waiting.append(imported)
                if thing and _candidate(root, f"{imported}.{thing}"):
                    waiting.append(f"{imported}.{thing}")
            elif imported.split(".")[0] not in sys.stdlib_module_names:
                libraries.add(f"{imported}.{thing}".rstrip("."))
    paths = (path.relative_to(root).as_posix() for path in files.values())
    return Closure(tuple(sorted(paths)), tuple(sorted(libraries)))


def _parents(name: str) -> Iterator[str]:
    """The packages that are loaded before `name`."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _file_of(root: Path, name: str) -> Path:
    if path := _candidate(root, name):
        return path
    raise Unresolved(f"{name} is imported, but does not exist")


def _candidate(root: Path, name: str) -> Path | None:
    base = root.joinpath(*name.split("."))
    tried = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in tried if path.is_file()), None)


def _imported(path: Path) -> set[tuple[str, str]]:
    """Each module in a file's imports, with the imported name (which may be a module too) or "".

    Raises:
        Unresolved: a relative import; these are not used here, and not supported.
    """
    found: set[tuple[str, str]] = set()
    for node in _run_time(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise Unresolved(f"{path}: line {node.lineno} imports relatively")
            found |= {(node.module, alias.name) for alias in node.names}
    return found


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every node except those for type checkers only."""
    yield node
    for child in ast.iter_child_nodes(node):
        if _for_checkers(child):
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield from _run_time(other)
        else:
            yield from _run_time(child)


def _for_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
