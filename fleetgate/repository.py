"""A repository's folder of specs. If one spec has faults, the whole folder is refused."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetgate.specs import read_environment
from shared.spec import Environment, Fault, Invalid, InvalidEnvironment

ENDINGS = (".yaml", ".yml")


class FaultyFolder(Exception):
    """All faults of a folder's specs, each with its file."""

    def __init__(self, faults: list[tuple[Path, Fault]]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class RepositorySpec:
    """One spec of the folder: its path, the document as written, and the environment that it describes."""

    path: Path
    document: Any
    environment: Environment


def read_folder(folder: Path, project: str) -> list[RepositorySpec]:
    """Every spec in `folder` and the folders below it, by environment's name.

    `project` is the default for specs without one.

    Raises:
        FaultyFolder: there is no such folder, a spec has faults, or two specs conflict.
    """
    if not folder.is_dir():
        fault = Fault(
            ".", f"{folder} is not a folder", "Give the folder of your specs, such as environments/."
        )
        raise FaultyFolder([(folder, fault)])
    kept: list[RepositorySpec] = []
    faults: list[tuple[Path, Fault]] = []
    for path in sorted(each for each in folder.rglob("*") if each.suffix in ENDINGS and each.is_file()):
        try:
            kept.append(RepositorySpec(path, *read_environment(path, project)))
        except InvalidEnvironment as invalid:
            faults += _faults(path, invalid)
    faults += _shared(kept, "name", lambda it: it.name, "Two specs must not have the same name: rename one.")
    faults += _shared(
        kept,
        "project",
        lambda it: it.project,
        "A fleet has one gateway: put both into one spec, or use another project.",
    )
    if faults:
        raise FaultyFolder(faults)
    return sorted(kept, key=lambda each: each.environment.name)


def _faults(path: Path, invalid: Invalid) -> Iterable[tuple[Path, Fault]]:
    return ((path, fault) for fault in invalid.faults)


def _shared(
    kept: list[RepositorySpec], field: str, of: Callable[[Environment], Hashable], fix: str
) -> Iterable[tuple[Path, Fault]]:
    """A fault for each spec that has the same value as one before it."""
    first: dict[Hashable, Path] = {}
    for each in kept:
        value = of(each.environment)
        if value in first:
            yield each.path, Fault(field, f"{first[value]} has {field} {value}, too", fix)
        else:
            first[value] = each.path
