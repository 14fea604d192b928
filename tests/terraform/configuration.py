"""Terraform's files as Python sees them: blocks with their labels, arguments and blocks inside."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

from tests.support.paths import ROOT

BOOTSTRAP = ROOT / "terraform-bootstrap"
FLEET_PROJECT = BOOTSTRAP / "modules" / "fleet-project"
MODULES = (BOOTSTRAP, FLEET_PROJECT)

# What Terraform itself understands in every resource; the provider's schema has none of it.
META_ARGUMENTS = {"count", "for_each", "provider", "depends_on"}
META_BLOCKS = {"lifecycle", "dynamic"}
OWN = ("__is_block__", "__comments__", "__inline_comments__")  # the parser's marks

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Block:
    """A block of a module: `kind` is resource, data, variable, output, module, …; `labels` are without quotes."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    file: Path

    @property
    def address(self) -> str:
        """What others call it by."""
        kind = {"variable": ("var",), "data": ("data",), "module": ("module",)}.get(self.kind, ())
        return ".".join((*kind, *self.labels))

    @property
    def type(self) -> str:
        """The first label: a resource's type, a variable's name."""
        return self.labels[0]


def blocks(folder: Path, *kinds: str) -> Iterator[Block]:
    """The blocks of the module in `folder`, by file and in order; of `kinds`, or all."""
    for file in sorted(folder.glob("*.tf")):
        for kind, found in _parsed(file.read_text("utf-8")).items():
            if kind in OWN or (kinds and kind not in kinds):
                continue
            for each in found:
                yield from _labelled(kind, (), each, file)


@functools.cache
def _parsed(source: str) -> Body:
    """Parsing takes most of these tests' time, and they ask for the same files again and again."""
    return hcl2.loads(source)


def _labelled(kind: str, labels: tuple[str, ...], body: Body, file: Path) -> Iterator[Block]:
    if kind == "locals" or "__is_block__" in body:
        yield Block(kind, labels, contents(body), file)
        return
    for label, inner in body.items():
        if label not in OWN:
            yield from _labelled(kind, (*labels, label.strip('"')), inner, file)


def contents(body: Body) -> dict[str, Any]:
    """A block's arguments and blocks, without the parser's marks."""
    return {name: value for name, value in body.items() if name not in OWN}


def inner_blocks(body: Body) -> Iterator[tuple[str, Body]]:
    """The blocks in a body, with those that `dynamic` makes: name and body."""
    for name, value in body.items():
        if not is_block(value):
            continue
        for each in value:
            if name == "dynamic":
                ((label, made),) = contents(each).items()
                yield from ((label.strip('"'), contents(one)) for one in made["content"])
            else:
                yield name, contents(each)


def is_block(value: object) -> bool:
    """Whether a name in a body is a block's, and not an argument's."""
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    return isinstance(first, dict) and ("__is_block__" in first or _is_dynamic(first))


def _is_dynamic(value: Mapping[str, Any]) -> bool:
    """`dynamic` has a label, and is marked inside it."""
    return len(value) == 1 and all(
        isinstance(each, dict) and "__is_block__" in each for each in value.values()
    )


def text(value: object) -> str:
    """A literal or an expression, as it was written but for `${}` around it and the quotes."""
    written = str(value)
    if written.startswith("${") and written.endswith("}"):
        return written[2:-1]
    return written.strip('"')


REFERENCE = re.compile(
    r"(?<![\w.\"/-])(?P<address>(?:var|local|module)\.[a-z_0-9]+|(?:data\.)?(?:google|time|terraform)_[a-z_0-9]+\.[a-z_0-9]+)"
    r"(?:\[(?:[^\[\]]|\[[^\[\]]*\])*\])*(?P<attribute>\.[a-z_0-9]+)?"
)


def references(value: object) -> Iterator[tuple[str, str]]:
    """What an argument or a body refers to: address, and the attribute that is read (or nothing)."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in OWN:
                yield from references(str(key))
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, str):
        for found in REFERENCE.finditer(value):
            yield found["address"], (found["attribute"] or "").removeprefix(".")
