"""Schemas of the built-in types, made on first use from the models of the Kubernetes client library.

A schema is an OpenAPI v3 dict with Kubernetes' own `x-kubernetes-*` keys, as in a CRD; a reference is
`{"$ref": "V1PodSpec"}`. What the client library does not carry (list types, merge keys, defaults) is in
`traits.py`. Nothing of the library is imported before a built-in's schema is first needed.
"""

from __future__ import annotations

import re
import typing
from typing import Any

from localcloud.kubernetes.traits import (
    DEFAULTS,
    INT64,
    QUANTITIES,
    REQUIRED_BY_SERVER,
    TRAITS,
    VALUE_STRUCTS,
)
from localcloud.wire.messages import Json

_SCALARS: dict[str, Json] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "int": {"type": "integer", "format": "int32"},
    "datetime": {"type": "string", "format": "date-time"},
    "bytes": {"type": "string", "format": "byte"},
    "object": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
ANYTHING: Json = {"x-kubernetes-preserve-unknown-fields": True, "nullable": True}
_OPAQUE: dict[str, Json] = {"V1JSONSchemaProps": {"type": "object", **ANYTHING}}


class _Definitions(dict[str, Json]):
    def __missing__(self, model: str) -> Json:
        schema = _OPAQUE.get(model) or _schema_of(model)
        self[model] = schema
        return schema


DEFINITIONS: dict[str, Json] = _Definitions()


def resolve(schema: Json) -> Json:
    """`schema` itself, or what it refers to."""
    ref = schema.get("$ref")
    return DEFINITIONS[ref] if ref else schema


def property_of(schema: Json, name: str) -> Json | None:
    """The schema of member `name` of an object with resolved `schema`; None if it has no such member."""
    found: Json | None = schema.get("properties", {}).get(name)
    if found is not None:
        return found
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return extra
    return ANYTHING if extra is True or schema.get("x-kubernetes-preserve-unknown-fields") else None


def _schema_of(model: str) -> Json:
    from kubernetes.client import models

    cls = getattr(models, model)
    properties: Json = {}
    required: list[str] = []
    for attribute, type_name in cls.openapi_types.items():
        name = cls.attribute_map.get(attribute, attribute.lstrip("_"))
        field = cls.model_fields.get(attribute) or cls.model_fields[f"var_{attribute.strip('_')}"]
        properties[name] = _property(model, name, type_name, field)
        if field.is_required() or f"{model}.{name}" in REQUIRED_BY_SERVER:
            required.append(name)
    schema: Json = {"type": "object", "properties": properties, **TRAITS.get(model, {})}
    if required:
        schema["required"] = sorted(required)
    text = (cls.__doc__ or "").strip().split("\n\n    Attributes:")[0]
    return {"description": text, **schema} if text else schema


def _property(model: str, name: str, type_name: str, field: Any) -> Json:
    key = f"{model}.{name}"
    schema = dict(_type(type_name))
    if name in QUANTITIES and type_name == "Dict[str, str]":
        schema["additionalProperties"] = {"x-kubernetes-int-or-string": True, "format": "quantity"}
    elif type_name == "object" and {int, str} <= _base_types(field.annotation):
        schema = {"x-kubernetes-int-or-string": True}
    elif schema.get("format") == "int32" and name in INT64:
        schema["format"] = "int64"
    if name in VALUE_STRUCTS and "$ref" in schema:
        schema["x-value"] = True
    schema.update(TRAITS.get(key, {}))
    if key in DEFAULTS:
        schema["default"] = DEFAULTS[key]
    if field.description:
        schema["description"] = field.description
    return schema


def _type(name: str) -> Json:
    if name in _SCALARS:
        return _SCALARS[name]
    if found := re.fullmatch(r"[Ll]ist\[(.+)\]", name):
        return {"type": "array", "items": _type(found[1])}
    if found := re.fullmatch(r"[Dd]ict\[str, (.+)\]", name):
        return {"type": "object", "additionalProperties": _type(found[1])}
    return {"$ref": name}


def _base_types(annotation: Any) -> set[Any]:
    found: set[Any] = set()
    for part in typing.get_args(annotation):
        found.add(typing.get_args(part)[0] if hasattr(part, "__metadata__") else part)
    return found
