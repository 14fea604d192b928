"""A spec file as a person wrote it: read, and refused with every fault at once before anything is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from shared.spec import Environment, Fault, InvalidEnvironment, parse_environment


def read_document(path: Path) -> Any:
    """The YAML (or JSON) document in `path`.

    Raises:
        InvalidEnvironment: it is not there, or is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        words = f"{path}: {error.strerror or error}"
        raise InvalidEnvironment(
            [Fault(".", words, "Give the path of a spec, such as examples/store.yaml.")]
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
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
