"""A cluster in its fleet: memberships made and removed, by GKE for its own clusters or by whoever asks the
hub.

GKE registers a cluster with `fleet.project` under the cluster's name in its region, and unregisters it
when it is deleted; a cluster that was registered through the hub is `preRegistered`, and its membership
outlives it [documented: Fleet.pre_registered, GkeCluster.cluster_missing].
"""

from __future__ import annotations

from functools import partial

from localcloud.container.kube import CLUSTER_APIS
from localcloud.container.lifecycle import alive
from localcloud.container.names import parent_in
from localcloud.container.nodes import capacity
from localcloud.gkehub.fleets import ensure_fleet
from localcloud.gkehub.names import project_in, short
from localcloud.gkehub.operations import Change, begin
from localcloud.ids import keyed
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World

_LINK = "//container.googleapis.com/"


def cluster_of(membership: Json) -> str:
    """The full name of the cluster behind a membership, or nothing if it is not one of GKE's."""
    link = membership.get("endpoint", {}).get("gkeCluster", {}).get("resourceLink", "")
    return str(link).removeprefix(_LINK).replace("/zones/", "/locations/")


def membership_of(world: World, cluster: str) -> str | None:
    """The full name of the membership that a cluster has, in whichever fleet."""
    return memberships_by_cluster(world).get(cluster)


def memberships_by_cluster(world: World) -> dict[str, str]:
    """The full names of the memberships of all clusters; of two of one cluster the first."""
    found: dict[str, str] = {}
    for name, membership in world.store["gkehub.memberships"].items():
        found.setdefault(cluster_of(membership), name)
    return found


def made_by_gke(world: World, membership: str) -> bool:
    """Whether GKE registered the cluster itself."""
    return membership in world.store["gkehub.memberships.internal"]


def register(world: World, cluster: str) -> None:
    """Let GKE make the membership that `cluster.fleet.project` asks for."""
    resource = world.store["container.clusters"].get(cluster)
    assert resource is not None, "only a cluster that is there is registered"
    name = _free_name(world, cluster, resource["fleet"]["project"])
    world.store["gkehub.memberships.internal"].put(name, {"cluster": cluster})
    create(world, name, {"endpoint": {"gkeCluster": {"resourceLink": f"{_LINK}{cluster}"}}}, "v1")


def _free_name(world: World, cluster: str, fleet: str) -> str:
    """The cluster's name in its region; another cluster's membership of that name makes it a longer one
    [inferred]."""
    name = f"projects/{fleet}/locations/{parent_in(cluster).region}/memberships/{short(cluster)}"
    taken = name in world.store["gkehub.memberships"]
    return (
        f"{name[: len(name) - max(0, len(short(name)) - 54)]}-{keyed(cluster, 2**32):08x}" if taken else name
    )


def create(world: World, name: str, asked: Json, version: str) -> Json:
    """Make a membership, CREATING now and READY when the operation (which is answered) ends."""
    ensure_fleet(world, project_in(name))
    now = rfc3339(world.clock.now)
    membership = {
        "name": name,
        **asked,
        "state": {"code": "CREATING"},
        "description": short(name),
        "createTime": now,
        "updateTime": now,
        "uniqueId": world.ids.uid(),
        "clusterTier": "STANDARD",
    }
    world.store["gkehub.memberships"].put(name, membership)
    _tell_cluster(world, name, membership)
    change = Change(
        "gkehub.memberships.create", "create", "Membership", name,
        partial(_ready, world, name), partial(_forget, world, name), version,
    )  # fmt: skip
    cluster = cluster_of(membership)
    kinds = ("container.clusters.create", "container.clusters.update")
    return begin(world, change, tuple(world.ledger.latest(kind, cluster) for kind in kinds))


def _tell_cluster(world: World, name: str, membership: Json) -> None:
    """The cluster says which membership it has as soon as there is one."""
    cluster = cluster_of(membership)
    if cluster not in world.store["container.clusters"]:
        return
    fleet: Json = {"project": project_in(name), "membership": f"//gkehub.googleapis.com/{name}"}
    if not made_by_gke(world, name):
        fleet["preRegistered"] = True  # left out when false, as on the wire
    world.store["container.clusters"].change(cluster, fleet=fleet)


def _ready(world: World, name: str) -> None:
    membership = world.store["gkehub.memberships"].get(name)
    if membership is None or membership["state"]["code"] != "CREATING":
        return
    now = rfc3339(world.clock.now)
    fields = {"state": {"code": "READY"}, "updateTime": now, "lastConnectionTime": now}
    world.store["gkehub.memberships"].put(name, {**membership, **fields, **_seen(world, membership)})


def _seen(world: World, membership: Json) -> Json:
    """What the hub knows of a cluster once it has seen it."""
    name = cluster_of(membership)
    cluster = world.store["container.clusters"].get(name)
    if cluster is None or not alive(cluster):
        return {}
    cpus, memory = capacity(cluster)
    issuer = f"https://container.googleapis.com/v1/{name}"
    project = project_in(membership["name"])
    return {
        "endpoint": {
            **membership["endpoint"],
            "kubernetesMetadata": {
                "kubernetesApiServerVersion": f"v{cluster['currentMasterVersion']}",
                "nodeProviderId": "gce",
                "nodeCount": cluster["currentNodeCount"],
                "vcpuCount": cpus,
                "memoryMb": memory,
                "updateTime": rfc3339(world.clock.now, 0),
            },
        },
        "authority": {
            "issuer": issuer,
            "workloadIdentityPool": f"{project}.svc.id.goog",
            "identityProvider": issuer,
        },
        "externalId": _cluster_uid(world, name),
    }


def _cluster_uid(world: World, cluster: str) -> str:
    """A cluster is known by the uid of its namespace kube-system [documented]."""
    found = world[CLUSTER_APIS][cluster].get("Namespace", "", "kube-system")
    return str(found["metadata"]["uid"]) if found else ""


def remove(world: World, name: str, version: str = "v1") -> Json:
    """Remove a membership, DELETING now and gone when the operation (which is answered) ends."""
    membership = world.store["gkehub.memberships"].change(name, state={"code": "DELETING"})
    change = Change(
        "gkehub.memberships.delete", "delete", "Membership", name,
        partial(_forget, world, name), partial(_restore, world, name), version,
    )  # fmt: skip
    after = world.ledger.latest("gkehub.memberships.create", membership["name"])
    return begin(world, change, (after,))


def _restore(world: World, name: str) -> None:
    """Removing it failed: the membership is as it was, and GKE does not try again by itself [inferred]."""
    if made_by_gke(world, name):
        world.store["gkehub.memberships.internal"].change(name, removalFailed=True)
    if name in world.store["gkehub.memberships"]:
        world.store["gkehub.memberships"].change(name, state={"code": "READY"})


def to_be_removed(world: World, name: str) -> bool:
    """Whether the membership is GKE's to remove, and it has not tried in vain already."""
    entry = world.store["gkehub.memberships.internal"].get(name)
    return entry is not None and not entry.get("removalFailed")


def _forget(world: World, name: str) -> None:
    """The membership is gone, and its cluster, if that is still there, is in no fleet."""
    membership = world.store["gkehub.memberships"].get(name)
    if membership is None:
        return
    cluster = cluster_of(membership)
    resource = world.store["container.clusters"].get(cluster)
    if resource is not None and resource.get("fleet", {}).get("membership", "").endswith(f"/{name}"):
        world.store["container.clusters"].change(cluster, fleet=None)
    world.store["gkehub.memberships.internal"].delete(name)
    world.store["gkehub.memberships"].delete(name)
