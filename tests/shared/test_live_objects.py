"""Live objects: what a cluster answered is told from what is unknown, and only what was seen is deleted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared import errors, live_objects
from shared.changes.objects import DeleteObject
from shared.google.container import Cluster
from shared.google.session import Session
from shared.labels import OWNER
from shared.live_objects import LiveObject, ask, deletions, may_hold, owned
from shared.objects import KubeObject, body
from tests.support.live import NOW, born, one_cluster, stamp
from tests.support.sessions import silent_session

WEST, EAST = one_cluster(), one_cluster(name="gke-east-1", location="us-east1-c")
SESSION = silent_session()


def live(name: str = "store", **meta: Any) -> LiveObject:
    shown = born(body("store", "Service", name, "store"))
    shown["metadata"] |= meta
    return LiveObject(WEST, shown)


GOING = live(deletionTimestamp=stamp(NOW - 30), finalizers=["a/b", "c/d"])


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of clusters that do not answer; all others have one Service of the environment's."""
    names: set[str] = set()

    def reader(_session: Session, cluster: Cluster) -> SimpleNamespace:
        def everywhere(kind: str, selector: str) -> list[KubeObject] | None:
            if cluster.name in names:
                raise errors.Transient("kubernetes", "GET", cluster.path, 503, "Unavailable", "no")
            assert selector == f"{OWNER}=store"
            return [live().body] if kind == "Service" else None

        return SimpleNamespace(everywhere=everywhere)

    monkeypatch.setattr(live_objects, "ClusterReader", reader)
    return names


def read(api: Any) -> list[KubeObject]:
    return list(owned(api, "store", "ServiceExport", "Service"))


def test_a_cluster_that_does_not_answer_is_not_taken_for_empty(silent: set[str]) -> None:
    """The others are asked all the same. One that cannot be reached is not asked."""
    silent.add(WEST.name)
    answers = ask(SESSION, (WEST, EAST, one_cluster("STOPPING", "old")), read)

    assert [EAST] == [each.cluster for each in answers.objects]
    assert ((WEST, "Unavailable no"),) == answers.unanswered


def test_a_cluster_that_is_needed_has_to_answer(silent: set[str]) -> None:
    """What is in it is unknown, so nothing may be concluded."""
    silent.add(WEST.name)

    with pytest.raises(errors.Transient):
        ask(SESSION, (WEST, EAST), read, lambda cluster: cluster == WEST)


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        (WEST, True),
        (replace(WEST, membership=""), False),
        (replace(WEST, membership="", labels={OWNER: "store"}), True),
        (replace(WEST, membership="", labels={OWNER: "other"}), False),
    ],
)
def test_the_fleet_and_our_own_clusters_may_hold_something(cluster: Cluster, expected: bool) -> None:
    """A cluster that is in no fleet is only looked into if it is ours."""
    assert expected == may_hold(cluster, "store")


def test_a_deletion_names_the_very_object_that_was_seen() -> None:
    """By its uid: one that took the name since is somebody's. What is going already is not deleted again."""
    assert [DeleteObject(WEST, "Service", "store", "more", "u")] == deletions([GOING, live("more")])


def test_a_message_names_who_holds_what_is_being_deleted() -> None:
    """Finalizers of an object that is not being deleted hold nothing."""
    assert "Service store/store in cluster gke-west-1 (held by a/b, c/d)" == GOING.words
    assert NOW - 30 == GOING.deletion_began
    assert "Service store/store in cluster gke-west-1" == live(finalizers=["a/b"]).words
