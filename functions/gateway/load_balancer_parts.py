"""The parts of a load balancer: which the Gateway names itself, and which are left once it is gone. Pure.

The controller lists them in the Gateway's annotations, comma-separated, with the project's number
(`/projects/123/global/urlMaps/…`) [observed]; a part's description names the Gateway that it was made for
[observed], and its name is built from the Gateway's, cut to 63 characters [observed].
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.google.compute import path_of
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.google import wire

# Kinds in the order in which they go; rules, proxies and URL maps are one Gateway's, the others are shared.
SIGNED = ("forwardingRules", "targetHttpProxies", "urlMaps")
SHARED = ("backendServices", "healthChecks")
KINDS = SIGNED + SHARED

_LISTED = (
    "forwarding-rules", "target-http-proxies", "target-https-proxies", "url-maps", "backend-services",
    "health-checks", "ssl-certificates", "firewalls", "addresses",
)  # fmt: skip
_STEM = 50  # characters of `gkemcg1-<namespace>-<name>` before `-` and a hash of twelve


def listed(gateway: KubeObject, project: str) -> Iterator[str]:
    """The full names of the parts that a Gateway's annotations name; `project` stands in for its number."""
    notes = gateway["metadata"].get("annotations") or {}
    for word in _LISTED:
        for part in notes.get(f"networking.gke.io/{word}", "").split(","):
            if "projects/" in part:
                _, _, rest = part.strip().partition("projects/")
                yield f"projects/{project}/{rest.partition('/')[2]}"


def left(
    there: Mapping[str, Iterable[wire.Resource]],
    gateway: str,
    inventory: Iterable[str],
    clusters: Iterable[str] = (),
) -> list[str]:
    """Full names of the parts that are still there, given the live resources of each kind of `KINDS`.

    `gateway` is namespace/name, "" if that is not known: then a part is the environment's if its description
    names one of `clusters` (full names). What is shared is only known by the inventory, and does not count
    while a URL map of another Gateway uses it.
    """
    known, found, used = set(inventory), list[str](), set[str]()
    for kind in KINDS:
        for part in there.get(kind, ()):
            path = path_of(part["selfLink"])
            if path in used:
                ours = False
            elif kind in SHARED:
                ours = path in known
            else:
                ours = path in known or _is_made_for(part, gateway, set(clusters))
            found += [path] if ours else []
            used |= set() if ours else set(_references(part))
    return found


def _is_made_for(part: wire.Resource, gateway: str, clusters: set[str]) -> bool:
    """By its description; without one, by its name, if that is long enough to tell."""
    owner, cluster = _described(part.get("description", ""))
    if owner:
        return owner == gateway if gateway else cluster in clusters
    stem = f"gkemcg1-{gateway.replace('/', '-')}"
    whole = len(stem) <= _STEM and bool(gateway)
    return whole and bool(re.fullmatch(rf"{re.escape(stem)}-[0-9a-z]{{12}}", part["name"]))


def _described(description: str) -> tuple[str, str]:
    """Namespace/name of the Gateway, and the cluster, that a description names; "" twice for any other."""
    try:
        words = json.loads(description)
        _, _, namespace, kind, name = words["k8sResource"].split("/")
        cluster = words["k8sCluster"].removeprefix("/")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""
    return (f"{namespace}/{name}", cluster) if kind == "gateways" else ("", "")


def _references(value: Any) -> Iterator[str]:
    """The full names of the resources of a part that lead further: backend services and health checks."""
    if isinstance(value, str):
        if any(f"/{kind}/" in value for kind in SHARED):
            yield path_of(value)
    elif isinstance(value, Mapping):
        yield from (name for key, item in value.items() if key != "selfLink" for name in _references(item))
    elif isinstance(value, list):
        yield from (name for item in value for name in _references(item))
