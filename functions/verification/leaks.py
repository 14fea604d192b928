"""What of all that is there an environment has left behind, and what only looks as if. Pure.

Ours is what bears the label or the mark. Controllers copy neither to what they make, so what they made is told by
what ties it to the environment: the parts that the Gateway itself named before it went, descriptions that name
the Gateway, the import or the Service, names that multi-cluster Services and GKE build from a cluster's. Whatever
somebody else still uses is not ours to remove, and what has nothing but its name in common is foreign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from functions.verification.inventory import Inventory
from shared import gcloud, labels
from shared.google.resource import Resource, tail_of
from shared.json_types import Json

BALANCER = ("forwardingRules", "targetHttpProxies", "urlMaps", "backendServices", "healthChecks")
SIGNED = ("forwardingRules", "targetHttpProxies", "urlMaps")  # always bear a description [observed]

# `gke-<cluster>-<8 characters>-<what for>`: of multi-cluster Services, and GKE's own [observed].
_OF_CLUSTER = re.compile(r"^gke-(.+)-[0-9a-z]{8}-(mcsd|all|vms|master|inkubelet|exkubelet)$")
SERVE404 = "gkemcg1-kube-system-gw-serve404-"  # shared by all Gateways of a project [observed]


@dataclass(frozen=True)
class Environment:
    """Whose leftovers are looked for. `gateway` is its (namespace, name), if that is known; `anchor` the anchor's
    full name, which is no leak; `parts` are tails of what the Gateway named as its own, and of our clusters."""

    name: str
    network: str
    gateway: tuple[str, str] | None
    anchor: str
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tie:
    """What a resource has to do with the environment. `strong` ties hold whoever else uses it."""

    ours: bool
    why: str
    strong: bool = False


@dataclass(frozen=True)
class Findings:
    """Rows for the report: leaks are {resource, why, fix}, foreign are {resource, why}."""

    leaks: tuple[Json, ...] = ()
    foreign: tuple[Json, ...] = ()


def find(there: Inventory, whose: Environment) -> Findings:
    """Sort what is there into leaks, in the order in which they can be removed, and what only looks alike."""
    look = _Look(there, whose)
    ties = [(each, tie) for each in there.resources if (tie := look.tie(each))]
    return Findings(
        tuple(
            {"resource": each.path, "why": tie.why, "fix": gcloud.delete(each)}
            for each, tie in ties
            if tie.ours
        ),
        tuple({"resource": each.path, "why": tie.why} for each, tie in ties if not tie.ours),
    )


class _Look:
    """One look: resources are asked about in their order, so that users are judged before what they use."""

    def __init__(self, there: Inventory, whose: Environment) -> None:
        self.there, self.whose = there, whose
        self._users: dict[str, str] = {}  # full name → somebody else's resource that uses it
        self._strange_rules: set[str] = set()  # somebody else's Gateways' forwarding rules

    def tie(self, each: Resource) -> Tie | None:
        """How a resource is tied to the environment, if it is."""
        found = self._marked(each) if each.path != self.whose.anchor else None
        if found is None and not self._is_marked(each):
            found = self._by_kind(each)
        user = self._users.get(each.path)
        if found and found.ours and not found.strong and user:
            found = Tie(False, f"{found.why}; but {user} uses it")
        if found is None or not found.ours:
            self._users.update(dict.fromkeys(each.uses, each.path))
            self._strange_rules |= {each.path} if each.kind == "forwardingRules" else set()
        return found

    # -- by label or mark

    def _is_marked(self, each: Resource) -> bool:
        return bool(_owner(each)) or each.path == self.whose.anchor

    def _marked(self, each: Resource) -> Tie | None:
        if _owner(each) != self.whose.name:
            return None
        return Tie(True, f"it bears the mark {labels.OWNER}={self.whose.name}", strong=True)

    # -- by what names and descriptions say

    def _by_kind(self, each: Resource) -> Tie | None:
        if each.kind in BALANCER:
            return self._part(each)
        ties = {
            "networkEndpointGroups": self._group,
            "firewalls": self._firewall,
            "memberships": self._membership,
            "addresses": self._namesake,
            "subnetworks": self._namesake,
        }
        return ties[each.kind](each) if each.kind in ties else None

    def _part(self, each: Resource) -> Tie | None:
        if each.tail in self.whose.parts:
            return Tie(True, "the Gateway named it among its load balancer's parts")
        if each.name.startswith("gkemcs-"):
            return self._service_part(each)
        if not each.name.startswith("gkemcg1-") or each.name.startswith(SERVE404):
            return None
        said = _described(each)
        if said is None:
            return self._by_name(each)
        cluster, plural, namespace, name = said
        if not self._named(plural, namespace, name):
            other = Tie(False, f"its description names {plural} {namespace}/{name}")
            return other if self._is_alike(each) else None
        if cluster in self._strangers:
            return Tie(False, f"its description names {namespace}/{name} in {cluster}, which is not ours")
        return Tie(True, f"its description names {plural} {namespace}/{name}")

    def _named(self, plural: str, namespace: str, name: str) -> bool:
        """Whether an object that a description names is the environment's."""
        if plural == "gateways":
            return (namespace, name) == self.whose.gateway
        return self._is_service(namespace, name)

    def _by_name(self, each: Resource) -> Tie | None:
        if not self._is_alike(each):
            return None
        if each.kind in SIGNED:
            return Tie(False, "it is named as a part of the Gateway, and no description says that it is")
        return Tie(True, "it is named as the Gateway controller names parts of this environment's Gateway")

    def _is_alike(self, each: Resource) -> bool:
        """Whether it is named as the controller names parts of ours: of the Gateway, of its namespace's imports."""
        return bool(self.whose.gateway and each.name.startswith(f"gkemcg1-{self.whose.gateway[0]}-"))

    def _service_part(self, each: Resource) -> Tie | None:
        said = str(_json(each.description).get("kubernetes.io/service-name", ""))
        namespace, _, name = said.partition("/")
        prefix = f"gkemcs-{self.whose.gateway[0]}-" if self.whose.gateway else "\0"
        if self._is_service(namespace, name) if said else each.name.startswith(prefix):
            return Tie(True, f"multi-cluster Services made it for {said or 'the Gateway’s namespace'}")
        if any(one.name.endswith("discovery") for one in self.there.of("features")):
            return None
        return Tie(
            False, "multi-cluster Services, which are disabled, left it; nothing says for which environment"
        )

    def _is_service(self, namespace: str, name: str) -> bool:
        """Whether a Service is in the Gateway's namespace, or had a backend service of the Gateway's."""
        if self.whose.gateway and namespace == self.whose.gateway[0]:
            return True
        return any(f"/gkemcg1-{namespace}-{name}-" in part for part in self.whose.parts)

    def _group(self, each: Resource) -> Tie | None:
        """A NEG of a cluster's own controller, which alone removes it: after its cluster, nobody does."""
        if each.name.startswith("gsmrsvd"):
            return Tie(False, "multi-cluster Services reserve such names; nothing says for which environment")
        said = _json(each.description)
        if not each.name.startswith("k8s1-") or "namespace" not in said:
            return None
        service = f"{said['namespace']}/{said.get('service-name', '')}"
        maker = self._possible_maker(each)
        if not self._is_service(str(said["namespace"]), str(said.get("service-name", ""))):
            return None if maker else Tie(False, f"it was made for {service}, by a cluster that is gone")
        if maker:
            return Tie(False, f"it is for {service}, and {maker}, which is not ours, may have made it")
        return Tie(True, f"it was made for {service}, and nobody else's cluster can have made it")

    def _possible_maker(self, group: Resource) -> str:
        """Somebody else's cluster that is where the NEG is."""
        region = group.location.rpartition("-")[0]
        for path, cluster in self._strangers.items():
            if cluster.location.startswith(region) and group.network == cluster.network:
                return path
        return ""

    def _firewall(self, each: Resource) -> Tie | None:
        if each.network != self.whose.network:
            return None
        if each.name.startswith("gkemcg1-l7-"):
            return self._gateways_firewall(each)
        named = _OF_CLUSTER.match(each.name)
        if named is None or named[1] in {path.rpartition("/")[2] for path in self._strangers}:
            return None
        if named[1] in self._clusters:
            return Tie(True, f"it was made for cluster {named[1]}")
        return Tie(False, f"it was made for cluster {named[1]}, which is gone; nothing says whose that was")

    def _gateways_firewall(self, each: Resource) -> Tie | None:
        """One rule for all Gateways of a VPC: it goes with the last of them."""
        if any("/gkemcg1-" in rule for rule in self._strange_rules):
            return None
        ours = any(rule.kind == "forwardingRules" and self._part(rule) for rule in self.there.resources)
        if each.tail in self.whose.parts or ours:
            return Tie(True, "the controller made it for Gateways, and no other Gateway needs it")
        return Tie(False, "no Gateway is left that needs it; nothing says that it was this environment's")

    def _membership(self, each: Resource) -> Tie | None:
        cluster = tail_of(each.cluster)
        if cluster and cluster.rpartition("/")[2] in self._clusters:
            return Tie(True, f"it is the membership of {cluster}")
        if cluster and cluster not in {one.tail for one in self.there.of("clusters")}:
            return Tie(False, f"its cluster, {cluster}, is gone; nothing says whose that was")
        return None

    def _namesake(self, each: Resource) -> Tie | None:
        """Names that we give to what we make ourselves, and then with a mark."""
        ours = (f"vip-{self.whose.name}-", f"fleetgate-{self.whose.name}-proxy")
        if not each.name.startswith(ours):
            return None
        return Tie(False, "it is named as this environment names its own, and does not bear the mark")

    # -- what all of them need

    @cached_property
    def _clusters(self) -> set[str]:
        """Short names of our clusters, of those that are gone too."""
        gone = {part.rpartition("/")[2] for part in self.whose.parts if "/clusters/" in part}
        there = self.there.of("clusters")
        return gone | {each.name for each in there if _owner(each) == self.whose.name}

    @cached_property
    def _strangers(self) -> Mapping[str, Resource]:
        """Clusters that are not ours, by full name."""
        there = self.there.of("clusters")
        return {each.path: each for each in there if _owner(each) != self.whose.name}


def _owner(each: Resource) -> str | None:
    """The environment whose label or mark a resource bears."""
    return each.labels.get(labels.OWNER) or labels.marked_by(each.description)


def _described(each: Resource) -> tuple[str, str, str, str] | None:
    """The cluster (full name), plural kind, namespace and name in the Gateway controller's description [observed]."""
    said = _json(each.description)
    words = str(said.get("k8sResource", "")).split("/")
    if len(words) != 5:
        return None
    return str(said.get("k8sCluster", "")).removeprefix("/"), words[3], words[2], words[4]


def _json(text: Any) -> Json:
    try:
        said = json.loads(text or "")
    except (ValueError, TypeError):
        return {}
    return said if isinstance(said, dict) else {}
