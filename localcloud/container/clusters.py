"""projects.locations.clusters: create, get, list, delete."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from localcloud.container import lifecycle
from localcloud.container.checks import check_cluster, check_locations, master_version
from localcloud.container.names import (
    Parent,
    already_exists,
    not_found,
    parent_of,
    parent_to_create_in,
    short,
)
from localcloud.container.networks import attachment
from localcloud.container.nodes import check_count
from localcloud.container.operations import Change, begin, refuse_if_busy, under
from localcloud.container.ranges import check_ranges, take_ranges
from localcloud.container.service import service
from localcloud.container.shape import merged, new_cluster
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

_CLUSTERS = "container.projects.locations.clusters"


@service.on(f"{_CLUSTERS}.create")
def create(call: Call) -> Json:
    """clusters.create: PROVISIONING now, RUNNING when the operation ends."""
    parent, asked = parent_to_create_in(call), call.body.get("cluster", {})
    check_cluster(call.world, parent, asked)
    full_name = parent.cluster(asked["name"])
    if full_name in call.world.store["container.clusters"]:
        raise already_exists(full_name)
    cluster = _planned(call.world, parent, full_name, asked)
    call.world.store["container.clusters"].put(full_name, cluster)
    change = Change(
        "container.clusters.create",
        "CREATE_CLUSTER",
        partial(lifecycle.come_up, call.world, full_name),
        partial(lifecycle.fail, call.world, full_name),
    )
    return begin(call.world, full_name, change)


def _planned(world: World, parent: Parent, full_name: str, asked: Json) -> Json:
    """The cluster as it will be; takes its ranges of the network, if there is room."""
    check_locations(parent, asked.get("locations", []))
    version = master_version(
        asked.get("initialClusterVersion", ""), asked.get("releaseChannel", {}).get("channel", "")
    )
    at = attachment(world, parent, asked)
    check_ranges(world, at.subnetwork, asked)
    cluster = new_cluster(world, parent, asked, at, version)
    check_count(cluster)
    with suppress(Refused):  # the operation says so
        cluster = merged(cluster, take_ranges(world, full_name, cluster, at.subnetwork))
    fleet = asked.get("fleet", {}).get("project", "")
    return {**cluster, "fleet": {"project": world.projects.id_of(fleet)}} if fleet else cluster


@service.on(f"{_CLUSTERS}.get")
def get(call: Call) -> Json:
    """clusters.get."""
    return found(call)[1]


@service.on(f"{_CLUSTERS}.list")
def list_clusters(call: Call) -> Json:
    """clusters.list; the location `-` is all of them. Nothing found is an empty object [observed]."""
    clusters, missing = under(call.world, "container.clusters", parent_of(call), "clusters")
    return ({"clusters": clusters} if clusters else {}) | missing


@service.on(f"{_CLUSTERS}.delete")
def delete(call: Call) -> Json:
    """clusters.delete: STOPPING now, gone when the operation ends."""
    full_name, _ = found(call)
    refuse_if_busy(call.world, full_name)
    change = Change(
        "container.clusters.delete",
        "DELETE_CLUSTER",
        partial(lifecycle.vanish, call.world, full_name),
        partial(lifecycle.fail, call.world, full_name),
    )
    operation = begin(call.world, full_name, change)
    lifecycle.go_down(call.world, full_name)
    return operation


def found(call: Call) -> tuple[str, Json]:
    """The cluster that a call names: full name and resource.

    Raises:
        Refused: NOT_FOUND.
    """
    full_name = parent_of(call).cluster(call.params["clustersId"])
    cluster = call.world.store["container.clusters"].get(full_name)
    if cluster is None:
        raise not_found(full_name)
    return full_name, cluster


def changeable(call: Call) -> tuple[str, Json]:
    """The cluster that a call is to change.

    Raises:
        Refused: NOT_FOUND; FAILED_PRECONDITION while another change is under way; a cluster in ERROR takes no
            change but deletion [inferred].
    """
    full_name, cluster = found(call)
    refuse_if_busy(call.world, full_name)
    if not lifecycle.alive(cluster):
        raise invalid(f"Cluster {short(full_name)} is not in a state to be updated.", "badRequest")
    return full_name, cluster
