"""From a document to an environment, or to everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.spec.checks import cross_checks
from shared.spec.defaults import with_defaults
from shared.spec.fault_messages import fault_of, shown
from shared.spec.faults import WHOLE, Fault, InvalidEnvironment, Loc
from shared.spec.model import Environment
from shared.spec.partial_model import partial_model


def parse_environment(document: object, *, project: str) -> Environment:
    """The environment that a document describes, with every default filled in.

    `document` is what JSON or YAML gave; `project` is the one that Fleetgate runs in, and the default.

    Raises:
        InvalidEnvironment: with every fault of the document.
    """
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
    """The model's errors in our words, then what the cross-checks find in the rest.

    A default that was taken from a faulty value is faulty too; only the value itself is told, unless the
    default is all there is.
    """
    errors = [error for error in errors if not _echo(error)]
    written = [error for error in errors if _written(error, document)]
    own = [fault_of(error, Environment) for error in written or errors]
    rest = partial_model(Environment, filled, [_place(error["loc"]) for error in errors])
    return list(dict.fromkeys([*own, *cross_checks(rest)]))


def _echo(error: ErrorDetails) -> bool:
    """A list whose entries are faulty is not short: pydantic counts the good ones."""
    return error["type"] == "too_short" and bool(error["input"])


def _written(error: ErrorDetails, document: object) -> bool:
    loc = _place(error["loc"])
    for part in loc[:-1] if error["type"] == "missing" else loc:
        try:
            document = document[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _place(loc: Loc) -> Loc:
    return tuple(part for part in loc if isinstance(part, int) or not part.startswith(("#", "[")))
