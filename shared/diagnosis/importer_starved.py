"""The MCS importer cannot be scheduled: its cluster's exports are ignored [observed on clusters of one small node]."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.kubectl import in_cluster

if TYPE_CHECKING:
    from shared.spec import Cluster

NODES = 3  # of e2-medium, as in new clusters: enough if they are not full [observed]
IMPORTER = ("gke-mcs", "gke-mcs-importer")  # its namespace, and its pods' label k8s-app [observed]


def importer_starved(case: Case) -> Iterator[Finding]:
    """One finding for each cluster whose importer is Pending."""
    space, label = IMPORTER
    for cluster, contents in case.serving():
        for pod in contents.of("Pod", space):
            reasons = [
                each
                for each in pod.get("status", {}).get("conditions", [])
                if each.get("reason") == "Unschedulable"
            ]
            if pod["metadata"].get("labels", {}).get("k8s-app") != label or not reasons:
                continue
            yield Finding(
                code="IMPORTER_STARVED",
                resource=f"{cluster.name}/{space}/{pod['metadata']['name']}",
                cause=f"The importer of multi-cluster Services cannot be scheduled in cluster {cluster.name}:"
                f" {reasons[0].get('message', '')}",
                evidence={"phase": pod["status"].get("phase"), "condition": reasons[0]},
                fix=_fix(case, cluster),
            )


def _fix(case: Case, cluster: Cluster) -> str:
    """Add one node in each zone, and at least `NODES` in all.

    The number of nodes is for each zone of the pool [documented, gcloud container clusters resize]. A pool that names
    no zone is counted as one in a single zone.
    """
    pools = case.clusters[cluster.name].pools if cluster.name in case.clusters else ()
    if cluster.autopilot or not pools:
        events = in_cluster(case.project, cluster, f"kubectl get events --namespace={IMPORTER[0]}")
        return f"Raise the quota or free the range that keeps Autopilot from adding nodes; the events name it: {events}"
    pool = pools[0]
    nodes = max(pool.node_count + 1, math.ceil(NODES / max(1, len(pool.zones))))
    return (
        f"gcloud container clusters resize {cluster.name} --location={cluster.location} --project={case.project}"
        f" --node-pool={pool.name} --num-nodes={nodes}"
    )
