"""What a run shows while it goes: one line per step, with what it waits for and the simulated time.

On a terminal the lines are one live table; in a pipe each change is a plain line of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

MARKS = {"done": "✓", "waiting": "…", "blocked": "✗", "failed": "✗", "superseded": "-"}
STYLES = {"done": "green", "blocked": "red", "failed": "red", "waiting": "yellow"}


@dataclass(frozen=True)
class StepNews:
    """An answer that a step gave: at how many simulated seconds, and what it said."""

    at: float
    step: str
    mode: str
    outcome: str
    text: str

    @classmethod
    def of_log(cls, at: float, payload: dict[str, Any]) -> StepNews | None:
        """News from a function's canonical log line, or None for any other line."""
        labels, answer = payload.get("logging.googleapis.com/labels"), payload.get("answer")
        if not isinstance(labels, dict) or not isinstance(answer, dict):
            return None
        text = answer.get("message") or answer.get("cause") or answer.get("reason") or ""
        return cls(at, labels["step"], labels["mode"], answer["outcome"], str(text))

    @property
    def name(self) -> str:
        """The step, with its mode where that is not its ordinary one."""
        return self.step if self.mode == "apply" else f"{self.step} ({self.mode})"


class Progress(Protocol):
    """Takes news as they come."""

    def tell(self, news: StepNews) -> None:
        """One more answer."""
        ...

    def close(self) -> None:
        """There is no more."""
        ...


@dataclass
class Silent:
    """For `-o json`: nothing but the result."""

    def tell(self, news: StepNews) -> None:
        """Says nothing."""

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class PlainLines:
    """For a pipe: a line when a step's state changes, and none when it merely waits on."""

    console: Console
    _last: dict[str, tuple[str, str]] = field(default_factory=dict)

    def tell(self, news: StepNews) -> None:
        """Print the line if it says something new."""
        if self._last.get(news.name) == (news.outcome, news.text):
            return
        self._last[news.name] = (news.outcome, news.text)
        line = f"{clock(news.at):>7}  {news.name:<24} {news.outcome:<9} {news.text}"
        self.console.print(line.rstrip(), soft_wrap=True, highlight=False, markup=False)

    def close(self) -> None:
        """Nothing to close."""


class LiveTable:
    """For a terminal: the steps in the order they began, each with its newest state."""

    def __init__(self, console: Console) -> None:
        self._rows: dict[str, StepNews] = {}
        self._now = 0.0
        self._live = Live(self._table(), console=console, refresh_per_second=12)
        self._live.start()

    def tell(self, news: StepNews) -> None:
        """Show it."""
        self._rows[news.name] = news
        self._now = news.at
        self._live.update(self._table())

    def close(self) -> None:
        """Leave the table as it is."""
        self._live.stop()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, news in self._rows.items():
            style = STYLES.get(news.outcome, "")
            words = (MARKS.get(news.outcome, " "), name, news.outcome, news.text)
            table.add_row(*map(Text, words), style=style)
        table.add_row("", f"[dim]simulated time {clock(self._now)}[/dim]")
        return table


def progress_on(console: Console) -> Progress:
    """The live table on a terminal, plain lines elsewhere."""
    return LiveTable(console) if console.is_terminal else PlainLines(console)


def clock(seconds: float) -> str:
    """Seconds as `12:34`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
