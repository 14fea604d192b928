"""A local run that cannot go on: what it started ends with it, and a person is told in one sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.client.errors import FAILED
from fleetgate.local.installation import Installation
from fleetgate.local.run import LocalRun, NeverEnded
from tests.support.paths import ROOT

STORE = ROOT / "examples" / "store.yaml"


def test_a_cloud_in_which_nothing_can_be_installed_is_left_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processes, its ports and its folder are gone when the error is raised."""
    folders: list[Path] = []

    def install(installation: Installation, *_: object) -> None:
        folders.append(installation.cloud.folder)
        raise OSError("no workflow")

    monkeypatch.setattr(Installation, "install", install)

    async def enter() -> None:
        async with LocalRun(preload=()):
            raise AssertionError("it was entered")

    with pytest.raises(OSError, match="no workflow"):
        asyncio.run(enter())
    assert [False] == [folder.exists() for folder in folders]


def test_a_request_that_nothing_comes_of_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once nothing is due any more there is no use in waiting."""
    monkeypatch.setattr(Installation, "publish", lambda *_: "4711")

    async def act() -> None:
        async with LocalRun(preload=()) as local:
            await local.teardown("store")

    with pytest.raises(NeverEnded, match="message 4711: nothing is due any more"):
        asyncio.run(act())


def test_the_command_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """On stderr, with what to do, and the status of a failure; there is no report."""
    monkeypatch.setattr("fleetgate.local.run.LIMIT", 5.0)
    result = CliRunner().invoke(app, ["local", "run", str(STORE), "--seed", "7", "-o", "json"])

    assert (FAILED, "") == (result.exit_code, result.stdout)
    cause, fix = result.stderr.splitlines()
    assert cause.startswith("The run was given up: message ")
    assert fix.startswith("  fix: ") and "--seed 7" in fix
