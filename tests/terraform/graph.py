"""What must be made before what, as the references of the HCL tell: the graph by which Terraform makes resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from tests.terraform.configuration import Block, blocks, references

Graph = Mapping[str, frozenset[str]]


def graph_of(folder: Path) -> Graph:
    """Of each block and each local of a module: what it refers to, by address."""
    return {name: frozenset(each for each, _ in references(value)) for name, value in _nodes(folder)}


def _nodes(folder: Path) -> Iterator[tuple[str, object]]:
    for block in blocks(folder):
        if block.kind == "locals":
            yield from ((f"local.{name}", value) for name, value in block.body.items())
        elif block.address:
            yield block.address, _body(block)


def _body(block: Block) -> dict[str, object]:
    """Without `lifecycle`, whose conditions look at what is there."""
    return {name: value for name, value in block.body.items() if name != "lifecycle"}


def before(graph: Mapping[str, AbstractSet[str]], address: str) -> frozenset[str]:
    """Everything that is made before this, directly or not."""
    found: set[str] = set()
    waiting = [address]
    while waiting:
        for each in graph.get(waiting.pop(), frozenset()) - found:
            found.add(each)
            waiting.append(each)
    return frozenset(found)
