"""The function behind topic fleetgate-clusters: GKE clusters, side by side."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.clusters.removal import CLUSTER_REMOVAL
from functions.clusters.step import CLUSTERS
from shared.step.run import run


@functions_framework.cloud_event
def clusters(event: CloudEvent) -> None:
    """Look, begin what can begin, answer."""
    run(event.data, CLUSTERS, CLUSTER_REMOVAL)
