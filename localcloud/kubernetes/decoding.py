"""From what a client sent to what is stored: unknown fields found and pruned, nulls dropped, defaults set.

One walk beside the schema. It builds new containers wherever there is a schema, so that what is stored is
not shared with a caller.
"""

from __future__ import annotations

import copy
from typing import Any

from localcloud.kubernetes.definitions import ANYTHING, property_of, resolve
from localcloud.kubernetes.errors import bad_request, json_type
from localcloud.kubernetes.kinds import Kind
from localcloud.wire.messages import Json

_GO_TYPES = {"integer": "int32", "boolean": "bool", "number": "float64", "string": "string"}


class Decoding:
    """One walk over one object. `unknown` collects the paths that the schema does not know.

    With `typed`, a value of the wrong JSON type is refused on the spot with the JSON decoder's words, as
    the built-in Go types do; without, it is left for validation, as for custom resources.
    """

    def __init__(self, kind: Kind, typed: bool, defaults: bool = True) -> None:
        self.kind = kind
        self.typed = typed
        self.defaults = defaults
        self.unknown: list[str] = []
        self._struct = kind.kind

    def visit(self, value: Any, schema: Json, path: str = "") -> Any:
        """`value` as the schema would have it stored."""
        if schema is ANYTHING:
            return value
        if isinstance(value, dict):
            return self._object(value, schema, path)
        schema = resolve(schema)
        if isinstance(value, list):
            return self._array(value, schema, path)
        if schema.get("format") == "quantity" and isinstance(value, int | float):
            return str(value)
        if self.typed and value is not None:
            self._check(value, schema, path)
        return value

    def _object(self, value: Json, schema: Json, path: str) -> Json:
        outer = self._struct
        self._struct = _struct_name(schema.get("$ref", "")) or outer
        schema = resolve(schema)
        if self.typed:
            self._check(value, schema, path)
        out: Json = {}
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            known = property_of(schema, name)
            if known is None:
                self.unknown.append(inner)
            elif member is not None or known.get("nullable"):
                out[name] = self.visit(member, known, inner)
        if self.defaults:
            self._default(out, schema, path)
        self._struct = outer
        return out

    def _array(self, value: list[Any], schema: Json, path: str) -> list[Any]:
        if self.typed:
            self._check(value, schema, path)
        items = schema.get("items", ANYTHING)
        return [self.visit(item, items, f"{path}[{i}]") for i, item in enumerate(value)]

    def _default(self, out: Json, schema: Json, path: str) -> None:
        for name, known in schema.get("properties", {}).items():
            if name not in out and "default" in known:
                inner = f"{path}.{name}" if path else name
                out[name] = self.visit(copy.deepcopy(known["default"]), known, inner)

    def _check(self, value: Any, schema: Json, path: str) -> None:
        wanted = schema.get("type")
        if (
            wanted is None
            or fits(value, wanted)
            or (wanted == "string" and schema.get("format") == "quantity")
        ):
            return
        given = json_type(value)
        given = "number" if given == "integer" else "bool" if given == "boolean" else given
        target = {"array": "[]", "object": "map"}.get(wanted, _GO_TYPES.get(wanted, wanted))
        bare = ".".join(part.split("[")[0] for part in path.split("."))
        message = (
            f'{self.kind.kind} in version "{self.kind.version}" cannot be handled as a {self.kind.kind}: '
            f"json: cannot unmarshal {given} into Go struct field {self._struct}.{bare} of type {target}"
        )
        raise bad_request(message)


def _struct_name(model: str) -> str:
    return model.removeprefix("Core").removeprefix("Discovery").removeprefix("V1")


def decoded(kind: Kind, body: Json, *, defaults: bool = True) -> tuple[Json, list[str]]:
    """`body` as an object of `kind`, and the paths of its unknown fields.

    Raises:
        StatusError: 400, a built-in's field has the wrong JSON type.
    """
    walk = Decoding(kind, typed=not kind.custom, defaults=defaults)
    value = walk.visit(body, kind.schema)
    value["apiVersion"], value["kind"] = kind.api_version, kind.kind
    value.setdefault("metadata", {})
    return value, walk.unknown


def strictness(unknown: list[str]) -> str:
    """The strict decoder's words for unknown fields."""
    return "strict decoding error: " + ", ".join(f'unknown field "{path}"' for path in unknown)


def fits(value: Any, wanted: str) -> bool:
    """Whether `value` has JSON type `wanted`."""
    match wanted:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
    return isinstance(value, dict)
