"""Whether a namespace is empty but for what is ours: before one is deleted in a cluster that is not.

Deleting a namespace deletes all that is in it, whoever made it. What every namespace has of its own, and what
another object owns, does not count; what may not be read stops the step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from shared import errors, labels
from shared.google.answers import has
from shared.google.cluster_reader import ClusterReader, is_object
from shared.json_types import Json
from shared.objects import KubeObject

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"  # [documented]
# No Secret's value comes to us, where the server can leave it out, which Kubernetes' own can [documented].
NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
ENOUGH = 20  # objects of a kind that are looked at

# Kinds that only tell of other objects, or that the cluster itself writes.
_DERIVED = {
    "events", "endpoints", "endpointslices", "leases", "controllerrevisions", "serviceimports",
    "servicenetworkendpointgroups",
}  # fmt: skip
_DERIVED_GROUPS = ("metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io")
# What is in every namespace from birth [documented].
_GIVEN = {("serviceaccounts", "default"), ("configmaps", "kube-root-ca.crt")}
_TOKENS_ACCOUNT = (
    "kubernetes.io/service-account.name"  # on each token that a cluster made for one [documented]
)
_IS_RESOURCE = has(resource=str, scope=str, verbs=list)
_MCS = "gke-mcs-controller.gke.io"  # labels what it makes for an import [observed]


def foreign_object_in(cluster: ClusterReader, namespace: str, environment: str) -> str:
    """What somebody else has in the namespace, as `plural/name`; "" if there is nothing.

    Raises:
        PermissionDenied: a kind may not be listed: then nobody knows what would be deleted with the namespace.
    """
    for path, plural in _places(cluster, namespace):
        query = urlencode({"labelSelector": f"{labels.OWNER}!={environment}", "limit": ENOUGH})
        try:
            items = cluster.items(f"{path}?{query}", NAMES, is_object)
        except errors.NotFound:
            continue
        for each in items:
            if not _is_given(plural, each):
                return f"{plural}/{each['metadata']['name']}"
    return ""


def _places(cluster: ClusterReader, namespace: str) -> Iterator[tuple[str, str]]:
    """Path and plural of every kind that a namespace can hold and that can be listed."""
    for root in ("/api", "/apis"):
        for group in cluster.items(root, AGGREGATED, _is_group):
            name = group["metadata"].get("name", "")
            for plural, version in _kinds(group) if name not in _DERIVED_GROUPS else ():
                base = f"{root}/{name}/{version}" if name else f"{root}/{version}"
                yield f"{base}/namespaces/{namespace}/{plural}", plural


def _kinds(group: Json) -> Iterator[tuple[str, str]]:
    """Each plural once, with the first version of its group that has it: the preferred one comes first [documented].

    Not every kind is in that one: ReferenceGrants are in v1beta1 alone, where Gateways are in v1 too [documented].
    """
    found = set[str]()
    for version in group["versions"]:
        for each in version["resources"]:
            listable = each["scope"] == "Namespaced" and "list" in each["verbs"]
            if listable and each["resource"] not in found | _DERIVED:
                found.add(each["resource"])
                yield each["resource"], version["version"]


def _is_group(told: Any) -> bool:
    """Whether this is what the server says of a group of kinds [documented: APIGroupDiscovery]."""
    versions = told.get("versions") if has(metadata=dict, versions=list)(told) else []
    return bool(versions) and all(
        has(version=str, resources=list)(each) and all(map(_IS_RESOURCE, each["resources"]))
        for each in versions
    )


def _is_given(plural: str, item: KubeObject) -> bool:
    """Whether an object came with the namespace, follows from another, or is on its way out."""
    meta = item["metadata"]
    return (
        (plural, meta["name"]) in _GIVEN
        or bool(meta.get("ownerReferences"))
        or "deletionTimestamp" in meta
        or (meta.get("labels") or {}).get("app.kubernetes.io/managed-by") == _MCS
        or _TOKENS_ACCOUNT in (meta.get("annotations") or {})
    )
