"""What a path of a query leads to in an entry: by the type LogEntry of the discovery document, and freely in payloads.

A field of LogEntry that an entry lacks has its default value. What a payload or a map of labels lacks is missing, and
no comparison with it holds [documented: logging/docs/view/logging-query-language, "Missing fields"].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from localcloud.logging.query import unparseable
from localcloud.wire.discovery import document
from localcloud.wire.errors import not_implemented
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel

# Fields that no entry has here: a comparison with one would say nothing.
_NEVER_WRITTEN = ("apphub", "apphubDestination", "apphubSource", "errorGroups", "metadata", "otel")


class Kind(Enum):
    """How values of a field are compared."""

    TEXT = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    TIME = auto()
    DURATION = auto()
    SEVERITY = auto()
    OBJECT = auto()
    FREE = auto()  # of a payload, or a label


@dataclass(frozen=True)
class Field:
    """A field that a query names. `default` is what an entry has that lacks it, None if it then has nothing."""

    path: tuple[str, ...]
    kind: Kind
    default: Any = None

    def values(self, entry: Json) -> list[Any]:
        """What an entry has there; a list stands for each of its items [documented: "Object and array types"]."""
        found: list[Any] = [entry]
        for segment in self.path:
            found = [each[segment] for each in found if isinstance(each, dict) and segment in each]
            found = [item for each in found for item in (each if isinstance(each, list) else [each])]
        return found


_DEFAULTS = {
    Kind.TEXT: "",
    Kind.NUMBER: 0,
    Kind.BOOLEAN: False,
    Kind.DURATION: "0s",
    Kind.SEVERITY: "DEFAULT",
}


@lru_cache(maxsize=1024)
def field_of(path: tuple[str, ...]) -> Field:
    """The field of a path; names of LogEntry may be in snake case.

    Raises:
        Refused: INVALID_ARGUMENT, LogEntry has no such field; UNIMPLEMENTED, no entry here has it.
    """
    schemas = document("logging", "v2").schemas
    schema, found = schemas["LogEntry"], []
    for index, segment in enumerate(path):
        name = camel(segment)
        if "properties" not in schema or name not in schema["properties"]:
            raise unparseable(f"Field not found: '{'.'.join(path)}'.")  # words [inferred]
        if name in _NEVER_WRITTEN and index == 0:
            raise not_implemented(f"filters by {name}, which no entry has here")
        found.append(name)
        schema = schema["properties"][name]
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema
        if "additionalProperties" in schema:
            rest = path[index + 1 :]
            return Field((*found, *rest), Kind.FREE if rest else Kind.OBJECT)
    kind = _kind(found[-1], schema)
    return Field(tuple(found), kind, _DEFAULTS.get(kind))


def leaves(value: Any) -> Iterator[Any]:
    """Every value in a value that has no parts."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


def _kind(name: str, schema: Json) -> Kind:
    if name == "severity":
        return Kind.SEVERITY
    if schema.get("format") == "google-datetime":
        return Kind.TIME
    if schema.get("format") == "google-duration":
        return Kind.DURATION
    if schema.get("format") in ("int32", "int64"):
        return Kind.NUMBER
    return {"boolean": Kind.BOOLEAN, "string": Kind.TEXT}.get(schema.get("type", ""), Kind.OBJECT)
