"""Makes `enums.json`: the numbers of enum values, which discovery documents leave out.

    python -m localcloud.wire.enums

The REST clients of google-cloud-* send enums as integers. Their own protobuf types know the numbers: a
discovery document's schema and the message of the same name are walked side by side.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from localcloud.wire.discovery import Document, document

# API, version → the module with its types, and the messages that requests bring.
SOURCES = {
    ("container", "v1"): (
        "google.cloud.container_v1.types",
        ("CreateClusterRequest", "UpdateClusterRequest", "SetLabelsRequest", "CreateNodePoolRequest"),
    ),
    ("gkehub", "v1"): ("google.cloud.gkehub_v1.types", ("Membership", "Feature")),
}

Numbers = dict[str, dict[str, str]]


def numbers() -> dict[str, Numbers]:
    """API → `Schema.field` → number → name, for every API in `SOURCES`."""
    found: dict[str, Numbers] = {}
    for (api, version), (module, messages) in SOURCES.items():
        types = importlib.import_module(module)
        found[api] = {}
        for message in messages:
            _walk(document(api, version), message, getattr(types, message).pb().DESCRIPTOR, found[api], set())
    return found


def _walk(doc: Document, schema: str, message: Any, into: Numbers, seen: set[str]) -> None:
    """Gather the enums of `schema`, whose fields are those of `message` (a protobuf descriptor)."""
    if schema in seen:
        return
    seen.add(schema)
    fields = {field.json_name: field for field in message.fields}
    for name, value in doc.schemas[schema].get("properties", {}).items():
        field = fields.get(name)
        if field is None:
            continue
        inner = value.get("items") or value.get("additionalProperties") or value
        if field.enum_type is not None:
            into[f"{schema}.{name}"] = {str(v.number): v.name for v in field.enum_type.values}
        elif field.message_type is not None and "$ref" in inner:
            _walk(doc, inner["$ref"], _value_type(field.message_type), into, seen)


def _value_type(message: Any) -> Any:
    """A map's values, or the message itself."""
    return message.fields_by_name["value"].message_type if message.GetOptions().map_entry else message


def main() -> None:
    """Write the file."""
    text = json.dumps(numbers(), indent=1, sort_keys=True)
    (Path(__file__).parent / "enums.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
