"""Reads what a cluster has of an environment, in few calls: what is ours by label first, the rest by name.

What is ours is read in all namespaces, so that what a changed spec leaves out is seen too. Only for what is wanted and
not ours does it look again: it may be there, and somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.service_export.differences import ObservedCluster
from functions.service_export.wanted import wanted_keys
from shared import labels
from shared.exportable import port_of
from shared.google import container
from shared.google.cluster_reader import ClusterReader
from shared.google.session import Session
from shared.objects import Key, KubeObject, is_ours, key_of

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment, Service

KINDS = ("Namespace", "Service", "ServiceExport", "Deployment")


def read_contents(
    session: Session, wanted: Environment, spec: Cluster, cluster: container.Cluster
) -> ObservedCluster:
    """What is in one cluster.

    Raises:
        ApiError: it cannot be read.
    """
    api = ClusterReader(session, cluster)
    lists = {kind: api.everywhere(kind, f"{labels.OWNER}={wanted.name}") for kind in KINDS}
    owned = [each for found in lists.values() for each in found or ()]
    objects = _by_key(each for each in owned if _is_within(each, wanted))
    # Of a kind that the cluster does not know, nothing can be there.
    possible = {key for key in wanted_keys(wanted, spec) if lists[key[0]] is not None}
    objects |= _by_key(_others(api, objects, possible))
    pods = tuple(_pods(api, objects, wanted.exports(spec)))
    return ObservedCluster(cluster, objects, lists["ServiceExport"] is not None, tuple(owned), pods)


def with_exports(
    session: Session, wanted: Environment, spec: Cluster, before: ObservedCluster
) -> ObservedCluster:
    """The same cluster with its exports, whoever made them, if it knows the kind by now; one call tells.

    Raises:
        ApiError: it cannot be read.
    """
    found = ClusterReader(session, before.cluster).everywhere("ServiceExport")
    if found is None:
        return before
    keys = wanted_keys(wanted, spec)
    ours = [each for each in found if is_ours(each, wanted.name)]
    those = _by_key(each for each in found if key_of(each) in keys)
    those |= _by_key(each for each in ours if _is_within(each, wanted))
    return replace(
        before, objects={**before.objects, **those}, exports_known=True, owned=(*before.owned, *ours)
    )


def _pods(
    api: ClusterReader, objects: Mapping[Key, KubeObject], exported: Iterable[Service]
) -> Iterator[KubeObject]:
    """The pods of each namespace in which an exported Service leads to a container's port by its name."""
    keys = {("Service", each.namespace, each.name): each.port for each in exported}
    ports = {key: port_of(objects[key], number) for key, number in keys.items() if key in objects}
    named = {
        space for (_, space, _), port in ports.items() if port and isinstance(port.get("targetPort"), str)
    }
    for space in sorted(named):
        yield from api.list("Pod", space) or ()


def _is_within(item: KubeObject, wanted: Environment) -> bool:
    kind, space, name = key_of(item)
    return (name if kind == "Namespace" else space) in wanted.namespaces


def _others(api: ClusterReader, ours: dict[Key, KubeObject], keys: set[Key]) -> Iterator[KubeObject]:
    """Wanted objects that are there and not ours. Nothing is in a namespace that is not there."""
    missing = keys - ours.keys()
    there = {name for kind, _, name in ours if kind == "Namespace"}
    for kind, _, name in sorted(key for key in missing if key[0] == "Namespace"):
        if found := api.get(kind, "", name):
            there.add(name)
            yield found
    for kind, space in sorted({key[:2] for key in missing if key[1] in there}):
        yield from (each for each in api.list(kind, space) or () if key_of(each) in missing)


def _by_key(items: Iterable[KubeObject]) -> dict[Key, KubeObject]:
    return {key_of(each): each for each in items}
