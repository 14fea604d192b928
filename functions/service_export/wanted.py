"""What every cluster of an environment should have for its services to be exported. Pure, from the spec alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from functions.service_export.sample_app import deployment
from shared.exports import own_export, own_service
from shared.objects import Key, KubeObject, key_of, namespace

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment


def wanted_objects(wanted: Environment, cluster: Cluster) -> Iterator[KubeObject]:
    """Every object that a cluster should have, in the order in which they can be applied."""
    yield from (namespace(wanted.name, name) for name in wanted.namespaces)
    if wanted.sample_app:
        yield deployment(wanted.name, wanted.gateway.namespace)
    exported = wanted.exports(cluster)
    yield from (own_service(wanted.name, each) for each in exported if each.selector is not None)
    yield from (own_export(wanted.name, each) for each in exported)


def kept(wanted: Environment) -> dict[tuple[str, str], frozenset[Key]]:
    """By cluster and location: what stays in it. A Service that is only exported stays, whoever made it."""
    return {(each.name, each.location): frozenset(wanted_keys(wanted, each)) for each in wanted.clusters}


def wanted_keys(wanted: Environment, cluster: Cluster) -> set[Key]:
    """What a cluster should have, Services that are the user's own included."""
    services = {("Service", each.namespace, each.name) for each in wanted.exports(cluster)}
    return services | {key_of(each) for each in wanted_objects(wanted, cluster)}
