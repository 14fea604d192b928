"""The changes of clusters: how each shows itself, and what it asks of which API."""

from __future__ import annotations

from typing import Any, cast

import pytest

from functions.clusters.changes import (
    CreateCluster,
    DeleteCluster,
    DeleteFirewall,
    DetachFromFleet,
    ResizePool,
    UpdateCluster,
    UpdatePool,
)
from shared.google import compute, container_writes
from shared.google.session import Session
from shared.step.change import Change
from tests.support.projects import PROJECT

CLUSTER = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
POOL = f"{CLUSTER}/nodePools/default-pool"
RULE = f"projects/{PROJECT}/global/firewalls/gke-gke-west-1-0a1b2c3d-mcsd"
STABLE = {"desired_release_channel": {"channel": "STABLE"}}

# Change, how it shows itself, and the request that it makes.
CHANGES: list[tuple[Change, dict[str, Any], tuple[Any, ...]]] = [
    (
        CreateCluster(PROJECT, "us-west1-a", "gke-west-1", {"network": "default"}),
        {"verb": "create", "resource": CLUSTER},
        ("create_cluster", PROJECT, "us-west1-a", {"name": "gke-west-1", "network": "default"}),
    ),
    (
        UpdateCluster(CLUSTER, "releaseChannel", "regular", "stable", STABLE),
        {"verb": "update", "resource": CLUSTER, "field": "releaseChannel", "before": "regular", "after": "stable"},
        ("update_cluster", CLUSTER, STABLE),
    ),
    (
        UpdatePool(POOL, "machineType", "e2-medium", "e2-small", {"machine_type": "e2-small"}),
        {"verb": "update", "resource": POOL, "field": "machineType", "before": "e2-medium", "after": "e2-small"},
        ("update_pool", POOL, {"machine_type": "e2-small"}),
    ),
    (
        ResizePool(POOL, 3, 5),
        {"verb": "update", "resource": POOL, "field": "nodeCount", "before": 3, "after": 5},
        ("resize_pool", POOL, 5),
    ),
    (
        DetachFromFleet(CLUSTER, PROJECT),
        {"verb": "update", "resource": CLUSTER, "field": "fleet", "before": PROJECT},
        ("update_cluster", CLUSTER, {"desired_fleet": {"project": ""}}),
    ),
    (DeleteCluster(CLUSTER), {"verb": "delete", "resource": CLUSTER}, ("delete_cluster", CLUSTER)),
    (DeleteFirewall(RULE), {"verb": "delete", "resource": RULE}, ("delete_firewall", RULE)),
]  # fmt: skip


@pytest.mark.parametrize(("change", "shown", "request_"), CHANGES, ids=lambda each: type(each).__name__)
def test_a_change_shows_and_asks_for_the_same_thing(
    monkeypatch: pytest.MonkeyPatch, change: Change, shown: dict[str, Any], request_: tuple[Any, ...]
) -> None:
    """In the words of the answer, and in those of Google's API; once."""
    made: list[tuple[Any, ...]] = []
    name, *_ = request_
    api = compute if hasattr(compute, name) else container_writes
    monkeypatch.setattr(api, name, lambda session, *given: made.append((name, *given)))
    change.perform(cast(Session, None))

    assert shown == change.describe().wire()
    assert [request_] == made
