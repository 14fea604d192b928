"""Parses a document into an environment, or into all of its faults at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.spec.checks import cross_checks
from shared.spec.defaults import with_defaults
from shared.spec.fault_messages import fault_of, shown
from shared.spec.faults import MARKS, WHOLE, Fault, InvalidEnvironment, Loc
from shared.spec.model import Environment
from shared.spec.partial_model import partial_model
from shared.spec.plain import odd_parts


def parse_environment(document: object, *, project: str) -> Environment:
    """The environment that a document describes, with all defaults.

    `document` is parsed JSON or YAML. `project` is the one that Fleetgate runs in, and the default.

    Raises:
        InvalidEnvironment: with every fault of the document.
    """
    if odd := odd_parts(document):
        raise InvalidEnvironment(odd)
    if not isinstance(document, dict):
        fault = "the environment is empty" if document is None else f"{shown(document)} is not an environment"
        fix = "write an object with at least name and clusters"
        raise InvalidEnvironment([Fault(WHOLE, fault, fix)])
    filled = with_defaults(document, project)
    try:
        environment = Environment.model_validate(filled)
    except ValidationError as refused:
        raise InvalidEnvironment(_faults(refused.errors(include_url=False), document, filled)) from None
    faults = cross_checks(environment)
    if faults:
        raise InvalidEnvironment(faults)
    return environment


def _faults(errors: Sequence[ErrorDetails], document: dict[str, Any], filled: dict[str, Any]) -> list[Fault]:
    """The faults for the model's errors, then those that the cross-checks find in the rest.

    A default that is derived from a faulty value is faulty too. Then only the fault of the value is reported.
    """
    errors = [error for error in errors if not _echo(error)]
    written = [error for error in errors if _written(error, document)]
    own = [fault_of(error, Environment) for error in written or errors]
    rest = partial_model(Environment, filled, [_document_loc(error["loc"]) for error in errors])
    return list(dict.fromkeys([*own, *cross_checks(rest)]))


def _echo(error: ErrorDetails) -> bool:
    """Whether the list is only short because pydantic does not count its faulty entries."""
    return error["type"] == "too_short" and bool(error["input"])


def _written(error: ErrorDetails, document: object) -> bool:
    loc = _document_loc(error["loc"])
    for part in loc[:-1] if error["type"] == "missing" else loc:
        try:
            document = document[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _document_loc(loc: Loc) -> Loc:
    return tuple(part for part in loc if isinstance(part, int) or part not in MARKS)
