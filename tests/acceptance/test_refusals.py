"""What cannot succeed is refused before anything is made, with the reason and what would be right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.run import LocalRun
from localcloud.faults import operation_faults
from tests.acceptance.runs import Outcome, run, store
from tests.support.dumps import standing
from tests.support.refusals import NO_SPACE
from tests.support.sizes import sized

TUTORIAL_RANGES = {"us-west1": "10.129.0.0/23", "us-east1": "10.130.0.0/23"}


def test_five_faults_are_named_in_one_ending_and_nothing_is_asked_of_any_api() -> None:
    """Raw JSON on the topic, as anyone may publish it."""
    faulty: dict[str, Any] = {
        "name": "Store",
        "clusters": [
            {"name": "gke-west-1", "location": "us-west9-a"},
            {"name": "gke-west-1", "location": "us-east1-c"},
        ],
        "services": [{"name": "store", "port": 8080, "selector": {"app": "store"}}],
        "routes": [{"name": "r", "rules": [{"backendRefs": [{"name": "stoer", "port": 8080}]}]}],
        "ttl": "5m",
    }
    outcome = run(faulty, seed=1)

    assert "blocked" == outcome.report.outcome
    assert 1 == len(outcome.events)
    told = json.loads(_data(outcome.events[0]))
    paths = {fault["path"] for fault in told["faults"]}
    assert {"name", "ttl", "clusters[0].location", "clusters[1].name"} <= {
        path.removeprefix("environment.") for path in paths
    }
    assert any(path.startswith("environment.routes[0].rules[0].backendRefs[0]") for path in paths)
    asked = {call.service for call in outcome.calls}
    assert not asked & {"container", "gkehub", "compute", "kubernetes"}
    assert outcome.before == outcome.dump


def test_json_that_is_none_is_refused_too() -> None:
    """One ending, with what is wrong with it."""

    async def visit(local: LocalRun, outcome: Outcome) -> None:
        message = local.installation.publish(b"{this is not JSON")
        outcome.extra["message"] = message
        execution = await local._ended(message)
        outcome.extra["result"] = json.loads(execution.run.result or "{}")

    outcome = run(store(ttl="1m"), visit=visit, seed=1)

    assert "blocked" == outcome.extra["result"]["outcome"]
    assert "INVALID_REQUEST" == outcome.extra["result"]["code"]


@pytest.mark.long
def test_an_address_that_cannot_be_reserved_ends_the_deploy_soon_and_not_the_next_one() -> None:
    """Its insert is accepted, and its operation fails: the ending says with what, and not that time is over."""
    address = f"projects/{HOME_PROJECT}/regions/us-west1/addresses/vip-store-us-west1"

    def prepare(local: LocalRun) -> None:
        words = "No address is left in subnetwork default."
        kind = "compute.addresses.insert"
        operation_faults.plan(local.cloud.world, kind, address, "RESOURCE_EXHAUSTED", words, times=3)

    document = store(gateway={"addresses": "static"})
    first, second = run(document, document, prepare=prepare, seed=1).reports

    assert ("failed", ["ADDRESS_NOT_RESERVED"]) == (first.outcome, [d.code for d in first.diagnoses])
    assert "No address is left" in first.diagnoses[0].cause
    assert (first.simulated_seconds or 0) < 600
    assert "done" == second.outcome


def test_the_tutorials_ranges_are_refused_on_an_auto_mode_network() -> None:
    """Google would refuse them at the insert; the check does before anything is made."""
    outcome = run(store(proxyRanges=TUTORIAL_RANGES), seed=1)

    _refused(outcome, "RANGE_REFUSED", "10.128.0.0/9")


@pytest.mark.long
def test_the_tutorials_ranges_are_used_on_a_custom_mode_network() -> None:
    """There they are ordinary ranges."""
    outcome = run(store(proxyRanges=TUTORIAL_RANGES), seed=1, network="custom")

    used = {
        name.split("/")[3]: subnet["ipCidrRange"]
        for name, subnet in outcome.dump["resources"]["compute.subnetworks"].items()
        if subnet.get("purpose") == "GLOBAL_MANAGED_PROXY"
    }
    assert "done" == outcome.report.outcome
    assert TUTORIAL_RANGES == used


def test_clusters_whose_ranges_do_not_fit_are_not_begun() -> None:
    """GKE would say so when their creation has failed, and they would have to be deleted."""
    outcome = run(store(), prepare=_routed, seed=1)

    _refused(outcome, "RANGES_EXHAUSTED", "10.0.0.0/8 is taken by route to-the-office")


def test_more_clusters_than_a_network_has_room_for_are_refused_in_one_sentence() -> None:
    """With the arithmetic, and with a size that fits."""
    outcome = run(sized(40), seed=1)

    _refused(outcome, "RANGES_EXHAUSTED", "40 new clusters need 40 × /14 for Pods")
    (diagnosis,) = outcome.report.diagnoses
    assert "has room for 32 of these 40 ranges" in diagnosis.cause
    assert 1 == diagnosis.cause.count(". ") + diagnosis.cause.endswith(".")
    assert "podRange: /15" in diagnosis.fix


def _routed(local: LocalRun) -> None:
    """The whole of 10.0.0.0/8 leads to an office (stackoverflow.com/questions/38059495 tells of one)."""
    name = f"projects/{local.project}/global/routes/to-the-office"
    network = f"https://www.googleapis.com/compute/v1/projects/{local.project}/global/networks/default"
    route = {"name": "to-the-office", "network": network, "destRange": "10.0.0.0/8"}
    local.cloud.world.store["compute.routes"].put(name, route)


def test_room_that_is_taken_after_the_check_ends_the_deploy_soon() -> None:
    """GKE's operation fails, and the cluster is left in ERROR: nobody waits for what cannot pass."""
    cluster = f"projects/{HOME_PROJECT}/locations/us-east1-c/clusters/gke-east-1"

    def prepare(local: LocalRun) -> None:
        kind = "container.clusters.create"
        operation_faults.plan(local.cloud.world, kind, cluster, "RESOURCE_EXHAUSTED", NO_SPACE)

    report = run(store(), prepare=prepare, seed=1).report

    assert ("blocked", ["CLUSTER_ERROR"]) == (report.outcome, [each.code for each in report.diagnoses])
    assert "does not have available private IP space" in report.diagnoses[0].cause
    assert "gcloud container clusters delete gke-east-1" in report.diagnoses[0].fix
    assert "smaller podRange" in report.diagnoses[0].fix
    assert (report.simulated_seconds or 0) < 900


def test_a_block_that_a_cluster_cannot_have_is_refused() -> None:
    """The default network's subnets are in the other half of 10.0.0.0/8."""
    clusters = [
        {"name": "gke-west-1", "location": "us-west1-a", "podRange": "10.136.0.0/14"},
        {"name": "gke-east-1", "location": "us-east1-c"},
    ]
    outcome = run(store(clusters=clusters), seed=1)

    _refused(outcome, "RANGE_REFUSED", "10.136.0.0/14 of cluster gke-west-1 overlaps 10.138.0.0/20")


def test_a_fleet_that_is_in_use_is_left_alone() -> None:
    """A second environment of the same project is told which one has it."""
    outcome = run(store(), store(name="other"), seed=1)

    assert ["done", "blocked"] == [report.outcome for report in outcome.reports]
    assert "FLEET_IN_USE" == outcome.report.diagnoses[0].code
    assert "store" in outcome.report.diagnoses[0].cause
    assert not [call for call in outcome.mutations() if call.service != "compute"]


def test_an_ingress_feature_that_is_not_ours_is_left_alone() -> None:
    """A fleet whose config membership somebody else chose."""
    outcome = run(store(), prepare=_foreign_ingress, seed=1)

    _refused(outcome, "FLEET_IN_USE", "ingress")


def test_an_api_that_is_off_is_missed_before_anything_is_made() -> None:
    """Even one that only controllers call."""
    outcome = run(store(), prepare=_trafficdirector_off, seed=1)

    _refused(outcome, "API_DISABLED", "trafficdirector")


def _trafficdirector_off(local: LocalRun) -> None:
    local.cloud.world.projects.get(local.project).enabled.discard("trafficdirector.googleapis.com")


def test_a_foreign_cluster_of_the_same_name_is_left_alone() -> None:
    """It is not ours because it bears no label of ours."""
    outcome = run(store(), prepare=_foreign_cluster, seed=1)

    _refused(outcome, "CLUSTER_FOREIGN", "gke-west-1")


def _refused(outcome: Outcome, code: str, word: str) -> None:
    found = {diagnosis.code: diagnosis for diagnosis in outcome.report.diagnoses}
    assert "blocked" == outcome.report.outcome
    assert code in found
    assert word in found[code].cause and found[code].fix
    assert outcome.before == standing(outcome.dump)
    assert {"compute.addresses.insert", "compute.addresses.setLabels"} >= {
        call.method for call in outcome.mutations()
    }


def _foreign_ingress(local: LocalRun) -> None:
    name = f"projects/{local.project}/locations/global/features/multiclusteringress"
    member = f"projects/{local.project}/locations/us-west2/memberships/theirs"
    feature = {
        "name": name,
        "createTime": "2025-01-01T00:00:00Z",
        "spec": {"multiclusteringress": {"configMembership": member}},
        "resourceState": {"state": "ACTIVE"},
    }
    local.cloud.world.store["gkehub.features"].put(name, feature)


def _foreign_cluster(local: LocalRun) -> None:
    name = f"projects/{local.project}/locations/us-west1-a/clusters/gke-west-1"
    cluster = {
        "name": "gke-west-1",
        "location": "us-west1-a",
        "zone": "us-west1-a",
        "status": "RUNNING",
        "createTime": "2025-01-01T00:00:00+00:00",
        "network": "default",
        "subnetwork": "default",
    }
    local.cloud.world.store["container.clusters"].put(name, cluster)


def _data(event: dict[str, Any]) -> str:
    import base64

    return base64.b64decode(event["data"]).decode()


def test_a_refusal_is_told_on_the_events_topic() -> None:
    """Who listens there learns why without looking at any log."""
    outcome = run(store(proxyRanges=TUTORIAL_RANGES), seed=2)
    told = json.loads(_data(outcome.events[0]))

    assert told["code"] and told["cause"] and told["fix"]


def test_what_google_may_refuse_is_warned_of_before_anything_is_made() -> None:
    """In a region with a proxy-only subnet of regional load balancers, of which Google tells two different things."""
    outcome = run(store(), prepare=_contested_and_foreign, seed=1)

    _refused(outcome, "CLUSTER_FOREIGN", "gke-west-1")
    (warned,) = outcome.report.warnings
    assert ("SUBNET_CONTESTED", "subnets") == (warned.code, warned.step)
    assert "subnetworks/team-proxy is the region's proxy-only subnet" in warned.cause
    assert "Use another region than us-west1" in warned.fix
    assert [warned.model_dump()] == json.loads(_data(outcome.events[0]))["warnings"]


def _contested_and_foreign(local: LocalRun) -> None:
    _foreign_cluster(local)
    put_regional_proxy(local)


def put_regional_proxy(local: LocalRun) -> None:
    """A proxy-only subnet of somebody's regional load balancers, in us-west1."""
    root = "https://www.googleapis.com/compute/v1/"
    name = f"projects/{local.project}/regions/us-west1/subnetworks/team-proxy"
    subnet = {
        "name": "team-proxy",
        "network": f"{root}projects/{local.project}/global/networks/default",
        "region": f"{root}projects/{local.project}/regions/us-west1",
        "selfLink": root + name,
        "ipCidrRange": "10.4.0.0/23",
        "purpose": "REGIONAL_MANAGED_PROXY",
        "role": "ACTIVE",
        "state": "READY",
    }
    local.cloud.world.store["compute.subnetworks"].put(name, subnet)
