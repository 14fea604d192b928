"""The file of variables: ours is written again and deleted, anybody else's is left as it is."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.local import env_files
from fleetgate.local.up import RunningCloud, Up, stay_up

THEIRS = "export DATABASE=production\n"
LINES = "export FLEETGATE_PROJECT=x\n"


def test_a_file_of_somebody_else_is_left_and_nothing_starts(tmp_path: Path) -> None:
    """It is told before a cloud is started, with what to do."""
    file = tmp_path / ".env"
    file.write_text(THEIRS)
    told = CliRunner().invoke(app, ["local", "up", "--env-file", str(file)])

    assert (told.exit_code, file.read_text()) == (64, THEIRS)
    assert f"{file} is there already, and `fleetgate local up` has not written it" in told.stderr
    assert "fix: Choose another --port or --env-file." in told.stderr


def test_ours_is_written_again_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    """A cloud that was killed leaves it; it holds a token."""
    file = tmp_path / "cloud.env"
    assert env_files.write(file, "export OLD=1\n") == file.resolve()
    file.chmod(0o644)
    env_files.write(file, LINES)

    assert file.read_text() == env_files.FIRST_LINE + LINES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("kind", ["link", "link to nothing", "folder", "empty"])
def test_what_is_no_file_of_ours_is_not_replaced(tmp_path: Path, kind: str) -> None:
    """A link could lead anywhere, to a file of ours as well."""
    file, other = tmp_path / "cloud.env", tmp_path / "other"
    if kind == "link":
        env_files.write(other, LINES)
    if kind.startswith("link"):
        file.symlink_to(other)
    elif kind == "folder":
        file.mkdir()
    else:
        file.touch()

    with pytest.raises(FileExistsError):
        env_files.write(file, "export NEW=1\n")
    env_files.delete(file, LINES)
    assert file.is_symlink() or file.exists()


def test_only_what_was_written_is_deleted(tmp_path: Path) -> None:
    """Another cloud may have written its own since, and somebody may have added a line."""
    file = tmp_path / "cloud.env"
    env_files.write(file, LINES)
    env_files.delete(file, "export OTHER=1\n")
    assert file.exists()
    env_files.delete(file, LINES)
    assert not file.exists()


def test_what_was_changed_while_the_cloud_stood_is_kept(tmp_path: Path) -> None:
    """Its variables lead nowhere any more, but the line that was added is somebody's."""
    file = tmp_path / "cloud.env"

    async def scene() -> None:
        up = asyncio.create_task(stay_up(Up(env_file=file, empty=True), ready))
        await asyncio.wait_for(announced.wait(), 30)
        with file.open("a") as lines:
            lines.write(THEIRS)
        over()
        await asyncio.wait_for(up, 30)

    announced = asyncio.Event()

    def ready(running: RunningCloud) -> None:
        announced.set()

    def over() -> None:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGHUP)

    asyncio.run(scene())
    assert file.read_text().endswith(THEIRS)
