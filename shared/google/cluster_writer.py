"""Writing to a cluster's API, through the `kubernetes` client's transport.

How a cluster is reached, and what can be read without that client, is in `shared.google.cluster_reader`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import urllib3
import urllib3.exceptions

from shared import errors
from shared.google.answers import has
from shared.google.cluster_reader import ClusterReader, is_object, object_path, pem_of
from shared.google.container import Cluster
from shared.google.session import Session
from shared.json_types import Json
from shared.objects import KubeObject

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

FIELD_MANAGER = "fleetgate"


class ClusterWriter(ClusterReader):
    """One cluster's API, to write to as well; what it reads goes through the same client."""

    def __init__(self, session: Session, cluster: Cluster) -> None:
        super().__init__(session, cluster)
        self._client = _client(self._host, cluster.endpoint.ca)

    def apply(self, wanted: KubeObject) -> KubeObject:
        """Server-side apply of `wanted`: what it names becomes so, what it leaves out is left alone.

        What we named before and leave out now goes: the server keeps account of who set what.

        Raises:
            Refused: the object is invalid, in the API server's words.
        """
        meta = wanted["metadata"]
        path = object_path(wanted["kind"], meta.get("namespace", ""), meta["name"])
        query = {"fieldManager": FIELD_MANAGER, "force": "true", "fieldValidation": "Strict"}
        return self._call("PATCH", f"{path}?{urlencode(query)}", wanted, form=is_object)

    def delete(self, kind: str, namespace: str, name: str, uid: str = "") -> None:
        """Begin to delete an object; one that is gone is well.

        Raises:
            Conflict: the object of that name is another one than `uid`.
        """
        terms = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}} if uid else None
        try:
            self._call("DELETE", object_path(kind, namespace, name), terms, form=has(kind=str))
        except errors.NotFound:
            return

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: Json | None, limit: float
    ) -> urllib3.BaseHTTPResponse:
        from kubernetes.client import ApiException

        try:
            answer = self._client.call_api(method, url, headers, body, _request_timeout=limit)
        except ApiException as error:  # how the client tells of a certificate that it does not believe
            raise urllib3.exceptions.SSLError(str(error.reason)) from error
        found: urllib3.BaseHTTPResponse = answer.response
        return found


_CLIENTS: dict[tuple[str, str], ApiClient] = {}  # a warm function keeps its connections


def _client(host: str, ca: str) -> ApiClient:
    from kubernetes.client import ApiClient, Configuration  # slow to import: not before its first call

    if (host, ca) not in _CLIENTS:
        configuration = Configuration(host=host)
        configuration.retries = False  # which keeps it from following redirects, too
        configuration.proxy = None
        configuration.ca_cert_data = pem_of(ca)
        _CLIENTS[host, ca] = ApiClient(configuration)
    return _CLIENTS[host, ca]
