"""The JSON Schema of an environment, with which editors complete and explain specs.

`python -m fleetgate.schema > environment.schema.json` writes the published file again.
"""

from __future__ import annotations

import json
from typing import Any

from fleetgate.terminal import for_programs
from shared.spec.defaults import DERIVED
from shared.spec.model import Environment


def json_schema() -> dict[str, Any]:
    """The schema of a document: derived fields may be left out, unknown fields are not allowed."""
    schema = Environment.model_json_schema(by_alias=True, mode="validation")
    parts = {**schema.pop("$defs"), "Environment": schema}
    for name, derived in DERIVED.items():
        part = parts[name]
        required = [each for each in part.pop("required") if each not in derived]
        part.update({"required": required} if required else {})
    del parts["Environment"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": parts}


def schema_text() -> str:
    """The text of the published file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for_programs(schema_text())
