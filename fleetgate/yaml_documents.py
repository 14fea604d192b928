"""Makes a document of a YAML text, and remembers where in the text each of its parts is.

YAML lets a text mean more than it seems to. Of a key that is there twice PyYAML would take the last; an alias repeats
what it names; a date may be none. So the nodes are looked at before anything is made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from shared.spec import Fault, InvalidEnvironment
from shared.spec.faults import WHOLE, Loc, path_of
from shared.spec.plain import DEPTH, MOST_DIGITS, Unread, number

MAX_VALUES = 20_000  # of a document, with every repetition by an alias: more than an environment can have
INTEGER = "tag:yaml.org,2002:int"
Places = dict[str, tuple[int, int]]  # path → line and column, from 1


class _Loader(yaml.SafeLoader):
    """Makes a mark of every value that is none, so that it is a fault with a path; and every error one of YAML's."""

    def get_single_node(self) -> yaml.Node | None:
        """The document's node.

        Raises:
            YAMLError: it has none, or more than one.
        """
        try:
            node: yaml.Node | None = super().get_single_node()
            return node
        except RecursionError:
            problem = "it nests without end"
        except (ValueError, OverflowError):
            problem = "the escape is of no character"
        raise yaml.scanner.ScannerError(None, None, problem, self.get_mark())

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node, or what stands for it if its text is none of its type: 2026-02-30 is no timestamp."""
        if not isinstance(node, yaml.ScalarNode):
            return super().construct_object(node, deep)
        if node.tag == INTEGER and len(node.value) > MOST_DIGITS and node.value.isdecimal():
            return number(node.value)
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, ArithmeticError, TypeError):
            return Unread(f"{node.value[:60]!r} is no {node.tag.rpartition(':')[2]}")


def parse(text: str) -> tuple[Any, Places]:
    """The document in a YAML text, and the place of each of its paths.

    Raises:
        InvalidEnvironment: it has a key twice, or too many values with what its aliases repeat.
        YAMLError: it is no YAML.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {}
        if _count(node, {}) > MAX_VALUES:
            raise _too_many()
        if twice := list(_twice(node, ())):
            raise InvalidEnvironment(twice)
        document = loader.construct_document(node)
        return document, {path_of(loc): place_of(mark) for loc, mark in _marks(node, (), node.start_mark)}
    finally:
        loader.dispose()


def place_of(mark: yaml.Mark | None) -> tuple[int, int]:
    """The line and the column of a mark, from 1; zeros if there is none."""
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _too_many() -> InvalidEnvironment:
    fault = f"the file has more than {MAX_VALUES} values, with what its aliases repeat"
    return InvalidEnvironment([Fault(WHOLE, fault, "Shorten it: an environment has at most 12,000 bytes.")])


def _count(node: yaml.Node, counts: dict[int, float]) -> float:
    """How many values a node expands to; infinitely many if it contains itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in counts:
        counts[id(node)] = float("inf")
        inner = (
            [each for pair in node.value for each in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        counts[id(node)] = 1 + sum(_count(each, counts) for each in inner)
    return counts[id(node)]


def _twice(node: yaml.Node, loc: Loc) -> Iterator[Fault]:
    """A fault for each key that its map has before."""
    for at, inner in _inner(node, loc):
        yield from _twice(inner, at)
    first: dict[tuple[str, str], yaml.Mark] = {}
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        if not isinstance(key, yaml.ScalarNode):
            continue
        mark = first.setdefault((key.tag, key.value), key.start_mark)
        if mark is not key.start_mark:
            fault = f"the key {key.value!r} is there twice: in line {mark.line + 1}, too"
            path, fix = path_of((*loc, key.value)), "Leave one of them, or give it another name."
            yield Fault(path, fault, fix, *place_of(key.start_mark))


def _marks(node: yaml.Node, loc: Loc, mark: yaml.Mark | None) -> Iterator[tuple[Loc, yaml.Mark | None]]:
    """Every place of the document, with that of its key, or of the entry of a list."""
    yield loc, mark
    keys = {key.value: key.start_mark for key, _ in node.value} if isinstance(node, yaml.MappingNode) else {}
    for at, inner in _inner(node, loc):
        yield from _marks(inner, at, keys.get(at[-1], inner.start_mark))


def _inner(node: yaml.Node, loc: Loc) -> Iterator[tuple[Loc, yaml.Node]]:
    """The nodes within a node, as deep as an environment goes: those that are deeper are a fault themselves."""
    if len(loc) > DEPTH:
        return
    if isinstance(node, yaml.MappingNode):
        yield from (
            ((*loc, key.value), value) for key, value in node.value if isinstance(key, yaml.ScalarNode)
        )
    elif isinstance(node, yaml.SequenceNode):
        yield from (((*loc, index), value) for index, value in enumerate(node.value))
