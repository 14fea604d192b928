"""From an archive to code that can be served: what Google's Python buildpack and the first start refuse.

An archive needs `main.py` at its root and no file that Python cannot compile [documented: GoogleCloudPlatform/
buildpacks, cmd/python]; a function whose entry point is not bound in `main.py` never begins to listen
[observed]. What `main.py` imports is found out when an instance starts.
"""

from __future__ import annotations

import ast
import io
import zipfile
import zlib
from pathlib import Path

SOURCE = "main.py"
# What is unpacked at most: none of Google's limits, but what is written in about a second.
MOST_BYTES, MOST_FILES = 256 * 2**20, 5000
# What is wrong with an archive: it is none, it is broken, packed otherwise or by a password, or names no files.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)


class BuildFailed(Exception):
    """The archive cannot be built into an image, or the image does not start; the text is Google's."""


def unpack(data: bytes, entry_point: str, folder: Path) -> Path:
    """Put the archive's files into `folder`, and return the file that has the entry point.

    Raises:
        BuildFailed: it cannot be served.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_size(archive)
            archive.extractall(folder)
    except UNREADABLE as error:
        raise BuildFailed(
            f"Build failed with status: FAILURE and message: failed to unzip the source: {error}"
        ) from None
    source = folder / SOURCE
    if not source.is_file():
        raise BuildFailed(
            "Build failed with status: FAILURE and message: missing main.py and GOOGLE_FUNCTION_SOURCE not specified. "
            "Either create the function in main.py or specify GOOGLE_FUNCTION_SOURCE to point to the file that "
            "contains the function."
        )
    trees = {path: _parsed(path, folder) for path in sorted(folder.rglob("*.py"))}
    if entry_point not in _bound(trees[source]):
        raise BuildFailed(
            "Could not create or update Cloud Run service, Container Healthcheck failed. The user-provided container "
            "failed to start and listen on the port defined provided by the PORT=8080 environment variable within the "
            "allocated timeout."
        )
    return source


def _check_size(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that is short where what it holds is not."""
    held = archive.infolist()
    if len(held) > MOST_FILES or sum(each.file_size for each in held) > MOST_BYTES:
        raise BuildFailed(
            f"Build failed with status: FAILURE and message: the local cloud unpacks at most {MOST_FILES} files and "
            f"{MOST_BYTES} bytes of source"
        )


def _parsed(path: Path, folder: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path.relative_to(folder)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        words = f"Build failed with status: FAILURE and message: {path.relative_to(folder)}: {error}"
        raise BuildFailed(words) from None


def _bound(module: ast.Module) -> set[str]:
    """The names that the module's own statements bind."""
    names: set[str] = set()
    for statement in module.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(statement.name)
            case ast.Import() | ast.ImportFrom():
                names.update(alias.asname or alias.name.split(".")[0] for alias in statement.names)
            case ast.Assign() | ast.AnnAssign():
                names.update(each.id for each in ast.walk(statement) if isinstance(each, ast.Name))
    return names
