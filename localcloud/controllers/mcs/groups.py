"""What exports are in compute: zonal NEGs with the ready pods, one backend service and health check, firewall rules.

NEGs belong to their cluster: its own NEG controller makes and deletes them, and nobody else may, so those of a
cluster that is deleted first stay [observed: kubernetes/ingress-gce#136]. So does its firewall rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.compute.names import full_name, url
from localcloud.container.lifecycle import alive
from localcloud.controllers.mcs import names
from localcloud.controllers.mcs.exports import Export, Name, completed
from localcloud.controllers.mcs.members import Member
from localcloud.controllers.mcs.mirror import mirror
from localcloud.controllers.workloads.endpoints import Address, addresses, chosen, target_port
from localcloud.controllers.workloads.services import zones_of
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.messages import Json
from localcloud.world import World

# NEG's full name → the export and cluster it was made for: what the clusters' NEG controllers remember.
OWNED = "mcs.negs"
PROBERS = ("130.211.0.0/22", "35.191.0.0/16")  # where Google's health checks come from [documented]


@dataclass(frozen=True)
class Group:
    """A NEG that there is to be: its full name, how it is described, and its endpoints."""

    name: str
    member: Member
    service: Name
    port: int
    endpoints: list[Json]


def groups_of(world: World, project: str, namespace: str, name: str, port: int) -> dict[str, list[str]]:
    """The NEGs (full names) of a port of an exported Service that there are, by the membership they come from."""
    by_name: dict[str, list[str]] = {}
    for group in world.store["compute.networkEndpointGroups"].names(f"projects/{project}/zones/"):
        by_name.setdefault(group.rpartition("/")[2], []).append(group)
    return {
        export.membership: by_name.get(names.neg(export.cluster, export.service, port), [])
        for export in completed(world, project).get(Name(namespace, name), [])
    }


def sync(world: World, project: str, members: list[Member], service: Name) -> None:
    """Make what the completed exports of a Service need, and bring it up to date."""
    exports = completed(world, project).get(service, [])
    clusters = {member.cluster: member for member in members}
    for export in exports:
        if export.cluster in clusters:
            for group in _groups(project, clusters[export.cluster], export):
                _put_group(world, group)
    if exports:
        _put_backend(world, project, service, exports)


def clean_up(world: World, project: str, members: list[Member]) -> None:
    """Remove what no completed export needs any more, and show in the clusters what there is."""
    exports = completed(world, project)
    _remove_backends(world, project, {names.backend_service(service) for service in exports})
    kept = (
        names.neg(one.cluster, s, port["port"]) for s in exports for one in exports[s] for port in one.ports
    )
    _remove_groups(world, project, set(kept))
    owned: dict[str, list[str]] = {}
    for full, row in world.store[OWNED].items(f"projects/{project}/"):
        owned.setdefault(row["cluster"], []).append(full)
    mirror(world, members, owned)


def clean_up_abandoned(world: World, project: str, members: list[Member]) -> None:
    """Without the hosted controller its backend services stay. But each cluster's own NEG controller goes on: it
    deletes the NEGs of a Service that is gone once no backend service uses them [observed: kubernetes/ingress-gce,
    its garbage collection knows no fleet]."""
    apis = {member.cluster: member.api for member in members}
    kept, owned = set[str](), dict[str, list[str]]()
    for full, row in world.store[OWNED].items(f"projects/{project}/"):
        owned.setdefault(row["cluster"], []).append(full)
        told = json.loads(
            (world.store["compute.networkEndpointGroups"].get(full) or {}).get("description", "{}")
        )
        api = apis.get(row["cluster"])
        if api is None or api.get("Service", told["namespace"], told["service-name"]) is not None:
            kept.add(full.rpartition("/")[2])
    if any(full.rpartition("/")[2] not in kept for found in owned.values() for full in found):
        _remove_groups(world, project, kept)
        left = set(world.store[OWNED].names(f"projects/{project}/"))
        mirror(world, members, {cluster: [n for n in found if n in left] for cluster, found in owned.items()})


def follow(world: World, name: str, group: Json | None) -> None:
    """The endpoints of a NEG go with it, whoever deletes it."""
    if group is None:
        world.store["compute.networkEndpoints"].delete(name)


def reachable(member: Member, service: Name, port: Json) -> tuple[int, list[Address]]:
    """The port behind a Service's `port` and the ready pods that listen on it: none if it names a port that no
    container has [observed: kubernetes, FindPort, whose failure leaves a pod out of the EndpointSlice]."""
    found = member.api.get("Service", service.namespace, service.name)
    if found is None:
        return 0, []
    pods = chosen(found, member.api.list("Pod", service.namespace))
    at = addresses(pods, zones_of(member.api.list("Node")))
    number = target_port(port, pods)
    return number, [one for one in at if one.ready and number]


def _groups(project: str, member: Member, export: Export) -> Iterator[Group]:
    zones = sorted(set(zones_of(member.api.list("Node")).values()) - {""})
    for port in export.ports:
        number, at = reachable(member, export.service, port)
        name = names.neg(member.cluster, export.service, port["port"])
        for zone in zones:
            endpoints = [_endpoint(project, one, number) for one in at if one.zone == zone]
            full = f"projects/{project}/zones/{zone}/networkEndpointGroups/{name}"
            yield Group(full, member, export.service, port["port"], endpoints)


def _endpoint(project: str, one: Address, port: int) -> Json:
    instance = url(f"projects/{project}/zones/{one.zone}/instances/{one.node}")
    return {"instance": instance, "ipAddress": one.ip, "port": port}


def _put_group(world: World, group: Group) -> None:
    config = group.member.resource.get("networkConfig", {})
    body = {
        "networkEndpointType": "GCE_VM_IP_PORT",
        "description": names.neg_description(group.member.cluster, group.service, group.port),
        "network": url(config.get("network", "")),
        "subnetwork": url(config.get("subnetwork", "")),
        "zone": url("/".join(group.name.split("/")[:4])),
    }
    put(world, "networkEndpointGroups", "networkEndpointGroup", group.name, body)
    if (world.store["compute.networkEndpoints"].get(group.name) or {}).get("endpoints") != group.endpoints:
        world.store["compute.networkEndpoints"].put(group.name, {"endpoints": group.endpoints})
    if group.name not in world.store[OWNED]:
        world.store[OWNED].put(group.name, {"cluster": group.member.cluster})


def _put_backend(world: World, project: str, service: Name, exports: list[Export]) -> None:
    """Backends are the NEGs of the Service's first port, as it is one backend service a Service [inferred]."""
    name, port = names.backend_service(service), exports[0].ports[0]["port"] if exports[0].ports else 0
    check = f"projects/{project}/global/healthChecks/{name}"
    put(world, "healthChecks", "healthCheck", check, _health_check())
    found = groups_of(world, project, service.namespace, service.name, port)
    backends = [
        {"group": url(group), "balancingMode": "RATE", "maxRatePerEndpoint": 100000000, "capacityScaler": 1.0}
        for membership in sorted(found)
        for group in found[membership]
    ]
    body = {
        "description": f'{{"kubernetes.io/service-name":"{service.namespace}/{service.name}"}}',
        "protocol": "HTTP",
        "loadBalancingScheme": "INTERNAL_SELF_MANAGED",
        "sessionAffinity": "NONE",
        "timeoutSec": 30,
        "healthChecks": [url(check)],
        **({"backends": backends} if backends else {}),
    }
    put(world, "backendServices", "backendService", f"projects/{project}/global/backendServices/{name}", body)


def _health_check() -> Json:
    """Traffic Director asks whether the port takes connections [inferred]."""
    return {
        "type": "TCP",
        "tcpHealthCheck": {"portSpecification": "USE_SERVING_PORT", "proxyHeader": "NONE"},
        "checkIntervalSec": 15,
        "timeoutSec": 15,
        "healthyThreshold": 1,
        "unhealthyThreshold": 2,
    }


def _remove_backends(world: World, project: str, keep: set[str]) -> None:
    for kind in ("backendServices", "healthChecks"):
        prefix = f"projects/{project}/global/{kind}/gkemcs-"
        for name in world.store[f"compute.{kind}"].names(prefix):
            if name.rpartition("/")[2] not in keep:
                world.store[f"compute.{kind}"].delete(name)


def _remove_groups(world: World, project: str, keep: set[str]) -> None:
    """Each cluster deletes its own NEGs, as soon as no backend service uses them; who is gone deletes none."""
    for name, owned in list(world.store[OWNED].items(f"projects/{project}/")):
        cluster = world.store["container.clusters"].get(owned["cluster"])
        if cluster is None or not alive(cluster):
            world.store[OWNED].delete(name)
        elif name.rpartition("/")[2] not in keep and not _used(world, project, name):
            world.store["compute.networkEndpointGroups"].delete(name)
            world.store[OWNED].delete(name)


def _used(world: World, project: str, group: str) -> bool:
    services = world.store["compute.backendServices"].list(f"projects/{project}/")
    return any(full_name(b["group"]) == group for service in services for b in service.get("backends", ()))


def put_firewall(world: World, project: str, member: Member, ranges: list[str]) -> None:
    """Let the pods of the fleet (`ranges`) and Google's probers reach the cluster's nodes and pods."""
    name = names.firewall(member.cluster)
    body = {
        "description": "",
        "network": url(member.resource.get("networkConfig", {}).get("network", "")),
        "direction": "INGRESS",
        "priority": 900,
        "disabled": False,
        "sourceRanges": sorted({*PROBERS, *ranges}),
        "targetTags": [names.node_tag(member.cluster)],
        "allowed": [{"IPProtocol": "tcp"}, {"IPProtocol": "udp"}],
        "logConfig": {"enable": False},
    }
    put(world, "firewalls", "firewall", f"projects/{project}/global/firewalls/{name}", body)


def remove_firewall(world: World, project: str, member: Member) -> None:
    """Take the cluster's rule away."""
    name = f"projects/{project}/global/firewalls/{names.firewall(member.cluster)}"
    world.store["compute.firewalls"].delete(name)


def put(world: World, kind: str, noun: str, name: str, body: Json) -> None:
    """Make a compute resource (full name), or change it; what is as wanted is left alone."""
    collection = world.store[f"compute.{kind}"]
    before = collection.get(name)
    if before is None:
        birth = {
            "kind": f"compute#{noun}",
            "id": world.ids.number(),
            "name": name.rpartition("/")[2],
            "creationTimestamp": rfc3339_pacific(world.clock.now),
            "selfLink": url(name),
        }
        collection.put(name, {**birth, **body})
    elif any(before.get(field) != value for field, value in body.items()):
        collection.put(name, {**before, **body})
