"""The parts of Gateways in the store: made, changed where they differ, removed in Google's order.

A part is a Gateway's if its description says so. Backend services, their health checks and the firewall
rule are shared: they go when nothing refers to them any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.compute.addresses import allocate_address
from localcloud.compute.names import fingerprint, full_name, short, url
from localcloud.compute.quotas import check_quotas
from localcloud.controllers.gateway.addresses import Site, Vip
from localcloud.controllers.gateway.names import PREFIX, Ref, firewall_name, owner
from localcloud.controllers.gateway.parts import KINDS, Key
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.messages import Json
from localcloud.world import World

# What compute adds to what it was given.
# In the order in which a resource has them.
_GIVEN_BY_SERVER = ("id", "creationTimestamp", "selfLink", "fingerprint", "labels", "labelFingerprint")
# Kinds whose parts bear their Gateway's name in the description.
_SIGNED = ("forwardingRules", "targetHttpProxies", "urlMaps")


class LoadBalancers:
    """Every part there is, by Gateway."""

    def __init__(self, world: World) -> None:
        self._world = world

    def address(self, gateway: Ref, site: Site, vip: Vip) -> str:
        """The IP of an address: the reserved one's, or the one it has, or a free one of the subnetwork.

        Raises:
            Refused: the subnetwork has none left.
        """
        if vip.reserved:
            return str((self._world.store["compute.addresses"].get(vip.reserved) or {})["address"])
        for _, rule in self._own(gateway, site.project, "forwardingRules"):
            if full_name(rule["subnetwork"]) == vip.subnetwork and not self._reserved(rule):
                return str(rule["IPAddress"])
        return allocate_address(self._world, vip.subnetwork, f"{site.project}/{gateway}/{vip.region}")

    def ensure(self, gateway: Ref, site: Site, wanted: Mapping[Key, Json]) -> bool:
        """Make the store as `wanted` says, and remove what is beyond that; whether anything changed.

        What is right already is not written again.

        Raises:
            Refused: a quota does not allow for it; nothing has been changed.
        """
        check_quotas(self._world, site.project, wanted)
        before = set(self._backends(gateway, site.project))
        changed = [self._put(site, kind, name, part) for (kind, name), part in wanted.items()]
        removed = [
            self._delete(kind, name)
            for kind in _SIGNED
            for name, _ in list(self._own(gateway, site.project, kind))
            if (f"compute.{kind}", short(name)) not in wanted
        ]
        dropped = self._drop_unused(before, site.project)
        return any(changed) or bool(removed) or dropped

    def remove(self, gateway: Ref, site: Site) -> None:
        """Remove every part of a Gateway: forwarding rules first, what they lead to after them."""
        before = set(self._backends(gateway, site.project))
        for kind in _SIGNED:
            for name, _ in list(self._own(gateway, site.project, kind)):
                self._delete(kind, name)
        self._drop_unused(before, site.project)
        if not any(self._ours_in(site)):
            self._delete("firewalls", f"projects/{site.project}/global/firewalls/{_firewall(site)}")

    def exists(self, gateway: Ref, site: Site) -> bool:
        """Whether the Gateway has any part."""
        return any(any(self._own(gateway, site.project, kind)) for kind in _SIGNED)

    def inventory(self, gateway: Ref, site: Site, addresses: list[str]) -> dict[str, str]:
        """The annotations that list a Gateway's parts, as `/projects/<number>/…` [observed]."""
        number = self._world.projects.get(site.project).number
        found: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for kind in _SIGNED:
            found[kind] = [name for name, _ in self._own(gateway, site.project, kind)]
        found["backendServices"] = sorted(set(self._backends(gateway, site.project)))
        found["healthChecks"] = [check for name in found["backendServices"] for check in self._checks(name)]
        firewall = f"projects/{site.project}/global/firewalls/{_firewall(site)}"
        found["firewalls"] = [firewall] if firewall in self._world.store["compute.firewalls"] else []
        found["addresses"] = addresses
        return {
            f"networking.gke.io/{word}": ", ".join(
                name.replace(f"projects/{site.project}/", f"/projects/{number}/", 1)
                for name in found.get(kind, [])
            )
            for word, kind in _ANNOTATIONS.items()
        }

    def _own(self, gateway: Ref, project: str, kind: str) -> Iterator[tuple[str, Json]]:
        items = self._world.store[f"compute.{kind}"].items(f"projects/{project}/global/")
        return ((name, part) for name, part in items if owner(part.get("description", "")) == gateway)

    def _reserved(self, rule: Json) -> bool:
        return any(
            one.get("address") == rule["IPAddress"] and one.get("subnetwork") == rule["subnetwork"]
            for one in self._world.store["compute.addresses"].list()
        )

    def _ours_in(self, site: Site) -> Iterator[str]:
        rules = self._world.store["compute.forwardingRules"].items(f"projects/{site.project}/global/")
        network = url(site.network)
        return (name for name, r in rules if short(name).startswith(PREFIX) and r["network"] == network)

    def _backends(self, gateway: Ref, project: str) -> Iterator[str]:
        """The backend services that the Gateway's URL maps refer to."""
        for _, url_map in self._own(gateway, project, "urlMaps"):
            yield from services_of(url_map)

    def _checks(self, backend_service: str) -> list[str]:
        found = self._world.store["compute.backendServices"].get(backend_service) or {}
        return [full_name(check) for check in found.get("healthChecks", [])]

    def _drop_unused(self, candidates: set[str], project: str) -> bool:
        """Delete those of `candidates` that no URL map refers to, and their health checks."""
        maps = self._world.store["compute.urlMaps"].list(f"projects/{project}/global/")
        used = {name for url_map in maps for name in services_of(url_map)}
        unused = sorted(candidates - used)
        for name in unused:
            checks = self._checks(name)
            self._delete("backendServices", name)
            for check in checks:
                self._delete("healthChecks", check)
        return bool(unused)

    def _delete(self, kind: str, name: str) -> bool:
        self._world.store[f"compute.{kind}"].delete(name)
        return True

    def _put(self, site: Site, kind: str, name: str, part: Json) -> bool:
        collection = self._world.store[kind]
        full = f"projects/{site.project}/global/{kind.removeprefix('compute.')}/{name}"
        known = collection.get(full)
        if known is not None and {k: v for k, v in known.items() if k not in _GIVEN_BY_SERVER} == part:
            return False
        given = {key: known[key] for key in _GIVEN_BY_SERVER if key in known} if known else self._born(full)
        collection.put(full, {**given, **part, "fingerprint": fingerprint(part)})
        return True

    def _born(self, full: str) -> Json:
        now = rfc3339_pacific(self._world.clock.now)
        return {"id": self._world.ids.number(), "creationTimestamp": now, "selfLink": url(full)}


_ANNOTATIONS = {
    "addresses": "addresses",
    "backend-services": "backendServices",
    "firewalls": "firewalls",
    "forwarding-rules": "forwardingRules",
    "health-checks": "healthChecks",
    "lb-route-extensions": "",
    "lb-traffic-extensions": "",
    "ssl-certificates": "",
    "target-http-proxies": "targetHttpProxies",
    "target-https-proxies": "",
    "url-maps": "urlMaps",
    "wasm-plugins": "",
}


def services_of(value: Any) -> Iterator[str]:
    """The full names of the backend services that a URL map, or a piece of one, refers to."""
    if isinstance(value, str):
        if "/backendServices/" in value:
            yield full_name(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from services_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from services_of(item)


def _firewall(site: Site) -> str:
    return firewall_name(short(site.network))
