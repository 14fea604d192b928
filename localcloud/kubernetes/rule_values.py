"""An object as the rules of its CRD see it: escaped names, and the types that formats stand for [documented]."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localcloud.kubernetes.definitions import property_of
from localcloud.wire.messages import Json

# Words of CEL's grammar: no field of an expression can have such a name.
_RESERVED = re.compile(
    "true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|"
    "var|void|while"
)
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


def seen(value: Any, schema: Json) -> Any:
    """`value` as a rule sees it: names of properties escaped, numbers and formats as CEL's types [documented]."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {
            escaped(name) if name in properties else name: seen(member, property_of(schema, name) or {})
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [seen(item, schema.get("items", {})) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and schema.get("type") == "number":
        return float(value)
    convert = _FORMATS.get(schema.get("format", "")) if isinstance(value, str) else None
    return convert(value) if convert else value


def escaped(name: str) -> str:
    """A property's name in rules: `namespace` is reserved in CEL, and is `__namespace__` there."""
    if _RESERVED.fullmatch(name):
        return f"__{name}__"
    return re.sub(r"__|[./-]", lambda found: _ESCAPES[found[0]], name)


def _typed(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """What does not parse stays text: its format has been refused already, or is not checked."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError:
            return text

    return convert


_FORMATS: dict[str, Callable[[str], Any]] = {
    "date": _typed(lambda text: datetime.fromisoformat(f"{text}T00:00:00Z")),
    "date-time": _typed(datetime.fromisoformat),
    "byte": _typed(lambda text: bytearray(base64.b64decode(text, validate=True))),
}
