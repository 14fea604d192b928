"""What stands in `shared/` serves several functions, or a function and the command line; no more, no less."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from fleetgate.packaging.closure import closure_of

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(each.parent.name for each in (ROOT / "functions").glob("*/main.py"))
COMMAND_LINE = [each.relative_to(ROOT) for each in (ROOT / "fleetgate").rglob("*.py")]

# Modules that serve one function alone, by the beginning of their path, and why they stand there all the same.
ALONE = {
    "shared/diagnosis/": "every step is to be able to ask the rules why it waits, not the verification function alone",
    "shared/google/": "each of Google's APIs has one client, in one place, whoever uses it",
}


@cache
def users() -> dict[str, set[str]]:
    """Each module of `shared/`, and who may import it: functions by name, or the command line."""
    found: dict[str, set[str]] = {
        each.relative_to(ROOT).as_posix(): set() for each in (ROOT / "shared").rglob("*.py")
    }
    entries = [(name, f"functions.{name}.main") for name in FUNCTIONS]
    entries += [("the command line", ".".join(each.with_suffix("").parts)) for each in COMMAND_LINE]
    for who, module in entries:
        for file in closure_of(ROOT, module).files:
            if file in found:
                found[file].add(who)
    return found


def test_no_module_serves_one_function_alone() -> None:
    """It would stand in that function; a newcomer reads there what the function does."""
    alone = {module for module, who in users().items() if len(who) < 2}

    assert set() == {module for module in alone if not module.startswith(tuple(ALONE))}


@pytest.mark.parametrize("place", ALONE)
def test_every_reason_is_needed(place: str) -> None:
    """A place whose modules are all used by several is no exception any more."""
    assert any(len(who) < 2 for module, who in users().items() if module.startswith(place))


def test_a_function_is_found_by_its_imports() -> None:
    """The measure itself: what only one function imports is seen to be so."""
    assert users()["shared/diagnosis/firewall.py"] == {"verification"}
    assert set(FUNCTIONS) <= users()["shared/step/run.py"]
