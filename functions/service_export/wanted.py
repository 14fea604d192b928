"""Which objects in a cluster a spec stands for: those stay when others are pruned. Pure, from the spec alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.exports import wanted_exports
from shared.objects import Key, key_of

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment


def kept(wanted: Environment) -> dict[tuple[str, str], frozenset[Key]]:
    """By cluster and location: what stays in it. A Service that is only exported stays, whoever made it."""
    return {(each.name, each.location): frozenset(wanted_keys(wanted, each)) for each in wanted.clusters}


def wanted_keys(wanted: Environment, cluster: Cluster) -> set[Key]:
    """What a cluster should have, Services that are the user's own included."""
    services = {("Service", each.namespace, each.name) for each in wanted.exports(cluster)}
    return services | {key_of(each) for each in wanted_exports(wanted, cluster)}
