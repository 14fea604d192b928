"""The fleet: multi-cluster Services, the importer's grant, and multi-cluster ingress with its config membership.

Multi-cluster Services are enabled first, and seen, because enabling ingress would enable them too, without
our mark [observed]. Memberships are read from the clusters, never constructed. A feature that is ACTIVE
proves nothing yet: done is when the state of every membership of this environment is OK, in both features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.fleet.blockers import blocker
from functions.fleet.changes import EnableIngress, EnableServices, GrantImporter, MoveConfigMembership
from functions.fleet.observed import ObservedFleet, observe
from functions.fleet.waits import (
    Wait,
    for_config_membership,
    for_feature,
    for_identity_pool,
    for_states,
    waiting,
)
from shared import labels
from shared.google.gkehub import INGRESS, MCS, member_key
from shared.step.change import Change
from shared.step.outcome import Decision, Done
from shared.step.step import SpecStep

if TYPE_CHECKING:
    from shared.spec import Environment


@dataclass(frozen=True)
class Missing:
    """A change that has to be made, and what it waits for, if for anything."""

    change: Change
    wait: Wait | None


def decide(wanted: Environment, observed: ObservedFleet, now: float) -> Decision:
    """The features to enable and the grant to make as soon as each can be, and what is waited for."""
    if stop := blocker(wanted, observed):
        return Decision(stop)
    missing = list(_missing(wanted, observed, now))
    ready = [each.change for each in missing if each.wait is None]
    later = [each.change for each in missing if each.wait]
    waits = [each.wait for each in missing if each.wait] or list(for_states(wanted, observed, now))
    if waits:
        return Decision(waiting(waits, bool(later)), ready, later, near=observe if later else None)
    return Decision(None, ready) if ready else Decision(Done())


FLEET = SpecStep("fleet", observe, decide)


def _missing(wanted: Environment, observed: ObservedFleet, now: float) -> Iterator[Missing]:
    """All of it, whether or not it can be made now; what is being disabled is missing already."""
    mcs = observed.features.get(MCS)
    if mcs is None or mcs.going:
        yield Missing(_services(wanted, observed), for_feature(mcs, now))
    if not observed.granted:
        yield Missing(GrantImporter(wanted.project), for_identity_pool(wanted, observed, now))
    if change := _ingress(wanted, observed):
        ingress = observed.features.get(INGRESS)
        yield Missing(change, for_feature(ingress, now) or for_config_membership(wanted, observed, now))


def _services(wanted: Environment, observed: ObservedFleet) -> EnableServices:
    """The feature tells by a label whether the grant is made with it, and so goes with it."""
    granting = {} if observed.granted else {labels.IMPORTER: labels.GRANTED}
    return EnableServices(wanted.project, {labels.OWNER: wanted.name} | granting)


def _ingress(wanted: Environment, observed: ObservedFleet) -> EnableIngress | MoveConfigMembership | None:
    ingress, config = observed.features.get(INGRESS), observed.membership(wanted.config_cluster)
    if ingress is None or ingress.going:
        return EnableIngress(
            wanted.project, {labels.OWNER: wanted.name}, config_membership=config.path if config else None
        )
    if config and member_key(ingress.config_membership) != config.key:
        return MoveConfigMembership(wanted.project, ingress.config_membership, config.path)
    return None
