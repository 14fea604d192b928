"""Changes of Kubernetes objects: what they say they change, and what they send."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.changes import objects
from shared.changes.objects import ApplyObject, DeleteObject
from shared.google.session import Session
from shared.objects import body
from shared.step.change import Description
from tests.support.live import one_cluster

WEST = one_cluster()
SERVICE = body("store", "Service", "web", "store", spec={})
NAMESPACE = body("store", "Namespace", "store")
SESSION = cast(Session, None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cluster is asked for."""
    calls: list[Any] = []

    def writer(_session: Session, cluster: Any) -> SimpleNamespace:
        return SimpleNamespace(
            apply=lambda manifest: calls.append((cluster, manifest)),
            delete=lambda *names: calls.append((cluster, names)),
        )

    monkeypatch.setattr(objects, "ClusterWriter", writer)
    return calls


def test_an_application_is_described_by_its_clusters_full_name(sent: list[Any]) -> None:
    """A namespaced object by its namespace too; an update says which field."""
    change = ApplyObject("update", WEST.path, WEST, SERVICE, "spec")
    change.perform(SESSION)

    assert Description("update", f"{WEST.path}/Service/store/web", "spec") == change.describe()
    assert [(WEST, SERVICE)] == sent
    assert (
        f"{WEST.path}/Namespace/store"
        == ApplyObject("create", WEST.path, None, NAMESPACE).describe().resource
    )


def test_a_deletion_is_of_the_object_that_was_seen(sent: list[Any]) -> None:
    """Its uid goes along."""
    change = DeleteObject(WEST, "Service", "store", "web", "u-1")
    change.perform(SESSION)

    assert Description("delete", f"{WEST.path}/Service/store/web") == change.describe()
    assert [(WEST, ("Service", "store", "web", "u-1"))] == sent
