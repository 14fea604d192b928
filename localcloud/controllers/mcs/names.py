"""How multi-cluster Services names what it makes [observed; how the hashes come about is not known].

NEGs are named as the cluster's own NEG controller names them, `k8s1-<hash>-<ns>-<svc>-<port>-<hash>`; the backend
service `gkemcs-<ns>-<name>`, the firewall rule `gke-<cluster>-<hash>-mcsd`, the Service in the importing clusters
`gke-mcs-<10 characters>`.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from localcloud.controllers.mcs.exports import Name

_LONGEST = 63
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=8192)
def digest(text: str, count: int) -> str:
    """`count` (at most 12) characters of [0-9a-z] that follow from `text`."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    found = ""
    for _ in range(count):
        number, rest = divmod(number, len(_ALPHABET))
        found += _ALPHABET[rest]
    return found


def neg(cluster: str, service: Name, port: int) -> str:
    """The NEG of a port in each zone; `cluster` is the full name. Long parts are cut evenly."""
    head, tail = digest(cluster, 8), digest(f"{cluster}/{service.namespace}/{service.name}/{port}", 8)
    room = _LONGEST - len(f"k8s1-{head}---{port}-{tail}")
    namespace, name = _cut(service.namespace, service.name, room)
    return f"k8s1-{head}-{namespace}-{name}-{port}-{tail}"


def _cut(first: str, second: str, room: int) -> tuple[str, str]:
    if len(first) + len(second) <= room:
        return first, second
    half = room // 2
    return first[: max(half, room - len(second))], second[: max(room - half, room - len(first))]


def neg_description(cluster: str, service: Name, port: int) -> str:
    """What ties a NEG to its Service, in the form of the NEG controller [observed]."""
    words = {
        "cluster-uid": digest(cluster, 8),
        "namespace": service.namespace,
        "service-name": service.name,
        "port": str(port),
    }
    return json.dumps(words, separators=(",", ":"))


def backend_service(service: Name) -> str:
    """The backend service of an export, as the label on its imports says; of its health check too."""
    name = f"gkemcs-{service.namespace}-{service.name}"
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 9]}-{digest(name, 8)}"


def firewall(cluster: str) -> str:
    """The firewall rule that lets the fleet's pods reach those of the cluster."""
    return f"gke-{cluster.rpartition('/')[2][:40]}-{digest(cluster, 8)}-mcsd"


def node_tag(cluster: str) -> str:
    """The network tag that the nodes of a cluster bear: `gke-<cluster>-<hash>-node` [observed]."""
    return f"gke-{cluster.rpartition('/')[2]}-{digest(cluster, 8)}-node"


def derived_service(project: str, service: Name) -> str:
    """The Service in the importing clusters behind which the pods of all exporting ones are."""
    return f"gke-mcs-{digest(f'{project}/{service.namespace}/{service.name}', 10)}"
