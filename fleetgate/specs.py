"""A spec file as a person wrote it: read, and refused with every fault at once before anything is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from shared.spec import Environment, Fault, InvalidEnvironment, parse_environment

MOST_BYTES = 262_144  # of a file, with all its comments
MOST_NODES = 20_000  # values of a document, those that aliases repeat counted each time


def read_document(path: Path) -> Any:
    """The YAML (or JSON) document in `path`.

    Raises:
        InvalidEnvironment: it is not there, is not YAML, or is more than an environment can be.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise _too_much(path, f"more than {MOST_BYTES} bytes")
        return _constructed(path, data.decode("utf-8"))
    except OSError as error:
        words = f"{path}: {error.strerror or error}"
        raise InvalidEnvironment(
            [Fault(".", words, "Give the path of a spec, such as examples/store.yaml.")]
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fault = Fault(".", f"{path} is not YAML: {' '.join(str(error).split())}", "Correct the YAML there.")
        raise InvalidEnvironment([fault]) from None


def read_environment(path: Path, project: str) -> tuple[Any, Environment]:
    """The document in `path` as it was written, and the environment it means.

    `project` is what a document means that names none.

    Raises:
        InvalidEnvironment: with every fault.
    """
    document = read_document(path)
    return document, parse_environment(document, project=project)


def _constructed(path: Path, text: str) -> Any:
    """The document that a text means, once it is known how much its aliases stand for."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is not None and _count(node, {}) > MOST_NODES:
            raise _too_much(path, f"more than {MOST_NODES} values, with what its aliases repeat")
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _count(node: yaml.Node, known: dict[int, float]) -> float:
    """How many values a node stands for; one that contains itself stands for endlessly many."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = float("inf")
        inner = (
            [each for pair in node.value for each in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        known[id(node)] = 1 + sum(_count(each, known) for each in inner)
    return known[id(node)]


def _too_much(path: Path, what: str) -> InvalidEnvironment:
    return InvalidEnvironment([Fault(".", f"{path} has {what}", "Write out what you mean, and no more.")])
