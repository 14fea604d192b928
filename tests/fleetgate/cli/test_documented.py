"""docs/cli.md and the commands say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer

from fleetgate.cli import app
from fleetgate.report import EXIT
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "cli.md").read_text("utf-8")
EVERYWHERE = {"--help"}


def commands(group: object, prefix: str = "fleetgate") -> dict[str, Any]:
    """Every command by its words."""
    found: dict[str, Any] = {}
    for name, command in getattr(group, "commands", {}).items():
        words = f"{prefix} {name}"
        found |= commands(command, words) if hasattr(command, "commands") else {words: command}
    return found


ALL = commands(typer.main.get_command(app))


@pytest.mark.parametrize("words", sorted(ALL))
def test_every_command_is_documented_with_its_options(words: str) -> None:
    """A command in a table's first cell; its options somewhere on the page."""
    assert re.search(rf"^\| `{words}\b", PAGE, re.MULTILINE)
    options = {name for parameter in ALL[words].params for name in parameter.opts if name.startswith("-")}
    assert set() == {name for name in options - EVERYWHERE if not re.search(rf"{name}\b", PAGE)}


def test_nothing_is_documented_that_is_not_there() -> None:
    """Neither command nor option, on the pages about them."""
    text = PAGE + (DOCS / "local-cloud.md").read_text("utf-8")
    said = set(re.findall(r"`(fleetgate (?:local )?[a-z]+)", PAGE))
    options = {
        name
        for command in ALL.values()
        for each in command.params
        for name in (*each.opts, *each.secondary_opts)
    }
    lines = [line for line in text.splitlines() if "gcloud " not in line and "kubectl " not in line]

    assert said <= set(ALL)
    assert set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", "\n".join(lines))) <= options | EVERYWHERE


def test_every_exit_status_is_documented() -> None:
    """Those of outcomes among them."""
    documented = {int(status) for status in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}

    assert {*EXIT.values(), 64, 130} == documented
