"""The endpoints of a cluster's control plane: where they listen, and whom each lets in, as configured at that moment.

The DNS endpoint answers 403 while it does not allow external traffic (seen in gke-labs/kube-agents#648)
[observed]; its words are [inferred]. The public endpoint is there or not, and authorized networks let packets in
by where they come from [documented: GKE, authorized networks]: a function's come from Google Cloud's own
addresses, everybody else's from loopback here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

from localcloud.wire.errors import invalid
from localcloud.wire.messages import Abort, Caller, Json, Request, Response
from localcloud.world import Part, World

PUBLIC, DNS = "public", "dns"
_HERE = ipaddress.ip_address("127.0.0.1")
_ADDRESSES = "container.endpoints.internal"  # where the edge opened them; not part of what the cloud shows


@dataclass(frozen=True)
class ClusterEndpoints:
    """Where one cluster's Kubernetes API is reached.

    `public` (host:port) speaks under `ca_pem`, the cluster's own authority; the DNS endpoint, whose name GKE gave it,
    under the authority that SSL_CERT_FILE names to programs here, as Google's does under the public ones.
    """

    public: str
    ca_pem: str


class EndpointServer(Protocol):
    """Opens and closes the endpoints of clusters; the edge does it on real sockets."""

    def open_cluster(self, name: str, host: str, answer: Callable[[Request], Response]) -> ClusterEndpoints:
        """Let `answer` answer what the cluster of this full name is asked, also by its DNS endpoint `host`."""
        ...

    def close_cluster(self, name: str) -> None:
        """Stop serving it."""
        ...


class NoSockets:
    """For a world without an edge: nothing listens."""

    def open_cluster(self, name: str, host: str, answer: Callable[[Request], Response]) -> ClusterEndpoints:
        """An address that leads nowhere."""
        return ClusterEndpoints("192.0.2.1:443", "")

    def close_cluster(self, name: str) -> None:
        """Nothing to close."""


ENDPOINT_SERVER: Part[EndpointServer] = Part("a server of the clusters' endpoints", lambda _: NoSockets())


def refusal(world: World, full_name: str, endpoint: str, caller: Caller) -> Response | None:
    """What the endpoint answers to a caller whom it does not let in; None if it does.

    Raises:
        Abort: nobody answers there.
    """
    cluster = world.store["container.clusters"].get(full_name)
    if cluster is None or "controlPlaneEndpointsConfig" not in cluster:
        return None
    config = cluster["controlPlaneEndpointsConfig"]
    if endpoint == DNS:
        return None if config["dnsEndpointConfig"].get("allowExternalTraffic") else _forbidden()
    if not _is_public(config["ipEndpointsConfig"]) or not _admits(config["ipEndpointsConfig"], caller):
        raise Abort
    return None


def _forbidden() -> Response:
    words = "External traffic to the DNS-based endpoint of this cluster is not allowed."
    error = {"code": 403, "message": words, "status": "PERMISSION_DENIED"}
    return Response.of_json({"error": error}, 403)


def _is_public(by_ip: Json) -> bool:
    return bool(by_ip.get("enabled", True) and by_ip.get("enablePublicEndpoint"))


def _admits(by_ip: Json, caller: Caller) -> bool:
    networks = by_ip.get("authorizedNetworksConfig", {})
    if not networks.get("enabled"):
        return True
    if caller.instance and networks.get("gcpPublicCidrsAccessEnabled"):
        return True
    blocks = [
        ipaddress.ip_network(each["cidrBlock"], strict=False) for each in networks.get("cidrBlocks", [])
    ]
    everybody = any(block.prefixlen == 0 for block in blocks)
    return everybody or (not caller.instance and any(_HERE in block for block in blocks))


def check_networks(networks: Json) -> None:
    """Refuse authorized networks that are none.

    Raises:
        Refused: INVALID_ARGUMENT; how the words begin is [observed: gke-network-policy-demo#37], the rest is
            [inferred].
    """
    for each in networks.get("cidrBlocks", []):
        block = each.get("cidrBlock", "")
        if not is_ipv4_range(block):
            words = f'Invalid master authorized networks: network "{block}" is not a valid IPv4 CIDR block.'
            raise invalid(words, "badRequest")


def is_ipv4_range(text: str) -> bool:
    """Whether `text` is `A.B.C.D/N`."""
    try:
        ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def agreed(cluster: Json, asked: Json) -> Json:
    """`cluster` with what was asked for in one of GKE's two places for it in the other, too [documented: the
    descriptions of IPEndpointsConfig's fields name their elder twins]."""
    config = deepcopy(cluster["controlPlaneEndpointsConfig"])
    by_ip = config["ipEndpointsConfig"]
    elder = asked.get("masterAuthorizedNetworksConfig", {})
    by_ip["authorizedNetworksConfig"] = {**by_ip.get("authorizedNetworksConfig", {}), **elder}
    if asked.get("privateClusterConfig", {}).get("enablePrivateEndpoint"):
        by_ip["enablePublicEndpoint"] = False
    check_networks(by_ip["authorizedNetworksConfig"])
    networks = {"masterAuthorizedNetworksConfig": by_ip["authorizedNetworksConfig"]}
    return {**cluster, **networks, "controlPlaneEndpointsConfig": config}


def remember(world: World, cluster: Json, public: str) -> None:
    """Keep where the cluster's public endpoint was opened: it may be shown only later."""
    world.store[_ADDRESSES].put(cluster["id"], {"public": public})


def addressed(world: World, cluster: Json) -> Json:
    """`cluster` with its endpoints where GKE shows them, once it has any: the public one only while it is served."""
    kept = world.store[_ADDRESSES].get(cluster["id"])
    if kept is None:
        return cluster
    config = cluster["controlPlaneEndpointsConfig"]
    by_ip = {key: value for key, value in config["ipEndpointsConfig"].items() if key != "publicEndpoint"}
    shown = {"publicEndpoint": kept["public"]} if _is_public(by_ip) else {}
    elder = {k: v for k, v in cluster["privateClusterConfig"].items() if k != "publicEndpoint"}
    return {
        **cluster,
        "endpoint": shown.get("publicEndpoint", by_ip["privateEndpoint"]),
        "controlPlaneEndpointsConfig": {**config, "ipEndpointsConfig": {**by_ip, **shown}},
        "privateClusterConfig": {**elder, **shown},
    }
