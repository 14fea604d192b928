"""No healthy upstream, because a service has no ready pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case, InCluster
from shared.diagnosis.finding import Finding
from shared.exportable import selected
from shared.json_types import Json
from shared.kubectl import in_cluster
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.spec import Cluster, Service


def pods_not_ready(case: Case) -> Iterator[Finding]:
    """One finding a workload: several services may select the same pods."""
    reported = set[str]()
    for cluster, namespace, name, pods in unready(case):
        owner = _deployment(case.inside[cluster.name], namespace, name)
        resource = f"{cluster.name}/{namespace}/{owner['metadata']['name'] if owner else name}"
        if resource in reported:
            continue
        reported.add(resource)
        why = f"none of the {len(pods)} pods is ready" if pods else "there are no pods"
        yield Finding(
            code="PODS_NOT_READY",
            resource=resource,
            cause=f"Behind Service {namespace}/{name} in cluster {cluster.name} {why}: it has no healthy endpoint.",
            evidence={
                "pods": [_summary(each) for each in pods],
                "replicas": (owner or {}).get("spec", {}).get("replicas"),
            },
            fix=_fix(case, cluster, namespace, owner),
        )


def unready(case: Case) -> Iterator[tuple[Cluster, str, str, list[KubeObject]]]:
    """Cluster, namespace, service and pods of every exported service that has no ready pod in a cluster."""
    for cluster, contents in case.serving():
        for service in case.wanted.exports(cluster):
            pods = chosen(contents, service)
            if pods is not None and not any(_is_ready(each) for each in pods):
                yield cluster, service.namespace, service.name, pods


def chosen(contents: InCluster, service: Service) -> list[KubeObject] | None:
    """The pods behind a service in a cluster; None if its Service is not there, or pods could not be read."""
    live = contents.get("Service", service.namespace, service.name)
    if live is None or not contents.knows("Pod"):
        return None
    return selected(contents.of("Pod"), service.namespace, live["spec"].get("selector") or {})


def _deployment(contents: InCluster, namespace: str, service: str) -> KubeObject | None:
    live = contents.get("Service", namespace, service) or {"spec": {}}
    selector = live["spec"].get("selector") or {}
    for each in contents.of("Deployment", namespace):
        if selector and selector.items() <= each["spec"]["template"]["metadata"].get("labels", {}).items():
            return each
    return None


def _is_ready(pod: KubeObject) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _summary(pod: KubeObject) -> Json:
    status = pod.get("status", {})
    failing = [each for each in status.get("conditions", []) if each.get("status") == "False"]
    return {
        "pod": pod["metadata"]["name"],
        "phase": status.get("phase", ""),
        "why": "; ".join(
            f"{each.get('reason', each['type'])} {each.get('message', '')}".strip() for each in failing
        ),
    }


def _fix(case: Case, cluster: Cluster, namespace: str, owner: KubeObject | None) -> str:
    at = f"--namespace={namespace}"
    if owner is None:
        return (
            f"Run pods in cluster {cluster.name}, namespace {namespace}, that match the Service's selector:"
            " no Deployment there does."
        )
    name = owner["metadata"]["name"]
    if not owner["spec"].get("replicas", 1):
        return in_cluster(case.project, cluster, f"kubectl scale deployment {name} {at} --replicas=2")
    return in_cluster(case.project, cluster, f"kubectl rollout restart deployment {name} {at}")
