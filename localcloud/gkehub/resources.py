"""What a feature still has in its clusters, as the hub knows it: which is some minutes late.

A feature with resources cannot be deleted. Once the last of them is gone the hub goes on saying so for up to five
minutes (GoogleCloudPlatform/terraform-ecommerce-microservices-on-gke#20 waits for them) [observed].
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from localcloud.gkehub.names import feature_name, short
from localcloud.time.ledger import Work
from localcloud.world import Part, World

KIND = "gkehub.features.resources"
_LATE = "gkehub.features.late.internal"

# Given a feature's full name, names the resources (Gateways, exports) that it still has.
ListResources = Callable[[str], list[str]]
_LISTS: Part[dict[str, list[ListResources]]] = Part(
    "who lists the resources of a fleet's features", lambda _: {}
)


def list_with(world: World, feature: str, resources: ListResources) -> None:
    """Let `resources` say what a feature (by id, `multiclusteringress`) still has; while it names anything, the
    feature can only be deleted by force."""
    world[_LISTS].setdefault(feature, []).append(resources)


def resources_of(world: World, name: str) -> list[str]:
    """What still needs a feature (full name)."""
    return [resource for listed in world[_LISTS].get(short(name), []) for resource in listed(name)]


def has_resources(world: World, name: str) -> bool:
    """Whether the hub holds that the feature still has resources."""
    return bool(resources_of(world, name)) or name in world.store[_LATE]


def released(world: World, project: str, feature: str, after: tuple[Work | None, ...] = ()) -> None:
    """A resource of the project's `feature` (id) has gone; if it was the last, the hub learns of it in a while."""
    name = feature_name(project, feature)
    if name not in world.store["gkehub.features"] or has_resources(world, name):
        return
    world.store[_LATE].put(name, {})
    world.ledger.perform(KIND, name, partial(world.store[_LATE].delete, name), after)
