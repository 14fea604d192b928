"""From what a client sent to what is stored: unknown fields found and pruned, nulls settled, defaults set.

One walk beside the schema. It builds new containers wherever there is a schema, so that what is stored is
not shared with a caller.
"""

from __future__ import annotations

import copy
from typing import Any

from localcloud.kubernetes.definitions import ANYTHING, property_of, resolve
from localcloud.kubernetes.errors import StatusError, bad_request, json_type
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.quantities import WRONG_FORM, NotAQuantity, amount
from localcloud.kubernetes.times import time_fault
from localcloud.wire.messages import Json

_GO_INTEGERS = {"int64": "int64"}
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
        if self.typed and value is not None:
            self._check(value, schema, path)
            return self._scalar(value, schema)
        return value

    def _scalar(self, value: Any, schema: Json) -> Any:
        """A value that Go's own types read for themselves: quantities and times."""
        form = schema.get("format")
        if form == "quantity":
            try:
                amount(value)
            except NotAQuantity as fault:
                raise self._refusal(str(fault)) from fault
            return str(value)
        if form == "date-time" and (wrong := time_fault(value)):
            raise self._refusal(wrong)
        return value

    def _object(self, value: Json, schema: Json, path: str) -> Json:
        outer = self._struct, self.typed
        self._struct = _struct_name(schema.get("$ref", "")) or self._struct
        self.typed = self.typed or path == "metadata"  # which is Go's own type in custom resources, too
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
        self._struct, self.typed = outer
        return out

    def _array(self, value: list[Any], schema: Json, path: str) -> list[Any]:
        if self.typed:
            self._check(value, schema, path)
        items = schema.get("items", ANYTHING)
        if self.typed:
            value = [_zero(resolve(items)) if item is None else item for item in value]
        return [self.visit(item, items, f"{path}[{i}]") for i, item in enumerate(value)]

    def _default(self, out: Json, schema: Json, path: str) -> None:
        for name, known in schema.get("properties", {}).items():
            if name not in out and "default" in known:
                inner = f"{path}.{name}" if path else name
                out[name] = self.visit(copy.deepcopy(known["default"]), known, inner)

    def _check(self, value: Any, schema: Json, path: str) -> None:
        wanted, form = schema.get("type"), schema.get("format", "")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if form == "quantity":
            if isinstance(value, dict | list):
                raise self._refusal(WRONG_FORM)
            return
        if schema.get("x-kubernetes-int-or-string"):
            if not isinstance(value, str) and not (fits(value, "integer") and not _overflows(value, "int32")):
                shown = f"number {value}" if number else json_type(value).replace("boolean", "bool")
                raise self._refusal(f"json: cannot unmarshal {shown} into Go value of type int32")
            return
        if wanted is None or (fits(value, wanted) and not (wanted == "integer" and _overflows(value, form))):
            return
        given = json_type(value)
        given = "number" if given == "integer" else "bool" if given == "boolean" else given
        if number and wanted == "integer":
            given = f"number {value}"
        target = {"array": "[]", "object": "map"}.get(wanted, _GO_TYPES.get(wanted, wanted))
        bare = ".".join(part.split("[")[0] for part in path.split("."))
        where = f"Go struct field {self._struct}.{bare} of type {_GO_INTEGERS.get(form, target)}"
        raise self._refusal(f"json: cannot unmarshal {given} into {where}")

    def _refusal(self, why: str) -> StatusError:
        kind = self.kind.kind
        return bad_request(f'{kind} in version "{self.kind.version}" cannot be handled as a {kind}: {why}')


def _zero(schema: Json) -> Any:
    """What Go makes of a null among the items of a list: the zero value of their type [documented: encoding/json].

    A time's is written as a null.
    """
    if schema.get("x-kubernetes-int-or-string"):
        return 0
    match schema.get("type"), schema.get("format"):
        case _, "quantity":
            return "0"
        case "string", form:
            return None if form == "date-time" else ""
        case "integer" | "number", _:
            return 0
        case "boolean", _:
            return False
        case "array", _:
            return []
        case "object", _:
            return {}
    return None


def _overflows(number: int, form: str) -> bool:
    """Whether an integer has more bits than its Go type."""
    most = 2**31 if form == "int32" else 2**63
    return not -most <= number < most


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
