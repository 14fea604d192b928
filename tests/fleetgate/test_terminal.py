"""No text from outside does anything on a terminal: every screen, with every character that could."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.table import Table
from rich.text import Text

from fleetgate import options
from fleetgate.client import screens as client_screens
from fleetgate.client.environments import State
from fleetgate.client.errors import ClientError
from fleetgate.client.reconciling import PlannedRequest, Reconciliation
from fleetgate.local.progress import LiveTable, PlainLines, StepEvent
from fleetgate.pages import html_of
from fleetgate.report import Incomplete, Report
from fleetgate.repository import FaultyFolder
from fleetgate.screens import hint, show
from fleetgate.terminal import Terminal, print_json
from shared.spec import Fault, InvalidEnvironment
from tests.fleetgate.reports import a_report
from tests.support.hidden import EVERY, SOME_HIDDEN, hidden_in
from tests.support.paths import ROOT

# What rich itself writes to a terminal: colours, and to redraw a table cursor movements, erasures and modes.
RICH = re.compile(r"\x1b\[[0-9;?]*[mAKhlGJ]|\r")
SPOOF = "\n✓ store deploy: verified"  # a line that would look like ours
HOSTILE = f"[red]{EVERY}[/red]:warning:{SPOOF}"
Show = Callable[[Terminal], None]


def hostile(value: Any) -> Any:
    """A JSON value whose every text has every hidden character at its end, but for the words of its shape."""
    if isinstance(value, dict):
        return {key: each if key in ("outcome", "action") else hostile(each) for key, each in value.items()}
    if isinstance(value, list):
        return [hostile(each) for each in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) else value


def report(outcome: Any) -> Report:
    """A report in which somebody else has written everything."""
    given = a_report(outcome).model_dump(mode="json", by_alias=True)
    gap = Incomplete(have=1, of=2, reason=HOSTILE, fix=HOSTILE)
    leaks = [{"resource": HOSTILE, "why": HOSTILE, "fix": HOSTILE}]
    rows = {"leaks": leaks, "foreign": leaks, "incomplete": gap.model_dump()}
    made = Report.model_validate(hostile(given) | rows)
    made.api_calls.by_service = {HOSTILE: 1}
    return made


def state() -> State:
    """An environment whose labels somebody has written."""
    return State(
        name=HOSTILE,
        phase=HOSTILE,
        action=HOSTILE,
        project=HOSTILE,
        network=HOSTILE,
        gateway=HOSTILE,
        expires=None,
        asked=0.0,
        now=60.0,
        generation=HOSTILE,
        execution=HOSTILE,
        execution_state=HOSTILE,
        outcome=HOSTILE,
        code=HOSTILE,
        waits_for=HOSTILE,
        addresses=[{"address": HOSTILE, "region": HOSTILE}] * 2,
    )


def live(terminal: Terminal) -> None:
    """The table of a local run."""
    table = LiveTable(terminal)
    table.tell(StepEvent(3.0, HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    table.close()


RECONCILED = Reconciliation(
    [PlannedRequest({"action": HOSTILE}, HOSTILE, HOSTILE, HOSTILE)], [HOSTILE], [HOSTILE]
)
FORGOTTEN = Table.grid()
FORGOTTEN.add_row(Text(EVERY), EVERY)
SCREENS: dict[str, Show] = {
    "a good report": lambda it: show(report("done"), it),
    "a bad report": lambda it: show(report("blocked"), it),
    "a hint": lambda it: hint(a_report(), Path(HOSTILE), it),
    "all environments": lambda it: client_screens.show_all([state()], it),
    "one environment": lambda it: client_screens.show_one(state(), it),
    "a reconciliation": lambda it: client_screens.show_reconciliation(RECONCILED, it, False),
    "what a request waits for": lambda it: client_screens.Lines(it).tell(1.0, HOSTILE),
    "lines of a local run": lambda it: PlainLines(it).tell(StepEvent(3.0, HOSTILE, HOSTILE, "done", HOSTILE)),
    "the table of a local run": live,
    "a text that nobody has made visible": lambda it: it.print(Text(EVERY), EVERY),
    "a table that nobody has made visible": lambda it: it.print(FORGOTTEN),
}


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("width", [40, 200])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_hidden_character_reaches_a_terminal(screen: str, width: int, colour: bool) -> None:
    """But for what colours and redraws, which is rich's own."""
    file = io.StringIO()
    SCREENS[screen](Terminal(file=file, width=width, colour=colour))

    shown = RICH.sub("", file.getvalue()) if colour else file.getvalue()
    assert shown
    assert hidden_in(shown) == []


@pytest.mark.parametrize("screen", [name for name in SCREENS if "nobody" not in name])
def test_no_text_begins_a_line_of_its_own_or_is_markup(screen: str) -> None:
    """A cause cannot look like our headline."""
    file = io.StringIO()
    SCREENS[screen](Terminal(file=file, width=100_000, colour=False))

    assert not any(line.startswith("✓ store deploy: verified") for line in file.getvalue().splitlines()[2:])
    assert "[red]" in file.getvalue() and ":warning:" in file.getvalue()


FAULT = Fault(HOSTILE, HOSTILE, HOSTILE, 3, 4)
ENDINGS: dict[str, Callable[[], None]] = {
    "a faulty spec": lambda: options.refuse_spec(Path(HOSTILE), InvalidEnvironment([FAULT])),
    "a faulty folder": lambda: options.refuse_folder(FaultyFolder([(Path(HOSTILE), FAULT)])),
    "an error": lambda: options.give_up(ClientError(HOSTILE, HOSTILE)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_hidden_character_reaches_stderr(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors quote specs, APIs and the environment."""
    with pytest.raises(typer.Exit):
        ENDINGS[ending]()
    told = capsys.readouterr()

    assert told.out == ""
    assert "[red]" in told.err
    assert hidden_in(told.err) == []
    assert not any(line.startswith("✓") for line in told.err.splitlines())


def test_json_for_programs_has_every_character_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    """It is printed to terminals too, and means the same."""
    value = {EVERY: [EVERY, *SOME_HIDDEN]}
    print_json(value)
    out = capsys.readouterr().out

    assert hidden_in(out) == []
    assert json.loads(out) == value


def test_no_hidden_character_is_on_a_page() -> None:
    """Marks of direction would turn letters round in a browser."""
    assert hidden_in(html_of([report("blocked")])) == []


def modules() -> list[Path]:
    """Every module of the command line."""
    return sorted((ROOT / "fleetgate").rglob("*.py"))


WRITING = {"rich.console", "rich.text", "rich.table", "rich.markup", "rich"}


@pytest.mark.parametrize("path", modules(), ids=lambda each: each.relative_to(ROOT).as_posix())
def test_nobody_else_writes_to_a_terminal(path: Path) -> None:
    """`fleetgate.terminal` does, and makes what it writes visible."""
    if path.name == "terminal.py":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in WRITING, f"line {node.lineno}"
        if isinstance(node, ast.Import):
            assert not WRITING & {each.name for each in node.names}, f"line {node.lineno}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in (
                "print",
                "typer.echo",
                "typer.secho",
                "sys.stdout.write",
                "sys.stderr.write",
            )
