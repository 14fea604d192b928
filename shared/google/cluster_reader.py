"""Reading a cluster's API over plain TLS; `shared.google.cluster_endpoint` says where it is.

Nothing is ever sent with verification off. The `kubernetes` client is left to `shared.google.cluster_writer`:
a function that only reads should not wait for it at a cold start. A cluster's answers are not Google's:
an extension of its API server answers whatever its owner likes. So an answer has a greatest size, a redirect is
never followed (kubernetes/kubernetes#112513 sent clients' tokens elsewhere), and what should be an object is looked at
before anybody relies on it. What is none is a broken answer, as everywhere (`shared.google.answers`).
"""

from __future__ import annotations

import base64
import math
import re
import ssl
import time
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import urlencode

import urllib3
import urllib3.exceptions
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared import errors
from shared.google import answers, refusals
from shared.google.answers import ANY, Broken, Form, has
from shared.google.container import Cluster
from shared.google.deadline import CONNECT
from shared.google.session import Session, trouble_of
from shared.json_types import Json
from shared.objects import KubeObject

# Clusters whose connections are kept: more than an environment has, or each look would connect anew.
HOSTS = 100
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
            return self._call("GET", object_path(kind, namespace, name), form=is_object)
        except errors.NotFound:
            return None

    def everywhere(self, kind: str, selector: str = "") -> list[KubeObject] | None:
        """As `list`, in all namespaces; `selector` is a label selector."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        return self._items(kind, PATHS[kind].replace("/namespaces/{namespace}", "") + query)

    def items(self, path: str, accept: str, form: Form) -> Iterable[Json]:
        """The items of whatever list is at `path`, each of this form; `accept` asks for another form of JSON."""
        answer = self._call("GET", path, accept=accept, form=_is_list_of(form))
        found: list[Json] = answer["items"]
        return found

    def _items(self, kind: str, path: str) -> list[KubeObject] | None:
        try:
            answer = self._call("GET", path, form=_is_list_of(is_object))
        except errors.NotFound:
            return None
        said = {"apiVersion": answer.get("apiVersion", ""), "kind": kind}
        return [{**said, **each} for each in answer["items"]]

    def list(self, kind: str, namespace: str) -> list[KubeObject] | None:
        """The objects of a namespace, or None if the cluster does not know the kind.

        Each says its kind and version, which the server leaves out in lists of its built-in kinds.
        """
        return self._items(kind, path_of(kind, namespace))

    def _call(
        self, method: str, path: str, body: Json | None = None, accept: str = "", form: Form = ANY
    ) -> Json:
        def once() -> Json:
            return self._call_once(method, path, body, accept, form)

        return self._session.calls.repeated(method, path, once)

    def _call_once(self, method: str, path: str, body: Json | None, accept: str, form: Form) -> Json:
        place = self.path + path
        headers = {"Accept": accept or "application/json"}
        if body is not None:
            headers["Content-Type"] = APPLY if method == "PATCH" else "application/json"
        status = 0
        try:
            self._session.credentials.before_request(Request(), method, self._host + path, headers)
            limit = self._session.calls.begin("kubernetes", method, path)
            until = time.monotonic() + limit
            answer = self._send(method, _limited(self._host + path, method, limit), headers, body, limit)
            status = answer.status
            return self._read(
                method, place.partition("?")[0], status, answers.whole(answer, until=until), form
            )
        except (Broken, urllib3.exceptions.HTTPError, GoogleAuthError, OSError) as error:
            raise trouble_of("kubernetes", method, place, status, error) from error

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: Json | None, limit: float
    ) -> urllib3.BaseHTTPResponse:
        """Send once; the answer, which begins within `limit` seconds, and whose body is not read yet.

        What time a cluster says it is is not heard: leases and deadlines are Google's clock's.
        """
        return _pool(self._ca).request(
            method,
            url,
            headers=headers,
            json=body,
            timeout=urllib3.Timeout(total=limit, connect=CONNECT),
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _read(self, method: str, place: str, status: int, data: bytes, form: Form) -> Json:
        if status == 401:
            self._session.credentials.token = None  # the next call asks for a new one
        if status >= 300:
            raise refusals.from_answer("kubernetes", method, place, status, data)
        return answers.shaped(answers.parsed(data), form)


def _limited(url: str, method: str, limit: float) -> str:
    """The URL of a change with the server's time limit; what reads may end whenever it does."""
    if method == "GET":
        return url
    return f"{url}{'&' if '?' in url else '?'}timeout={math.ceil(limit * 1000)}ms"


def path_of(kind: str, namespace: str) -> str:
    """Where the objects of a kind are.

    Raises:
        Refused: `namespace` would lead elsewhere.
    """
    if namespace and not _NAME.fullmatch(namespace):
        raise errors.Refused("kubernetes", "", kind, 0, "NotAName", f"{namespace[:100]!r} is no namespace")
    return PATHS[kind].format(namespace=namespace)


def is_object(value: Any) -> bool:
    """Whether a value is an object of Kubernetes: it has a name. Steps rely on every object's."""
    meta = value.get("metadata") if isinstance(value, dict) else None
    return isinstance(meta, dict) and is_name(meta.get("name")) and is_name(meta.get("namespace", "n"))


def is_name(value: Any) -> bool:
    """Whether a value is a name that Kubernetes gives objects, so that it can stand in a URL, and in a command."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_list_of(form: Form) -> Form:
    """A list says that it is one, and has items [documented: API concepts, collections]."""
    is_list = has(items=list, kind=str)
    return lambda value: is_list(value) and value["kind"].endswith("List") and all(map(form, value["items"]))


def object_path(kind: str, namespace: str, name: str) -> str:
    """Where one object is. Names may come from a cluster's answers, so what is no name is not asked for.

    Raises:
        Refused: `name` would lead elsewhere.
    """
    if not _NAME.fullmatch(name):
        raise errors.Refused("kubernetes", "", kind, 0, "NotAName", f"{name[:100]!r} is no object's name")
    return f"{path_of(kind, namespace)}/{name}"


def pem_of(ca: str) -> str | None:
    """The PEM text of a cluster's CA as GKE gives it (base64); None for "": the system's roots are meant."""
    return base64.b64decode(ca).decode() if ca else None


@cache
def _pool(ca: str) -> urllib3.PoolManager:
    """A warm function keeps its connections. Without `ca`: the roots of the system, or of SSL_CERT_FILE."""
    return urllib3.PoolManager(HOSTS, ssl_context=ssl.create_default_context(cadata=pem_of(ca)))
