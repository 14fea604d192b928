"""The provider's own schema, as `terraform providers schema -json` prints it, cut down to what the bootstrap uses.

`google-7.45.schema.json` has the resources and data sources that the bootstrap names, whole but for descriptions,
and the version and commit of the provider that they are of. After the use of another resource:

    python -m tests.terraform.schema SCHEMA.json

where SCHEMA.json has `version`, `commit`, `resource_schemas` and `data_source_schemas`. What is used of other
providers is in `other-providers.schema.json`, by provider, each with the reason for using it and its source; that file
is written by hand.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.terraform.configuration import (
    META_ARGUMENTS,
    META_BLOCKS,
    MODULES,
    Block,
    Body,
    blocks,
    inner_blocks,
    is_block,
    references,
)

FILE = Path(__file__).parent / "google-7.45.schema.json"
OTHERS_FILE = Path(__file__).parent / "other-providers.schema.json"
SCHEMAS = {"resource": "resource_schemas", "data": "data_source_schemas"}
PROVIDER_ARGUMENTS = ("project", "region", "default_labels")

Json = Mapping[str, Any]


def load() -> dict[str, Any]:
    """The schema that is kept here."""
    return dict(json.loads(FILE.read_text("utf-8")))


def others() -> dict[str, dict[str, Any]]:
    """What is used of other providers, by provider and resource type: `reason`, `source` and `block`."""
    return dict(json.loads(OTHERS_FILE.read_text("utf-8")))


def of_others() -> dict[str, Any]:
    """The same by resource type alone."""
    return {name: each for types in others().values() for name, each in types.items()}


def trimmed(whole: Json, used: Mapping[str, set[str]]) -> dict[str, Any]:
    """`whole`, with only the types that are in `used` (by kind), and the arguments that our provider blocks give."""
    arguments = whole["provider_config"]["block"]["attributes"]
    return {
        "provider": whole["provider"],
        "version": whole["version"],
        "commit": whole["commit"],
        "provider_config": {
            "version": 0,
            "block": {"attributes": {name: arguments[name] for name in PROVIDER_ARGUMENTS}},
        },
        **{
            key: {name: whole[key][name] for name in sorted(used.get(kind, set()) - of_others().keys())}
            for kind, key in SCHEMAS.items()
        },
    }


def used_types() -> dict[str, set[str]]:
    """The types that the bootstrap's modules name, by kind."""
    used: dict[str, set[str]] = {}
    for folder in MODULES:
        for each in blocks(folder, *SCHEMAS):
            used.setdefault(each.kind, set()).add(each.type)
    return used


def block_of(schema: Json, kind: str, type_: str) -> Json | None:
    """The schema of a resource or data source; None if the providers have none of that type."""
    found = schema[SCHEMAS[kind]].get(type_) or (of_others().get(type_) if kind == "resource" else None)
    return found["block"] if found else None


def faults(block: Block, schema: Json) -> list[str]:
    """What the provider would refuse in a resource or data source: one line each."""
    known = block_of(schema, block.kind, block.type)
    if known is None:
        return [f"{block.address}: the provider has no {block.kind} {block.type}"]
    return [f"{block.address}: {fault}" for fault in _faults(block.body, known, META_ARGUMENTS | META_BLOCKS)]


def _faults(body: Body, known: Json, besides: set[str] | frozenset[str] = frozenset()) -> Iterator[str]:
    attributes, block_types = known.get("attributes", {}), known.get("block_types", {})
    arguments = {name for name, value in body.items() if not is_block(value)}
    made = list(inner_blocks({name: value for name, value in body.items() if name != "lifecycle"}))
    yield from _argument_faults(arguments - besides, attributes)
    for name, kind in block_types.items():
        yield from _number_faults(name, Counter(each for each, _ in made)[name], kind)
    for name, inner in made:
        if name not in block_types:
            yield f"there is no block {name}"
        else:
            yield from (f"{name}: {fault}" for fault in _faults(inner, block_types[name]["block"]))


def _argument_faults(given: set[str], attributes: Json) -> Iterator[str]:
    for name in sorted(given):
        if name not in attributes:
            yield f"there is no argument {name}"
        elif not attributes[name].get("required") and not attributes[name].get("optional"):
            yield f"{name} is the provider's to say"
    for name, each in attributes.items():
        if each.get("required") and name not in given:
            yield f"the argument {name} is missing"


def _number_faults(name: str, count: int, kind: Json) -> Iterator[str]:
    """A dynamic block counts as one, which is right for the places that they are used in."""
    if count < kind.get("min_items", 0):
        yield f"the block {name} is missing"
    if 0 < kind.get("max_items", 0) < count:
        yield f"there are {count} blocks {name}"


def unknown_references(folder: Path, schema: Json) -> list[str]:
    """References of a module to what it does not have, or to attributes that are in no schema."""
    there = {each.address: each for each in blocks(folder)}
    names = {f"local.{name}" for each in blocks(folder, "locals") for name in each.body}
    wrong = []
    for block in blocks(folder):
        for address, attribute in references(block.body):
            if address not in there and address not in names:
                wrong.append(f"{block.address or block.file.name} refers to {address}")
            elif attribute and (fault := _attribute_fault(there.get(address), attribute, schema)):
                wrong.append(f"{block.address or block.file.name}: {fault}")
    return wrong


def _attribute_fault(target: Block | None, attribute: str, schema: Json) -> str | None:
    if (
        target is None
        or target.kind not in SCHEMAS
        or ("for_each" in target.body and attribute in ("key", "value"))
    ):
        return None
    known = block_of(schema, target.kind, target.type)
    has = known is not None and (
        attribute in known.get("attributes", {}) or attribute in known.get("block_types", {})
    )
    return None if has else f"{target.address} has no {attribute}"


def main(path: str) -> None:
    """Write the trimmed schema anew, from the provider's whole one at `path`."""
    whole = json.loads(Path(path).read_text("utf-8"))
    FILE.write_text(_one_line_a_type(trimmed(whole, used_types())), "utf-8")


def _one_line_a_type(schema: Json) -> str:
    """JSON whose changes can be read: the second level has a line for each entry."""
    lines = []
    for key, value in schema.items():
        inner = value.items() if key in SCHEMAS.values() else ()
        entries = ",\n".join(f'  "{name}": {json.dumps(each, sort_keys=True)}' for name, each in inner)
        lines.append(
            f' "{key}": ' + (f"{{\n{entries}\n }}" if entries else json.dumps(value, sort_keys=True))
        )
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main(sys.argv[1])
