"""Removes from the fleet what is ours and nobody else uses: ingress, the grant, multi-cluster Services, then APIs.

A feature serves every membership of the fleet, also those of clusters that are not ours. If they use it, it stays,
and so does all that it needs. Our labels come off it: from then on it is theirs, and the answer says who uses it.
While Google says that a feature has resources, which it does for up to five minutes after they are gone [observed:
terraform-ecommerce-microservices-on-gke#20], it is waited for, and never forced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from functions.fleet.changes import DisableApi, DisableFeature, LeaveFeature, RevokeImporter
from functions.fleet.remaining import APIS, RemainingFleet, observe
from functions.fleet.users import User
from functions.fleet.waits import ENABLED
from shared import labels
from shared.changes.memberships import DeleteMembership
from shared.google.gkehub import INGRESS, MCS, Feature, Membership
from shared.json_types import Json
from shared.step.estimate import remaining
from shared.step.outcome import Decision, Done, Waiting
from shared.step.stages import Stage, first
from shared.step.step import Step

DISABLED, UNREGISTERED = 20.0, 20.0  # typical seconds, of an API [inferred] and of a membership [observed]


@dataclass(frozen=True)
class EnabledApis:
    """APIs that are still enabled: those to disable, and those that are being disabled. What was refused stays."""

    untried: Sequence[DisableApi]
    going: Sequence[str]


@dataclass(frozen=True)
class SharedFeature:
    """A feature of ours that others use, and how each of them does."""

    feature: Feature
    users: Sequence[User]

    def row(self) -> Json:
        """For the report: why it stays."""
        uses = ", ".join(f"{each.resource} {each.why}" for each in self.users)
        is_granted = self.feature.labels.get(labels.IMPORTER) == labels.GRANTED
        grant = "; so does the importer's role, which it needs" if is_granted else ""
        return {"resource": self.feature.path, "why": f"it stays on, for others use it: {uses}{grant}"}


def decide(observed: RemainingFleet, now: float) -> Decision:
    """The next thing to remove; each only once the one before is seen gone."""
    reached = first(STAGES, observed)
    return reached.decide(now) if reached else Decision(Done(outputs=_outputs(observed)))


FLEET_REMOVAL = Step("fleet", observe, decide, frozenset({"destroy"}))


def _outputs(observed: RemainingFleet) -> Json:
    """What became of the APIs, if they were to be disabled; and what nothing says whose it is."""
    shared: Json = {"shared": list(observed.undecided)} if observed.undecided else {}
    if observed.apis is None:
        return shared
    enabled, tried = observed.apis, observed.tried
    return shared | {
        "apis": [{"api": api, "disabled": api not in enabled, "why": tried.get(api, "")} for api in APIS]
    }


def _stale(observed: RemainingFleet) -> Sequence[Membership] | None:
    return observed.stale or None


def _delete_memberships(stale: Sequence[Membership], now: float) -> Decision:
    changes = [DeleteMembership(each.path) for each in stale if each.ready]
    names = ", ".join(each.path.rpartition("/")[2] for each in stale)
    wait = _wait("MembershipDeleting", f"{names}: leaving the fleet", now, UNREGISTERED)
    return Decision(wait, changes)


def _unused(name: str, observed: RemainingFleet) -> Feature | None:
    return observed.unused(name)


def _disable(feature: Feature, now: float) -> Decision:
    name = feature.path.rpartition("/")[2]
    if not feature.active:
        return Decision(_wait("FeatureDisabling", f"{name} is {feature.status}", now, ENABLED))
    wait = _wait("FeatureDisabling", f"{name} is being disabled", now, ENABLED)
    return Decision(wait, [DisableFeature(feature.path)])


def _shared(observed: RemainingFleet) -> Sequence[SharedFeature] | None:
    return [SharedFeature(observed.features[name], observed.users[name]) for name in observed.shared] or None


def _leave(shared: Sequence[SharedFeature], now: float) -> Decision:
    """The rows go with the answers before the labels are seen gone: after that nothing tells that it was ours."""
    changes = [LeaveFeature(each.feature.path, each.feature.labels) for each in shared if each.feature.active]
    names = ", ".join(each.feature.path.rpartition("/")[2] for each in shared)
    text = f"{names} is used by others and stays; our labels are being taken off"
    outputs = {"shared": [each.row() for each in shared]}
    seconds = remaining(now, None, ENABLED)
    return Decision(
        Waiting(reason="FeatureShared", message=text, retry_after=seconds, outputs=outputs), changes
    )


def _grant(observed: RemainingFleet) -> RevokeImporter | None:
    """The grant goes before the feature that bears its label."""
    services = observed.unused(MCS)
    if services is None or not services.active or not observed.granted:
        return None
    return RevokeImporter(observed.project, observed.granted)


def _revoke(change: RevokeImporter, _now: float) -> Decision:
    return Decision(None, [change])


def _enabled_apis(observed: RemainingFleet) -> EnabledApis | None:
    enabled = observed.apis or ()
    untried = [DisableApi(observed.project, api) for api in enabled if api not in observed.tried]
    going = [api for api in enabled if observed.tried.get(api) == ""]
    return EnabledApis(untried, going) if untried or going else None


def _disable_apis(apis: EnabledApis, now: float) -> Decision:
    """Each is tried once a call; a refusal keeps nothing from being done."""
    if apis.untried:
        return Decision(None, apis.untried)
    return Decision(_wait("ApiDisabling", f"{', '.join(apis.going)}: being disabled", now, DISABLED))


def _wait(reason: str, message: str, now: float, typical: float) -> Waiting:
    return Waiting(reason=reason, message=message, retry_after=remaining(now, None, typical))


STAGES = (
    Stage("memberships without a cluster", _stale, _delete_memberships),
    Stage("ingress", partial(_unused, INGRESS), _disable),
    Stage("features that others use", _shared, _leave),
    Stage("the importer's grant", _grant, _revoke),
    Stage("multi-cluster Services", partial(_unused, MCS), _disable),
    Stage("APIs", _enabled_apis, _disable_apis),
)
