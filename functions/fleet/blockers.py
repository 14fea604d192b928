"""What only a person can mend about the fleet: APIs that are not enabled, and a fleet that somebody else uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.fleet.observed import ObservedFleet
from shared import labels
from shared.google.gkehub import INGRESS, member_key
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.spec import Environment


def blocker(wanted: Environment, observed: ObservedFleet) -> Blocked | None:
    """What a person must mend before anything is changed. One fleet serves one environment.

    A fleet has one config membership, and its sameness merges equal names.
    """
    return (
        _disabled_apis(wanted, observed)
        or _used_by_another_environment(wanted, observed)
        or _foreign_ingress(wanted, observed)
    )


def _disabled_apis(wanted: Environment, observed: ObservedFleet) -> Blocked | None:
    """All at once: each would else be found when the one before is on, the last of them half an hour into a deploy."""
    apis = observed.disabled_apis
    if not apis:
        return None
    verb = "are" if len(apis) > 1 else "is"
    return Blocked(
        code="API_DISABLED",
        cause=f"{', '.join(apis)} {verb} not enabled in project {wanted.project}.",
        fix=f"gcloud services enable {' '.join(apis)} --project={wanted.project}",
    )


def _used_by_another_environment(wanted: Environment, observed: ObservedFleet) -> Blocked | None:
    owners = (feature.labels.get(labels.OWNER) for feature in observed.features.values())
    owner = next((each for each in owners if each not in (None, wanted.name)), None)
    if owner is None:
        return None
    return Blocked(
        code="FLEET_IN_USE",
        cause=f"The fleet of project {wanted.project} is used by environment {owner}.",
        fix=f"Tear {owner} down, or use another project.",
    )


def _foreign_ingress(wanted: Environment, observed: ObservedFleet) -> Blocked | None:
    """Ingress that is not ours serves us too, if our config cluster is already its own."""
    ingress, config = observed.features.get(INGRESS), observed.clusters.get(wanted.config_cluster)
    if ingress is None or ingress.going or labels.is_owned(ingress.labels, wanted.name):
        return None
    member = member_key(ingress.config_membership)
    if member and config and member_key(config.membership) == member:
        return None
    return Blocked(
        code="FLEET_IN_USE",
        cause=f"Multi-cluster ingress is enabled in project {wanted.project}, and not by Fleetgate,"
        f" with config membership {member or '(none)'}.",
        fix="Use another project, make that membership's cluster the configCluster, or free the fleet:"
        f" gcloud container fleet ingress disable --project={wanted.project}",
    )
