"""What the parent of the instances has imported already is theirs, unless their own folder has another copy."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from localcloud.functions.processes import ForkServer

MAIN = """
import functions_framework, {module}
print({module}.WHO)
@functions_framework.cloud_event
def work(event): pass
"""


async def said(folder: Path, preload: tuple[str, ...]) -> str:
    """What an instance of the function in `folder` prints when it starts."""
    source = folder / "main.py"
    fork_server = ForkServer(folder, 0, ("functions_framework", "werkzeug.serving", *preload), {})
    fork_server.start()
    try:
        instance = fork_server.order("work-000", {"HOME": str(folder)}, str(folder), str(source), "work")
        await instance.port
        return instance.log.read_text("utf-8").strip()
    finally:
        await fork_server.stop()


@pytest.mark.parametrize(("own", "expected"), [(False, "the parent's"), (True, "its own")])
def test_an_instance_has_the_code_of_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool, expected: str
) -> None:
    """A module of the same name that was imported before it came to be is not it."""
    module = f"preloaded_{own}".lower()
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "function"
    for each in (elsewhere, folder):
        each.mkdir()
    (elsewhere / f"{module}.py").write_text('WHO = "the parent\'s"\n')
    (folder / "main.py").write_text(MAIN.format(module=module))
    if own:
        (folder / f"{module}.py").write_text('WHO = "its own"\n')
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert expected == asyncio.run(said(folder, (module,)))
