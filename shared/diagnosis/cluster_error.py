"""A cluster that GKE reports as broken."""

from __future__ import annotations

from collections.abc import Iterator

from shared.cluster_remedies import next_step
from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding

BROKEN = ("ERROR", "DEGRADED")


def cluster_in_error(case: Case) -> Iterator[Finding]:
    """One finding a cluster. Once it is deleted, the next deploy creates it again, where the environment says."""
    for name, cluster in sorted(case.clusters.items()):
        if cluster.status in BROKEN:
            why = "; ".join(cluster.complaints) or "GKE gives no reason"
            yield Finding(
                code="CLUSTER_IN_ERROR",
                resource=cluster.path,
                cause=f"Cluster {name} is in state {cluster.status}: {why.rstrip('.')}. Once it is deleted:"
                f" {next_step(cluster.complaints)}.",
                evidence={"status": cluster.status, "conditions": list(cluster.conditions)},
                fix=f"gcloud container clusters delete {name} --location={cluster.location}"
                f" --project={case.project}",
            )
