"""What changes GKE clusters, through google-cloud-container over REST.

The library's own retries are off: a call is made once, and the workflow asks again. Operations are not
waited for; what they lead to is seen on the cluster.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from shared.google.answers import NAMED
from shared.google.client_libraries import writing
from shared.google.session import Session
from shared.json_types import Json


def create_cluster(session: Session, project: str, location: str, body: Json) -> None:
    """Begin to create a cluster; `body` is a Cluster in the API's snake_case.

    Raises:
        AlreadyExists: the name is taken.
    """
    parent = f"projects/{project}/locations/{location}"
    with writing("container", "POST", parent):
        _client(session).create_cluster(parent=parent, cluster=body, retry=None)


def update_cluster(session: Session, path: str, update: Json) -> None:
    """Begin one update; `update` is a ClusterUpdate in the API's snake_case, with one group of fields.

    Raises:
        Busy: another operation runs on the cluster.
    """
    with writing("container", "PUT", path):
        _client(session).update_cluster(name=path, update=update, retry=None)


def resize_pool(session: Session, path: str, count: int) -> None:
    """Begin to give a node pool so many nodes in each zone.

    Raises:
        Busy: another operation runs on the cluster.
    """
    request = {"name": path, "node_count": count}
    with writing("container", "POST", path):
        _client(session).set_node_pool_size(request=request, retry=None)


def update_pool(session: Session, path: str, update: Json) -> None:
    """Begin to replace a node pool's nodes by others; `update` is of an UpdateNodePoolRequest, in snake_case.

    Raises:
        Busy: another operation runs on the cluster.
    """
    with writing("container", "PUT", path):
        _client(session).update_node_pool(request={"name": path, **update}, retry=None)


def delete_cluster(session: Session, path: str) -> None:
    """Begin to delete a cluster.

    Raises:
        Busy: another operation runs on the cluster.
    """
    with writing("container", "DELETE", path):
        _client(session).delete_cluster(name=path, retry=None)


@cache
def _client(session: Session) -> Any:
    endpoint = session.settings.endpoint("container").rstrip("/")
    from google.cloud import container_v1  # slow to import: not before its first call

    client = container_v1.ClusterManagerClient(
        credentials=session.credentials, transport="rest", client_options={"api_endpoint": endpoint}
    )
    session.mount(client.transport._session, NAMED)
    return client
