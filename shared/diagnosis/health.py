"""No healthy upstream, although pods are ready and reachable: then the health check fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case
from shared.diagnosis.commands import in_cluster
from shared.diagnosis.finding import Finding
from shared.diagnosis.firewall import closed
from shared.diagnosis.pods import unready
from shared.google.compute import path_of
from shared.labels import is_owned
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.google import wire


def health_check_fails(case: Case) -> Iterator[Finding]:
    """One finding a service that has endpoints, but no healthy one."""
    if closed(case):
        return
    waiting = {service for _, _, service, _ in unready(case)}
    for backend in case.backends:
        service = _service(case, backend)
        states = _states(case, backend)
        if service is None or service[1] in waiting or not states or "HEALTHY" in states:
            continue
        namespace, name = service
        path, policy = _path(case, backend), _policy(case, namespace, name)
        yield Finding(
            code="HEALTH_CHECK_FAILS",
            resource=path_of(backend["selfLink"]),
            cause=f"The pods behind {namespace}/{name} are ready, but none of them passes the health check"
            f" (GET {path}): the load balancer answers 503, no healthy upstream.",
            evidence={"health": states, "requestPath": path, "policy": policy and policy["metadata"]["name"]},
            fix=_fix(case, namespace, policy),
        )


def _states(case: Case, backend: wire.BackendService) -> list[str]:
    """The states of all endpoints; none if those of a group could not be read: one of these may be healthy."""
    groups = case.health.get(path_of(backend["selfLink"]), {}).values()
    read = [each for each in groups if each is not None]
    return [state for each in read for state in each] if len(read) == len(groups) else []


def _service(case: Case, backend: wire.BackendService) -> tuple[str, str] | None:
    """The environment's service behind a backend service, recognised by the beginning of its name."""
    for each in sorted(case.wanted.services, key=lambda one: -len(one.name)):
        if backend["name"].startswith(f"gkemcg1-{each.namespace}-{each.name}-{each.port}-"):
            return each.namespace, each.name
    return None


def _path(case: Case, backend: wire.BackendService) -> str:
    used = {path_of(each) for each in backend.get("healthChecks", [])}
    found = (each for each in case.checks if path_of(each["selfLink"]) in used)
    return str(next((each.get("httpHealthCheck", {}).get("requestPath", "/") for each in found), "/"))


def _policy(case: Case, namespace: str, name: str) -> KubeObject | None:
    found = case.config.of("HealthCheckPolicy", namespace)
    return next((each for each in found if each["spec"].get("targetRef", {}).get("name") == name), None)


def _fix(case: Case, namespace: str, policy: KubeObject | None) -> str:
    """Delete a foreign policy; otherwise set the path in the environment."""
    if policy is not None and not is_owned(policy["metadata"].get("labels"), case.wanted.name):
        command = f"kubectl delete healthcheckpolicy {policy['metadata']['name']} --namespace={namespace}"
        return in_cluster(case, case.wanted.config, command)
    return (
        "Set healthCheck.requestPath in the environment to a path that the pods answer, and publish it again."
    )
