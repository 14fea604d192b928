"""What a changed spec leaves out: found by label, gone stage after stage, and nothing else touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.service_export import survey
from functions.service_export.pruning import to_prune
from functions.service_export.wanted import kept
from shared import errors, live_objects
from shared.changes.objects import DeleteObject
from shared.exports import wanted_exports
from shared.google.container import Cluster
from shared.google.lists import EVERYWHERE
from shared.labels import OWNER
from shared.objects import key_of
from shared.spec import Environment
from shared.step.stages import Reached
from tests.support.fleets import listed
from tests.support.live import EXAMPLE, NOW, born, environment, one_cluster, service_import
from tests.support.sessions import silent_session

Json = dict[str, Any]
Look = Callable[..., Reached | None]

WEST, EAST = "gke-west-1", "gke-east-1"
PLACES = {WEST: "us-west1-a", EAST: "us-east1-c", "gke-old": "us-central1-f"}
STORE, STORE_WEST, STORE_EAST = EXAMPLE["services"]
ROUTES: Json = {"routes": []}


class Fleet:
    """Clusters with what environments have put into them, and controllers that keep imports as exports are."""

    def __init__(self, wanted: Environment) -> None:
        self.held = {each.name: [born(o) for o in wanted_exports(wanted, each)] for each in wanted.clusters}
        self.reads = 0
        self.silent: set[str] = set()

    @property
    def clusters(self) -> list[Cluster]:
        """Every cluster, one of the fleet and the environment's own."""
        return [
            replace(one_cluster(name=name, location=PLACES[name]), labels={OWNER: "store"})
            for name in self.held
        ]

    def cluster(self, _session: object, at: Any) -> SimpleNamespace:
        """What reads a cluster."""

        def everywhere(kind: str, selector: str = "") -> list[Json]:
            self.reads += 1
            if at.name in self.silent:
                raise errors.Transient("kubernetes", "GET", at.path, 503, "Unavailable", "no")
            found = self.imports() if kind == "ServiceImport" else self.held[at.name]
            mark = selector.partition("=")[2]
            return [each for each in found if each["kind"] == kind and (not mark or _owner(each) == mark)]

        return SimpleNamespace(everywhere=everywhere, list=lambda kind, space: [])

    def imports(self) -> list[Json]:
        """One for each name that is exported, with who exports it."""
        exports = [
            (at, each) for at, held in self.held.items() for each in held if each["kind"] == "ServiceExport"
        ]
        keys = sorted({(each["metadata"]["namespace"], each["metadata"]["name"]) for _, each in exports})
        return [
            {
                "kind": "ServiceImport",
                **service_import(name, *(f"{PLACES[at][:-2]}/{at}" for at, each in exports
                                         if (each["metadata"]["namespace"], each["metadata"]["name"]) == (space, name)),
                                 namespace=space),
            }
            for space, name in keys
        ]  # fmt: skip

    def remove(self, reached: Reached) -> list[str]:
        """Do what is to be done now; what went, by kind, name and cluster."""
        gone = []
        for change in reached.decide(NOW).changes:
            assert isinstance(change, DeleteObject)
            held = self.held[change.cluster.name]
            held.remove(next(each for each in held if key_of(each) == change.key))
            gone.append(f"{change.kind} {change.name} {change.cluster.name}")
        return sorted(gone)

    def names(self, kind: str, at: str) -> list[str]:
        """Names of the objects of a kind in a cluster."""
        return [each["metadata"]["name"] for each in self.held[at] if each["kind"] == kind]


def _owner(live: Json) -> str:
    return str(live["metadata"].get("labels", {}).get(OWNER, ""))


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """What there is too much in a fleet, for a spec."""

    def look(fleet: Fleet, wanted: Environment) -> Reached | None:
        monkeypatch.setattr(live_objects, "ClusterReader", fleet.cluster)
        monkeypatch.setattr(live_objects, "clusters", lambda *_: listed(fleet.clusters))
        monkeypatch.setattr("shared.google.compute.global_resources", lambda *_: [])
        monkeypatch.setattr(survey, "ClusterReader", fleet.cluster)
        monkeypatch.setattr(survey, "foreign_object_in", lambda *_: "")
        claim = SimpleNamespace(generation=f"{int(NOW * 1000)}-1")
        context: Any = SimpleNamespace(
            session=silent_session(NOW),
            wanted=wanted,
            message=SimpleNamespace(claim=claim, began=NOW),
            places=EVERYWHERE,
        )
        return to_prune(context, fleet.clusters, {})

    return look


def emptied(look: Look, fleet: Fleet, wanted: Environment) -> list[list[str]]:
    """What goes, look after look, until nothing is too much."""
    stages = []
    while (reached := look(fleet, wanted)) is not None:
        stages.append(fleet.remove(reached))
        assert stages[-1], "what is too much is either deleted or waited for"
    return stages


def test_what_is_wanted_stays_in_each_cluster() -> None:
    """So does a Service that the spec only exports: whoever made it, it is not ours to delete."""
    borrowed = {"name": "cart", "port": 80}
    keys = kept(environment(services=[STORE, STORE_WEST, borrowed], **ROUTES))
    names = {place: {f"{kind} {name}" for kind, _, name in found} for place, found in keys.items()}

    both = {"Namespace store", "Service store", "ServiceExport store", "Service cart", "ServiceExport cart"}
    west = {"Service store-west-1", "ServiceExport store-west-1"}
    deployed = {"Deployment store"}
    assert {(WEST, "us-west1-a"): both | west | deployed, (EAST, "us-east1-c"): both | deployed} == names


def test_nothing_is_looked_at_twice_where_nothing_is_too_much(look: Look) -> None:
    """One list a kind and cluster: that is every deploy's price."""
    fleet = Fleet(environment())

    assert look(fleet, environment()) is None
    assert 4 * 2 == fleet.reads


def test_a_service_goes_after_its_export(look: Look) -> None:
    """Its endpoint groups go with it, and nothing may still send traffic there."""
    fleet = Fleet(environment())
    stages = emptied(look, fleet, environment(services=[STORE, STORE_WEST], **ROUTES))

    assert [[f"ServiceExport store-east-1 {EAST}"], [f"Service store-east-1 {EAST}"]] == stages
    assert ["store"] == fleet.names("Service", EAST)


def test_a_namespace_goes_last_and_the_sample_app_with_the_services(look: Look) -> None:
    """A spec that brings its own services has no use for the tutorial's."""
    more = {
        "name": "more",
        "namespace": "other",
        "port": 80,
        "selector": {"app": "store"},
        "clusters": [EAST],
    }
    fleet = Fleet(environment(services=[*EXAMPLE["services"], more]))
    stages = emptied(look, fleet, environment(sampleApp=False))

    assert [
        [f"ServiceExport more {EAST}"],
        [f"Deployment store {EAST}", f"Deployment store {WEST}", f"Service more {EAST}"],
        [f"Namespace other {EAST}", f"Namespace other {WEST}"],
    ] == stages


def test_a_cluster_that_is_left_out_is_emptied(look: Look) -> None:
    """The clusters step deletes it once nothing of it reaches outside."""
    old = {"name": "gke-old", "location": "us-central1-f"}
    fleet = Fleet(environment(clusters=[*EXAMPLE["clusters"], old]))
    stages = emptied(look, fleet, environment())

    assert {"gke-old"} == {each.split()[-1] for stage in stages for each in stage}
    assert [] == fleet.held["gke-old"]
    assert [["ServiceExport"], ["Deployment", "Service"], ["Namespace"]] == [
        sorted({each.split()[0] for each in stage}) for stage in stages
    ]


def test_what_does_not_bear_our_label_stays(look: Look) -> None:
    """Somebody else's Service beside ours, of another environment or of none."""
    fleet = Fleet(environment())
    theirs = [
        born({"kind": "Service", "metadata": {"name": name, "namespace": "store", "labels": marks}})
        for name, marks in (("theirs", {}), ("others", {OWNER: "shop"}))
    ]
    fleet.held[EAST] += theirs
    emptied(look, fleet, environment(services=[STORE, STORE_WEST], **ROUTES))

    assert ["store", "theirs", "others"] == fleet.names("Service", EAST)


def test_a_cluster_that_does_not_answer_is_not_waited_for(look: Look) -> None:
    """It is not asked to change; the others are brought to the spec meanwhile."""
    fleet = Fleet(environment())
    fleet.silent = {WEST}
    wanted = environment(services=[STORE], **ROUTES)
    reached = look(fleet, wanted)

    assert reached is not None
    assert [f"ServiceExport store-east-1 {EAST}"] == fleet.remove(reached)
    assert [[f"Service store-east-1 {EAST}"]] == emptied(look, fleet, wanted)
