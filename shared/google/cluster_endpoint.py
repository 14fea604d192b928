"""Where a cluster's API is, and whether a token may go there: what GKE says of the cluster's endpoints, judged.

The DNS endpoint is used first: it needs no VPC, and authorized networks do not apply to it [documented]. It
speaks under the public authorities, so its name has to lie under GKE's own domain. Without it, the public
endpoint, which has to be an address and speaks under the cluster's own CA, as GKE tells it. A token is sent to
nothing else, whatever GKE says of a cluster.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.google import wire


PRIVATE = "it serves its Kubernetes API inside its VPC network alone"
RESTRICTED = "its authorized networks keep Fleetgate's functions out of its public endpoint"

_DOMAIN = "gke.goog"  # of DNS endpoints [documented, DNS-based endpoint]
_HOST = re.compile(r"([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::\d{1,5})?")
_EVERYBODY = "0.0.0.0/0"


@dataclass(frozen=True)
class Endpoint:
    """Where a cluster's API is reached: `host`, with a port if it has one, "" if it cannot be reached.

    `ca` is the authority of `host` (base64 of PEM), "" for the public ones. `unusable` says why there is no host.
    """

    host: str = ""
    ca: str = ""
    unusable: str = ""


def endpoint_of(cluster: wire.Cluster) -> Endpoint:
    """The endpoint of a cluster that a token may go to; the name of a DNS endpoint has to lie under GKE's domain."""
    config = cluster.get("controlPlaneEndpointsConfig", {})
    dns = config.get("dnsEndpointConfig", {})
    if dns.get("allowExternalTraffic") and dns.get("endpoint"):
        return _by_name(str(dns["endpoint"]))
    ca = cluster.get("masterAuth", {}).get("clusterCaCertificate", "")
    why = why_not_public(cluster) or _why_not_trusted(public_address(cluster), ca)
    return Endpoint(unusable=why) if why else Endpoint(public_address(cluster), ca)


def enabling_command(path: str) -> str:
    """The command that enables the DNS endpoint of the cluster with this full name [documented, gcloud]."""
    _, project, _, location, _, name = path.split("/")
    where = f"{name} --location={location} --project={project}"
    return f"gcloud container clusters update {where} --enable-dns-access"


def public_address(cluster: wire.Cluster) -> str:
    """The public endpoint: by its own name, or the cluster's `endpoint` where that is not the private one."""
    by_ip = cluster.get("controlPlaneEndpointsConfig", {}).get("ipEndpointsConfig", {})
    endpoint = cluster.get("endpoint", "")
    return by_ip.get("publicEndpoint", "") or (
        endpoint if endpoint != by_ip.get("privateEndpoint", "") else ""
    )


def why_not_public(cluster: wire.Cluster) -> str:
    """`PRIVATE` or `RESTRICTED` if a cluster's configuration keeps functions from its public endpoint, else "".

    A function has whatever address of Google Cloud's it was given. Cloud Run's addresses are among Google Cloud's
    [documented, GKE authorized networks], and those come in with `gcpPublicCidrsAccessEnabled` [documented, gcloud
    --enable-google-cloud-access].
    """
    if not public_address(cluster):
        return PRIVATE
    by_ip = cluster.get("controlPlaneEndpointsConfig", {}).get("ipEndpointsConfig", {})
    networks = by_ip.get("authorizedNetworksConfig", {})
    blocks = [each.get("cidrBlock", "") for each in networks.get("cidrBlocks", [])]
    open_to_us = networks.get("gcpPublicCidrsAccessEnabled") or _EVERYBODY in blocks
    return "" if open_to_us or not networks.get("enabled") else RESTRICTED


def _by_name(host: str) -> Endpoint:
    form = _HOST.fullmatch(host)
    if form is not None and (form[1] == _DOMAIN or form[1].endswith(f".{_DOMAIN}")):
        return Endpoint(host)
    return Endpoint(unusable=f"its DNS endpoint {host[:100]!r} is not under {_DOMAIN}")


def _why_not_trusted(host: str, ca: str) -> str:
    if not _is_address(host):
        return f"its public endpoint {host[:100]!r} is not an address"
    return "" if ca else "GKE does not tell the CA of its public endpoint"


def _is_address(host: str) -> bool:
    form = _HOST.fullmatch(host)
    try:
        return form is not None and bool(ipaddress.IPv4Address(form[1]))
    except ValueError:
        return False
