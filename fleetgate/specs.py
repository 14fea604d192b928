"""Reads a spec file, and refuses it with all of its faults, each with its line, before anything is published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from fleetgate.yaml_documents import Places, parse, place_of
from shared.spec import Environment, Fault, InvalidEnvironment, parse_environment
from shared.spec.faults import WHOLE

MAX_BYTES = 262_144  # of a file with its comments: some 20 times the limit of an environment


def read_document(path: Path) -> Any:
    """The YAML (or JSON) document in `path`.

    Raises:
        InvalidEnvironment: it does not exist, is not YAML, has a key twice, or is too large.
    """
    return _read(path)[0]


def read_environment(path: Path, project: str) -> tuple[Any, Environment]:
    """The document in `path` as written, and the environment that it describes.

    `project` is the default for a document without one.

    Raises:
        InvalidEnvironment: with every fault, and its line.
    """
    document, places = _read(path)
    try:
        return document, parse_environment(document, project=project)
    except InvalidEnvironment as invalid:
        raise InvalidEnvironment([_placed(each, places) for each in invalid.faults]) from None


def _read(path: Path) -> tuple[Any, Places]:
    """The document, and where in the file each of its paths is."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise _too_large(path, f"more than {MAX_BYTES} bytes")
        return parse(data.decode("utf-8"))
    except OSError as error:
        words = f"{path}: {error.strerror or error}"
        raise InvalidEnvironment(
            [Fault(WHOLE, words, "Give the path of a spec, such as examples/store.yaml.")]
        ) from None
    except UnicodeDecodeError as error:
        raise _not_yaml(
            path, f"it is not UTF-8: {error.reason}", *_place(data[: error.start].decode())
        ) from None
    except yaml.reader.ReaderError as error:
        place = _place(data.decode("utf-8")[: error.position])
        raise _not_yaml(path, f"the character U+{error.character:04X} may not be there", *place) from None
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(path, error.problem or error.context or "", *place_of(error.problem_mark)) from None


def _placed(fault: Fault, places: Places) -> Fault:
    """The fault with its line; if it is about something that is missing, with that of what should have it."""
    path = fault.path
    while path not in places and path != WHOLE:
        path = path[: max(path.rfind("."), path.rfind("["), 0)] or WHOLE
    line, column = places.get(path, (0, 0))
    return replace(fault, line=line, column=column)


def _place(before: str) -> tuple[int, int]:
    """The line and the column after a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _not_yaml(path: Path, problem: str, line: int, column: int) -> InvalidEnvironment:
    words = f"{path} is not YAML: {' '.join(problem.split())}"
    return InvalidEnvironment([Fault(WHOLE, words, "Correct the YAML there.", line, column)])


def _too_large(path: Path, what: str) -> InvalidEnvironment:
    return InvalidEnvironment(
        [Fault(WHOLE, f"{path} has {what}", "Shorten it: an environment has at most 12,000 bytes.")]
    )
