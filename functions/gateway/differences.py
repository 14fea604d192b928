"""What the config cluster lacks of what it should have, and what of ours it has too much. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from functions.gateway.observed import KINDS, ObservedGateway
from shared.changes.objects import ApplyObject, DeleteObject, ObjectChange
from shared.gateway.wanted import wanted_objects
from shared.objects import KubeObject, differs, is_ours, key_of, namespace

if TYPE_CHECKING:
    from shared.spec import Environment


def differences(wanted: Environment, observed: ObservedGateway) -> Iterator[ObjectChange]:
    """All that is missing, different, or ours and no longer wanted; whether or not it can be changed now."""
    contents, wishes = observed.contents, list(wanted_objects(wanted))
    absent = {key_of(wish)[1] for wish in wishes if contents.live(wish) is None}
    for space in wanted.namespaces:
        if space in absent and ("Namespace", "", space) not in contents.objects:
            yield _application("create", wanted, observed, namespace(wanted.name, space))
    for wish in wishes:
        live = contents.live(wish)
        if differs(wish, live):
            yield _application("update" if live else "create", wanted, observed, wish)
    yield from _unwanted(wanted, observed, wishes)


def _application(
    verb: Literal["create", "update"], wanted: Environment, observed: ObservedGateway, wish: KubeObject
) -> ApplyObject:
    config = wanted.config
    path = f"projects/{wanted.project}/locations/{config.location}/clusters/{config.name}"
    return ApplyObject(verb, path, observed.cluster, wish, "spec" if verb == "update" else None)


def _unwanted(
    wanted: Environment, observed: ObservedGateway, wishes: list[KubeObject]
) -> Iterator[DeleteObject]:
    """Objects of ours that the spec does not ask for any more."""
    kept = {key_of(wish) for wish in wishes}
    for key, live in observed.contents.objects.items():
        if observed.cluster and key[0] in KINDS and key not in kept and is_ours(live, wanted.name):
            yield DeleteObject(observed.cluster, *key, live["metadata"].get("uid", ""))
