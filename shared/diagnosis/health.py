"""No healthy upstream, although pods are ready and reachable: then the health check fails, by its port or its path."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.backends import Check, InPlace, check_of, in_places
from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.diagnosis.firewall import closed
from shared.diagnosis.pods import chosen, unready
from shared.exportable import declared_ports
from shared.google.compute import path_of
from shared.kubectl import in_cluster
from shared.labels import is_owned
from shared.objects import KubeObject


def health_check_fails(case: Case) -> Iterator[Finding]:
    """One finding for each check that fails, whichever services and clusters it fails for."""
    found: dict[tuple[Check, str], list[InPlace]] = {}
    for each in _failing(case):
        policy = _policy(case, each)
        foreign = policy["metadata"]["name"] if policy and _is_foreign(case, policy) else ""
        where = f"{each.service.namespace}/{foreign}" if foreign else ""
        found.setdefault((check_of(case, each.backend), where), []).append(each)
    for (check, foreign), failing in found.items():
        yield _finding(case, check, foreign, failing)


def _failing(case: Case) -> Iterator[InPlace]:
    """Endpoints that are there, and none of which is healthy."""
    if closed(case):
        return
    waiting = {(cluster.name, space, name) for cluster, space, name, _ in unready(case)}
    for each in in_places(case):
        key = each.service.namespace, each.service.name
        pods_fail = any((cluster, *key) in waiting for cluster in each.clusters)
        if each.states and "HEALTHY" not in each.states and not pods_fail:
            yield each


def _finding(case: Case, check: Check, foreign: str, failing: list[InPlace]) -> Finding:
    names = ", ".join(sorted({f"{each.service.namespace}/{each.service.name}" for each in failing}))
    clusters = ", ".join(sorted({name for each in failing for name in each.clusters}))
    ports = sorted({port for each in failing for port in _declared(case, each)})
    whose = f" HealthCheckPolicy {foreign} sets it, and is not this environment's." if foreign else ""
    return Finding(
        code="HEALTH_CHECK_FAILS",
        resource=path_of(failing[0].backend["selfLink"]),
        cause=f"The pods behind {names} are ready{clusters and f' in {clusters}'}, but none of them passes the health"
        f" check ({check.text}{_of_port(check, ports)}): the load balancer answers 503, no healthy upstream.{whose}",
        evidence={
            "health": {each.backend["name"]: each.states for each in failing},
            "requestPath": check.path,
            "port": check.port or None,
            "containerPorts": ports,
            "policy": foreign or None,
        },
        fix=_fix(case, check, ports, foreign),
    )


def _of_port(check: Check, ports: list[int]) -> str:
    """What speaks against the check's port. A container that names no ports may listen on any [documented]."""
    if not check.port or not ports or check.port in ports:
        return ""
    return f", which no container of theirs names: they name {', '.join(map(str, ports))}"


def _declared(case: Case, each: InPlace) -> set[int]:
    names = each.clusters or tuple(cluster.name for cluster in case.wanted.exporters(each.service))
    inside = [case.inside[name] for name in names if name in case.inside]
    pods = [pod for contents in inside for pod in chosen(contents, each.service) or ()]
    return {int(port["containerPort"]) for port in declared_ports(pods)}


def _policy(case: Case, each: InPlace) -> KubeObject | None:
    found = case.config.of("HealthCheckPolicy", each.service.namespace)
    named = (one for one in found if one["spec"].get("targetRef", {}).get("name") == each.service.name)
    return next(named, None)


def _is_foreign(case: Case, policy: KubeObject) -> bool:
    return not is_owned(policy["metadata"].get("labels"), case.wanted.name)


def _fix(case: Case, check: Check, ports: list[int], foreign: str) -> str:
    """Delete a foreign policy; otherwise mend the check in the environment: its port, if that is what is wrong."""
    if foreign:
        space, _, name = foreign.partition("/")
        command = f"kubectl delete healthcheckpolicy {name} --namespace={space}"
        return in_cluster(case.project, case.wanted.config, command)
    if _of_port(check, ports):
        return (
            "Leave healthCheck.port out of the environment, or set it to a port that the pods listen on"
            f" ({', '.join(map(str, ports))}), and publish it again."
        )
    port = f" on port {check.port}" if check.port else ""
    return (
        f"Set healthCheck.requestPath in the environment to a path that the pods answer{port} with 200, and publish it"
        " again."
    )
