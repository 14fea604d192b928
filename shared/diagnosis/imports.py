"""An import is missing or lacks clusters, because they do not export the service."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case, InCluster
from shared.diagnosis.finding import Finding
from shared.exports import own_export, own_service
from shared.google.gkehub import member_key
from shared.kubectl import in_cluster
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.spec import Cluster, Service


@dataclass(frozen=True)
class Lack:
    """What one cluster lacks of a kind, for services whose imports miss it. `ours`: the next deploy makes it."""

    cluster: Cluster
    kind: str
    ours: bool
    services: Sequence[Service]

    @property
    def names(self) -> list[str]:
        """Of the services, with their namespaces."""
        return [f"{each.namespace}/{each.name}" for each in self.services]


def import_incomplete(case: Case) -> Iterator[Finding]:
    """One finding for each cluster and kind that is missing there, whichever services lack it."""
    return (
        finding(code="IMPORT_INCOMPLETE", case=case, lack=each, fix=_fix(case, each))
        for each in lacks(case)
        if each.ours
    )


def lacks(case: Case) -> Iterator[Lack]:
    """What is missing, cluster by cluster."""
    for cluster, contents in case.serving():
        found: dict[tuple[str, bool], list[Service]] = {}
        for service in case.wanted.exports(cluster):
            missing = _missing(contents, service)
            if missing and not _is_listed(case, cluster, service):
                ours = missing == "ServiceExport" or service.selector is not None
                found.setdefault((missing, ours), []).append(service)
        for (missing, ours), services in found.items():
            yield Lack(cluster, missing, ours, services)


def finding(*, code: str, case: Case, lack: Lack, fix: str) -> Finding:
    """What an import is without, and why."""
    found = [case.imports().get((each.namespace, each.name)) for each in lack.services]
    several = "s" if len(lack.services) > 1 else ""
    those = "those names" if several else "that name"
    return Finding(
        code=code,
        resource=f"{lack.cluster.name}/{lack.kind}/{lack.names[0]}",
        cause=f"ServiceImport{several} {', '.join(lack.names)} {_problem(case, found)} cluster {lack.cluster.name},"
        f" which has no {lack.kind} of {those}.",
        evidence={
            "imports": [each and each.get("status", {}) for each in found],
            "missing": [f"{lack.kind} {name} in {lack.cluster.name}" for name in lack.names],
        },
        fix=fix,
    )


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


def _problem(case: Case, found: Sequence[KubeObject | None]) -> str:
    if all(found):
        return "lacks" if len(found) == 1 else "lack"
    if not case.config.knows("ServiceImport"):
        return "cannot list"
    return "does not exist without" if len(found) == 1 else "are missing or incomplete without"


def _fix(case: Case, lack: Lack) -> str:
    """Apply the objects that the next deploy would apply too."""
    make = own_export if lack.kind == "ServiceExport" else own_service
    wanted = [make(case.wanted.name, each) for each in lack.services]
    listed = wanted[0] if len(wanted) == 1 else {"apiVersion": "v1", "kind": "List", "items": wanted}
    command = f"echo {shlex.quote(json.dumps(listed))} | kubectl apply --server-side -f -"
    return in_cluster(case.project, lack.cluster, command)
