"""The commands as a shell sees them: what goes where, and with which status they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fleetgate.cli import app
from fleetgate.client.errors import BAD_USAGE, FAILED
from shared.visible import is_hidden
from tests.support.paths import ROOT

STORE = ROOT / "examples" / "store.yaml"


def run(*words: str) -> Result:
    """`fleetgate` with these words."""
    return CliRunner().invoke(app, list(words))


def test_the_schema_is_json_on_stdout() -> None:
    """Of an environment, nothing else beside it."""
    result = run("schema")

    assert (0, "") == (result.exit_code, result.stderr)
    schema = json.loads(result.stdout)
    assert {"name", "clusters", "routes"} <= set(schema["properties"])


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process may be started."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("subprocess.Popen", refuse)


@pytest.mark.usefixtures("nothing_starts")
def test_a_faulty_spec_is_refused_with_every_fault_and_nothing_is_started(tmp_path: Path) -> None:
    """On stderr, each with its line, its path and what would be right."""
    spec = tmp_path / "bad.yaml"
    text = (
        STORE.read_text("utf-8").replace("us-west1-a", "mars-west1-a").replace("port: 8080", "port: 808080")
    )
    spec.write_text(text + "\nunknown: true\n")

    result = run("local", "run", str(spec), "-o", "json")

    assert (BAD_USAGE, "") == (result.exit_code, result.stdout)
    lines = result.stderr.splitlines()
    count = len([line for line in lines if line.startswith("    fix: ")])
    assert f"{spec}: {count} faults; nothing was changed" == lines[0]
    assert 3 <= count == (len(lines) - 1) / 2
    places = [line.removeprefix(f"  {spec}:").split(": ")[:2] for line in lines[1::2]]
    line_of = {path: int(place.split(":")[0]) for place, path in places}
    written = spec.read_text("utf-8").splitlines()
    for path, words in (
        ("clusters[0].location", "mars-west1-a"),
        ("services[0].port", "808080"),
        ("unknown", "unknown"),
    ):
        assert words in written[line_of[path] - 1]


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(
    ("text", "words"), [(None, "No such file"), ("a: [", "is not YAML"), ("\xff", "is not YAML")]
)
def test_a_spec_that_cannot_be_read_is_refused_likewise(tmp_path: Path, text: str | None, words: str) -> None:
    """By its path."""
    spec = tmp_path / "spec.yaml"
    if text is not None:
        spec.write_bytes(text.encode("latin1"))

    result = run("local", "run", str(spec))

    assert BAD_USAGE == result.exit_code
    assert words in result.stderr and "1 fault; nothing was changed" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["local", "run"],
        ["locl"],
        ["local", "run", "x.yaml", "--sed", "1"],
        ["local", "run", "x.yaml", "--seed", "one"],
        [],
    ],
)
def test_a_wrong_command_line_ends_with_64(words: list[str]) -> None:
    """2 would say that changes are pending."""
    assert BAD_USAGE == run(*words).exit_code


def test_help_is_no_error() -> None:
    """For each command."""
    for words in (["--help"], ["local", "--help"], ["local", "run", "--help"]):
        assert 0 == run(*words).exit_code


@pytest.mark.parametrize("wanted", ["", "1"])
def test_an_error_that_nobody_expected_is_told_and_does_nothing_to_a_terminal(
    monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    """In two lines, without a traceback unless it is asked for; what its text hides is shown by its number."""
    monkeypatch.setenv("FLEETGATE_TRACEBACK", wanted)

    def fail() -> None:
        raise RuntimeError("from outside \x1b[2J\u202e")

    monkeypatch.setattr("fleetgate.schema.schema_text", fail)

    result = run("schema")

    *traceback, cause, fix = result.stderr.splitlines()
    assert (FAILED, "") == (result.exit_code, result.stdout)
    assert "RuntimeError: from outside \\x1b[2J\\u202e" in cause
    assert fix.startswith("  fix: ")
    assert (len(traceback) > 3) is bool(wanted)
    assert not any(is_hidden(each) for line in result.stderr.splitlines() for each in line)
