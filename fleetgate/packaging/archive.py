"""A function's archive: the same code gives the same bytes.

A deployed archive is named after the hash of its bytes. So it must not depend on a clock, a folder, a file mode or a
compressor's version: times and modes are fixed, entries are sorted, and nothing is compressed. (An archive is some
hundred kilobytes of source text; Cloud Build compiles it.)
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fleetgate.packaging.closure import closure_of
from fleetgate.packaging.requirements import requirements_of

LOCK = "requirements.lock"
REQUIREMENTS = "requirements.txt"
MAIN = "main.py"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time in a zip file
MODE = 0o100644 << 16
UNIX = 3


class UnknownStep(Exception):
    """No function serves a step with that name."""


@dataclass(frozen=True)
class Archive:
    """One archive: its step, which is also the name of its entry point, and its files by path."""

    step: str
    files: Mapping[str, bytes]

    @cached_property
    def content(self) -> bytes:
        """Its bytes."""
        return zipped(self.files)

    @property
    def requirements(self) -> str:
        """Its requirements.txt."""
        return self.files[REQUIREMENTS].decode()

    @property
    def sha256(self) -> str:
        """The hash of its bytes, which names it."""
        return hashlib.sha256(self.content).hexdigest()

    def write(self, folder: Path) -> Path:
        """Write it to `folder` as `<step>.zip`.

        Raises:
            OSError: it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.step}.zip"
        path.write_bytes(self.content)
        return path


def steps(root: Path) -> list[str]:
    """The steps that have a function under `root`."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/main.py"))


def archive_of(root: Path, step: str) -> Archive:
    """The archive of one step's function, from the code and the lock under `root`.

    Raises:
        UnknownStep: there is no such function.
        Unresolved, NotLocked: its code imports a missing module, or one that is not pinned.
    """
    if step not in steps(root):
        raise UnknownStep(f"There is no step {step!r}; there are {', '.join(steps(root))}.")
    return Archive(step, _contents(root, step))


def _contents(root: Path, step: str) -> dict[str, bytes]:
    closure = closure_of(root, f"functions.{step}.main")
    lock = (root / LOCK).read_text("utf-8")
    files = {path: (root / path).read_bytes() for path in closure.files}
    files[MAIN] = _main(step).encode()
    files[REQUIREMENTS] = requirements_of(lock, closure.imports).encode()
    return files


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip whose bytes depend only on these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = MODE
            entry.create_system = UNIX
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _main(step: str) -> str:
    """The root's main.py, where the buildpack looks for the entry point [documented].

    Imported modules are never garbage, and a search among them takes a tenth of a cold start. So they are frozen.
    """
    return (
        f'"""The archive of the step {step}; made by `fleetgate package`."""\n\n'
        "import gc\n\n"
        "gc.disable()\n\n"
        f"from functions.{step}.main import {step}\n\n"
        "gc.freeze()\n"
        "gc.enable()\n\n"
        f'__all__ = ["{step}"]\n'
    )
