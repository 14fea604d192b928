"""The fleet: multi-cluster Services, the importer's grant, and multi-cluster Gateway with its config membership.

Multi-cluster Services are enabled first, and seen, because enabling ingress would enable them too, without
our mark [observed]. Memberships are read from the clusters, never constructed. A feature that is ACTIVE
proves nothing yet: done is when the state of every membership of this environment is OK, in both features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.fleet import removal as fleet_removal
from functions.fleet.removal import Leaving
from functions.fleet.waits import Seen, hold, to_settle, waiting
from shared import labels
from shared.google import importer, projects, serviceusage
from shared.google.container import clusters
from shared.google.gkehub import INGRESS, MCS, features, member_key, memberships
from shared.google.gkehub_writes import create_feature, move_config_membership
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.outcome import Blocked, Decision, Done, Outcome
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment


@dataclass(frozen=True)
class Off:
    """APIs that the environment needs and its project has not enabled: nothing else can be looked at."""

    apis: tuple[str, ...]


def observe(context: Context) -> Seen | Off | Leaving:
    """Clusters, memberships, features, and whether the importer has its grant; in a check the APIs before all that."""
    if context.message.mode == "destroy":
        return fleet_removal.observe(context)
    session, wanted = context.session, context.wanted
    if context.message.mode == "check" and (off := serviceusage.lacking(session, wanted.project)):
        return Off(off)
    specs = {(cluster.name, cluster.location): cluster for cluster in wanted.clusters}
    known = {}
    for each in clusters(session, wanted.project):
        spec = specs.get(each.key)
        if spec and (spec.existing or labels.is_owned(each.labels, wanted.name)):
            known[each.name] = each
    joined = any(each.membership for each in known.values())
    granted = bool(importer.importers(projects.policy(session, wanted.project), wanted.project))
    return Seen(
        known,
        memberships(session, wanted.project) if joined else {},
        features(session, wanted.project),
        granted,
    )


def decide(wanted: Environment | None, seen: Seen | Off | Leaving, now: float) -> Decision:
    """The features to enable and the grant to make as soon as each can be, and what is waited for."""
    if isinstance(seen, Leaving):
        return fleet_removal.decide(seen, now)
    assert wanted is not None, "only what is leaving is not wanted"
    if isinstance(seen, Off):
        return Decision(_disabled(wanted, seen))
    if trouble := _in_use(wanted, seen):
        return Decision(trouble)
    changes = list(_changes(wanted, seen))
    holds = [hold(change, wanted, seen, now) for change in changes]
    ready = [change for change, why in zip(changes, holds, strict=True) if why is None]
    later = [change for change, why in zip(changes, holds, strict=True) if why]
    waits = [each for each in holds if each] or list(to_settle(wanted, seen, now))
    if waits:
        return Decision(waiting(waits, bool(later)), ready, later)
    return Decision(None, ready) if ready else Decision(Done())


def act(context: Context, change: Change) -> None:
    """Begin one change."""
    if context.message.mode == "destroy":
        fleet_removal.act(context, change)
        return
    session, wanted = context.session, context.wanted
    if change.field == "bindings":
        importer.grant(session, wanted.project)
    elif change.verb == "update":
        move_config_membership(session, change.resource, str(change.after))
    else:
        name = change.resource.rpartition("/")[2]
        create_feature(session, wanted.project, name, change.body, str(change.after or ""))


FLEET = LegacyStep("fleet", observe, decide, act, frozenset({"check", "apply", "destroy"}))


def _disabled(wanted: Environment, seen: Off) -> Outcome:
    """All at once: each would else be found when the one before is on, the last of them half an hour into a deploy."""
    verb = "are" if len(seen.apis) > 1 else "is"
    return Blocked(
        code="API_DISABLED",
        cause=f"{', '.join(seen.apis)} {verb} not enabled in project {wanted.project}.",
        fix=f"gcloud services enable {' '.join(seen.apis)} --project={wanted.project}",
    )


def _in_use(wanted: Environment, seen: Seen) -> Outcome | None:
    """One environment per fleet: it has one config membership, and sameness merges equal names."""
    for feature in seen.features.values():
        owner = feature.labels.get(labels.OWNER)
        if owner not in (None, wanted.name):
            return Blocked(
                code="FLEET_IN_USE",
                cause=f"The fleet of project {wanted.project} is used by environment {owner}.",
                fix=f"Tear {owner} down, or use another project.",
            )
    ingress, config = seen.features.get(INGRESS), seen.clusters.get(wanted.config_cluster)
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


def _changes(wanted: Environment, seen: Seen) -> Iterator[Change]:
    """All that is missing, whether or not it can be done now; what is being disabled is missing already."""
    parent = f"projects/{wanted.project}/locations/global/features"
    mcs, ingress = seen.features.get(MCS), seen.features.get(INGRESS)
    config, ours = seen.membership(wanted.config_cluster), {labels.OWNER: wanted.name}
    if mcs is None or mcs.going:
        told = {} if seen.granted else {labels.IMPORTER: labels.GRANTED}
        yield Change("create", f"{parent}/{MCS}", body=ours | told)
    if not seen.granted:
        after = f"{importer.ROLE}: {importer.SUBJECT}"
        yield Change("update", f"projects/{wanted.project}", "bindings", None, after)
    if ingress is None or ingress.going:
        membership = config.path if config else None
        yield Change("create", f"{parent}/{INGRESS}", "configMembership", None, membership, ours)
    elif config and member_key(ingress.config_membership) != config.key:
        before = ingress.config_membership
        yield Change("update", f"{parent}/{INGRESS}", "configMembership", before, config.path)
