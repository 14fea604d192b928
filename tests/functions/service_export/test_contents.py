"""What is read of clusters: little of each, and of those alone that still lack something."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.service_export import contents, observed, pruning
from functions.service_export.observed import ObservedExports
from shared import live_objects
from shared.exports import wanted_exports
from shared.google.lists import EVERYWHERE
from shared.labels import OWNER
from shared.objects import key_of
from shared.spec import Environment
from tests.support.fleets import listed
from tests.support.live import EXAMPLE, born, environment, one_cluster, service_import
from tests.support.sessions import silent_session

Json = dict[str, Any]

STORE = environment()
WEST, EAST = "gke-west-1", "gke-east-1"
PLACES = {WEST: "us-west1-a", EAST: "us-east1-c"}
BOTH = ("us-west1/gke-west-1", "us-east1/gke-east-1")
FOREIGN: Json = {
    "kind": "Service",
    "metadata": {"namespace": "store", "name": "store", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"ports": [{"port": 9}]},
}


class Fleet:
    """Clusters that hold all that an environment wants; `reads` are what was asked for, by cluster."""

    def __init__(self, wanted: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wanted = wanted
        self.held = {each.name: [born(o) for o in wanted_exports(wanted, each)] for each in wanted.clusters}
        self.imports = [
            service_import("store", *BOTH),
            service_import("store-west-1", BOTH[0]),
            service_import("store-east-1", BOTH[1]),
        ]
        self.reads: list[tuple[str, str]] = []
        self.unknown: set[tuple[str, str]] = set()
        for module in (contents, observed, live_objects):
            monkeypatch.setattr(module, "ClusterReader", self.reader)
        monkeypatch.setattr(pruning, "first", lambda _stages, survey: survey)
        monkeypatch.setattr("shared.google.container.clusters", lambda *_: listed(self.clusters))

    @property
    def clusters(self) -> list[Any]:
        found = (one_cluster(name=name, location=PLACES[name]) for name in self.held)
        return [replace(each, labels={OWNER: "store"}) for each in found]

    def reader(self, _session: object, at: Any) -> SimpleNamespace:
        """What reads one cluster."""

        def found(kind: str, space: str = "", selector: str = "") -> Any:
            self.reads.append((at.name, kind))
            if (at.name, kind) in self.unknown:
                return None
            items = self.imports if kind == "ServiceImport" else self.held[at.name]
            mark = selector.partition("=")[2]
            return [
                each
                for each in items
                if each.get("kind", kind) == kind
                and (not mark or each["metadata"].get("labels", {}).get(OWNER) == mark)
                and (not space or each["metadata"].get("namespace") == space)
            ]

        def get(kind: str, _space: str, name: str) -> Json | None:
            return next((each for each in found(kind) if each["metadata"]["name"] == name), None)

        return SimpleNamespace(
            list=found, get=get, everywhere=lambda kind, selector="": found(kind, "", selector)
        )

    def look(self, attempt: int = 1, mode: str = "apply") -> ObservedExports:
        """What one attempt observes."""
        message = SimpleNamespace(
            mode=mode, attempt=attempt, claim=SimpleNamespace(generation="1790000000000-1"), began=0.0
        )
        context: Any = SimpleNamespace(
            places=EVERYWHERE, session=silent_session(0.0), wanted=self.wanted, message=message
        )
        self.reads.clear()
        return observed.observe(context)

    def drop(self, cluster: str, *keys: Any) -> None:
        """Take objects out of a cluster."""
        self.held[cluster] = [each for each in self.held[cluster] if key_of(each) not in keys]


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    return Fleet(STORE, monkeypatch)


def test_a_cluster_that_has_everything_takes_one_list_a_kind(fleet: Fleet) -> None:
    """What is to be pruned is seen in the same lists."""
    found = fleet.look()

    assert [kind for name, kind in fleet.reads if name == EAST] == list(contents.KINDS)
    assert len(fleet.reads) == 9  # and the imports
    assert found.to_prune is None


def test_what_the_spec_leaves_out_is_seen_in_any_namespace(fleet: Fleet) -> None:
    """An object of ours in a namespace that is not wanted is no content, and is to be pruned."""
    old = {"kind": "Service", "metadata": {"namespace": "old", "name": "store", "labels": {OWNER: "store"}}}
    fleet.held[EAST].append(old)

    found = fleet.look()

    assert ("Service", "old", "store") not in found.contents[EAST].objects
    assert old in found.contents[EAST].owned
    assert found.to_prune is not None


def test_a_wanted_object_that_is_not_ours_is_found_by_its_name(fleet: Fleet) -> None:
    """Labels alone would not show that its name is taken."""
    fleet.drop(WEST, ("Service", "store", "store"))
    fleet.held[WEST].append(FOREIGN)

    assert fleet.look().contents[WEST].objects["Service", "store", "store"] == FOREIGN


def test_a_namespace_that_is_not_ours_is_looked_into(fleet: Fleet) -> None:
    """Somebody made it before us."""
    space = next(each for each in fleet.held[WEST] if each["kind"] == "Namespace")
    del space["metadata"]["labels"]
    fleet.drop(WEST, ("Service", "store", "store"))
    fleet.held[WEST].append(FOREIGN)

    found = fleet.look().contents[WEST].objects

    assert found["Namespace", "", "store"] == space
    assert found["Service", "store", "store"] == FOREIGN


def test_nothing_is_asked_of_a_namespace_that_is_not_there(fleet: Fleet) -> None:
    """A new cluster takes the lists, and one look for each namespace."""
    fleet.held[EAST] = []

    fleet.look()

    assert [kind for name, kind in fleet.reads if name == EAST] == [*contents.KINDS, "Namespace"]


def test_exports_are_not_looked_for_where_their_kind_is_unknown(fleet: Fleet) -> None:
    """The list of those that are ours has said so."""
    fleet.drop(EAST, *(key_of(each) for each in fleet.held[EAST] if each["kind"] == "ServiceExport"))
    fleet.unknown = {(EAST, "ServiceExport")}

    found = fleet.look()

    assert not found.contents[EAST].exports_known
    assert [kind for name, kind in fleet.reads if name == EAST] == list(contents.KINDS)


def test_a_request_passes_over_clusters_that_are_imported_while_others_are_not(fleet: Fleet) -> None:
    """It looks at all of them first, and again when none is lacking."""
    fleet.imports[0] = service_import("store", BOTH[0])

    assert fleet.look(attempt=1).passed_over == frozenset()
    later = fleet.look(attempt=2)
    assert later.passed_over == {WEST} and set(later.contents) == {EAST}
    assert fleet.look(attempt=2, mode="check").passed_over == frozenset()

    fleet.imports[0] = service_import("store", *BOTH)
    assert set(fleet.look(attempt=3).contents) == {WEST, EAST}


def test_a_cluster_that_exports_nothing_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """No import shows that it has what it should: the config cluster needs the namespaces for the imports to come."""
    services = [{**each, "clusters": [EAST]} for each in EXAMPLE["services"][:1]]
    fleet = Fleet(environment(services=services, routes=[]), monkeypatch)
    fleet.imports = []
    fleet.held[WEST] = []

    assert set(fleet.look(attempt=2).contents) == {WEST, EAST}
