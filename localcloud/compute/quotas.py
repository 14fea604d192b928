"""Quotas, where somebody has set one: how many resources of a kind a project may have.

None is set to begin with: what a project's own quotas are, nobody can know [inferred]. The words are those of
Google's error for allocation quotas [documented: Compute Engine, "Allocation quotas"].
"""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.wire.errors import Refused
from localcloud.world import World

_COLLECTION = "compute.quotas"

# Collection → the metric that counts its global resources of a cross-region load balancer [inferred].
METRICS = {
    "compute.forwardingRules": "GLOBAL_INTERNAL_MANAGED_FORWARDING_RULES",
    "compute.backendServices": "BACKEND_SERVICES",
    "compute.healthChecks": "HEALTH_CHECKS",
    "compute.urlMaps": "URL_MAPS",
}


def set_quota(world: World, project: str, kind: str, limit: int | None) -> None:
    """Let the project have `limit` resources of a kind (`compute.forwardingRules`); None: as many as it likes."""
    name = f"projects/{project} {kind}"
    if limit is None:
        world.store[_COLLECTION].delete(name)
    else:
        world.store[_COLLECTION].put(name, {"limit": limit})


def check_quotas(world: World, project: str, wanted: Iterable[tuple[str, str]]) -> None:
    """Refuse if making what is missing of `wanted` (collection and short name) would exceed a quota.

    Raises:
        Refused: 403 quotaExceeded.
    """
    asked = list(wanted)
    for kind, metric in METRICS.items():
        quota = world.store[_COLLECTION].get(f"projects/{project} {kind}")
        if quota is None:
            continue
        place = f"projects/{project}/global/{kind.removeprefix('compute.')}/"
        there = {name.removeprefix(place) for name in world.store[kind].names(place)}
        new = {name for each, name in asked if each == kind} - there
        if new and len(there) + len(new) > quota["limit"]:
            words = f"Quota '{metric}' exceeded.  Limit: {quota['limit']}.0 globally."
            raise Refused("PERMISSION_DENIED", words, "quotaExceeded")
