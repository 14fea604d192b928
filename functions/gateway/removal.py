"""The gateway's removal: routes, then the Gateway, then, once its load balancer is seen gone, what guided it.

Only the controller in charge of the config membership takes a load balancer down. So nothing that it needs is
touched before, and if nobody is in charge, the removal waits and says what holds the Gateway: going on would
leave a load balancer that is billed and that nobody looks after [observed].
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from functions.gateway import load_balancer_parts as load_balancer
from shared.exports import withdrawal
from shared.exports.withdrawal import Held, candidates, deletion, is_own, owned
from shared.google import compute
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster
from shared.google.gkehub import INGRESS, Feature, features, member_key
from shared.google.session import Session
from shared.labels import asked_at
from shared.objects import Json
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.message import Place
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment

GONE, DELETED = 120.0, 10.0  # typical seconds until a Gateway is gone, and any other object [inferred]
UNATTENDED = 30.0  # seconds between two looks at what only a person can move
KINDS = ("Gateway", "HTTPRoute", "HealthCheckPolicy", "ReferenceGrant")
CONTROLLERS = "gateway.finalizer.networking.gke.io"  # the controller's own finalizer [observed]


@dataclass(frozen=True)
class Seen:
    """What is there. `asked` is when the request was published, unix seconds.

    `parts` are those left of the load balancer, only looked for once the Gateway's object is gone; `inventory`
    is what an earlier attempt listed, None before there was one; `first` says that this is the first attempt.
    """

    asked: float
    place: Place
    ingress: Feature | None = None
    objects: tuple[Held, ...] = ()
    parts: tuple[str, ...] = ()
    inventory: tuple[str, ...] | None = None
    first: bool = False

    def of(self, *kinds: str) -> list[Held]:
        """The objects of these kinds, in their order."""
        return [each for kind in kinds for each in self.objects if each.kind == kind]

    @property
    def known(self) -> list[str]:
        """Every part of the load balancer that is known by now."""
        listed = (
            part
            for each in self.of("Gateway")
            for part in load_balancer.listed(each.object, self.place.project)
        )
        return sorted({*(self.inventory or ()), *listed})


def observe(context: Context) -> Seen:
    """Our objects in the config cluster; once no Gateway is there, in every other cluster, and what is left."""
    place, session, message = context.place, context.session, context.message
    ingress = features(session, place.project).get(INGRESS)
    places = candidates(session, place.project, context.name)
    inventory = message.inventory
    seen = Seen(
        asked_at(message.claim.generation),
        place,
        ingress,
        inventory=None if inventory is None else tuple(inventory),
        first=message.attempt == 1,
    )
    config = [each for each in places if _is_config(each, ingress)]
    objects = _look(context, config, config)
    if not _has_gateway(objects):
        objects += _look(context, [each for each in places if each not in config], config)
    seen = replace(seen, objects=objects)
    if _has_gateway(objects):
        return seen
    own = [each.path for each in places if is_own(each, context.name)]
    return replace(seen, parts=_parts(session, place, seen.known, own))


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """What to delete now, and what is waited for."""
    known = seen.known
    outputs = {"inventory": known} if known != list(seen.inventory or ()) else {}
    changes = [deletion(each) for each in seen.of("HTTPRoute", "Gateway") if not each.is_going]
    if gateways := seen.of("Gateway"):
        if seen.first and seen.inventory is None and known and changes:
            text = "the parts of the load balancer are written down before it is taken down"
            return Decision(Waiting(reason="Inventoried", message=text, retry_after=1.0, outputs=outputs))
        return Decision(_for_gateways(gateways, seen, now, outputs), changes)
    if seen.parts:
        return Decision(_for_parts(seen, now, outputs), changes)
    changes += [
        deletion(each) for each in seen.of("HealthCheckPolicy", "ReferenceGrant") if not each.is_going
    ]
    if changes:
        return Decision(None, changes)
    if seen.objects:
        text = "; ".join(f"{each.told()} is being deleted" for each in seen.objects)
        seconds = remaining(now, min(each.since for each in seen.objects), DELETED)
        return Decision(Waiting(reason="Deleting", message=text, retry_after=seconds, outputs=outputs))
    return Decision(Done(outputs=outputs))


def act(context: Context, change: Change) -> None:
    """Begin to delete one object."""
    withdrawal.delete(context, change)


GATEWAY_REMOVAL = LegacyStep("gateway", observe, decide, act, modes=frozenset({"destroy"}))


def _is_config(cluster: Cluster, ingress: Feature | None) -> bool:
    key = member_key(ingress.config_membership) if ingress else ""
    return bool(key) and member_key(cluster.membership) == key


def _look(context: Context, places: Iterable[Cluster], config: Collection[Cluster]) -> tuple[Held, ...]:
    """Our objects in these clusters. Of one of somebody else's that does not answer, compute tells: as long as
    there is a Gateway of ours in it, there is its load balancer.

    Raises:
        ApiError: one that is ours, or holds the configuration, serves and does not answer.
    """

    def read(cluster: ClusterReader) -> Iterator[Json]:
        yield from owned(cluster, context.name, *KINDS)

    def needed(cluster: Cluster) -> bool:
        return cluster in config or is_own(cluster, context.name)

    return withdrawal.look(context.session, places, read, needed).found


def _has_gateway(objects: Iterable[Held]) -> bool:
    return any(each.kind == "Gateway" for each in objects)


def _parts(session: Session, place: Place, known: Iterable[str], clusters: Iterable[str]) -> tuple[str, ...]:
    there = {kind: compute.global_resources(session, place.project, kind) for kind in load_balancer.KINDS}
    return tuple(load_balancer.left(there, place.gateway or "", known, clusters))


def _for_gateways(gateways: list[Held], seen: Seen, now: float, outputs: Json) -> Waiting:
    """The controller needs its time; if none is in charge, or somebody else's finalizer is there, say so."""
    reasons = [reason for each in gateways if (reason := _holds(each, seen))]
    if reasons:
        return Waiting(
            reason="GatewayHeld", message="; ".join(reasons), retry_after=UNATTENDED, outputs=outputs
        )
    text = "; ".join(f"{each.told()} is being deleted with its load balancer" for each in gateways)
    going = [each.since for each in gateways if each.is_going]
    seconds = remaining(now, min(going) if going else None, GONE)
    return Waiting(reason="GatewayDeleting", message=text, retry_after=seconds, outputs=outputs)


def _holds(gateway: Held, seen: Seen) -> str:
    """What keeps a Gateway from going, and what a person can do; "" if it only takes time."""
    meta, cluster = gateway.object["metadata"], gateway.cluster
    strange = [each for each in meta.get("finalizers", ()) if each != CONTROLLERS]
    if strange and gateway.is_going:
        whose = ", ".join(strange)
        return f"{gateway.told()} cannot go before the controller behind {whose} has let it go"
    why, verb = _unattended(cluster, seen)
    if not why or CONTROLLERS not in meta.get("finalizers", ()):
        return ""
    location, _, name = member_key(cluster.membership).removeprefix("locations/").partition("/memberships/")
    config = f" --config-membership={name or cluster.name} --location={location or '-'}"
    fix = f"gcloud container fleet ingress {verb}{'' if verb == 'describe' else config}"
    text = f"{gateway.told()} is looked after by nobody: {why}. To have it taken down:"
    return f"{text} {fix} --project={seen.place.project}"


def _unattended(cluster: Cluster, seen: Seen) -> tuple[str, str]:
    """Why nobody is in charge of the Gateways of a cluster, and gcloud's verb that helps; "" if somebody is."""
    ingress = seen.ingress
    if ingress is None:
        return f"multi-cluster ingress is not enabled in project {seen.place.project}", "enable"
    if ingress.going:
        return "multi-cluster ingress is being disabled", "enable"
    if not _is_config(cluster, ingress):
        return f"the config membership is {member_key(ingress.config_membership) or '(none)'}", "update"
    if ingress.state.code == "ERROR":
        return f"multi-cluster ingress says {ingress.state.description or 'ERROR'}", "describe"
    return "", ""


def _for_parts(seen: Seen, now: float, outputs: Json) -> Waiting:
    """The object is gone, its load balancer is not: the controller is late, or was gone before it was done."""
    names = ", ".join(each.partition("/global/")[2] or each for each in seen.parts)
    text = f"the Gateway is gone, and of its load balancer there still is {names}"
    if seen.ingress is None or seen.ingress.going:
        text += "; nobody removes it, as multi-cluster ingress is not enabled"
    seconds = remaining(now, seen.asked, 0.0)
    return Waiting(reason="LoadBalancerLeft", message=text, retry_after=seconds, outputs=outputs)
