"""What a cluster lacks of what it should have, and which exports of ours it has too many. Pure.

What is there and fits is used, whoever made it. Exports of ours that are no longer asked for are withdrawn: an
import that lists too many clusters sends them traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shared.changes.objects import ApplyObject, DeleteObject, ObjectChange
from shared.exports import wanted_exports
from shared.google import container
from shared.objects import Key, KubeObject, differs, is_being_deleted, is_ours, key_of

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment


@dataclass(frozen=True)
class ObservedCluster:
    """One cluster's objects that matter here. `exports_known` is whether it has the ServiceExport kind yet. `owned` is
    all that is the environment's, in whichever namespace. `pods` are only read where a Service that is exported leads
    to a port of theirs by its name.
    """

    cluster: container.Cluster
    objects: Mapping[Key, KubeObject]
    exports_known: bool
    owned: tuple[KubeObject, ...] = ()
    pods: tuple[KubeObject, ...] = ()


def differences(
    wanted: Environment, cluster: Cluster, observed: ObservedCluster | None
) -> Iterator[ObjectChange]:
    """All changes that would bring one cluster to what is wanted, whether or not they can be made now."""
    wishes = list(wanted_exports(wanted, cluster))
    live = observed.objects if observed else {}
    for wish in wishes:
        if verb := _verb(wanted, wish, live.get(key_of(wish))):
            path = f"projects/{wanted.project}/locations/{cluster.location}/clusters/{cluster.name}"
            yield ApplyObject(verb, path, observed.cluster if observed else None, wish)
    if observed:
        yield from _withdrawn(wanted, observed, {key_of(wish) for wish in wishes})


def _verb(
    wanted: Environment, wish: KubeObject, found: KubeObject | None
) -> Literal["create", "update"] | None:
    if found is None or is_being_deleted(found):
        return "create"
    return "update" if is_ours(found, wanted.name) and _is_outdated(wish, found) else None


def _is_outdated(wish: KubeObject, live: KubeObject) -> bool:
    """Lists leave out the version and kind of their items [documented, API conventions]: these do not count."""
    return wish["kind"] != "Namespace" and any(
        differs(wish[part], live.get(part)) for part in ("metadata", "spec") if part in wish
    )


def _withdrawn(wanted: Environment, observed: ObservedCluster, asked: set[Key]) -> Iterator[DeleteObject]:
    """Exports of ours that are not asked for."""
    for key, live in observed.objects.items():
        is_export = key[0] == "ServiceExport" and key not in asked
        if is_export and is_ours(live, wanted.name) and not is_being_deleted(live):
            yield DeleteObject(observed.cluster, *key, live["metadata"].get("uid", ""))
