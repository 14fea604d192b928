"""No healthy upstream in a cluster, because its endpoint groups are empty, although its pods are ready."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.backends import in_places
from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.diagnosis.pods import unready
from shared.diagnosis.service import faults
from shared.kubectl import in_cluster


def endpoints_absent(case: Case) -> Iterator[Finding]:
    """One finding for each cluster whose ready pods are in no endpoint group, whichever services they are behind."""
    explained = {(cluster.name, space, name) for cluster, space, name, _ in unready(case)}
    explained |= {(cluster.name, each.namespace, each.name) for cluster, each, _ in faults(case)}
    found: dict[str, list[str]] = {}
    for each in in_places(case):
        names = each.clusters if each.states == [] else ()
        for name in names:
            key = name, each.service.namespace, each.service.name
            if name in case.inside and key not in explained:
                found.setdefault(name, []).append(f"{each.service.namespace}/{each.service.name}")
    for name, services in found.items():
        command = "kubectl describe servicenetworkendpointgroups --all-namespaces"
        yield Finding(
            code="ENDPOINTS_ABSENT",
            resource=f"{name}/Service/{services[0]}",
            cause=f"The pods behind {', '.join(services)} in cluster {name} are ready, but the network endpoint groups"
            " of the load balancer have none of them: the cluster's own controller fills these. No health check fails.",
            evidence={"services": services},
            fix=in_cluster(case.project, case.wanted.cluster(name), command),
        )
