"""What the client's commands show a person."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleetgate.client.environments import State
from fleetgate.client.reconciling import Reconciliation
from fleetgate.local.progress import clock

STYLES = {"verified": "green", "blocked": "red", "failed": "red", "abandoned": "red", "leaked": "red"}
NO_END = "no end"
UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


@dataclass
class Lines:
    """What happens, a line a change."""

    console: Console
    _last: str = ""

    def tell(self, passed: float, words: str) -> None:
        """Print a line, unless it repeats the last one."""
        if words != self._last:
            self._last = words
            line = f"{clock(passed):>7}  {words}"
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)


class Silence:
    """For `-o json`."""

    def tell(self, passed: float, words: str) -> None:
        """Says nothing."""


def duration(seconds: float) -> str:
    """Seconds as `2 d 3 h`, `1 h 5 min`, `40 min`, `12 s`: the largest unit and the next."""
    whole = int(abs(seconds))
    for size, unit, part, smaller in UNITS:
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def lease(state: State) -> str:
    """When it ends, seen from now."""
    if state.expires is None:
        return NO_END
    left = state.expires - state.now
    return f"in {duration(left)}" if left > 0 else f"{duration(left)} ago"


def show_all(states: list[State], console: Console) -> None:
    """One line an environment."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_row(
        *(Text(title, style="bold") for title in ("NAME", "PHASE", "LEASE ENDS", "ASKED", "PROJECT"))
    )
    for each in states:
        phase = Text(each.phase, style=STYLES.get(each.phase, "yellow"))
        asked = f"{duration(each.now - each.asked)} ago"
        table.add_row(Text(each.name), phase, Text(lease(each)), Text(asked), Text(each.project))
    console.print(table)


def show_one(state: State, console: Console) -> None:
    """Everything about one environment."""
    code = f" ({state.code})" if state.code else ""
    rows = {
        "name": state.name,
        "phase": state.phase + code,
        "project": state.project,
        "network": state.network,
        "gateway": state.gateway,
        "lease ends": lease(state),
        "asked": f"{duration(state.now - state.asked)} ago ({state.action}, {state.generation})",
        "execution": f"{state.execution} {state.execution_state}",
        "waits for": state.waits_for,
        "addresses": "\n".join(f"{each['address']} in {each['region']}" for each in state.addresses),
    }
    table = Table.grid(padding=(0, 3, 0, 0))
    for title, words in rows.items():
        if words:
            table.add_row(Text(title, style="bold"), Text(words))
    console.print(table)


def show_reconciliation(result: Reconciliation, console: Console, dry_run: bool) -> None:
    """One line for each request, then the counts."""
    for each in result.requests:
        published = f"message {each.message}" if each.message else "not published"
        line = f"{each.request['action']} {each.name}: {each.reason} ({published})"
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    count = len(result.requests)
    would = "would be" if dry_run else "was" if count == 1 else "were"
    words = f"{count} request{'s' if count != 1 else ''} {would} published, {len(result.unchanged)} unchanged"
    if result.others:
        words += f"; not in this folder: {', '.join(result.others)}"
    console.print(words, soft_wrap=True, highlight=False, markup=False)
