"""Services that the spec only exports, and that nobody has made yet.

A new cluster cannot have them before it exists. So a deploy waits for them from when their namespace is there, warns
how to make them, and is blocked after the spec's `serviceWait`. A check looks into the clusters that exist: they could
have been made there, so that nothing is begun without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.service_export.differences import ObservedCluster
from shared.exportable import creation
from shared.google.compute import unix
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Waiting, Warned

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment, Service

PACE = 30.0  # seconds until the first look again: a pipeline that makes them needs as long


@dataclass(frozen=True)
class Awaited:
    """The Services that one cluster lacks, and since when they could have been made, unix seconds."""

    cluster: Cluster
    services: Sequence[Service]
    since: float

    @property
    def names(self) -> str:
        """Each with its namespace."""
        return ", ".join(f"{each.namespace}/{each.name}" for each in self.services)

    @property
    def cause(self) -> str:
        """What is missing where."""
        return f"Cluster {self.cluster.name} has no Service {self.names} to export."

    def fix(self, project: str) -> str:
        """How to make them."""
        return creation(project, self.cluster, self.services)


def awaited(
    wanted: Environment, contents: Mapping[str, ObservedCluster], asked: float, now: float
) -> list[Awaited]:
    """What the clusters that serve lack; the request was published at `asked`, unix seconds."""
    found = []
    for cluster in wanted.clusters:
        seen = contents.get(cluster.name)
        lacking = [
            each
            for each in wanted.exports(cluster)
            if seen and each.selector is None and not _has(seen, each)
        ]
        if seen and lacking:
            begun = max(_namespace_since(seen, each, now) for each in lacking)
            found.append(Awaited(cluster, lacking, max(asked, begun)))
    return found


def refusal(wanted: Environment, those: Sequence[Awaited], why: str = "") -> Blocked | None:
    """What a person must make."""
    if not those:
        return None
    return Blocked(
        code="SERVICE_MISSING",
        cause=" ".join(each.cause for each in those) + why,
        fix=" ".join(each.fix(wanted.project) for each in those),
    )


def overdue(wanted: Environment, those: Sequence[Awaited], now: float) -> Blocked | None:
    """The refusal of all of them, once the time for one is up."""
    bound = wanted.patience_for_services
    if all(now < each.since + bound for each in those):
        return None
    return refusal(wanted, those, f" Services were waited for {bound // 60} min (serviceWait).")


def wait_for_services(wanted: Environment, those: Sequence[Awaited], now: float) -> Waiting:
    """Wait until somebody has made them, at most until the first of them is overdue."""
    soonest = min(each.since for each in those)
    until = soonest + wanted.patience_for_services
    text = "; ".join(f"cluster {each.cluster.name} has no Service {each.names} yet" for each in those)
    seconds = max(1.0, min(remaining(now, soonest, PACE, first=1.0), until - now))
    return Waiting(reason="ServiceMissing", message=text, retry_after=seconds)


def warnings(wanted: Environment, those: Sequence[Awaited]) -> list[Warned]:
    """One for each cluster: what it lacks, for how long that is waited for, and how to make it."""
    minutes = wanted.patience_for_services // 60
    return [
        Warned(
            code="SERVICE_MISSING",
            cause=f"{each.cause} It is waited for {minutes} min from when it could be made.",
            fix=each.fix(wanted.project),
        )
        for each in those
    ]


def _has(seen: ObservedCluster, service: Service) -> bool:
    return ("Service", service.namespace, service.name) in seen.objects


def _namespace_since(seen: ObservedCluster, service: Service, now: float) -> float:
    live = seen.objects.get(("Namespace", "", service.namespace))
    return unix(live["metadata"]["creationTimestamp"]) if live else now
