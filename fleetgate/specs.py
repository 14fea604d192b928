"""Reads a spec file, and refuses it with all of its faults before anything is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from shared.spec import Environment, Fault, InvalidEnvironment, parse_environment

MAX_BYTES = 262_144  # of a file with its comments: some 20 times the limit of an environment
MAX_VALUES = 20_000  # of a document, with every repetition by an alias: more than an environment can have


def read_document(path: Path) -> Any:
    """The YAML (or JSON) document in `path`.

    Raises:
        InvalidEnvironment: it does not exist, is not YAML, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise _too_large(path, f"more than {MAX_BYTES} bytes")
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
    """The document in `path` as written, and the environment that it describes.

    `project` is the default for a document without one.

    Raises:
        InvalidEnvironment: with every fault.
    """
    document = read_document(path)
    return document, parse_environment(document, project=project)


def _constructed(path: Path, text: str) -> Any:
    """The document in a YAML text, after a check of how many values its aliases expand to."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is not None and _count(node, {}) > MAX_VALUES:
            raise _too_large(path, f"more than {MAX_VALUES} values, with what its aliases repeat")
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _count(node: yaml.Node, counts: dict[int, float]) -> float:
    """How many values a node expands to; infinitely many if it contains itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in counts:
        counts[id(node)] = float("inf")
        inner = (
            [each for pair in node.value for each in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        counts[id(node)] = 1 + sum(_count(each, counts) for each in inner)
    return counts[id(node)]


def _too_large(path: Path, what: str) -> InvalidEnvironment:
    return InvalidEnvironment(
        [Fault(".", f"{path} has {what}", "Shorten it: an environment has at most 12,000 bytes.")]
    )
