"""The clusters step: created side by side, ours brought up to date one update at a time, all others left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.clusters.changes import CreateCluster, ResizePool, UpdateCluster, UpdatePool
from functions.clusters.observed import ObservedClusters
from functions.clusters.step import decide
from shared.google.container import STANDARD, Cluster
from shared.spec import Environment
from shared.step.change import Change
from shared.step.outcome import Blocked, Decision, Done, Waiting
from tests.support.fleets import OURS, cluster, pool
from tests.support.live import EXAMPLE, NOW, environment
from tests.support.projects import PROJECT
from tests.support.refusals import NO_SPACE, POLICY

STORE = environment()
WEST, EAST = "gke-west-1", "gke-east-1"
ACCOUNT = "n@p.iam.gserviceaccount.com"
TOGETHER = [cluster(WEST), cluster(EAST)]


def west(**fields: Any) -> Environment:
    """The tutorial's environment, with more said of its west cluster."""
    one, other = EXAMPLE["clusters"]
    return environment(clusters=[{**one, **fields}, other])


def existing(**fields: Any) -> Environment:
    """The tutorial's environment on a west cluster that is there already."""
    west, east = EXAMPLE["clusters"]
    return environment(clusters=[{**west, "existing": True}, east], **fields)


def look(wanted: Environment, *seen: Cluster) -> Decision:
    return decide(wanted, ObservedClusters(seen), NOW)


def waiting(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def creations(decision: Decision) -> list[Any]:
    """The bodies of the clusters that are created."""
    return [change.body for change in decision.changes if isinstance(change, CreateCluster)]


def fields(changes: Iterable[Change]) -> list[tuple[Any, ...]]:
    """Field, before and after of each change."""
    shown = [change.describe() for change in changes]
    return [(each.field, each.before, each.after) for each in shown]


def after(seen: tuple[Cluster, ...], change: Change) -> tuple[Cluster, ...]:
    """The clusters once a change is done."""
    if isinstance(change, CreateCluster):
        owner: Any = change.body["resource_labels"]
        return (*seen, cluster(change.name, change.location, labels=owner))
    if isinstance(change, UpdateCluster):
        return tuple(_with_field(each, change) for each in seen)
    assert isinstance(change, UpdatePool | ResizePool)
    return tuple(_with_pool(each, change) for each in seen)


def _with_field(seen: Cluster, change: UpdateCluster) -> Cluster:
    field = {
        "workloadIdentityConfig": "workload_pool",
        "gatewayApiConfig": "gateway_channel",
        "dnsEndpointConfig.allowExternalTraffic": "dns_external",
        "fleet": "fleet_project",
        "releaseChannel": "release_channel",
        "privateNodes": "private_nodes",
    }[change.field]
    fields: dict[str, Any] = {field: change.after}
    return replace(seen, **fields) if seen.path == change.path else seen


def _with_pool(seen: Cluster, change: UpdatePool | ResizePool) -> Cluster:
    if seen.pool is None or seen.pool.path != change.path:
        return seen
    if isinstance(change, ResizePool):
        return replace(seen, pools=(replace(seen.pool, node_count=change.after),))
    fields: dict[str, Any] = {
        {"machineType": "machine_type", "privateNodes": "private"}[change.field]: change.after
    }
    return replace(seen, pools=(replace(seen.pool, **fields),))


def test_all_missing_clusters_are_created_at_once() -> None:
    """Each in the fleet from birth, with Gateway API, workload identity and a DNS endpoint, and our label."""
    decision = look(STORE)
    bodies = creations(decision)

    resources = [change.describe().resource for change in decision.changes]
    assert [cluster(WEST).path, cluster(EAST).path] == resources
    assert {"project": PROJECT} == bodies[0]["fleet"]
    assert {"channel": STANDARD} == bodies[0]["network_config"]["gateway_api_config"]
    assert {"workload_pool": f"{PROJECT}.svc.id.goog"} == bodies[0]["workload_identity_config"]
    assert {"allow_external_traffic": True} == bodies[0]["control_plane_endpoints_config"][
        "dns_endpoint_config"
    ]
    assert OURS == bodies[0]["resource_labels"]
    assert ("ClusterProvisioning", 300) == (waiting(decision).reason, waiting(decision).retry_after)


def test_what_the_spec_says_of_nodes_is_created() -> None:
    """Standard pools have a size; Autopilot chooses by itself, and takes an account for its nodes."""
    account = "nodes@shop-prod.iam.gserviceaccount.com"
    clusters = [
        {"name": "a", "location": "us-west1-a", "machineType": "e2-standard-2", "nodeCount": 5, "privateNodes": True},
        {"name": "b", "location": "us-east1", "autopilot": True, "nodeServiceAccount": account},
    ]  # fmt: skip
    services = [{"name": "store", "port": 8080, "selector": {"app": "store"}}]
    standard, autopilot = creations(look(environment(clusters=clusters, services=services, routes=[])))

    (pool,) = standard["node_pools"]
    assert ("e2-standard-2", 5) == (pool["config"]["machine_type"], pool["initial_node_count"])
    assert standard["network_config"]["default_enable_private_nodes"] is True
    assert {"enabled": True} == autopilot["autopilot"]
    assert account == autopilot["autoscaling"]["autoprovisioning_node_pool_defaults"]["service_account"]
    assert "node_pools" not in autopilot


def test_ranges_are_created_as_the_spec_gives_them() -> None:
    """What it leaves out is for GKE to choose."""
    one, other = creations(look(west(podRange="/17", serviceRange="10.0.32.0/20")))

    assert {
        "use_ip_aliases": True,
        "cluster_ipv4_cidr_block": "/17",
        "services_ipv4_cidr_block": "10.0.32.0/20",
    } == one["ip_allocation_policy"]
    assert {"use_ip_aliases": True} == other["ip_allocation_policy"]


def test_clusters_that_are_as_wanted_are_done() -> None:
    """Foreign ones of other names do not matter, nor do namesakes elsewhere."""
    assert Decision(Done()) == look(STORE, *TOGETHER, cluster(WEST, "europe-west1-b", labels={}))


def test_a_cluster_on_its_way_is_waited_for_as_long_as_it_will_take() -> None:
    """No sooner than the last is usually RUNNING."""
    decision = look(
        STORE, cluster(WEST, age=100, status="PROVISIONING"), cluster(EAST, age=40, status="PROVISIONING")
    )

    assert () == tuple(decision.changes)
    assert ("ClusterProvisioning", 260) == (waiting(decision).reason, waiting(decision).retry_after)
    assert "gke-east-1, gke-west-1" in waiting(decision).message


def test_updates_of_one_cluster_come_one_by_one() -> None:
    """GKE runs one operation a cluster; the rest is shown in a plan."""
    decision = look(
        STORE, cluster(WEST, gateway_channel="CHANNEL_DISABLED", dns_external=False), cluster(EAST)
    )

    assert ["gatewayApiConfig"] == [field for field, *_ in fields(decision.changes)]
    assert ["dnsEndpointConfig.allowExternalTraffic"] == [field for field, *_ in fields(decision.later)]
    assert ("ClusterUpdating", 54) == (waiting(decision).reason, waiting(decision).retry_after)


def test_nothing_is_asked_of_a_cluster_that_is_being_changed() -> None:
    """It would be refused."""
    decision = look(STORE, cluster(WEST, status="RECONCILING", fleet_project=""), cluster(EAST))

    assert () == tuple(decision.changes)
    assert "ClusterUpdating" == waiting(decision).reason
    assert waiting(decision).retry_after <= 20


CHANGES = [
    ({}, {}, [], "nothing that is not said"),
    ({"releaseChannel": "stable"}, {}, [("releaseChannel", "regular", "stable")], "54 s"),
    ({"nodeCount": 5}, {}, [("nodeCount", 3, 5)], "54 s"),
    ({"nodeCount": 5}, {"scales": True}, [], "a pool that scales by itself"),
    ({"machineType": "e2-standard-2"}, {}, [("machineType", "e2-medium", "e2-standard-2")], "216 s"),
    ({"machineType": "e2-medium", "nodeCount": 3, "privateNodes": False, "autopilot": False}, {}, [], "as it is"),
    ({"privateNodes": True}, {"private": None}, [("privateNodes", False, True)], "54 s"),
    (
        {"privateNodes": True, "machineType": "e2-standard-2", "nodeCount": 2, "releaseChannel": "rapid"},
        {},
        [
            ("releaseChannel", "regular", "rapid"),
            ("privateNodes", False, True),
            ("machineType", "e2-medium", "e2-standard-2"),
            ("privateNodes", False, True),
            ("nodeCount", 3, 2),
        ],
        "54 s",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("said", "pool", "changes", "looks"), CHANGES)
def test_what_the_spec_says_of_a_cluster_that_is_there_comes_about_in_place(
    said: dict[str, Any], pool: dict[str, Any], changes: list[tuple[Any, ...]], looks: str
) -> None:
    """One after the other, the cluster before its nodes; what it leaves out stays as it is."""
    seen = cluster(WEST)
    assert seen.pool is not None
    decision = look(west(**said), replace(seen, pools=(replace(seen.pool, **pool),)), cluster(EAST))

    assert changes == fields([*decision.changes, *decision.later])
    assert changes[:1] == fields(decision.changes)
    if changes:
        assert looks == f"{waiting(decision).retry_after:.0f} s"
    else:
        assert Decision(Done()) == decision


def test_somebody_elses_node_pools_are_left_alone() -> None:
    """A cluster may get others, and lose the one it was made with."""
    wanted = west(
        machineType="e2-standard-2", nodeCount=5, nodeServiceAccount="nodes@p.iam.gserviceaccount.com"
    )
    assert Decision(Done()) == look(wanted, cluster(WEST, pools=()), cluster(EAST))


def test_nodes_that_are_being_replaced_are_not_asked_after_every_moment() -> None:
    """It takes minutes a node."""
    decision = look(west(machineType="e2-standard-2"), cluster(WEST, status="RECONCILING"), cluster(EAST))
    assert () == tuple(decision.changes)
    assert 60 == waiting(decision).retry_after


def test_a_cluster_that_is_being_deleted_is_created_once_it_is_gone() -> None:
    """Whoever's it was."""
    for owner in (OURS, {}):
        decision = look(STORE, cluster(WEST, status="STOPPING", labels=owner), cluster(EAST))

        assert [] == list(decision.changes)
        assert [CreateCluster] == [type(change) for change in decision.later]
        assert "ClusterStopping" == waiting(decision).reason


def test_what_waits_for_the_next_look_is_not_held_up_by_a_creation() -> None:
    """A cluster with more updates to come is looked at when its first is usually done."""
    decision = look(STORE, cluster(WEST, gateway_channel="", fleet_project=""))

    assert {CreateCluster, UpdateCluster} == {type(change) for change in decision.changes}
    assert 54 == waiting(decision).retry_after


def test_an_existing_cluster_is_used_as_it_is() -> None:
    """Nothing of ours is on it; without a DNS endpoint its public one will do."""
    assert Decision(Done()) == look(existing(), cluster(WEST, labels={}, dns_external=False), cluster(EAST))


def test_where_an_existing_clusters_nodes_are_is_no_concern_of_ours() -> None:
    """A spec may say that they are not private, and nothing is asked of the cluster for that."""
    west, east = EXAMPLE["clusters"]
    wanted = environment(clusters=[{**west, "existing": True, "privateNodes": False}, east])

    assert Decision(Done()) == look(wanted, cluster(WEST, labels={}, private_nodes=True), cluster(EAST))


def broken(message: str) -> dict[str, Any]:
    """A cluster whose creation has failed with these words of GKE's."""
    return {"status": "ERROR", "status_message": message}


BLOCKED = [
    ("CLUSTER_FOREIGN", STORE, {"labels": {"team": "web"}}, "clusters/gke-west-1 exists", "existing: true"),
    ("CLUSTER_FOREIGN", STORE, {"labels": {"fleetgate-env": "other"}}, "not this environment's", "another name"),
    ("CLUSTER_ELSEWHERE", STORE, {"location": "us-west1-b"}, "is in us-west1-b", "back to us-west1-b"),
    ("CLUSTER_ERROR", STORE, {"status": "ERROR", "status_message": "no IPs"}, "ERROR: no IPs", "clusters delete gke"),
    ("CLUSTER_ERROR", STORE, broken(NO_SPACE), "available private IP space", "smaller podRange"),
    ("CLUSTER_ERROR", STORE, broken("[GCE_STOCKOUT]: Instance 'i' creation failed"), "STOCKOUT", "another zone"),
    ("CLUSTER_ERROR", STORE, broken("Quota 'IN_USE_ADDRESSES' exceeded."), "IN_USE_ADDRESSES", "raise the quota"),
    ("CLUSTER_ERROR", STORE, broken(f"[CONDITION_NOT_MET]: {POLICY}"), "violated", "an exception"),
    ("CLUSTER_ERROR", existing(), {"status": "DEGRADED", "labels": {}}, "DEGRADED", "Mend the cluster"),
    ("CLUSTER_NETWORK", STORE, {"network": "other"}, "other/default, not in default/default", "cannot be changed"),
    ("CLUSTER_MODE", west(autopilot=False), {"autopilot": True}, "an Autopilot cluster", "back to true"),
    ("CLUSTER_MODE", west(nodeCount=2), {"autopilot": True, "pools": ()}, "an Autopilot cluster", "another name"),
    ("CLUSTER_NODE_ACCOUNT", west(nodeServiceAccount=ACCOUNT), {}, "run as default, not as n@p", "Compute Engine"),
    ("CLUSTER_NODE_ACCOUNT", west(nodeServiceAccount=ACCOUNT), {"pools": (), "autopilot": True, "account": "a@p"},
     "run as a@p", "back to a@p"),
    ("CLUSTER_RANGE", west(podRange="10.4.0.0/14"), {}, "the Pod range 10.0.0.0/14, not 10.4.0.0/14", "to 10.0.0.0/14"),
    ("CLUSTER_RANGE", west(podRange="/17"), {}, "the Pod range 10.0.0.0/14, not /17", "leave it out"),
    ("CLUSTER_RANGE", west(serviceRange="/22"), {}, "the Service range 34.118.224.0/20, not /22", "another name"),
    ("CLUSTER_NETWORK", existing(), {"subnetwork": "s"}, "default/s", "rename"),
    ("CLUSTER_MISSING", existing(), {"location": "us-west1-b"}, "does not exist", "leave out `existing`"),
    ("CLUSTER_MISSING", existing(), {"status": "STOPPING"}, "is being deleted", "leave out `existing`"),
    ("CLUSTER_UNFIT", existing(), {"gateway_channel": "CHANNEL_DISABLED"}, "gatewayApi", "--gateway-api=standard"),
    ("CLUSTER_UNFIT", existing(), {"workload_pool": ""}, "workloadIdentity", "--workload-pool=shop-prod.svc.id.goog"),
    ("CLUSTER_UNFIT", existing(), {"fleet_project": "other"}, "lacks fleet", "--enable-fleet"),
    ("CLUSTER_UNREACHABLE", existing(), {"dns_external": False, "public": False}, "VPC network", "--enable-dns-access"),
    ("CLUSTER_UNREACHABLE", existing(), {"dns_external": False, "restricted": True}, "authorized", "enable-dns-access"),
    ("CLUSTER_UNFIT", existing(), {"dns_external": False, "public": False, "fleet_project": ""}, "fleet", "dns-access"),
    ("CLUSTER_UNFIT", existing(), {"vpc_native": False}, "VPC-native", "another cluster"),
]  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"podRange": "/14"},
        {"podRange": "10.0.0.0/14", "serviceRange": "/20"},
        {"serviceRange": "34.118.224.0/20"},
    ],
)
def test_ranges_that_a_cluster_has_are_no_change(said: dict[str, str]) -> None:
    """By block, by size, or not said."""
    assert Decision(Done()) == look(west(**said), *TOGETHER)


def test_a_cluster_without_ranges_yet_is_waited_for() -> None:
    """GKE tells them once it has taken them."""
    seen = cluster(WEST, age=100, status="PROVISIONING", pod_range="", service_range="")
    assert "ClusterProvisioning" == waiting(look(west(podRange="/17"), seen, cluster(EAST))).reason


@pytest.mark.parametrize(("code", "wanted", "fields", "cause", "fix"), BLOCKED)
def test_what_a_person_must_mend_is_said_before_anything_is_made(
    code: str, wanted: Environment, fields: dict[str, Any], cause: str, fix: str
) -> None:
    """What is wrong with which cluster, and what mends it; the other cluster is not created meanwhile."""
    decision = look(wanted, cluster(WEST, **fields))

    assert isinstance(decision.outcome, Blocked)
    assert code == decision.outcome.code
    assert cause in decision.outcome.cause
    assert fix in decision.outcome.fix
    assert () == tuple(decision.changes)


STATES = st.builds(
    cluster,
    st.sampled_from([WEST, EAST]),
    st.sampled_from(["us-west1-a", "us-east1-c", "us-west1-b"]),
    status=st.sampled_from(["RUNNING", "PROVISIONING", "RECONCILING", "STOPPING", "ERROR", "DEGRADED"]),
    labels=st.sampled_from([OURS, {}, {"fleetgate-env": "other"}]),
    gateway_channel=st.sampled_from([STANDARD, "CHANNEL_DISABLED"]),
    fleet_project=st.sampled_from([PROJECT, ""]),
    dns_external=st.booleans(),
    release_channel=st.sampled_from(["regular", "rapid"]),
    pools=st.tuples(
        st.builds(
            pool,
            st.just("gke-west-1"),
            st.sampled_from(["e2-medium", "e2-standard-2"]),
            st.sampled_from([1, 3]),
        )
    ),
)
SPECS = [STORE, existing(), west(machineType="e2-standard-2", nodeCount=2, privateNodes=True)]
WORLDS = st.lists(STATES, max_size=3, unique_by=lambda each: each.path)


@given(st.sampled_from(SPECS), WORLDS)
def test_nothing_foreign_or_existing_is_ever_changed(wanted: Environment, seen: list[Cluster]) -> None:
    """An update is of a cluster with our label that we were to make; a creation takes no name that is taken."""
    decision = look(wanted, *seen)
    by_path = {each.path: each for each in seen}
    makes = {each.name for each in wanted.clusters if not each.existing}

    for change in (*decision.changes, *decision.later):
        path = change.describe().resource.removesuffix("/nodePools/default-pool")
        there = by_path.get(path)
        assert path.rpartition("/")[2] in makes
        if isinstance(change, CreateCluster):
            assert there is None or there.status == "STOPPING"
        else:
            assert there is not None
            assert OURS == there.labels


@given(st.sampled_from(SPECS), WORLDS)
def test_once_every_change_is_made_it_is_done(wanted: Environment, seen: list[Cluster]) -> None:
    """Each look leads on, and the last finds nothing to change."""
    world = tuple(replace(each, status="RUNNING") for each in seen if each.status != "STOPPING")
    for _ in range(10):
        decision = look(wanted, *world)
        for change in decision.changes:
            world = after(world, change)

    assert isinstance(decision.outcome, Done | Blocked)
    assert () == tuple(decision.changes)
