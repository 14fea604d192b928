"""Shows the progress of a run: one line per step, with what it waits for and the simulated time.

A terminal gets a live table, a pipe gets a plain line for each change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.live import Live

from fleetgate.terminal import Grid, Terminal, grid, words

MARKS = {"done": "✓", "waiting": "…", "blocked": "✗", "failed": "✗", "stale": "-", "superseded": "-"}
STYLES = {"done": "green", "blocked": "red", "failed": "red", "waiting": "yellow"}


@dataclass(frozen=True)
class StepEvent:
    """An answer of a step, at so many simulated seconds."""

    at: float
    step: str
    mode: str
    outcome: str
    text: str

    @classmethod
    def of_log(cls, at: float, payload: dict[str, Any]) -> StepEvent | None:
        """The event in a function's canonical log line; None for any other line."""
        labels, answer = payload.get("logging.googleapis.com/labels"), payload.get("answer")
        if not isinstance(labels, dict) or not isinstance(answer, dict):
            return None
        text = answer.get("message") or answer.get("cause") or answer.get("reason") or ""
        return cls(at, labels["step"], labels["mode"], answer["outcome"], str(text))

    @property
    def name(self) -> str:
        """The step, with its mode unless that is apply."""
        return self.step if self.mode == "apply" else f"{self.step} ({self.mode})"


class Progress(Protocol):
    """Receives the events of a run."""

    def tell(self, event: StepEvent) -> None:
        """Show one event."""
        ...

    def close(self) -> None:
        """Finish: no event follows."""
        ...


@dataclass
class Silent:
    """For `-o json`: shows only the result."""

    def tell(self, event: StepEvent) -> None:
        """Says nothing."""

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class PlainLines:
    """For a pipe: a line for each change of a step's state."""

    terminal: Terminal
    _last: dict[str, tuple[str, str]] = field(default_factory=dict)

    def tell(self, event: StepEvent) -> None:
        """Print a line, unless it repeats the step's last one."""
        if self._last.get(event.name) == (event.outcome, event.text):
            return
        self._last[event.name] = (event.outcome, event.text)
        line = f"{clock(event.at):>7}  {event.name:<24} {event.outcome:<9} {event.text}"
        self.terminal.tell(line.rstrip())

    def close(self) -> None:
        """Nothing to close."""


class LiveTable:
    """For a terminal: the steps in the order of their first events, each with its newest state."""

    def __init__(self, terminal: Terminal) -> None:
        self._rows: dict[str, StepEvent] = {}
        self._now = 0.0
        self._live = Live(self._table(), console=terminal, refresh_per_second=12)
        self._live.start()

    def tell(self, event: StepEvent) -> None:
        """Show it."""
        self._rows[event.name] = event
        self._now = event.at
        self._live.update(self._table())

    def close(self) -> None:
        """Leave the table as it is."""
        self._live.stop()

    def _table(self) -> Grid:
        table = grid(gap=2)
        for name, event in self._rows.items():
            style = STYLES.get(event.outcome, "")
            table.row(MARKS.get(event.outcome, " "), name, event.outcome, event.text, style=style)
        table.row("", words((f"simulated time {clock(self._now)}", "dim")))
        return table


def progress_on(terminal: Terminal) -> Progress:
    """The live table on a terminal, plain lines elsewhere."""
    return LiveTable(terminal) if terminal.is_terminal else PlainLines(terminal)


def clock(seconds: float) -> str:
    """Seconds as `12:34`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
