"""Services that others make: a new cluster cannot have them before it exists, so a deploy waits for them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from tests.acceptance.runs import Outcome, run, store

SERVICE = {"ports": [{"port": 8080, "targetPort": 8080}], "selector": {"app": "store"}}
ROUTE = {"name": "store-route", "rules": [{"backendRefs": [{"name": "store", "port": 8080}]}]}
OWN = store(services=[{"name": "store", "port": 8080}], routes=[ROUTE], serviceWait="4m")


def _told(event: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(base64.b64decode(event["data"]))
    return told


def _make(local: LocalRun) -> None:
    """What a person does who has read the event: in each cluster, once it has the namespace."""
    clusters = local.cloud.world[CLUSTER_APIS]
    ready = [each for each in clusters.values() if each.get("Namespace", "", "store")]
    for api in ready:
        meta = {"name": "store", "namespace": "store"}
        api.apply(
            "Service", {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": SERVICE}, "a person"
        )
    if len(ready) < 2:
        local.cloud.world.clock.after(30.0, lambda: _make(local))


def test_what_the_event_asks_for_is_made_and_the_deploy_is_verified() -> None:
    """Within its time; nothing is warned of at the end."""
    seen: list[dict[str, Any]] = []

    def prepare(local: LocalRun) -> None:
        def hear(event: dict[str, Any]) -> None:
            if event["attributes"]["ce-type"].endswith(".warned") and not seen:
                seen.append(event)
                local.cloud.world.clock.after(90.0, lambda: _make(local))

        local.cloud.broker.listen(local.installation.topic("events"), hear)

    outcome = run(OWN, prepare=prepare, seed=1)

    assert "done" == outcome.report.outcome
    assert [] == outcome.report.warnings
    first = _told(seen[0])["warnings"][0]
    assert ("SERVICE_MISSING", "service_export") == (first["code"], first["step"])
    assert "kubectl create service clusterip store --namespace=store --tcp=8080:8080" in first["fix"]


@pytest.mark.long
def test_what_nobody_makes_ends_the_deploy_at_its_bound_and_the_next_in_check() -> None:
    """With what is missing where, long before the step's time is up."""

    async def again(local: LocalRun, outcome: Outcome) -> None:
        outcome.reports.append(await local.deploy(OWN))

    outcome = run(OWN, visit=again, seed=1)
    late, again_ = outcome.reports

    for report in (late, again_):
        assert ("blocked", ["SERVICE_MISSING"]) == (report.outcome, [each.code for each in report.diagnoses])
        assert "Cluster gke-west-1 has no Service store/store" in report.diagnoses[0].cause
    created = min(each.end for each in late.operations if "clusters.create" in each.kind)
    assert 240 < (late.simulated_seconds or 0) - created < 240 + 180
    assert {"claim", "check", "settle"} == {each.mode for each in again_.steps}
