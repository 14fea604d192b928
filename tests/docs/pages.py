"""The pages of docs/: their fenced blocks, their tables, and the parts that are made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
ROOT = DOCS.parent
_FENCE = re.compile(r"^```(\w*) ?(.*)$")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, the file that it is (or nothing), and its lines."""

    language: str
    file: str
    lines: tuple[str, ...]

    def commands(self) -> Iterator[str]:
        """What a person types, a line that goes on in the next one joined with it; what is printed is left out."""
        text = "\n".join(self.lines).replace("\\\n", " ")
        for line in text.splitlines():
            if line.startswith("$ "):
                yield re.sub(r" +", " ", line.removeprefix("$ ").partition("  # ")[0]).strip()


def fences(text: str) -> list[Fence]:
    """The blocks of a page, in order."""
    found: list[Fence] = []
    lines = iter(text.splitlines())
    for line in lines:
        if opening := _FENCE.match(line):
            inside = iter(lines.__next__, "```")
            found.append(Fence(opening[1], opening[2], tuple(inside)))
    return found


def table(text: str, first: str) -> list[tuple[str, ...]]:
    """The rows of every table whose head begins with the cell `first`."""
    rows: list[tuple[str, ...]] = []
    inside = False
    for line in text.splitlines():
        cells = tuple(each.strip().replace("\\|", "|") for each in re.split(r"(?<!\\)\|", line)[1:-1])
        if not cells:
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and not set(line) <= set("|- "):
            rows.append(cells)
    return rows


def written(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def filled(text: str, tables: dict[str, str]) -> str:
    """A page with what is between `<!-- NAME -->` and `<!-- /NAME -->` replaced."""
    for name, inner in tables.items():
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        text = f"{before}<!-- {name} -->\n{inner}\n<!-- /{name} -->{rest.partition(f'<!-- /{name} -->')[2]}"
    return text
