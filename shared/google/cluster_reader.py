"""Reading a cluster's API over plain TLS; `shared.google.cluster_endpoint` says where it is.

Nothing is ever sent with verification off. The `kubernetes` client is left to `shared.google.cluster_writer`:
a function that only reads should not wait for it at a cold start. A cluster's answers are not Google's:
an extension of its API server answers whatever its owner likes. So an answer has a greatest size, a redirect is
a refusal and never followed (kubernetes/kubernetes#112513 sent clients' tokens elsewhere), and what should be
an object is looked at before anybody relies on it.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

import urllib3
import urllib3.exceptions
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared import errors
from shared.google import refusals
from shared.google.container import Cluster
from shared.google.session import TIMEOUT, Session, unanswered
from shared.json_types import Json
from shared.objects import KubeObject

MOST = 8 * 1024 * 1024  # bytes of an answer; a thousand pods are less
PIECE = 65_536  # bytes that are read at once
PATIENCE = 20.0  # seconds for all of an answer: one that trickles would hold the function until its own end
APPLY = "application/apply-patch+yaml"  # takes JSON too, which is YAML

NEG = "ServiceNetworkEndpointGroup"  # how a Service's network endpoint groups appear in its cluster

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")  # an RFC 1123 subdomain

# Kind → where its objects are.
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Service": "/api/v1/namespaces/{namespace}/services",
    "Pod": "/api/v1/namespaces/{namespace}/pods",
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "ServiceExport": "/apis/net.gke.io/v1/namespaces/{namespace}/serviceexports",
    "ServiceImport": "/apis/net.gke.io/v1/namespaces/{namespace}/serviceimports",
    "GatewayClass": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "Gateway": "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes",
    "ReferenceGrant": "/apis/gateway.networking.k8s.io/v1beta1/namespaces/{namespace}/referencegrants",
    "HealthCheckPolicy": "/apis/networking.gke.io/v1/namespaces/{namespace}/healthcheckpolicies",
    NEG: "/apis/networking.gke.io/v1beta1/namespaces/{namespace}/servicenetworkendpointgroups",
}


class ClusterReader:
    """One cluster's API, to read from."""

    def __init__(self, session: Session, cluster: Cluster) -> None:
        self.path = cluster.path
        self._session = session
        self._host = f"https://{cluster.endpoint.host}"
        self._ca = cluster.endpoint.ca

    def get(self, kind: str, namespace: str, name: str) -> KubeObject | None:
        """One object, or None if it or its kind is not there."""
        try:
            found = self._call("GET", object_path(kind, namespace, name))
        except errors.NotFound:
            return None
        return self._objects(kind, [found])[0]

    def everywhere(self, kind: str, selector: str = "") -> list[KubeObject] | None:
        """As `list`, in all namespaces; `selector` is a label selector."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        return self._items(kind, PATHS[kind].replace("/namespaces/{namespace}", "") + query)

    def read(self, path: str, accept: str = "") -> Json:
        """Whatever is at `path`; `accept` asks for another form of it than JSON."""
        return self._call("GET", path, accept=accept)

    def _items(self, kind: str, path: str) -> list[KubeObject] | None:
        try:
            answer = self._call("GET", path)
        except errors.NotFound:
            return None
        said = {"apiVersion": answer.get("apiVersion", ""), "kind": kind}
        return [{**said, **each} for each in self._objects(kind, answer.get("items"))]

    def _objects(self, kind: str, found: Any) -> list[KubeObject]:
        """`found`, if it is a list of objects.

        Raises:
            Refused: it is not: something else than Kubernetes answered.
        """
        if not isinstance(found, list) or not all(map(_is_object, found)):
            raise errors.Refused(
                "kubernetes", "GET", self.path, 0, "NotObjects", f"no list of {kind} objects"
            )
        return found

    def list(self, kind: str, namespace: str) -> list[KubeObject] | None:
        """The objects of a namespace, or None if the cluster does not know the kind.

        Each says its kind and version, which the server leaves out in lists of its built-in kinds.
        """
        return self._items(kind, path_of(kind, namespace))

    def _call(self, method: str, path: str, body: Json | None = None, accept: str = "") -> Json:
        while True:
            try:
                return self._call_once(method, path, body, accept)
            except errors.Transient as error:
                if not self._session.calls.may_repeat(method, path, error):
                    raise

    def _call_once(self, method: str, path: str, body: Json | None, accept: str) -> Json:
        calls = self._session.calls
        calls.count("kubernetes", method, path)
        headers = {"Accept": accept or "application/json"}
        if body is not None:
            headers["Content-Type"] = APPLY if method == "PATCH" else "application/json"
        try:
            self._session.credentials.before_request(Request(), method, self._host + path, headers)
            status, data = self._send(method, self._host + path, headers, body)
        except (urllib3.exceptions.HTTPError, GoogleAuthError, OSError) as error:
            late = isinstance(error, urllib3.exceptions.TimeoutError)
            raise unanswered("kubernetes", method, self.path + path, error, late) from error
        if status == 401:
            self._session.credentials.token = None  # the next call asks for a new one
        return self._read(method, path, status, data)

    def _send(self, method: str, url: str, headers: dict[str, str], body: Json | None) -> tuple[int, bytes]:
        """Send once; status and body of the answer. What time a cluster says it is is not heard: leases and
        deadlines are Google's clock's.
        """
        timeout = urllib3.Timeout(connect=TIMEOUT[0], read=TIMEOUT[1])
        answer = _pool(self._ca).request(
            method,
            url,
            headers=headers,
            json=body,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        return answer.status, whole(answer)

    def _read(self, method: str, path: str, status: int, data: bytes) -> Json:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = data[: refusals.MESSAGE_LIMIT].decode(errors="replace")
        place = self.path + path.partition("?")[0]
        if len(data) > MOST:
            text = f"the answer has more than {MOST} bytes"
            raise errors.Refused("kubernetes", method, place, status, "AnswerTooLarge", text)
        if status >= 300 or not isinstance(value, dict):
            raise refusals.from_response("kubernetes", method, place, status, value)
        return value


def path_of(kind: str, namespace: str) -> str:
    """Where the objects of a kind are.

    Raises:
        Refused: `namespace` would lead elsewhere.
    """
    if namespace and not _NAME.fullmatch(namespace):
        raise errors.Refused("kubernetes", "", kind, 0, "NotAName", f"{namespace[:100]!r} is no namespace")
    return PATHS[kind].format(namespace=namespace)


def _is_object(value: Any) -> bool:
    meta = value.get("metadata") if isinstance(value, dict) else None
    return isinstance(meta, dict) and isinstance(meta.get("name"), str)


def object_path(kind: str, namespace: str, name: str) -> str:
    """Where one object is. Names may come from a cluster's answers, so what is no name is not asked for.

    Raises:
        Refused: `name` would lead elsewhere.
    """
    if not _NAME.fullmatch(name):
        raise errors.Refused("kubernetes", "", kind, 0, "NotAName", f"{name[:100]!r} is no object's name")
    return f"{path_of(kind, namespace)}/{name}"


def whole(answer: urllib3.BaseHTTPResponse) -> bytes:
    """The body of an answer; of one that is longer than `MOST` only so much that it shows.

    What was not asked for compressed is not unpacked either: a few bytes can be made to mean a great many.

    Raises:
        urllib3.exceptions.TimeoutError: it comes so slowly that it is not there after `PATIENCE`.
    """
    data, until = bytearray(), time.monotonic() + PATIENCE
    while len(data) <= MOST and (piece := answer.read1(PIECE, decode_content=False)):
        data += piece
        if time.monotonic() > until:
            answer.close()
            raise urllib3.exceptions.TimeoutError(f"no end of the answer within {PATIENCE:.0f} s")
    if len(data) > MOST:
        answer.close()
    answer.release_conn()
    return bytes(data)


def pem_of(ca: str) -> str | None:
    """The PEM text of a cluster's CA as GKE gives it (base64); None for "": the system's roots are meant."""
    return base64.b64decode(ca).decode() if ca else None


@cache
def _pool(ca: str) -> urllib3.PoolManager:
    """A warm function keeps its connections. Without `ca`: the roots of the system, or of SSL_CERT_FILE."""
    return urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=pem_of(ca)))
