"""Update masks: which fields of a resource a change replaces [documented: AIP-134, google.protobuf.FieldMask].

Clients send them in camelCase or snake_case, nested, in one comma-separated text [observed: gcloud, Terraform].
"""

from __future__ import annotations

from collections.abc import Container

from localcloud.wire.messages import Json
from localcloud.wire.validation import camel

NO_MAPS: frozenset[str] = frozenset()


def masked(resource: Json, given: Json, mask: str, maps: Container[str] = NO_MAPS) -> Json:
    """`resource` with the fields of `mask` taken from `given`; a field that `given` lacks is removed.

    Without a mask, or with `*`, every field of `given` is taken. `maps` are fields whose keys are the caller's own.
    """
    if mask in ("", "*"):
        return {**resource, **given}
    for path in mask.split(","):
        resource = taken(resource, given, keys_of(path.strip(), maps))
    return resource


def keys_of(path: str, maps: Container[str] = NO_MAPS) -> list[str]:
    """The keys of one path, in the document's spelling; those of the caller's own maps stay as they are."""
    head, _, rest = path.partition(".")
    head = camel(head)
    if not rest:
        return [head]
    return [head, rest] if head in maps else [head, *(camel(part) for part in rest.split("."))]


def taken(into: Json, source: Json, keys: list[str]) -> Json:
    """`into` with what `source` has at `keys`; what `source` lacks there is removed."""
    key, *rest = keys
    if rest:
        return {**into, key: taken(into.get(key, {}), source.get(key, {}), rest)}
    without = {name: value for name, value in into.items() if name != key}
    return {**without, key: source[key]} if key in source else without
