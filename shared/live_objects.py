"""Finds an environment's Kubernetes objects by their label, in every cluster that may hold some.

A removal knows no spec. So it asks the clusters of the project that are in the fleet, and those that the environment
owns. A cluster that should answer and does not is never taken for empty: it is listed as unanswered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared import errors, kubectl, labels
from shared.changes.objects import DeleteObject
from shared.google.cluster_reader import ClusterReader
from shared.google.compute import unix
from shared.google.container import Cluster, clusters
from shared.google.lists import Listing
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.objects import KubeObject, full_name, is_being_deleted, key_of
from shared.step.outcome import Blocked

PATIENCE = 600.0  # seconds that an object may be being deleted before nobody is expected to let it go


@dataclass(frozen=True)
class LiveObject:
    """An object as its cluster shows it."""

    cluster: Cluster
    body: KubeObject

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.body["kind"])

    @property
    def namespace(self) -> str:
        """Its namespace; "" for what has none."""
        return str(self.body["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["metadata"]["name"])

    @property
    def path(self) -> str:
        """Its full name."""
        return full_name(self.cluster.path, key_of(self.body))

    @property
    def is_being_deleted(self) -> bool:
        """Whether its deletion has begun, and something still holds it."""
        return is_being_deleted(self.body)

    @property
    def deletion_began(self) -> float:
        """Since when it is being deleted, unix seconds."""
        return unix(self.body["metadata"]["deletionTimestamp"])

    @property
    def finalizers(self) -> list[str]:
        """Who has to let it go before it is gone."""
        return list(self.body["metadata"].get("finalizers", ()))

    @property
    def words(self) -> str:
        """As a message names it."""
        place = "/".join(filter(None, (self.namespace, self.name)))
        holders = ", ".join(self.finalizers) if self.is_being_deleted else ""
        return f"{self.kind} {place} in cluster {self.cluster.name}" + (
            f" (held by {holders})" if holders else ""
        )

    @property
    def conditions(self) -> str:
        """What a namespace says of what is left in it, and of the finalizers that hold that [documented]."""
        told = self.body.get("status", {}).get("conditions", ()) if self.kind == "Namespace" else ()
        true = [one["message"] for one in told if one["status"] == "True" and one.get("message")]
        return f" ({'; '.join(true)})" if true else ""

    def deletion(self) -> DeleteObject:
        """The change that deletes this very object, and no other that took its name since."""
        uid = self.body["metadata"].get("uid", "")
        return DeleteObject(self.cluster, self.kind, self.namespace, self.name, uid)


@dataclass(frozen=True)
class Answers:
    """What clusters answered; `unanswered` has each that should have and did not, with the reason."""

    objects: tuple[LiveObject, ...] = ()
    unanswered: tuple[tuple[Cluster, str], ...] = ()


def is_own(cluster: Cluster, environment: str) -> bool:
    """Whether the cluster is the environment's, and goes with it."""
    return labels.is_owned(cluster.labels, environment)


def candidates(session: Session, project: str, environment: str) -> Listing[Cluster]:
    """The clusters that may hold something of the environment's: the fleet's, and its own."""
    return clusters(session, project).only(lambda each: may_hold(each, environment))


def may_hold(cluster: Cluster, environment: str) -> bool:
    """Whether the cluster may hold something of the environment's."""
    return bool(cluster.membership) or is_own(cluster, environment)


def ask(
    session: Session,
    those: Iterable[Cluster],
    read: Callable[[ClusterReader], Iterable[KubeObject]],
    needed: Callable[[Cluster], bool] = lambda cluster: False,
) -> Answers:
    """What `read` finds in each of `those` that can be reached. One that does not answer does not stop the others.

    Raises:
        Transient, Unauthorized: one that is `needed` did not answer: then what is in it is unknown.
    """

    def one(cluster: Cluster) -> Answers:
        try:
            found = tuple(LiveObject(cluster, each) for each in read(ClusterReader(session, cluster)))
        except (errors.Transient, errors.Unauthorized) as error:
            if needed(cluster):
                raise
            return Answers(unanswered=((cluster, f"{error.reason or error.status} {error.message}"),))
        return Answers(found)

    told = side_by_side(session, (each for each in those if each.is_reachable), one)
    return Answers(
        tuple(each for answer in told for each in answer.objects),
        tuple(each for answer in told for each in answer.unanswered),
    )


def owned(api: ClusterReader, environment: str, *kinds: str) -> Iterable[KubeObject]:
    """The environment's objects of these kinds, in all namespaces."""
    for kind in kinds:
        yield from api.everywhere(kind, f"{labels.OWNER}={environment}") or ()


def deletions(objects: Iterable[LiveObject]) -> list[DeleteObject]:
    """Changes that delete those of `objects` whose deletion has not begun."""
    return [each.deletion() for each in objects if not each.is_being_deleted]


def is_given_up(live: LiveObject, now: float) -> bool:
    """Whether an object has been being deleted for so long that nobody is to be expected to let it go."""
    return live.is_being_deleted and now > live.deletion_began + PATIENCE


def held(objects: Iterable[LiveObject], now: float) -> Blocked | None:
    """Why `objects` that are being deleted do not go, and what a person can do; None while they still may."""
    stuck = [each for each in objects if is_given_up(each, now)]
    if not stuck:
        return None
    command = _release(stuck[0])
    minutes = (now - min(each.deletion_began for each in stuck)) / 60
    return Blocked(
        code="OBJECT_HELD",
        cause=f"{'; '.join(each.words + each.conditions for each in stuck)}: being deleted for {minutes:.0f} minutes,"
        " and somebody does not let it go.",
        fix=f"Have its holder let it go. If that is there no more: {command}; then publish the request again.",
    )


def _release(live: LiveObject) -> str:
    """What takes the holders off an object, or, of a namespace, which has none of its own, shows what is in it."""
    words = live.cluster.path.split("/")
    if live.kind == "Namespace":
        return kubectl.in_cluster(words[1], live.cluster, f"kubectl describe namespace {live.name}")
    return kubectl.release(words[1], live.cluster, live.kind, live.namespace, live.name)
