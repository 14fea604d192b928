"""The file with the variables of a local cloud, where a person wants it: written and deleted only where it is ours.

`--env-file .env` would else overwrite somebody's own settings, and delete them when the cloud ends. Ours is told by its
first line. It holds a token, so nobody else may read it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

FIRST_LINE = "# Written by `fleetgate local up`, which deletes it when it ends.\n"


def check(path: Path) -> None:
    """Look whether a file may be written there.

    Raises:
        FileExistsError: there is one, or something else, that is not ours.
    """
    if (path.exists() or path.is_symlink()) and not _is_ours(path):
        raise FileExistsError(f"{path} is there already, and `fleetgate local up` has not written it")


def write(path: Path, lines: str) -> Path:
    """Write `lines` there, in one piece. Returns the whole path.

    Raises:
        FileExistsError: something is there that is not ours.
        OSError: it cannot be written.
    """
    check(path)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # which nobody else may read
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(FIRST_LINE + lines)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return path.resolve()


def delete(path: Path, lines: str) -> None:
    """Delete the file with these lines, unless something else is there by now."""
    if _is_ours(path) and path.read_text("utf-8") == FIRST_LINE + lines:
        path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    """Whether it is a file, not a link to one, that begins as ours does."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(FIRST_LINE)) == FIRST_LINE.encode()
