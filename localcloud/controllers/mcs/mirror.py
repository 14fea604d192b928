"""NEGs as they appear in their cluster: one ServiceNetworkEndpointGroup each, which holds its namespace.

The NEG controller owns it by the Service and puts a finalizer on it, which it takes off once the NEG is deleted: so
a namespace stays in Terminating for as long as a backend service uses a NEG of it (kubernetes/ingress-gce#1720)
[observed].
"""

from __future__ import annotations

import json

from localcloud.compute.names import short, url
from localcloud.controllers.mcs.members import Member, namespace_open
from localcloud.wire.messages import Json
from localcloud.world import World

KIND = "networking.gke.io/ServiceNetworkEndpointGroup"
FINALIZER = "networking.gke.io/neg-finalizer"
MANAGER = "neg-controller"
MANAGED = {"networking.gke.io/managed-by": MANAGER}


def mirror(world: World, members: list[Member], owned: dict[str, list[str]]) -> None:
    """Bring the objects in each cluster in line with its NEGs; `owned` are their full names, by cluster."""
    for member in members:
        groups: dict[str, list[str]] = {}
        for full in owned.get(member.cluster, []):
            groups.setdefault(short(full), []).append(full)
        if groups and member.api.registry.named(KIND) is None:
            member.api.install_bundle("networking.gke.io_servicenetworkendpointgroups")
        for name in sorted(groups):
            _put(world, member, name, groups[name])
        for item in member.api.list(KIND, labels=MANAGED):
            if item["metadata"]["name"] not in groups:
                _release(member, item)


def _put(world: World, member: Member, name: str, zonal: list[str]) -> None:
    """`zonal` are the NEGs of that name, one a zone. Without its Service an object is not made again."""
    group = world.store["compute.networkEndpointGroups"].get(zonal[0]) or {}
    told = json.loads(group["description"])
    namespace, service = told["namespace"], member.api.get("Service", told["namespace"], told["service-name"])
    known = member.api.get(KIND, namespace, name) is not None
    if known or service is None or not namespace_open(member, namespace):
        return
    meta = {
        "name": name,
        "namespace": namespace,
        "finalizers": [FINALIZER],
        "labels": {
            **MANAGED,
            "networking.gke.io/service-name": told["service-name"],
            "networking.gke.io/service-port": told["port"],
        },
        "ownerReferences": [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "name": told["service-name"],
                "uid": service["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }
    negs = [{"networkEndpointType": "GCE_VM_IP_PORT", "selfLink": url(full)} for full in sorted(zonal)]
    item = {"metadata": meta, "spec": {}, "status": {"networkEndpointGroups": negs}}
    member.api.create(KIND, item, MANAGER)


def _release(member: Member, item: Json) -> None:
    """Its NEGs are gone: it may go."""
    meta = item["metadata"]
    member.api.patch(KIND, meta["namespace"], meta["name"], {"metadata": {"finalizers": []}}, MANAGER)
    if member.api.get(KIND, meta["namespace"], meta["name"]) is not None:
        member.api.delete(KIND, meta["namespace"], meta["name"])
