"""A model without its faulty fields, so that the cross-checks can find further faults at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from shared.spec.faults import Loc
from shared.spec.part import Part, fields_of, kind_within

P = TypeVar("P", bound=Part)
_UNREADABLE = object()


def partial_model(kind: type[P], raw: object, faulty: Iterable[Loc], at: Loc = ()) -> P:
    """`raw` as a `kind` without its faulty fields: reading one of them raises Unreadable.

    Values are not converted: this is for the cross-checks only. `faulty` are the locations of the model's errors, `at`
    is the location of `raw`.
    """
    given: dict[str, Any] = raw if isinstance(raw, dict) else {}
    marks = tuple(faulty)
    read = {
        name: _read(kind.model_fields[name].annotation, given[key], marks, (*at, key))
        for key, name in _names(kind)
        if key in given
    }
    part = kind.model_construct(**{_alias(kind, name): value for name, value in read.items()})
    for name in [name for name, value in read.items() if value is _UNREADABLE]:
        del part.__dict__[name]
    return part


def _read(annotation: Any, value: Any, faulty: tuple[Loc, ...], at: Loc) -> Any:
    if (*at,) in faulty:
        return _UNREADABLE
    inner = kind_within(annotation)
    if inner and isinstance(value, list):
        return tuple(partial_model(inner, each, faulty, (*at, index)) for index, each in enumerate(value))
    if inner and isinstance(value, dict):
        return partial_model(inner, value, faulty, at)
    return _UNREADABLE if any(loc[: len(at)] == at for loc in faulty) else value


def _names(kind: type[Part]) -> list[tuple[str, str]]:
    return list(zip(fields_of(kind), kind.model_fields, strict=True))


def _alias(kind: type[Part], name: str) -> str:
    return kind.model_fields[name].alias or name
