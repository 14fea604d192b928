"""Laws of server-side apply, over generated configurations."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.fieldmanager import updater
from localcloud.kubernetes.fieldmanager.compare import compare
from localcloud.kubernetes.fieldmanager.field_set import to_field_set
from localcloud.kubernetes.fieldmanager.fieldpath import decode, encode
from localcloud.kubernetes.fieldmanager.managed_fields import Manager, encode_applied
from localcloud.kubernetes.patches import json_patch
from localcloud.wire.merge_patch import merge_patch
from localcloud.wire.messages import Json

SCHEMA = {
    "type": "object",
    "properties": {
        "metadata": {
            "type": "object",
            "properties": {"labels": {"additionalProperties": {"type": "string"}}},
        },
        "spec": {
            "type": "object",
            "properties": {
                "class": {"type": "string"},
                "whole": {"type": "array", "items": {"type": "integer"}},
                "names": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port"],
                    "items": {
                        "type": "object",
                        "properties": {"port": {"type": "integer"}, "text": {"type": "string"}},
                    },
                },
            },
        },
    },
}
WORDS = st.sampled_from(["a", "b", "c", "d"])
PORTS = st.dictionaries(st.integers(1, 5), st.none() | WORDS, max_size=4).map(
    lambda found: [{"port": port, **({"text": text} if text else {})} for port, text in found.items()]
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "class": WORDS,
        "whole": st.lists(st.integers(0, 3), max_size=3),
        "names": st.lists(WORDS, unique=True, min_size=1, max_size=3),
        "ports": PORTS.filter(bool),
    },
)
CONFIGS = st.builds(
    lambda labels, spec: {
        "apiVersion": "v1",
        "metadata": {"labels": labels} if labels else {},
        **({"spec": spec} if spec else {}),
    },
    st.dictionaries(WORDS, WORDS, max_size=3),
    SPECS,
)


def apply(live: Json | None, config: Json, name: str, force: bool = True) -> Json:
    by = Manager.of(name, "Apply", "v1")
    merged, managed = updater.apply(live, config, SCHEMA, by, force)
    changed = live is None or {**merged, "metadata": {}} != {**live, "metadata": {}}
    entries = encode_applied(managed, by, "now", changed)
    return {**merged, "metadata": {**merged["metadata"], "managedFields": entries}}


@settings(max_examples=60, deadline=None)
@given(CONFIGS, CONFIGS)
def test_apply_is_idempotent(base: Json, config: Json) -> None:
    """The second of two equal applies changes nothing."""
    once = apply(apply(None, base, "other"), config, "me")
    again = apply(once, config, "me")
    assert again == once


@settings(max_examples=60, deadline=None)
@given(CONFIGS, CONFIGS)
def test_disjoint_managers_never_conflict(first: Json, second: Json) -> None:
    """Without a claim in common, an apply needs no force and takes nothing away."""
    mine, theirs = to_field_set(first, SCHEMA), to_field_set(second, SCHEMA)
    overlap = {a for a in mine for b in theirs if a[: len(b)] == b or b[: len(a)] == a}
    if overlap:
        return
    both = apply(apply(None, first, "one"), second, "two", force=False)
    sets = {entry["manager"]: decode(entry["fieldsV1"]) for entry in both["metadata"]["managedFields"]}
    assert sets.get("one", set()) == mine
    assert sets.get("two", set()) == theirs


@settings(max_examples=60, deadline=None)
@given(CONFIGS, CONFIGS)
def test_what_is_given_up_is_gone(first: Json, second: Json) -> None:
    """A sole applier's object holds the claims of the last apply and no others."""
    now = apply(apply(None, first, "me"), second, "me")
    assert to_field_set({k: v for k, v in now.items()}, SCHEMA) - {("f:spec",)} == to_field_set(
        second, SCHEMA
    ) - {("f:spec",)}


@settings(max_examples=60, deadline=None)
@given(CONFIGS)
def test_sets_survive_their_encoding(config: Json) -> None:
    """decode(encode(set)) is the set."""
    paths = to_field_set(config, SCHEMA)
    assert decode(encode(paths)) == paths


@settings(max_examples=60, deadline=None)
@given(CONFIGS, CONFIGS)
def test_an_update_owns_exactly_what_it_changed(old: Json, new: Json) -> None:
    """What an update added or modified is its own and nobody else's any more."""
    live = apply(None, old, "applier")
    item = {**new, "metadata": {**new["metadata"]}}
    change = compare(live, item, SCHEMA)
    entries = updater.update(live, item, SCHEMA, Manager.of("writer", "Update", "v1"), "now")
    sets = {entry["manager"]: decode(entry["fieldsV1"]) for entry in entries}
    assert sets.get("writer", set()) == change.added | change.modified
    assert not sets.get("applier", set()) & (change.added | change.modified | change.removed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(WORDS, JSON, max_size=3), st.dictionaries(WORDS, JSON, max_size=3))
def test_a_merge_patch_is_idempotent_and_leaves_its_input(value: Any, patch: Json) -> None:
    """RFC 7386: applying it twice is applying it once."""
    before = repr(value)
    once = merge_patch(value, patch)
    assert merge_patch(once, patch) == once
    assert repr(value) == before


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(WORDS, JSON, min_size=1, max_size=3), JSON)
def test_json_patch_add_then_remove_is_nothing(value: Any, extra: Any) -> None:
    """RFC 6902: what add put in, remove takes out; the input stays."""
    before = repr(value)
    operations = [
        {"op": "add", "path": "/new~1key", "value": extra},
        {"op": "test", "path": "/new~1key", "value": extra},
    ]
    assert json_patch(value, [*operations, {"op": "remove", "path": "/new~1key"}]) == value
    assert repr(value) == before


POINTERS = st.lists(st.sampled_from(["a", "0", "1", "-", "-1", "01", "", "~0", "~", "b"]), max_size=3)
PATHS = POINTERS.map(lambda parts: "".join(f"/{part}" for part in parts)) | JSON
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]) | JSON, "path": PATHS},
    optional={"from": PATHS, "value": JSON},
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b"]), st.lists(JSON, max_size=2) | JSON),
    st.lists(OPERATIONS | JSON),
)
def test_whatever_a_json_patch_is_it_works_or_is_refused(value: Any, operations: Any) -> None:
    """No operation ends in an error of another kind, and the input stays."""
    before = repr(value)
    try:
        json_patch(value, operations)
    except StatusError as refused:
        assert refused.code in (400, 422)
    assert repr(value) == before
