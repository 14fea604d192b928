"""What changes the fleet, through google-cloud-gke-hub over REST.

As with GKE: no retries of the library's own, no waiting for operations; what they lead to is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.google.answers import NAMED
from shared.google.client_libraries import writing
from shared.google.gkehub import INGRESS
from shared.google.session import Session


def create_feature(
    session: Session, project: str, name: str, labels: Mapping[str, str], config_membership: str = ""
) -> None:
    """Begin to enable a feature.

    Raises:
        AlreadyExists: it is enabled.
    """
    spec = {INGRESS: {"config_membership": config_membership}} if config_membership else {}
    parent = f"projects/{project}/locations/global"
    request = {
        "parent": parent,
        "feature_id": name,
        "resource": {"labels": dict(labels), **({"spec": spec} if spec else {})},
    }
    with writing("gkehub", "POST", parent):
        _client(session).create_feature(request=request, retry=None)


def move_config_membership(session: Session, path: str, membership: str) -> None:
    """Begin to move the ingress feature at `path` to another config membership."""
    request = {
        "name": path,
        "update_mask": {"paths": [f"spec.{INGRESS}.config_membership"]},
        "resource": {"spec": {INGRESS: {"config_membership": membership}}},
    }
    with writing("gkehub", "PATCH", path):
        _client(session).update_feature(request=request, retry=None)


def set_feature_labels(session: Session, path: str, labels: Mapping[str, str]) -> None:
    """Begin to replace all labels of a feature.

    What the mask names and the body lacks is removed [documented: AIP-134; Terraform takes labels off like this]. A
    feature has no etag [documented], so a label that somebody writes at the same moment may be lost.

    Raises:
        Conflict: a change of it is under way.
    """
    request = {"name": path, "update_mask": {"paths": ["labels"]}, "resource": {"labels": dict(labels)}}
    _client(session).update_feature(request=request, retry=None)


def delete_feature(session: Session, path: str) -> None:
    """Begin to disable a feature; never by `force`, which leaves its resources as they are [documented].

    Raises:
        InUse: it still has resources, or had some minutes ago [observed].
        Conflict: a change of it is under way.
    """
    with writing("gkehub", "DELETE", path):
        _client(session).delete_feature(request={"name": path}, retry=None)


def delete_membership(session: Session, path: str) -> None:
    """Begin to remove a membership.

    Raises:
        Conflict: a change of it is under way.
    """
    with writing("gkehub", "DELETE", path):
        _client(session).delete_membership(request={"name": path}, retry=None)


@cache
def _client(session: Session) -> Any:
    endpoint = session.settings.endpoint("gkehub").rstrip("/")
    from google.cloud import gkehub_v1  # slow to import: not before its first call

    client = gkehub_v1.GkeHubClient(
        credentials=session.credentials, transport="rest", client_options={"api_endpoint": endpoint}
    )
    session.mount(client.transport._session, NAMED)
    return client
