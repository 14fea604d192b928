"""What a feature still has in its clusters, as the hub knows it: which is some minutes late.

A feature with resources cannot be deleted. Once the last of them is gone the hub goes on saying so for up to five
minutes (GoogleCloudPlatform/terraform-ecommerce-microservices-on-gke#20 waits for them) [observed].
"""

from __future__ import annotations

from functools import partial

from localcloud.gkehub.names import feature_name, short
from localcloud.time.ledger import Work
from localcloud.world import World

KIND = "gkehub.features.resources"
_LATE = "gkehub.features.late.internal"


def holders(world: World, name: str) -> list[str]:
    """What still needs a feature (full name): resources that the functions in `world.holders` name."""
    return [resource for asked in world.holders.get(short(name), []) for resource in asked(name)]


def has_resources(world: World, name: str) -> bool:
    """Whether the hub holds that the feature still has resources."""
    return bool(holders(world, name)) or name in world.store[_LATE]


def released(world: World, project: str, feature: str, after: tuple[Work | None, ...] = ()) -> None:
    """A resource of the project's `feature` (id) has gone; if it was the last, the hub learns of it in a while."""
    name = feature_name(project, feature)
    if name not in world.store["gkehub.features"] or has_resources(world, name):
        return
    world.store[_LATE].put(name, {})
    world.ledger.perform(KIND, name, partial(world.store[_LATE].delete, name), after)
