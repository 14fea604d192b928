"""The base of every part of a spec: immutable, snake_case here, camelCase on the wire, no unknown fields."""

from __future__ import annotations

from inspect import isclass
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from shared.spec.faults import MARKS, Loc


class Unreadable(AttributeError):
    """A field that cannot be read because it has a fault: see `partial_model`."""


class Part(BaseModel):
    """One object of the document."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=False, defer_build=True
    )

    if not TYPE_CHECKING:  # a type checker would accept every attribute

        def __getattr__(self, name: str) -> Any:
            """Only called for a missing attribute: a field that `partial_model` left out."""
            if name in type(self).model_fields:
                raise Unreadable(name)
            return super().__getattr__(name)


def fields_of(kind: type[Part]) -> dict[str, FieldInfo]:
    """The fields of a part under their wire names."""
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def kind_within(annotation: Any) -> type[Part] | None:
    """The class of part in a field's annotation: alone, in a tuple or in a union."""
    if isclass(annotation) and issubclass(annotation, Part):
        return annotation
    return next((kind for each in get_args(annotation) if (kind := kind_within(each))), None)


def field_at(kind: type[Part], loc: Loc) -> tuple[type[Part], FieldInfo | None]:
    """The part with the value at `loc` of a `kind`, and its field, if it has such a field."""
    field: FieldInfo | None = None
    inner: type[Part] | None = kind
    for part in loc:
        if isinstance(part, int) or part in MARKS or inner is None:
            continue
        kind, field = inner, fields_of(inner).get(part)
        inner = kind_within(field.annotation) if field else None
    return kind, field
