"""Two runs that came to the same have equal dumps, whatever ids, times and ports they drew on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from localcloud.container.kube import CLUSTER_APIS
from localcloud.records.dump import canonical_dump
from localcloud.wire.messages import Json
from localcloud.world import World

NAME = "projects/shop/regions/us-west1/addresses/vip"


class Objects:
    """The contents of a cluster, as far as a dump asks for them."""

    def __init__(self, value: Json) -> None:
        self._value = value

    def dump(self) -> Json:
        """They."""
        return self._value


def a_world(seed: int) -> World:
    """A project with an address, a cluster and a history, as `seed` makes them."""
    world = World.create(seed)
    project = world.projects.create("shop")
    project.enabled.update({"gkehub.googleapis.com", "compute.googleapis.com"})
    uid = world.ids.uid()
    value = {
        "name": "vip",
        "id": world.ids.number(),
        "labelFingerprint": world.ids.hex(8),
        "creationTimestamp": str(seed),
        "selfLink": f"http://127.0.0.1:{4000 + seed}/compute/v1/{NAME}",
        "users": [f"claimed by {uid}/x", f"1767603600000-{world.ids.number()}"],
        "labels": {"env": "store", f"seen-{uid}": "yes"},
    }
    world.store["compute.addresses"].put(NAME, value)
    for kind in (
        "compute.operations",
        "container.operations.running",
        "pubsub.topics",
        "compute.pending.internal",
    ):
        world.store[kind].put(world.ids.uid(), {"seed": seed})
    world[CLUSTER_APIS]["projects/shop/locations/us-west1-a/clusters/west"] = cast(
        Any, Objects({"uid": uid, "n": 1})
    )
    return world


def dumped(world: World) -> Json:
    """The dump of a world with its clusters."""
    clusters = world[CLUSTER_APIS]
    return canonical_dump(world, clusters, {"pubsub.topics"})


def test_runs_that_came_to_the_same_dump_the_same() -> None:
    """Chance and history are left out."""
    assert dumped(a_world(1)) == dumped(a_world(2))


def test_a_dump_says_what_there_is() -> None:
    """Resources by collection, clusters' objects, and what each project has enabled."""
    dump = dumped(a_world(1))

    address = dump["resources"]["compute.addresses"][NAME]
    assert f"http://<loopback>/compute/v1/{NAME}" == address["selfLink"]
    assert ["claimed by <id>/x", "1767603600000-<id>"] == address["users"]
    assert "id" not in address and "creationTimestamp" not in address
    assert ["compute.addresses"] == list(dump["resources"])
    assert {"projects/shop/locations/us-west1-a/clusters/west": {"n": 1}} == dump["clusters"]
    assert ["compute.googleapis.com", "gkehub.googleapis.com"] == dump["projects"]["shop"]["enabled"]


def test_a_difference_that_is_no_chance_is_seen() -> None:
    """A label, a missing resource, another binding."""
    changes: tuple[Callable[[World], object], ...] = (
        lambda world: world.store["compute.addresses"].change(NAME, labels={"env": "shop"}),
        lambda world: world.store["compute.addresses"].delete(NAME),
        lambda world: world.projects.get("shop").policy["bindings"].append({"role": "roles/viewer"}),
        lambda world: world.projects.get("shop").enabled.clear(),
    )
    for differ in changes:
        world = a_world(1)
        differ(world)
        assert dumped(a_world(1)) != dumped(world)


def test_a_short_id_does_not_hide_a_word() -> None:
    """Four hexadecimal digits may be a port or a name's part by chance."""
    world = World.create()
    world.ids.issued.add("8080")
    world.store["compute.backendServices"].put("projects/shop/gke-8080-x", {"name": "gke-8080-x"})

    kept = dumped(world)["resources"]["compute.backendServices"]
    assert {"projects/shop/gke-8080-x": {"name": "gke-8080-x"}} == kept


def test_names_that_are_chance_are_counted_in_the_order_of_what_they_hold() -> None:
    """Alert policies, for one: nobody but Google names them, and none may be lost."""

    def named(seed: int, *titles: str) -> Json:
        world = World.create(seed)
        for title in titles:
            name = f"projects/shop/alertPolicies/{world.ids.alert()}"
            world.store["monitoring.alertPolicies"].put(name, {"name": name, "displayName": title})
        return dumped(world)

    assert named(1, "one", "other") == named(2, "other", "one")
    assert named(1, "one", "other") != named(1, "one", "one")
    assert 2 == len(named(1, "one", "one")["resources"]["monitoring.alertPolicies"])
