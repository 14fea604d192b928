"""How the multi-cluster Gateway controller names what it makes, and how it signs it.

Names are `gkemcg1-<namespace>-<name>-<12 characters>`; a backend's do not depend on the Gateway, so Gateways
that route to one import share its backend service; forwarding rules carry a JSON description that says whose
they are [observed in public exports of projects with multi-cluster Gateways]. How the twelve characters come
about is not known; here they are a hash of what the thing is for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

PREFIX = "gkemcg1"
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST = 63


@dataclass(frozen=True, order=True)
class Ref:
    """A namespaced object."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def short_hash(*parts: object) -> str:
    """Twelve characters of [0-9a-z] that follow from `parts`."""
    number = int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:10], "big")
    digits = ""
    while len(digits) < 12:
        number, rest = divmod(number, len(_ALPHABET))
        digits += _ALPHABET[rest]
    return digits


def _fitted(stem: str, suffix: str) -> str:
    return f"{stem[: _LONGEST - len(suffix) - 1].rstrip('-')}-{suffix}"


def part_name(ref: Ref, *purpose: object) -> str:
    """The name of a part of a Gateway: `purpose` tells its parts apart in the hash alone."""
    return _fitted(f"{PREFIX}-{ref.namespace}-{ref.name}", short_hash(ref, *purpose))


def backend_name(ref: Ref, port: int) -> str:
    """The name of the backend service, and of the health check, for one port of a ServiceImport."""
    return _fitted(f"{PREFIX}-{ref.namespace}-{ref.name}-{port}", short_hash("backend", ref, port))


# What answers requests that no rule matches.
SERVE404 = backend_name(Ref("kube-system", "gw-serve404"), 80)


def firewall_name(network: str) -> str:
    """The one firewall rule of all Gateways of this class in a VPC; `network` is its short name."""
    return _fitted(f"{PREFIX}-l7-{network}", "global")


def ownership(cluster: str, kind: str, ref: Ref) -> str:
    """The description that proves whose a part is; `kind` is the plural resource, `cluster` a full name."""
    return json.dumps(
        {"k8sResource": f"/namespaces/{ref.namespace}/{kind}/{ref.name}", "k8sCluster": f"/{cluster}"},
        separators=(",", ":"),
    )


def described(description: str) -> tuple[str, str, Ref] | None:
    """What a description of this controller says: (cluster, plural kind, object); None for any other."""
    try:
        found = json.loads(description)
        words = found["k8sResource"].split("/")
        cluster = found["k8sCluster"].removeprefix("/")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (cluster, words[3], Ref(words[2], words[4])) if len(words) == 5 else None


def owner(description: str) -> Ref | None:
    """The Gateway that a description names, if it is one of this controller's."""
    found = described(description)
    return found[2] if found and found[1] == "gateways" else None
