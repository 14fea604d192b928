"""Where clusters' APIs are, and where a token may go: what GKE says of each cluster's endpoints, judged.

The DNS endpoint is used first: it needs no VPC, and authorized networks do not apply to it [documented]. It
speaks under the public authorities, so its name has to lie under GKE's own domain. Without it, the public
endpoint, which has to be an address and speaks under the cluster's own CA, as GKE tells it. Whatever else GKE
tells, or does not tell, is no door: a token is sent to neither.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared import errors
from shared.google.session import Session

Json = dict[str, Any]

ALIVE = ("RUNNING", "RECONCILING")  # also while an update runs on it
PRIVATE = "it serves its Kubernetes API inside its VPC network alone"
RESTRICTED = "its authorized networks keep Fleetgate's functions out of its public endpoint"

_HOST = re.compile(r"([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::\d{1,5})?")
_EVERYBODY = "0.0.0.0/0"


@dataclass(frozen=True)
class Door:
    """How one cluster is reached, and whether it can be. `created` is RFC 3339.

    `ca` is that of `host` (base64 of PEM), "" for the public authorities. `shut` says why a cluster that serves
    cannot be reached from here.
    """

    name: str
    path: str
    location: str
    status: str
    created: str
    membership: str
    host: str
    ca: str
    labels: Mapping[str, str] = field(default_factory=dict)
    shut: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the cluster can be asked."""
        return self.status in ALIVE and bool(self.host)

    @property
    def closed(self) -> str:
        """Why it is not open, to be read after the cluster's name; "" if it is."""
        if self.is_open:
            return ""
        if self.status in ALIVE and self.shut:
            return f"cannot be reached: {self.shut}; {opening(self.path)}"
        return f"is {self.status or 'not reachable'}"


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
    domain = session.settings.cluster_domain
    found = (door_of(project, each, domain) for each in answer.get("clusters", []))
    return {(door.name, door.location): door for door in found}


def door_of(project: str, cluster: Json, domain: str) -> Door:
    """The door of a cluster as the API tells it; names of DNS endpoints are believed under `domain` alone."""
    host, ca, shut = _way_in(cluster, domain)
    return Door(
        name=cluster["name"],
        path=f"projects/{project}/locations/{cluster['location']}/clusters/{cluster['name']}",
        location=cluster["location"],
        status=cluster.get("status", ""),
        created=cluster.get("createTime", ""),
        membership=cluster.get("fleet", {}).get("membership", "").removeprefix("//gkehub.googleapis.com/"),
        host=host,
        ca=ca,
        labels=cluster.get("resourceLabels", {}),
        shut=shut,
    )


def opening(path: str) -> str:
    """The command that opens the DNS endpoint of the cluster with this full name [documented, gcloud]."""
    _, project, _, location, _, name = path.split("/")
    where = f"{name} --location={location} --project={project}"
    return f"gcloud container clusters update {where} --enable-dns-access"


def admitted(enabled: bool, google_cloud: bool, blocks: Iterable[str]) -> bool:
    """Whether authorized networks let a function in, which has whatever address of Google Cloud's it was given.

    Cloud Run's addresses are among Google Cloud's [documented, GKE authorized networks], and those come in
    with `gcpPublicCidrsAccessEnabled` [documented, gcloud --enable-google-cloud-access].
    """
    return not enabled or google_cloud or _EVERYBODY in blocks


def public_endpoint(named: str, endpoint: str, private: str) -> str:
    """The public endpoint: by its own name, or the cluster's `endpoint` where that is not the private one."""
    return named or (endpoint if endpoint != private else "")


def _way_in(cluster: Json, domain: str) -> tuple[str, str, str]:
    """Host and CA of the door that is used, or why there is none."""
    config = cluster.get("controlPlaneEndpointsConfig", {})
    dns, by_ip = config.get("dnsEndpointConfig", {}), config.get("ipEndpointsConfig", {})
    if dns.get("allowExternalTraffic") and dns.get("endpoint"):
        host = str(dns["endpoint"])
        shut = "" if _lies_under(host, domain) else f"its DNS endpoint {host[:100]!r} is not under {domain}"
        return ("", "", shut) if shut else (host, "", "")
    private = by_ip.get("privateEndpoint", "")
    public = public_endpoint(by_ip.get("publicEndpoint", ""), cluster.get("endpoint", ""), private)
    ca = cluster.get("masterAuth", {}).get("clusterCaCertificate", "")
    shut = _shut(public, ca, by_ip.get("authorizedNetworksConfig", {}))
    return ("", "", shut) if shut else (public, ca, "")


def _shut(public: str, ca: str, networks: Json) -> str:
    """What keeps us from using a public endpoint; "" if nothing does."""
    if not public:
        return PRIVATE
    blocks = [each.get("cidrBlock", "") for each in networks.get("cidrBlocks", [])]
    if not admitted(bool(networks.get("enabled")), bool(networks.get("gcpPublicCidrsAccessEnabled")), blocks):
        return RESTRICTED
    if not _is_address(public):
        return f"its public endpoint {public[:100]!r} is not an address"
    return "" if ca else "GKE does not tell the CA of its public endpoint"


def _lies_under(host: str, domain: str) -> bool:
    form = _HOST.fullmatch(host)
    return form is not None and (form[1] == domain or form[1].endswith(f".{domain}"))


def _is_address(host: str) -> bool:
    form = _HOST.fullmatch(host)
    try:
        return form is not None and bool(ipaddress.IPv4Address(form[1]))
    except ValueError:
        return False
