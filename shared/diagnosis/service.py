"""A Service is there, and cannot be exported as the spec asks: its type, its ports, or the port that it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.diagnosis.pods import chosen
from shared.exportable import Unfit, mended, unfit

if TYPE_CHECKING:
    from shared.spec import Cluster, Service


def service_unfit(case: Case) -> Iterator[Finding]:
    """One finding for everything that is wrong in the same way, whichever Services and clusters have it."""
    found: dict[str, list[tuple[Cluster, Service, Unfit]]] = {}
    for cluster, service, fault in faults(case):
        found.setdefault(fault.why, []).append((cluster, service, fault))
    for why, those in found.items():
        names = [f"Service {each.namespace}/{each.name} in {cluster.name}" for cluster, each, _ in those]
        yield Finding(
            code="SERVICE_UNFIT",
            resource="/".join((those[0][0].name, "Service", those[0][1].namespace, those[0][1].name)),
            cause=f"{', '.join(names)} {why}.",
            evidence={"services": names, "port": those[0][1].port},
            fix=" && ".join(mended(case.project, cluster, each, fault) for cluster, each, fault in those),
        )


def faults(case: Case) -> Iterator[tuple[Cluster, Service, Unfit]]:
    """Every Service that cannot be exported as asked."""
    for cluster, contents in case.serving():
        for service in case.wanted.exports(cluster):
            live = contents.get("Service", service.namespace, service.name)
            fault = live and unfit(service, live, chosen(contents, service) or ())
            if fault:
                yield cluster, service, fault
