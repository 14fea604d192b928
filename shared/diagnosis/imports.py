"""An import is missing or lacks clusters, because they do not export the service."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case, InCluster
from shared.diagnosis.commands import in_cluster
from shared.diagnosis.finding import Finding
from shared.exports import own_export, own_service
from shared.google.gkehub import member_key
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.spec import Cluster, Service


def import_incomplete(case: Case) -> Iterator[Finding]:
    """One finding for each cluster and service without an export or its Service."""
    for cluster, contents in case.serving():
        for service in case.wanted.exports(cluster):
            missing = _missing(contents, service)
            if missing and not _is_listed(case, cluster, service):
                yield _finding(case, cluster, service, missing)


def _missing(contents: InCluster, service: Service) -> str:
    """The kind that a cluster lacks; "" if it lacks none, or if it could not be read."""
    if not contents.knows("Service", "ServiceExport"):
        return ""
    for kind in ("Service", "ServiceExport"):
        if contents.get(kind, service.namespace, service.name) is None:
            return kind
    return ""


def _is_listed(case: Case, cluster: Cluster, service: Service) -> bool:
    found = case.imports().get((service.namespace, service.name), {})
    listed = {member_key(each["cluster"]) for each in found.get("status", {}).get("clusters", [])}
    return case.membership_of(cluster.name) in listed


def _finding(case: Case, cluster: Cluster, service: Service, missing: str) -> Finding:
    name = f"{service.namespace}/{service.name}"
    found = case.imports().get((service.namespace, service.name))
    return Finding(
        code="IMPORT_INCOMPLETE",
        resource=f"{cluster.name}/{missing}/{name}",
        cause=f"ServiceImport {name} {_problem(case, found)} cluster {cluster.name}, which has no {missing} of that"
        " name.",
        evidence={
            "import": found and found.get("status", {}),
            "missing": f"{missing} {name} in {cluster.name}",
        },
        fix=_fix(case, cluster, service, missing),
    )


def _problem(case: Case, found: KubeObject | None) -> str:
    if found:
        return "lacks"
    return "does not exist without" if case.config.knows("ServiceImport") else "cannot list"


def _fix(case: Case, cluster: Cluster, service: Service, missing: str) -> str:
    """Apply the object that the next deploy would apply too. A Service without a selector is the user's."""
    if missing == "ServiceExport":
        return _applied(case, cluster, own_export(case.wanted.name, service))
    if service.selector is not None:
        return _applied(case, cluster, own_service(case.wanted.name, service))
    return (
        f"Create Service {service.namespace}/{service.name} with port {service.port} in cluster {cluster.name}:"
        " the environment exports it, but you manage it."
    )


def _applied(case: Case, cluster: Cluster, wanted: KubeObject) -> str:
    text = shlex.quote(json.dumps(wanted))
    return in_cluster(case, cluster, f"echo {text} | kubectl apply --server-side -f -")
