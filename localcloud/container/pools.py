"""projects.locations.clusters.nodePools: read, resized, and moved to another machine type.

Node pools of Autopilot are Google's alone, even to read (turbot/steampipe-plugin-gcp#591) [observed].
"""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.container.checks import check_machine
from localcloud.container.clusters import changeable, found
from localcloud.container.names import not_found
from localcloud.container.nodes import check_count, converge, count
from localcloud.container.operations import Change, begin
from localcloud.container.service import service
from localcloud.container.shape import merged
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

_POOLS = "container.projects.locations.clusters.nodePools"
# What of UpdateNodePoolRequest is served, and where it is in a NodePool; it names the pool by `name` as well.
_SERVED = {
    "machineType": ("config", "machineType"),
    "diskType": ("config", "diskType"),
    "diskSizeGb": ("config", "diskSizeGb"),
    "nodeNetworkConfig": ("networkConfig", ""),
}
_NAMES = {"name", "projectId", "zone", "clusterId", "nodePoolId", "etag"}


@service.on(f"{_POOLS}.list")
def list_pools(call: Call) -> Json:
    """nodePools.list."""
    _, cluster = found(call)
    _refuse_autopilot(cluster)
    return {"nodePools": cluster["nodePools"]}


@service.on(f"{_POOLS}.get")
def get(call: Call) -> Json:
    """nodePools.get."""
    return _pool(call, *found(call))


@service.on(f"{_POOLS}.setSize")
def set_size(call: Call) -> Json:
    """nodePools.setSize: so many nodes in each zone when the operation ends; `initialNodeCount` says so afterwards
    (hashicorp/terraform-provider-google#6889) [observed]."""
    full_name, cluster = found(call)
    pool, size = _pool(call, full_name, cluster), call.body.get("nodeCount", 0)
    change = {"initialNodeCount": int(size)}
    check_count(_changed(cluster, pool["name"], change))
    changeable(call)
    return _begin(call.world, full_name, pool["name"], "setSize", "SET_NODE_POOL_SIZE", change)


@service.on(f"{_POOLS}.update")
def update(call: Call) -> Json:
    """nodePools.update: nodes are replaced one after the other, by surge [documented]."""
    full_name, cluster = found(call)
    pool = _pool(call, full_name, cluster)
    change = _asked(call.body, pool)
    changeable(call)
    return _begin(call.world, full_name, pool["name"], "update", "UPGRADE_NODES", change)


def _asked(body: Json, pool: Json) -> Json:
    """The fields of a NodePool that a request changes.

    Raises:
        Refused: nothing is asked for, there is no such machine type, or it is a change that is not served.
    """
    asked = {key: value for key, value in body.items() if key not in _NAMES}
    if not asked:
        raise invalid(
            "At least one of the node pool's fields must be updated.", "badRequest"
        )  # words [inferred]
    for key in asked:
        if key not in _SERVED:
            raise not_implemented(f"{_POOLS}.update with {key}")
    if "machineType" in asked:
        check_machine(asked["machineType"])
    change: Json = {}
    for key, value in asked.items():
        group, field = _SERVED[key]
        change = merged(change, {group: {field: value} if field else value})
    return {group: merged(pool.get(group, {}), fields) for group, fields in change.items()}


def _begin(world: World, full_name: str, pool: str, method: str, kind: str, fields: Json) -> Json:
    """Start a change of a pool's fields, after which the nodes are as it says."""
    clusters = world.store["container.clusters"]

    def roll(most: int | None = 1) -> None:
        """Nodes become as the changed pool says, one if nothing else is said; the pool says so at the end."""
        cluster = clusters.get(full_name)
        if cluster is None:
            return
        changed = _changed(cluster, pool, fields)
        converge(world, full_name, changed, most)
        if most is None:
            clusters.change(full_name, status="RUNNING", currentNodeCount=count(changed), **_pools(changed))

    def undone(error: Json) -> None:
        if full_name in clusters:
            clusters.change(full_name, status="RUNNING")

    steps = [roll] * (count(clusters.get(full_name) or {"nodePools": []}) - 1) if method == "update" else []
    after = (world.ledger.latest("container.clusters.create", full_name),)
    change = Change(f"container.nodePools.{method}", kind, lambda: roll(None), undone, pool, steps)
    operation = begin(world, full_name, change, after)
    clusters.change(full_name, status="RECONCILING")
    return operation


def _changed(cluster: Json, pool: str, fields: Mapping[str, object]) -> Json:
    """The cluster with fields of one pool changed."""
    pools = [{**each, **fields} if each["name"] == pool else each for each in cluster["nodePools"]]
    return {**cluster, "nodePools": pools}


def _pools(cluster: Json) -> Json:
    return {"nodePools": cluster["nodePools"], "nodeConfig": cluster["nodePools"][0]["config"]}


def _refuse_autopilot(cluster: Json) -> None:
    if cluster["autopilot"].get("enabled"):
        raise invalid("Autopilot node pools cannot be accessed or modified.", "badRequest")


def _pool(call: Call, full_name: str, cluster: Json) -> Json:
    """The pool that a call names.

    Raises:
        Refused: NOT_FOUND; INVALID_ARGUMENT for one of Autopilot's.
    """
    _refuse_autopilot(cluster)
    name = call.params["nodePoolsId"]
    pool: Json | None = next((pool for pool in cluster["nodePools"] if pool["name"] == name), None)
    if pool is None:
        raise Refused("NOT_FOUND", f"{not_found(full_name).message[:-1]}/nodePools/{name}.")
    return pool
