"""The registry of resource kinds: one line says where a kind lives, what it uses, and how its deletion is
timed.

Get, list, aggregated list and delete follow from the line (`resources.py`); so does what may not be deleted
because something else uses it (`usage.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.service import Call
from localcloud.wire.validation import snake

_PARTS = "compute.loadbalancer.delete"


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    `methods` is its collection in the discovery document, `noun` its `kind` after `compute#` and its path
    parameter. `scope` is `global`, `region` or `zone`. `uses` are the fields whose URLs keep other resources
    from being deleted; `deletes` is the deletion's kind in the timing table. `collection` differs from
    `methods` where global and regional resources have methods of their own; `plural` is the noun in the
    aggregated list's kind.
    """

    methods: str
    noun: str
    scope: str
    uses: tuple[str, ...] = ()
    deletes: str = _PARTS
    collection: str = ""
    plural: str = ""

    @property
    def stored(self) -> str:
        """The collection's name, in URLs and in the store."""
        return self.collection or self.methods

    @property
    def title(self) -> str:
        """The kind as refusals name it: `target_http_proxy` [observed]."""
        return snake(self.noun)

    @property
    def aggregated(self) -> str:
        """The `kind` of an aggregated list."""
        return f"compute#{self.plural or self.noun}AggregatedList"

    def parent(self, call: Call) -> str:
        """The full name of the collection that the call's path names: `projects/P/regions/R/subnetworks`."""
        place = "global" if self.scope == "global" else f"{self.scope}s/{call.params[self.scope]}"
        return f"projects/{call.project}/{place}/{self.stored}"

    def name(self, call: Call) -> str:
        """The full name of the resource that the call's path names."""
        return f"{self.parent(call)}/{call.params.get(self.noun) or call.params['resource']}"


NETWORKS = Kind("networks", "network", "global", deletes="compute.networks.delete")
SUBNETWORKS = Kind("subnetworks", "subnetwork", "region", ("network",), "compute.subnetworks.delete")
ADDRESSES = Kind("addresses", "address", "region", ("subnetwork",), "compute.addresses.delete")
GLOBAL_ADDRESSES = Kind("globalAddresses", "address", "global", ("network",), ADDRESSES.deletes, "addresses")
FIREWALLS = Kind("firewalls", "firewall", "global", ("network",), "compute.firewalls.delete")
ROUTES = Kind("routes", "route", "global", ("network",))
_RULE = ("target", "backendService", "subnetwork", "network")
GLOBAL_RULES = Kind("globalForwardingRules", "forwardingRule", "global", _RULE, collection="forwardingRules")
FORWARDING_RULES = Kind("forwardingRules", "forwardingRule", "region", _RULE)
PROXIES = Kind("targetHttpProxies", "targetHttpProxy", "global", ("urlMap",))
URL_MAPS = Kind("urlMaps", "urlMap", "global", ("defaultService", "pathMatchers"), plural="urlMaps")
BACKENDS = Kind("backendServices", "backendService", "global", ("healthChecks", "backends"))
HEALTH_CHECKS = Kind("healthChecks", "healthCheck", "global", plural="healthChecks")
NEGS = Kind("networkEndpointGroups", "networkEndpointGroup", "zone", ("network", "subnetwork"))

# In the order in which a refusal looks for a user, so that it always names the same one.
KINDS = (
    FORWARDING_RULES, GLOBAL_RULES, PROXIES, URL_MAPS, BACKENDS, HEALTH_CHECKS, NEGS,
    ADDRESSES, GLOBAL_ADDRESSES, SUBNETWORKS, FIREWALLS, ROUTES, NETWORKS,
)  # fmt: skip
OPERATIONS = tuple(
    Kind(f"{scope}Operations", "operation", scope, collection="operations")
    for scope in ("global", "region", "zone")
)
