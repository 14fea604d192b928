"""Documents to try the spec on: the examples, and changes at a place written as faults write it."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import yaml

from shared.spec import Fault, InvalidEnvironment, parse_environment
from tests.support.paths import ROOT
from tests.support.projects import PROJECT

REMOVED = object()


@cache
def _read(name: str) -> Any:
    return yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())


def example(name: str = "store") -> dict[str, Any]:
    """A copy of an example, to change at will."""
    return copy.deepcopy(_read(name))


def changed(path: str, value: Any, name: str = "store") -> dict[str, Any]:
    """The example with `value` at `path`; REMOVED takes away what is there."""
    document = example(name)
    *way, last = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
    inner: Any = document
    for part in way:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    if value is REMOVED:
        del inner[last]
    elif isinstance(inner, list) and last == len(inner):
        inner.append(value)
    else:
        inner[last] = value
    return document


def faults_of(document: object) -> list[Fault]:
    """Every fault of a document; none if it is an environment."""
    try:
        parse_environment(document, project=PROJECT)
    except InvalidEnvironment as invalid:
        return invalid.faults
    return []
