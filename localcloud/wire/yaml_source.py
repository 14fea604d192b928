"""YAML that somebody sends: read by libyaml, within bounds that are checked before anything walks through it.

YAML is short where its meaning is long: aliases of aliases, and merge keys of them, grow without end (a "billion
laughs"), and libyaml composes nested nodes by recursion that nothing stops. So the depth is counted in the stream of
events, where nothing nests, and the size of what aliases stand for is summed over the nodes, each of which is seen
once. Only then are values made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

DEEPEST = 100  # levels; nothing that is served here comes near it
MOST_EVENTS = 50_000  # about one a value; a quarter of a second of the processor's
MOST_VALUES = 30_000  # once every alias is written out


def compose(loader: type[yaml.CSafeLoader], text: str | bytes) -> tuple[yaml.CSafeLoader, yaml.Node | None]:
    """The root node of `text`, and the loader that makes values of nodes; the node of no document is None.

    Raises:
        yaml.YAMLError: it is no YAML, or beyond the bounds; the words are those of Go's library where that has bounds
            of the kind [documented: go-yaml, decode.go].
    """
    _check_events(loader(text))
    composing = loader(text)
    node = composing.get_single_node()
    if node is not None:
        _check_aliases(node)
    return composing, node


def _check_events(loader: yaml.CSafeLoader) -> None:
    depth = 0
    for _ in range(MOST_EVENTS):
        event = loader.get_event()
        if isinstance(event, yaml.StreamEndEvent):
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _fault("exceeded max depth", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    raise yaml.YAMLError(f"the local cloud reads no YAML of more than {MOST_EVENTS} values")


def _check_aliases(root: yaml.Node) -> None:
    """Refuse nodes that are, with every alias written out, without end, too many or too deep."""
    sizes: dict[yaml.Node, tuple[int, int]] = {}  # of nodes that are done: values, levels
    open_nodes: set[yaml.Node] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        missing = [] if node in open_nodes else [each for each in _members(node) if each not in sizes]
        if node in sizes:
            waiting.pop()
        elif missing:
            open_nodes.add(node)
            if any(each in open_nodes for each in missing):
                raise _fault("anchor value contains itself", node)
            waiting += missing
        else:
            waiting.pop()
            sizes[node] = _size([sizes[each] for each in _members(node)])
            _check_size(node, *sizes[node])


def _size(members: list[tuple[int, int]]) -> tuple[int, int]:
    return 1 + sum(values for values, _ in members), 1 + max((levels for _, levels in members), default=0)


def _check_size(node: yaml.Node, values: int, levels: int) -> None:
    if values > MOST_VALUES:
        raise _fault("document contains excessive aliasing", node)
    if levels > DEEPEST + 1:
        raise _fault("exceeded max depth", node)


def _members(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _fault(problem: str, at: Any) -> yaml.MarkedYAMLError:
    """A fault at an event or a node."""
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)
