"""A cluster's own API, through the `kubernetes` client's transport, with the function's Google identity.

The DNS endpoint is asked first: it needs no VPC and no certificate of its own, and authorized networks do
not apply to it [documented]. Without it, the public endpoint under the cluster's CA. Nothing is ever sent
with verification off. Clusters are listed over plain REST here: google-cloud-container would double the
cold start.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import urllib3.exceptions
from google.auth.transport.requests import Request
from kubernetes.client import ApiClient, Configuration

from shared import errors
from shared.google.session import TIMEOUT, Session

Json = dict[str, Any]
FIELD_MANAGER = "fleetgate"
APPLY = "application/apply-patch+yaml"  # takes JSON too, which is YAML

# Kind → where its objects are.
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Service": "/api/v1/namespaces/{namespace}/services",
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "ServiceExport": "/apis/net.gke.io/v1/namespaces/{namespace}/serviceexports",
    "ServiceImport": "/apis/net.gke.io/v1/namespaces/{namespace}/serviceimports",
    "GatewayClass": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "Gateway": "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes",
    "HealthCheckPolicy": "/apis/networking.gke.io/v1/namespaces/{namespace}/healthcheckpolicies",
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


class Cluster:
    """One cluster's API."""

    def __init__(self, session: Session, door: Door) -> None:
        self.path = door.path
        self._session = session
        self._host = f"https://{door.host}"
        self._client = _client(self._host, door.ca)

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        """One object, or None if it or its kind is not there."""
        try:
            return self._call("GET", f"{path_of(kind, namespace)}/{name}")
        except errors.NotFound:
            return None

    def list(self, kind: str, namespace: str) -> list[Json] | None:
        """The objects of a namespace, or None if the cluster does not know the kind."""
        try:
            items: list[Json] = self._call("GET", path_of(kind, namespace))["items"]
        except errors.NotFound:
            return None
        return items

    def apply(self, wanted: Json) -> Json:
        """Server-side apply of `wanted`: what it names becomes so, what it leaves out is left alone.

        Raises:
            Refused: the object is invalid, in the API server's words.
        """
        meta = wanted["metadata"]
        path = f"{path_of(wanted['kind'], meta.get('namespace', ''))}/{meta['name']}"
        query = {"fieldManager": FIELD_MANAGER, "force": "true", "fieldValidation": "Strict"}
        return self._call("PATCH", f"{path}?{urlencode(query)}", wanted)

    def resource(self, kind: str, namespace: str, name: str) -> str:
        """The full name of an object: its cluster's, then its path."""
        return f"{self.path}{path_of(kind, namespace)}/{name}"

    def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        calls = self._session.calls
        calls.count("kubernetes", method, path)
        headers = {"Accept": "application/json"} | ({"Content-Type": APPLY} if body is not None else {})
        self._session.credentials.before_request(Request(), method, self._host + path, headers)
        try:
            answer = self._client.call_api(method, self._host + path, headers, body, _request_timeout=TIMEOUT)
            data = answer.read()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            text = f"no answer: {type(error).__name__}"
            raise errors.Transient("kubernetes", method, self.path + path, 0, "Unreachable", text) from error
        if date := answer.getheader("Date"):
            calls.date = parsedate_to_datetime(date).timestamp()
        return self._read(method, path, answer.status, data)

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


def differs(wanted: Any, live: Any) -> bool:
    """Whether `live` lacks something that `wanted` names; what the server added does not count."""
    if isinstance(wanted, Mapping):
        return not isinstance(live, Mapping) or any(
            differs(value, live.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        if not isinstance(live, list) or len(wanted) != len(live):
            return True
        return any(differs(one, other) for one, other in zip(wanted, live, strict=True))
    return bool(wanted != live)


_CLIENTS: dict[tuple[str, str], ApiClient] = {}  # a warm function keeps its connections


def _client(host: str, ca: str) -> ApiClient:
    if (host, ca) not in _CLIENTS:
        configuration = Configuration(host=host)
        configuration.retries = False
        configuration.proxy = None
        configuration.ca_cert_data = base64.b64decode(ca).decode() if ca else None
        _CLIENTS[host, ca] = ApiClient(configuration)
    return _CLIENTS[host, ca]


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
    )
