"""Sorts an inventory into leaks of a removed environment, and foreign resources that resemble them. Pure.

A resource with the environment's label or mark is ours. Controllers copy neither to the resources that they make:
`load_balancer_leaks` and `cluster_leaks` attribute those by descriptions and names. What a foreign resource still uses
is not ours to remove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from functions.verification.attribution import Attribution, Evidence, RemovedEnvironment, foreign, ours
from functions.verification.cluster_leaks import (
    attribute_endpoint_group,
    attribute_firewall,
    attribute_membership,
)
from functions.verification.descriptions import owner
from functions.verification.inventory import Inventory
from functions.verification.load_balancer_leaks import attribute_part
from shared import gcloud, labels
from shared.google.resource import Resource
from shared.json_types import Json


@dataclass(frozen=True)
class Findings:
    """Rows for the report: leaks are {resource, why, fix}, foreign are {resource, why}."""

    leaks: tuple[Json, ...] = ()
    foreign: tuple[Json, ...] = ()


def together(found: Iterable[Findings]) -> Findings:
    """Those of several projects as one."""
    every = list(found)
    leaks, foreign = ([each.leaks for each in every], [each.foreign for each in every])
    return Findings(tuple(chain.from_iterable(leaks)), tuple(chain.from_iterable(foreign)))


def find(inventory: Inventory, environment: RemovedEnvironment) -> Findings:
    """The leaks, in the order in which they can be removed, and the foreign resources that resemble them."""
    found = list(_attributions(Evidence(inventory, environment)))
    return Findings(
        tuple(
            {"resource": each.path, "why": attribution.why, "fix": gcloud.delete(each)}
            for each, attribution in found
            if attribution.is_ours
        ),
        tuple(
            {"resource": each.path, "why": attribution.why}
            for each, attribution in found
            if not attribution.is_ours
        ),
    )


def _attributions(evidence: Evidence) -> Iterator[tuple[Resource, Attribution]]:
    """Each resource that is ours or resembles ours. The inventory lists users before what they use."""
    users: dict[str, str] = {}  # full name → a foreign resource that uses it
    for each in evidence.inventory.resources:
        found = _attribution(evidence, each)
        user = users.get(each.path)
        if found and found.is_ours and not found.by_mark and user:
            found = foreign(f"{found.why}; but {user} uses it")
        if found is None or not found.is_ours:
            users.update(dict.fromkeys(each.uses, each.path))
            if each.kind == "forwardingRules":
                evidence.foreign_rules.add(each.path)
        if found:
            yield each, found


def _attribution(evidence: Evidence, each: Resource) -> Attribution | None:
    """By label or mark; without one, by the rule for the resource's kind. The anchor is not attributed."""
    if each.path == evidence.environment.anchor:
        return None
    environment = owner(each)
    if environment == evidence.environment.name:
        return ours(f"it has the mark {labels.OWNER}={environment}", by_mark=True)
    rule = RULES.get(each.kind)
    return rule(evidence, each) if rule and not environment else None


def _unmarked(evidence: Evidence, each: Resource) -> Attribution | None:
    """A resource with a name that only we give, and then with a mark."""
    name = evidence.environment.name
    if not each.name.startswith((f"vip-{name}-", f"fleetgate-{name}-proxy")):
        return None
    return foreign("it has a name that this environment gives, but not its mark")


RULES: dict[str, Callable[[Evidence, Resource], Attribution | None]] = {
    "forwardingRules": attribute_part,
    "targetHttpProxies": attribute_part,
    "urlMaps": attribute_part,
    "backendServices": attribute_part,
    "healthChecks": attribute_part,
    "networkEndpointGroups": attribute_endpoint_group,
    "firewalls": attribute_firewall,
    "memberships": attribute_membership,
    "addresses": _unmarked,
    "subnetworks": _unmarked,
}
