"""Empty virtual environments that hold what a requirements.txt says, and an archive served from one.

What is installed here already is linked: it came from the same lock, so this is what pip would put
there, in a tenth of the time and without asking anybody. `make prove` lets pip do it.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePath

from packaging.requirements import Requirement

LISTENING = re.compile(r"Listening at: (http://\S+)")


@dataclass(frozen=True)
class Environment:
    """A virtual environment; `site` is where its libraries are."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        """Its site-packages."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def names(self) -> set[str]:
        """What is installed in it."""
        found = (Distribution.at(each).metadata["Name"] for each in self.site.glob("*.dist-info"))
        return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def unpacked(content: bytes, folder: Path) -> Path:
    """The folder, with the archive's files in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


def empty(folder: Path) -> Environment:
    """A virtual environment with nothing in it, not even pip."""
    venv.create(folder, symlinks=True)
    return Environment(folder)


def wanted(requirements: str) -> dict[str, str]:
    """Name → version of the pins that are meant for this platform."""
    lines = (line.rstrip(" \\") for line in requirements.splitlines() if re.match("[a-z0-9]", line))
    pins = (Requirement(line) for line in lines)
    return {pin.name: str(pin.specifier)[2:] for pin in pins if pin.marker is None or pin.marker.evaluate()}


def linked(requirements: str, parent: Path) -> Environment:
    """An environment that holds exactly these pins, out of this one; the same text gives the same one.

    Raises:
        AssertionError: this one holds another version.
    """
    folder = parent / hashlib.sha256(requirements.encode()).hexdigest()[:12]
    if folder.exists():
        return Environment(folder)
    environment = empty(folder)
    for name, version in wanted(requirements).items():
        installed = distribution(name)
        assert version == installed.version, f"{name} is {installed.version} here, {version} in the lock"
        _link(installed, environment.site)
    _add_server(environment)
    return environment


def installed(requirements: Path, folder: Path) -> Environment:
    """An environment that pip has put these requirements into, and checked the hashes of."""
    environment = empty(folder)
    options = ["--quiet", "--no-deps", "--require-hashes", "--no-compile", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "--python", str(environment.python), "install", *options]
    subprocess.run([*pip, "--requirement", str(requirements)], check=True)
    return environment


def _link(installed: Distribution, site: Path) -> None:
    """Packages are linked whole; what several distributions share (`google/`) is not, but what they have in there."""
    files = [PurePath(file) for file in installed.files or () if ".." not in file.parts]  # no scripts
    packages = {file.parent for file in files if file.name == "__init__.py"}
    for path in sorted({_whole(file, packages) for file in files}):
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(str(installed.locate_file(str(path))))


def _whole(file: PurePath, packages: set[PurePath]) -> PurePath:
    """The outermost package that it is in, or else its distribution's own folder, or else itself."""
    above = reversed(file.parents)
    return next((each for each in above if each in packages or each.suffix == ".dist-info"), file)


def _add_server(environment: Environment) -> None:
    """The command `functions-framework`, as pip writes it."""
    command = environment.folder / "bin" / "functions-framework"
    lines = (
        f"#!{environment.python}\nimport sys\nfrom functions_framework._cli import _cli\nsys.exit(_cli())\n"
    )
    command.write_text(lines)
    command.chmod(0o755)


@dataclass(frozen=True)
class Served:
    """A function that listens at `url`; `log` is the file that it prints to."""

    url: str
    log: Path


@contextmanager
def served(environment: Environment, archive: Path, step: str, **variables: str) -> Iterator[Served]:
    """Serve an unpacked archive as the buildpack does [documented], with these variables and no others.

    Raises:
        AssertionError: it ends instead of listening.
    """
    command = [
        str(environment.folder / "bin" / "functions-framework"),
        "--target",
        step,
        "--source",
        "main.py",
    ]
    log = archive.with_suffix(".log")
    given = {"PATH": os.defpath, "GUNICORN_LOG_LEVEL": "info", "PYTHONUNBUFFERED": "1", **variables}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", "0"],
            cwd=archive,
            env=given,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.stderr is not None
    try:
        yield Served(_address(process.stderr), log)
    finally:
        process.terminate()
        process.communicate()


def _address(lines: Iterator[str]) -> str:
    said = []
    for line in lines:
        said.append(line)
        if found := LISTENING.search(line):
            return found[1]
    raise AssertionError("it ended before it listened:\n" + "".join(said))
