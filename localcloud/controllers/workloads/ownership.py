"""Who controls what: owner references, written and read."""

from __future__ import annotations

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json


def owner_reference(owner: Json, kind: str, api_version: str = "apps/v1") -> Json:
    """What ties an object to the one that controls it."""
    meta = owner["metadata"]
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owners_of(item: Json) -> set[str]:
    """The uids of all owners of `item`."""
    return {ref["uid"] for ref in item["metadata"].get("ownerReferences", ())}


def owned_by(item: Json, owner: Json) -> bool:
    """Whether `owner` is an owner of `item`."""
    return owner["metadata"]["uid"] in owners_of(item)


def owner_of(item: Json) -> str:
    """The name of the object that controls `item`, or an empty one."""
    return next(
        (ref["name"] for ref in item["metadata"].get("ownerReferences", ()) if ref.get("controller")), ""
    )


def owned(api: KubernetesApi, kind: str, owner: Json) -> list[Json]:
    """The objects of `kind` that `owner` owns, by name."""
    return [item for item in api.list(kind, owner["metadata"]["namespace"]) if owned_by(item, owner)]
