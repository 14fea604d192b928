"""What the client's commands show a person."""

from __future__ import annotations

from dataclasses import dataclass

from fleetgate.client.environments import State, moment
from fleetgate.client.reconciling import Reconciliation
from fleetgate.local.progress import clock
from fleetgate.terminal import Terminal, grid, words
from shared.anchor import VERIFIED

STYLES = {"verified": "green", "blocked": "red", "failed": "red", "abandoned": "red", "leaked": "red"}
NO_END = "no end"
UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


@dataclass
class Lines:
    """What happens, a line a change."""

    terminal: Terminal
    _last: str = ""

    def tell(self, passed: float, told: str) -> None:
        """Print a line, unless it repeats the last one."""
        if told != self._last:
            self._last = told
            self.terminal.tell(f"{clock(passed):>7}  {told}")


class Silence:
    """For `-o json`."""

    def tell(self, passed: float, told: str) -> None:
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


def serving(state: State) -> str:
    """What the last proof found, and when."""
    if state.serving is None:
        return "not proven yet"
    if state.serving.state == VERIFIED:
        return f"verified {duration(state.now - state.serving.moment)} ago"
    return f"broken since {moment(state.serving.moment)}"


def last_request(state: State) -> str:
    """What the newest claim came to."""
    return state.last_request + (f" ({state.code})" if state.code else "")


def show_all(states: list[State], terminal: Terminal) -> None:
    """One line an environment."""
    table = grid(gap=3)
    table.row("NAME", "PHASE", "SERVING", "LAST REQUEST", "LEASE ENDS", "ASKED", "PROJECT", style="bold")
    for each in states:
        phase = words((each.phase, STYLES.get(each.phase, "yellow")))
        asked = f"{duration(each.now - each.asked)} ago"
        other = last_request(each) if each.last_request != each.phase else ""
        table.row(each.name, phase, serving(each), other, lease(each), asked, each.project)
    terminal.print(table)


def show_one(state: State, terminal: Terminal) -> None:
    """Everything about one environment."""
    rows = {
        "name": state.name,
        "phase": last_request(state) if state.phase == state.last_request else state.phase,
        "serving": f"{serving(state)} · last request: {last_request(state)}",
        "project": state.project,
        "network": state.network,
        "gateway": state.gateway,
        "lease ends": lease(state),
        "asked": f"{duration(state.now - state.asked)} ago ({state.action}, {state.generation})",
        "execution": f"{state.execution} {state.execution_state}",
        "waits for": state.waits_for,
    }
    table = grid(gap=3)
    for title, told in rows.items():
        if told:
            table.row(words((title, "bold")), told)
    for number, each in enumerate(state.addresses):
        table.row(words(("" if number else "addresses", "bold")), f"{each['address']} in {each['region']}")
    terminal.print(table)


def show_reconciliation(result: Reconciliation, terminal: Terminal, dry_run: bool) -> None:
    """One line for each request, then the counts."""
    for each in result.requests:
        published = f"message {each.message}" if each.message else "not published"
        terminal.tell(f"{each.request['action']} {each.name}: {each.reason} ({published})")
    count = len(result.requests)
    would = "would be" if dry_run else "was" if count == 1 else "were"
    told = f"{count} request{'s' if count != 1 else ''} {would} published, {len(result.unchanged)} unchanged"
    if result.others:
        told += f"; not in this folder: {', '.join(result.others)}"
    terminal.tell(told)
