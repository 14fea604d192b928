"""Ids come from the seed, resources are told of by name and in order, projects answer to id and number."""

from __future__ import annotations

import re

import pytest

from localcloud.ids import Ids, keyed
from localcloud.projects import Projects
from localcloud.store import Collection, Store
from localcloud.time.ledger import Ledger
from localcloud.time.timing import Timing
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World


def some_ids(seed: int) -> list[str]:
    """One of each kind."""
    ids = Ids(seed)
    return [ids.uid(), ids.number(), ids.hex(6), ids.operation(1.5)]


def test_a_seed_gives_its_ids() -> None:
    """The same ones every time, and other ones than another seed."""
    assert some_ids(3) == some_ids(3)
    assert not set(some_ids(3)) & set(some_ids(4))


def test_ids_look_like_googles() -> None:
    """A UUID, a 64-bit number, hexadecimal digits, and an operation's name with its milliseconds."""
    uid, number, digits, operation = some_ids(0)

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uid)
    assert 10**18 <= int(number) < 2**63
    assert re.fullmatch("[0-9a-f]{6}", digits)
    assert re.fullmatch("operation-1500-[0-9a-f]{13}-[0-9a-f]{8}-[0-9a-f]{8}", operation)


def test_every_id_is_remembered() -> None:
    """So that a dump can leave out what is chance."""
    ids = Ids(0)
    given = {ids.uid(), ids.number(), ids.hex(8), ids.operation(0)}

    assert given <= ids.issued


def test_keyed_choice_depends_on_the_name_alone() -> None:
    """Not on who came first."""
    assert [keyed(name, 256) for name in ("a", "b")] == [keyed(name, 256) for name in ("b", "a")][::-1]
    assert all(0 <= keyed(str(n), 7) < 7 for n in range(100))


@pytest.fixture
def addresses() -> Collection:
    """Three addresses of two projects."""
    collection = Collection("compute.addresses")
    for name in ("projects/p/b", "projects/p/a", "projects/q/c"):
        collection.put(name, {"name": name[-1]})
    return collection


def test_a_collection_lists_by_name(addresses: Collection) -> None:
    """Within a prefix, whatever the order of making."""
    assert ["projects/p/a", "projects/p/b"] == addresses.names("projects/p/")
    assert [{"name": "a"}, {"name": "b"}] == addresses.list("projects/p/")
    assert "projects/q/c" in addresses and addresses.get("projects/q/d") is None


def test_a_change_is_a_new_value(addresses: Collection) -> None:
    """A reader keeps what it got; None takes a field away."""
    before = addresses.put("projects/p/a", {"name": "a", "status": "RESERVED"})

    after = addresses.change("projects/p/a", status=None, region="us-west1")

    assert {"name": "a", "region": "us-west1"} == after == addresses.get("projects/p/a")
    assert {"name": "a", "status": "RESERVED"} == before
    with pytest.raises(KeyError):
        addresses.change("projects/p/z", status="IN_USE")


def test_listeners_hear_of_every_change_until_they_leave(addresses: Collection) -> None:
    """A deletion is told as None, and one of nothing is not told."""
    heard: list[tuple[str, Json | None]] = []
    leave = addresses.subscribe(lambda name, value: heard.append((name, value)))

    addresses.put("projects/p/a", {})
    addresses.delete("projects/p/a")
    addresses.delete("projects/p/a")
    leave()
    addresses.put("projects/p/a", {})

    assert [("projects/p/a", {}), ("projects/p/a", None)] == heard


def test_a_listener_may_leave_while_it_is_told(addresses: Collection) -> None:
    """The others are told all the same."""
    heard: list[str] = []

    def once(name: str, _: Json | None) -> None:
        heard.append("once")
        leave()

    leave = addresses.subscribe(once)
    addresses.subscribe(lambda name, _: heard.append("always"))
    addresses.put("x", {})
    addresses.put("x", {})

    assert ["once", "always", "always"] == heard


def test_collections_are_made_on_first_use() -> None:
    """And there is one of each kind."""
    store = Store()

    assert store["b"] is store["b"] is not store["a"]
    assert ["a", "b"] == store.kinds()


def test_a_project_answers_to_its_id_and_its_number() -> None:
    """Its number follows from its id."""
    projects = Projects()
    shop = projects.create("shop")

    assert shop is projects.get("shop") is projects.get(shop.number)
    assert "shop" == projects.id_of(shop.number)
    assert "other" == projects.id_of("other")
    assert Projects().create("shop").number == shop.number
    assert re.fullmatch(r"\d{12}", shop.number)


def test_an_unknown_project_is_forbidden() -> None:
    """Google does not say whether it exists."""
    with pytest.raises(Refused) as refused:
        Projects().get("nowhere")

    assert 403 == refused.value.code


def test_work_takes_the_time_of_its_kind_and_names_what_it_waited_for() -> None:
    """Drawn for its resource; the nth time is drawn anew."""
    world, done = World.create(seed=5), list[str]()
    first = world.ledger.perform("gateway.sync", "route", lambda: done.append("first"))
    second = world.ledger.perform(
        "gateway.sync", "route", lambda: done.append("second"), [first, None, first]
    )

    assert Timing(5).draw("gateway.sync", "route") == pytest.approx(first.end - first.start, abs=1e-6)
    assert Timing(5).draw("gateway.sync", "route", 1) == pytest.approx(second.end - second.start, abs=1e-6)
    assert (first.id,) == second.after and () == first.after
    assert second is world.ledger.latest("gateway.sync", "route")
    world.clock.advance_to(max(first.end, second.end))
    assert {"first", "second"} == set(done)


def test_cancelled_work_is_not_done_and_done_work_is_not_cancelled() -> None:
    """Its object went away, before its end or after."""
    world, done = World.create(), list[str]()
    ledger: Ledger = world.ledger
    gone = ledger.perform("gateway.sync", "gone", lambda: done.append("gone"))
    kept = ledger.perform("gateway.sync", "kept", lambda: done.append("kept"))

    gone.cancel()
    world.clock.advance_to(max(gone.end, kept.end))
    kept.cancel()

    assert ["kept"] == done
    assert (True, False) == (gone.cancelled, kept.cancelled)
