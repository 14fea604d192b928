"""The stages in which a Gateway and what belongs to it are removed.

Only the controller in charge of the config membership removes a load balancer. So nothing that it needs is touched
before the load balancer is gone, or a person has been told the commands that remove it. What it would not remove,
somebody else's Gateway in a cluster that goes, stops the teardown before anything is removed. If no controller is in
charge, the removal waits a while and says what holds the Gateway: going on would leave a load balancer that is billed
and that nothing removes [observed].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.gateway.controller import afterwards, what_holds
from functions.gateway.survey import Survey
from shared import gcloud, kubectl
from shared.changes.objects import DeleteObject
from shared.google.gkehub import Feature
from shared.google.resource import Resource
from shared.live_objects import LiveObject, deletions, held
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Decision, Waiting
from shared.step.stages import Stage

GONE = 120.0  # typical seconds until a Gateway is gone [inferred]
DELETED = 10.0  # typical seconds until any other object is gone [inferred]
PATIENCE = 600.0  # seconds that somebody is waited for who is not there
LATE = 1200.0  # seconds that a controller may be late which is there; the budget has 1500
AGAIN = 180.0  # seconds of a new request before it says the same: what a person has just done takes effect meanwhile
UNATTENDED = 30.0  # seconds between two looks at what only a person can move
ORDER = ("HTTPRoute", "Gateway", "HealthCheckPolicy", "ReferenceGrant")  # in which objects are deleted


@dataclass(frozen=True)
class StandingGateways:
    """Gateways whose objects are there. `routes` are those of ours, in the same clusters.

    `asked` is when the request was published, unix seconds.
    """

    gateways: Sequence[LiveObject]
    routes: Sequence[LiveObject]
    ingress: Feature | None
    project: str
    asked: float

    @property
    def going_since(self) -> float:
        """Since when the last of those that are being deleted is, unix seconds; 0 if none is."""
        return max((each.deletion_began for each in self.gateways if each.is_being_deleted), default=0.0)

    def reasons(self) -> list[str]:
        """What holds each of them, "" for one that only takes time."""
        return [what_holds(each, self.ingress, self.project) for each in self.gateways]

    def deletions(self) -> list[DeleteObject]:
        """Of routes first: the load balancer stops answering before it is taken apart."""
        return deletions([*self.routes, *self.gateways])


@dataclass(frozen=True)
class LoadBalancerLeft:
    """Parts of a load balancer whose Gateway is gone, by full name, in the order in which they can be deleted.

    `is_attended` says whether a controller is there that deletes them. `asked` is when the request was published.
    """

    parts: Sequence[str]
    routes: Sequence[LiveObject]
    is_attended: bool
    asked: float


def find_unlisted(survey: Survey) -> StandingGateways | None:
    """Gateways about to be deleted at the first attempt, if they list parts of their load balancer."""
    found = find_gateways(survey)
    unlisted = survey.first and survey.inventory is None and survey.known_parts
    return found if found and unlisted and found.deletions() else None


def find_gateways(survey: Survey) -> StandingGateways | None:
    """Gateways of ours."""
    if not survey.gateways:
        return None
    return StandingGateways(survey.gateways, _routes(survey), survey.ingress, survey.project, survey.asked)


def find_foreign(survey: Survey) -> StandingGateways | None:
    """Gateways of other people in clusters that go."""
    found = survey.foreign_gateways
    return StandingGateways(found, [], survey.ingress, survey.project, survey.asked) if found else None


def find_load_balancer(survey: Survey) -> LoadBalancerLeft | None:
    """What is left of the load balancer once no Gateway is there."""
    parts = survey.parts_left()
    return LoadBalancerLeft(parts, _routes(survey), survey.is_attended, survey.asked) if parts else None


def find_objects(survey: Survey) -> Sequence[LiveObject] | None:
    """Every other object of ours."""
    return sorted(survey.objects, key=lambda each: ORDER.index(each.kind)) or None


def refuse(found: StandingGateways, now: float) -> Decision:
    """Stop before anything is removed: deleted with its cluster, such a Gateway would leave its load balancer behind.

    And one of a multi-cluster class would keep the ingress feature on
    [observed: terraform-ecommerce-microservices-on-gke#3].
    """
    standing = [each for each in found.gateways if not each.is_being_deleted]
    if not standing:
        text = "; ".join(f"{each.words}, which is not ours, is being deleted" for each in found.gateways)
        reasons = "; ".join(filter(None, found.reasons()))
        wait = Waiting(reason="GatewayDeleting", message=text, retry_after=UNATTENDED)
        return Decision(_held(found, reasons or text, now, PATIENCE if reasons else LATE) or wait)
    names = ", ".join(f"{each.namespace}/{each.name} in {each.cluster.name}" for each in standing)
    commands = "; ".join(
        kubectl.deletion(found.project, each.cluster, "Gateway", each.namespace, each.name)
        for each in standing
    )
    return Decision(
        Blocked(
            code="CLUSTER_IN_USE",
            cause=f"Clusters that go with the environment have Gateways of somebody else's: {names}."
            " Their load balancers would stay behind. Nothing was removed now.",
            fix=f"Have its owner move each of them, or delete it ({commands}); then publish the teardown again.",
        )
    )


def write_down(found: StandingGateways, now: float) -> Decision:
    """Delete nothing yet: this answer hands the list of parts on. It cannot be read once the Gateway is gone."""
    text = "the parts of the load balancer are written down before it is taken down"
    return Decision(Waiting(reason="Inventoried", message=text, retry_after=1.0))


def delete_gateways(found: StandingGateways, now: float) -> Decision:
    """Delete routes and Gateways, and wait for the controller, or say why it does not come."""
    changes = found.deletions()
    if reasons := "; ".join(filter(None, found.reasons())):
        wait = Waiting(reason="GatewayHeld", message=reasons, retry_after=UNATTENDED)
        return Decision((None if changes else _held(found, reasons, now, PATIENCE)) or wait, changes)
    text = "; ".join(f"{each.words} is being deleted with its load balancer" for each in found.gateways)
    since = min((each.deletion_began for each in found.gateways if each.is_being_deleted), default=None)
    seconds = remaining(now, since, GONE)
    wait = Waiting(reason="GatewayDeleting", message=text, retry_after=seconds)
    return Decision((None if changes else _held(found, text, now, LATE)) or wait, changes)


def _held(found: StandingGateways, why: str, now: float, patience: float) -> Blocked | None:
    """That nobody lets Gateways go, once they have been being deleted for so long, and a new request has waited."""
    if now <= max(found.going_since + patience, found.asked + AGAIN):
        return None
    minutes = (now - found.going_since) / 60
    undo = afterwards(found.ingress, found.project)
    first = found.gateways[0]
    show = f"kubectl describe gateways.gateway.networking.k8s.io {first.name} --namespace={first.namespace}"
    look = f"See what its controller says: {kubectl.in_cluster(found.project, first.cluster, show)}"
    do = "Do what the cause says" if any(found.reasons()) else look
    return Blocked(
        code="GATEWAY_HELD",
        cause=f"{why}. It has been being deleted for {minutes:.0f} minutes.",
        fix=f"{do}; {undo}then publish the teardown again.",
    )


def wait_for_load_balancer(found: LoadBalancerLeft, now: float) -> Decision:
    """Wait while the controller may be late; if it was gone before it was done, a person must delete the parts."""
    names = ", ".join(each.partition("/global/")[2] or each for each in found.parts)
    text = f"the Gateway is gone, and of its load balancer there still is {names}"
    if not found.is_attended:
        text += "; nobody removes it, as multi-cluster ingress or its config cluster is gone"
    changes = deletions(found.routes)
    if not changes and now > found.asked + (LATE if found.is_attended else PATIENCE):
        return Decision(_orphaned(found, text))
    wait = Waiting(reason="LoadBalancerLeft", message=text, retry_after=remaining(now, found.asked, 0.0))
    return Decision(wait, changes)


def _orphaned(found: LoadBalancerLeft, text: str) -> Blocked:
    """Only controllers of Google's delete these parts by themselves, so the commands go with the answer, in order."""
    parts = [Resource(path.split("/")[-2], path) for path in found.parts]
    why = "its Gateway is gone, and no controller has deleted it"
    rows = [{"resource": each.path, "why": why, "fix": gcloud.delete(each)} for each in parts]
    return Blocked(
        code="LOAD_BALANCER_LEFT",
        cause=text,
        fix=f"{rows[0]['fix']}, and so on for each part in this order; then publish the teardown again.",
        outputs={"leaks": rows},
    )


def delete_objects(found: Sequence[LiveObject], now: float) -> Decision:
    """Delete what is not going yet, and look again at once: most goes at once."""
    if changes := deletions(found):
        return Decision(None, changes)
    if stop := held(found, now):
        return Decision(stop)
    text = "; ".join(f"{each.words} is being deleted" for each in found)
    seconds = remaining(now, min(each.deletion_began for each in found), DELETED)
    return Decision(Waiting(reason="Deleting", message=text, retry_after=seconds))


STAGES = (
    Stage("Gateways of others", find_foreign, refuse),
    Stage("list of parts", find_unlisted, write_down),
    Stage("Gateways", find_gateways, delete_gateways),
    Stage("load balancer", find_load_balancer, wait_for_load_balancer),
    Stage("routes, policies and grants", find_objects, delete_objects),
)


def _routes(survey: Survey) -> list[LiveObject]:
    return [each for each in survey.objects if each.kind == "HTTPRoute"]
