"""What the audit's rules answer about a resource, and what they may read: an inventory and a removed environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from functions.verification.descriptions import owner
from functions.verification.inventory import Inventory
from shared import gcloud
from shared.google.resource import Resource


@dataclass(frozen=True)
class RemovedEnvironment:
    """The environment whose leftovers are searched.

    `gateway` is its (namespace, name), or None if unknown. `anchor` is the anchor's full name: the anchor is no leak.
    `parts` are the tails of its load balancer's parts, as the Gateway listed them, and of its clusters.
    """

    name: str
    network: str
    gateway: tuple[str, str] | None
    anchor: str
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Attribution:
    """Whether a resource belongs to the environment, and why.

    What is ours `by_mark` stays ours even if a foreign resource uses it.
    """

    is_ours: bool
    why: str
    by_mark: bool = False


def ours(why: str, *, by_mark: bool = False) -> Attribution:
    """The resource belongs to the environment."""
    return Attribution(True, why, by_mark)


def foreign(why: str) -> Attribution:
    """The resource resembles the environment's, but nothing proves that it is."""
    return Attribution(False, why)


def abandoned(why: str, each: Resource) -> Attribution:
    """What made it may be gone, so that nobody removes it; whose it is, nothing says. A person may know."""
    return foreign(f"{why}. If nobody needs it: {gcloud.delete(each)}")


@dataclass(frozen=True)
class Evidence:
    """What a rule may read. `foreign_rules` are the forwarding rules found so far that are not ours, by full name."""

    inventory: Inventory
    environment: RemovedEnvironment
    foreign_rules: set[str] = field(default_factory=set)

    @cached_property
    def own_clusters(self) -> set[str]:
        """Short names of our clusters, deleted ones included."""
        deleted = {part.rpartition("/")[2] for part in self.environment.parts if "/clusters/" in part}
        existing = self.inventory.of("clusters")
        return deleted | {each.name for each in existing if owner(each) == self.environment.name}

    @cached_property
    def foreign_clusters(self) -> Mapping[str, Resource]:
        """Full name → each cluster that is not ours."""
        existing = self.inventory.of("clusters")
        return {each.path: each for each in existing if owner(each) != self.environment.name}

    def is_our_service(self, namespace: str, name: str) -> bool:
        """Whether a Service is in the Gateway's namespace, or the Gateway had a backend service for it."""
        gateway = self.environment.gateway
        if gateway and namespace == gateway[0]:
            return True
        return any(f"/gkemcg1-{namespace}-{name}-" in part for part in self.environment.parts)
