"""Where a cluster's API is, and reading it over plain TLS.

The DNS endpoint is asked first: it needs no VPC and no certificate of its own, and authorized networks do not
apply to it [documented]. Without it, the public endpoint under the cluster's CA. Nothing is ever sent with
verification off. Clusters are listed over plain REST here, and the `kubernetes` client is left to
`shared.google.kubernetes`, which writes: a function that only reads should not wait for either at a cold start.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import urllib3
import urllib3.exceptions
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared import errors
from shared.google.session import TIMEOUT, Session, unanswered

Json = dict[str, Any]
APPLY = "application/apply-patch+yaml"  # takes JSON too, which is YAML

NEG = "ServiceNetworkEndpointGroup"  # how a Service's network endpoint groups appear in its cluster

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


@dataclass(frozen=True)
class Door:
    """How one cluster is reached, and whether it can be. `created` is RFC 3339."""

    name: str
    path: str
    location: str
    status: str
    created: str
    membership: str
    host: str
    ca: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the cluster serves: also while an update runs on it."""
        return self.status in ("RUNNING", "RECONCILING") and bool(self.host)


def doors(session: Session, project: str) -> dict[tuple[str, str], Door]:
    """The project's clusters by name and location.

    Raises:
        Transient: a zone could not be asked: a list with holes is unknown, never empty.
    """
    path = f"v1/projects/{project}/locations/-/clusters"
    answer = session.get("container", path)
    if answer.get("missingZones"):
        text = f"no answer from {', '.join(answer['missingZones'])}"
        raise errors.Transient("container", "GET", path, 0, "MissingZones", text)
    found = (_door(project, each) for each in answer.get("clusters", []))
    return {(door.name, door.location): door for door in found}


class ClusterReader:
    """One cluster's API, to read from."""

    def __init__(self, session: Session, door: Door) -> None:
        self.path = door.path
        self._session = session
        self._host = f"https://{door.host}"
        self._ca = door.ca

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        """One object, or None if it or its kind is not there."""
        try:
            return self._call("GET", f"{path_of(kind, namespace)}/{name}")
        except errors.NotFound:
            return None

    def everywhere(self, kind: str, selector: str = "") -> list[Json] | None:
        """As `list`, in all namespaces; `selector` is a label selector."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        return self._items(kind, PATHS[kind].replace("/namespaces/{namespace}", "") + query)

    def read(self, path: str, accept: str = "") -> Json:
        """Whatever is at `path`; `accept` asks for another form of it than JSON."""
        return self._call("GET", path, accept=accept)

    def _items(self, kind: str, path: str) -> list[Json] | None:
        try:
            answer = self._call("GET", path)
        except errors.NotFound:
            return None
        return [{"apiVersion": answer["apiVersion"], "kind": kind, **each} for each in answer["items"]]

    def list(self, kind: str, namespace: str) -> list[Json] | None:
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
            status, date, data = self._send(method, self._host + path, headers, body)
        except (urllib3.exceptions.HTTPError, GoogleAuthError, OSError) as error:
            late = isinstance(error, urllib3.exceptions.TimeoutError)
            raise unanswered("kubernetes", method, self.path + path, error, late) from error
        if status == 401:
            self._session.credentials.token = None  # the next call asks for a new one
        if date:
            calls.date = parsedate_to_datetime(date).timestamp()
        return self._read(method, path, status, data)

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: Json | None
    ) -> tuple[int, str | None, bytes]:
        """Send once; status, `Date` and body of the answer."""
        timeout = urllib3.Timeout(connect=TIMEOUT[0], read=TIMEOUT[1])
        answer = _pool(self._ca).request(
            method, url, headers=headers, json=body, timeout=timeout, retries=False, redirect=False
        )
        return answer.status, answer.headers.get("Date"), answer.data

    def _read(self, method: str, path: str, status: int, data: bytes) -> Json:
        try:
            value = json.loads(data)
        except ValueError:
            value = data.decode(errors="replace")
        if status >= 400 or not isinstance(value, dict):
            raise errors.from_response(
                "kubernetes", method, self.path + path.partition("?")[0], status, value
            )
        return value


def path_of(kind: str, namespace: str) -> str:
    """Where the objects of a kind are."""
    return PATHS[kind].format(namespace=namespace)


def pem_of(ca: str) -> str | None:
    """The PEM text of a cluster's CA as GKE gives it (base64); None for "": the system's roots are meant."""
    return base64.b64decode(ca).decode() if ca else None


@cache
def _pool(ca: str) -> urllib3.PoolManager:
    """A warm function keeps its connections. Without `ca`: the roots of the system, or of SSL_CERT_FILE."""
    return urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=pem_of(ca)))


def _door(project: str, cluster: Json) -> Door:
    endpoints = cluster.get("controlPlaneEndpointsConfig", {})
    dns = endpoints.get("dnsEndpointConfig", {})
    public = endpoints.get("ipEndpointsConfig", {}).get("publicEndpoint") or cluster.get("endpoint", "")
    by_dns = bool(dns.get("allowExternalTraffic") and dns.get("endpoint"))
    return Door(
        name=cluster["name"],
        path=f"projects/{project}/locations/{cluster['location']}/clusters/{cluster['name']}",
        location=cluster["location"],
        status=cluster.get("status", ""),
        created=cluster.get("createTime", ""),
        membership=cluster.get("fleet", {}).get("membership", "").removeprefix("//gkehub.googleapis.com/"),
        host=dns["endpoint"] if by_dns else public,
        ca="" if by_dns else cluster.get("masterAuth", {}).get("clusterCaCertificate", ""),
        labels=cluster.get("resourceLabels", {}),
    )
