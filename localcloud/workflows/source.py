"""The text of a workflow, YAML or JSON, as a tree with the place of every map.

The YAML is 1.2 in its plain values: `yes` and dates are strings, only true/True/TRUE and their opposites are
booleans [documented: datatypes].
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from localcloud.wire.yaml_source import compose
from localcloud.workflows.errors import DeployError, DeployFault

SOURCE_LIMIT = 128 * 1024  # bytes [documented: quotas]


class _Loader(yaml.CSafeLoader):
    """PyYAML's loader with YAML 1.2's plain values."""


_Loader.yaml_implicit_resolvers = {}  # none of YAML 1.1's

for _tag, _pattern, _first in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?", "-+.0123456789"),
]:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def _construct_float(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> float:
    return float(node.value)


_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


@dataclass
class Source:
    """A parsed source: plain lists, maps and scalars, and the line and column of each map."""

    tree: Any
    places: dict[int, tuple[int, int]] = field(default_factory=dict)

    def place(self, value: Any) -> tuple[int, int]:
        """Line and column, from 1, of a map in the tree; (0, 0) for anything else."""
        return self.places.get(id(value), (0, 0))


def read_source(text: str) -> Source:
    """The tree of `text`.

    Raises:
        DeployError: it is over 128 KB, no Unicode, no YAML, beyond YAML's bounds here, or has a key twice in one map.
    """
    size = _size(text)
    if size > SOURCE_LIMIT:
        raise DeployError([DeployFault(f"source of {size} bytes exceeds the limit of {SOURCE_LIMIT} bytes")])
    if text.lstrip().startswith(("{", "[")):
        text = text.replace("\t", " ")  # JSON allows tabs between tokens, YAML does not
    try:
        loader, node = compose(_Loader, text)
        source = Source(None)
        source.tree = _build(loader, node, source) if node is not None else None
        return source
    except yaml.YAMLError as error:
        raise DeployError([DeployFault(f"parse error: {_problem(error)}")]) from None


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise DeployError([DeployFault(f"source is not Unicode: {error.reason}")]) from None


def _build(loader: yaml.CSafeLoader, node: yaml.Node, source: Source) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, source) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _build(loader, key_node, source)
            if isinstance(key, list | dict) or key in built:
                problem = f"key {key_node.value!r} is not allowed" if isinstance(key, list | dict) else None
                raise yaml.MarkedYAMLError(
                    problem=problem or f"key {key!r} already set in map", problem_mark=key_node.start_mark
                )
            built[key] = _build(loader, value_node, source)
        source.places[id(built)] = (node.start_mark.line + 1, node.start_mark.column + 1)
        return built
    try:
        return loader.construct_object(node)
    except (
        ValueError,
        AttributeError,
        LookupError,
    ):  # what PyYAML meets in a value that its tag does not fit
        problem = f"{node.value[:40]!r} cannot be read as {node.tag}"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None


def _problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error)
