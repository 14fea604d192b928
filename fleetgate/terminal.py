"""The one place that writes to a terminal, so that no text from outside does anything there.

Names, causes and answers come from people, clusters, backends and APIs. Each is shown letter by letter: brackets are no
markup, colons no pictures, and what would move the cursor, change colours, turn letters round or begin a line of its
own is shown by its number (`shared.visible`). `words` sees to that where a text is put into a line or a cell; where
that was forgotten, the terminal itself lets nothing hidden through. A test lets no other module write.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from shared.visible import visible

Part = str | tuple[str, str]  # a text, or a text and its style


class Terminal(Console):
    """Where people read: stdout, stderr, or any `file`. `width` and `colour` are found out if they are not given."""

    def __init__(
        self,
        file: IO[str] | None = None,
        stderr: bool = False,
        width: int | None = None,
        colour: bool | None = None,
    ) -> None:
        super().__init__(
            file=file,
            stderr=stderr,
            width=width,
            force_terminal=colour,
            color_system="auto" if colour is None else "standard" if colour else None,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def tell(self, *parts: Part) -> None:
        """Print one line, however long."""
        self.print(words(*parts), soft_wrap=True)

    def tell_lines(self, text: str) -> None:
        """Print a text of several lines."""
        for line in text.splitlines():
            self.tell(line)

    def blank(self) -> None:
        """Print an empty line."""
        self.print()

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is printed of anything: rich's own control sequences, and text in which nothing is hidden."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=_lines(segment.text))


class Grid(Table):
    """A table without lines. Narrow terminals fold its cells and never cut them."""

    def row(self, *cells: str | Text, style: str = "") -> None:
        """Add a row."""
        self.add_row(*(words(each) if isinstance(each, str) else each for each in cells), style=style or None)


def grid(gap: int) -> Grid:
    """A grid with so many spaces between its columns."""
    made = Grid.grid(padding=(0, gap, 0, 0))
    assert isinstance(made, Grid), "made by the class that was asked"
    return made


def words(*parts: Part) -> Text:
    """A line, or a cell, made of texts from anywhere."""
    return Text.assemble(
        *(visible(each) if isinstance(each, str) else (visible(each[0]), each[1]) for each in parts)
    )


def print_json(value: Any) -> None:
    """Print a value for programs, on stdout. JSON tells every character beyond ASCII by its number, but for one."""
    for_programs(json.dumps(value, indent=2).replace("\x7f", "\\u007f") + "\n")


def for_programs(text: str) -> None:
    """Print what Fleetgate itself has written, as it is, on stdout."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _lines(text: str) -> str:
    """A text of several lines in which nothing else is hidden."""
    return text if text.isprintable() else "\n".join(map(visible, text.split("\n")))
