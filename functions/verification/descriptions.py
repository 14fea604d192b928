"""What labels and descriptions say about a resource: its owner, and the Kubernetes object that it was made for."""

from __future__ import annotations

import json
from typing import NamedTuple

from shared import anchor, labels
from shared.google.resource import Resource
from shared.json_types import Json


class DescribedObject(NamedTuple):
    """The object in a description: its cluster (full name), plural kind, namespace and name."""

    cluster: str
    plural: str
    namespace: str
    name: str


def owner(each: Resource) -> str | None:
    """The environment in a resource's label or mark, or in the description of an anchor that has no labels yet."""
    marked = labels.owner(each.labels, each.description)
    return marked or anchor.first_labels(each.description).get(labels.OWNER)


def fields_of(each: Resource) -> Json:
    """The JSON object in a resource's description; {} if there is none. GKE's controllers write one [observed]."""
    try:
        fields = json.loads(each.description)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def described_object(each: Resource) -> DescribedObject | None:
    """The object that the Gateway controller names in a description [observed]."""
    fields = fields_of(each)
    parts = str(fields.get("k8sResource", "")).split("/")
    if len(parts) != 5:  # "", "namespaces", namespace, plural, name
        return None
    cluster = str(fields.get("k8sCluster", "")).removeprefix("/")
    return DescribedObject(cluster, parts[3], parts[2], parts[4])
