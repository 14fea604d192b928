"""Which resources the controllers of deleted clusters have left behind. Pure.

A resource is ours if its name or description names a cluster of ours, or if no foreign cluster can have made it.
"""

from __future__ import annotations

import re

from functions.verification.attribution import Attribution, Evidence, abandoned, foreign, ours
from functions.verification.descriptions import fields_of
from functions.verification.load_balancer_leaks import attribute_gateway_firewall
from shared.google.container import location_of
from shared.google.resource import Resource, tail_of

# `gke-<cluster>-<8 characters>-<purpose>`: made by multi-cluster Services (mcsd) and by GKE itself [observed].
_OF_CLUSTER = re.compile(r"^gke-(.+)-[0-9a-z]{8}-(mcsd|all|vms|master|inkubelet|exkubelet)$")


def attribute_endpoint_group(evidence: Evidence, each: Resource) -> Attribution | None:
    """A NEG. Only the controller of its own cluster deletes it: after the cluster is gone, nobody does."""
    if each.name.startswith("gsmrsvd"):
        return foreign("multi-cluster Services reserve such names; nothing says for which environment")
    fields = fields_of(each)
    if not each.name.startswith("k8s1-") or "namespace" not in fields:
        return None
    namespace, name = str(fields["namespace"]), str(fields.get("service-name", ""))
    service, cluster = f"{namespace}/{name}", _possible_cluster(evidence, each)
    if not evidence.is_our_service(namespace, name):
        return None if cluster else foreign(f"a cluster that is gone made it for {service}")
    if cluster:
        return abandoned(f"it is for {service}, and {cluster}, which is not ours, may have made it", each)
    return ours(f"it was made for {service}, and no foreign cluster can have made it")


def attribute_firewall(evidence: Evidence, each: Resource) -> Attribution | None:
    """A firewall rule of the environment's network, or of any if that is not known."""
    if evidence.environment.network not in ("", each.network):
        return None
    if each.name.startswith("gkemcg1-l7-"):
        return attribute_gateway_firewall(evidence, each)
    named = _OF_CLUSTER.match(each.name)
    if named is None or named[1] in {path.rpartition("/")[2] for path in evidence.foreign_clusters}:
        return None
    if named[1] in evidence.own_clusters:
        return ours(f"it was made for cluster {named[1]}")
    if evidence.inventory.hidden:
        return foreign(
            f"it was made for cluster {named[1]}, which cannot be seen; nothing says whose that was"
        )
    return abandoned(f"it was made for cluster {named[1]}, which is gone; nothing says whose that was", each)


def attribute_membership(evidence: Evidence, each: Resource) -> Attribution | None:
    """A membership of the fleet."""
    cluster = tail_of(each.cluster)
    if cluster and cluster.rpartition("/")[2] in evidence.own_clusters:
        return ours(f"it is the membership of {cluster}")
    if cluster and evidence.inventory.hides(location_of(each.cluster)):
        return None
    if cluster and cluster not in {one.tail for one in evidence.inventory.of("clusters")}:
        return abandoned(f"its cluster, {cluster}, is gone; nothing says whose that was", each)
    return None


def _possible_cluster(evidence: Evidence, group: Resource) -> str:
    """A foreign cluster in the NEG's region and network; "" if there is none.

    What may be hidden is foreign: where the environment may have been, nothing is hidden (`read_inventory`).
    """
    region = group.location.rpartition("-")[0]
    if evidence.inventory.hides(region):
        return f"a cluster in {region}, where clusters cannot be listed now"
    for path, cluster in evidence.foreign_clusters.items():
        if cluster.location.startswith(region) and cluster.network == group.network:
            return path
    return ""
