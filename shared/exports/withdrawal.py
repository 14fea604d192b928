"""What both removals in clusters share: which clusters are looked at, and how an object is deleted.

A removal knows no spec. Everything that may hold something of the environment is asked for objects that bear
its label: the clusters of the project that are in the fleet, and those that are the environment's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from shared import errors, labels
from shared.google.cluster_reader import ClusterReader
from shared.google.cluster_writer import ClusterWriter
from shared.google.compute import unix
from shared.google.container import Cluster, clusters
from shared.google.session import Session
from shared.objects import Json
from shared.step.legacy import LegacyChange as Change
from shared.step.step import Context

Found = TypeVar("Found")


@dataclass(frozen=True)
class Held:
    """An object, and the cluster it is in."""

    cluster: Cluster
    object: Json

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.object["kind"])

    @property
    def namespace(self) -> str:
        """Its namespace; "" for what has none."""
        return str(self.object["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.object["metadata"]["name"])

    @property
    def is_going(self) -> bool:
        """Whether it is being deleted, and something still holds it."""
        return "deletionTimestamp" in self.object["metadata"]

    @property
    def since(self) -> float:
        """Since when it is being deleted, unix seconds."""
        return unix(self.object["metadata"]["deletionTimestamp"])

    @property
    def resource(self) -> str:
        """As a change names it: the cluster's full name, kind, namespace and name."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.cluster.path}/{self.kind}/{place}"

    def told(self) -> str:
        """As a message names it."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        finalizers = ", ".join(self.object["metadata"].get("finalizers", ()))
        return f"{self.kind} {place} in cluster {self.cluster.name}" + (
            f" (held by {finalizers})" if finalizers and self.is_going else ""
        )


@dataclass(frozen=True)
class Looks:
    """What was found, and each cluster that should have answered and did not, with the reason."""

    found: tuple[Held, ...] = ()
    silent: tuple[tuple[Cluster, str], ...] = ()

    def __add__(self, other: Looks) -> Looks:
        return Looks(self.found + other.found, self.silent + other.silent)


def is_own(cluster: Cluster, environment: str) -> bool:
    """Whether the cluster is the environment's, and goes with it."""
    return labels.is_owned(cluster.labels, environment)


def candidates(session: Session, project: str, environment: str) -> list[Cluster]:
    """The clusters that may hold something of the environment's: the fleet's, and its own."""
    return [each for each in clusters(session, project) if each.membership or is_own(each, environment)]


def look(
    session: Session,
    places: Iterable[Cluster],
    read: Callable[[ClusterWriter], Iterable[Json]],
    needed: Callable[[Cluster], bool] = lambda cluster: False,
) -> Looks:
    """What `read` finds in each of `places` that serves. One that does not answer does not stop the others.

    Raises:
        ApiError: one that is `needed` did not answer: what is in it is unknown then, and not nothing.
    """
    whole = Looks()
    for cluster in places:
        if not cluster.is_reachable:
            continue
        try:
            found = tuple(Held(cluster, each) for each in read(ClusterWriter(session, cluster)))
        except (errors.Transient, errors.Unauthorized) as error:
            if needed(cluster):
                raise
            whole += Looks(silent=((cluster, f"{error.reason or error.status} {error.message}"),))
        else:
            whole += Looks(found)
    return whole


def owned(cluster: ClusterReader, environment: str, *kinds: str) -> Iterable[Json]:
    """The environment's objects of these kinds, in all namespaces."""
    for kind in kinds:
        yield from cluster.everywhere(kind, f"{labels.OWNER}={environment}") or ()


def deletion(held: Held) -> Change:
    """The change that deletes an object."""
    return Change("delete", held.resource, body=held)


def delete(context: Context, change: Change) -> None:
    """Begin to delete the object that was seen, and no other that took its name since.

    Raises:
        Conflict: another did.
    """
    held: Held = change.body
    cluster = ClusterWriter(context.session, held.cluster)
    cluster.delete(held.kind, held.namespace, held.name, held.object["metadata"].get("uid", ""))
