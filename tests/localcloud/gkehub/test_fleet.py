"""The fleet in time: what follows from what, and what goes with what."""

from __future__ import annotations

from localcloud.faults import operation_faults
from localcloud.wire.messages import Json
from tests.localcloud.container.wire import WEST, Cloud, clusters

MCS = "projects/shop/locations/global/features/multiclusterservicediscovery"
MCI = "projects/shop/locations/global/features/multiclusteringress"
MEMBER = "projects/shop/locations/us-west1/memberships/gke-west-1"
EAST = "projects/shop/locations/us-east1/memberships/gke-east-1"
FLEET = {"project": "shop"}
CLUSTER = f"{clusters('us-west1-a')}/gke-west-1"


def _enable(cloud: Cloud, feature: str, member: str = MEMBER) -> None:
    ingress = feature == "multiclusteringress"
    body: Json = {"spec": {"multiclusteringress": {"configMembership": member}}} if ingress else {}
    cloud.ok("POST", "gkehub/v1/projects/shop/locations/global/features", body, featureId=feature)


def _feature(cloud: Cloud, name: str) -> Json:
    return cloud.ok("GET", f"gkehub/v1/{name}")


def _keys(cloud: Cloud, *members: str) -> list[str]:
    return sorted(member.replace("/shop/", f"/{cloud.number}/") for member in members)


def _afters(cloud: Cloud, kind: str, resource: str) -> set[tuple[str, str]]:
    work = cloud.world.ledger.latest(kind, resource)
    assert work is not None
    return {(w.kind, w.resource) for w in cloud.world.ledger.works if w.id in work.after}


def test_multi_cluster_services_has_states_of_members_and_none_of_its_own(cloud: Cloud) -> None:
    """None right after it is ACTIVE; each member's when its own work is done, under the project's number."""
    cloud.running(fleet=FLEET)
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(cloud.lasted("gkehub.features.mcs.create", MCS))
    early = _feature(cloud, MCS)
    cloud.wait(cloud.lasted("mcs.membership.state", MEMBER))
    late = _feature(cloud, MCS)
    (key,) = _keys(cloud, MEMBER)
    assert (early["resourceState"]["state"], "membershipStates" in early) == ("ACTIVE", False)
    assert "state" not in late
    assert list(late["membershipStates"]) == [key]
    state = late["membershipStates"][key]["state"]
    assert (state["code"], state["description"]) == ("OK", "Firewall successfully updated")


def test_ingress_has_a_state_of_its_own_before_those_of_its_members(cloud: Cloud) -> None:
    """`Ready to use` about a minute after it is ACTIVE."""
    cloud.running(fleet=FLEET)
    _enable(cloud, "multiclusteringress")
    cloud.wait(cloud.lasted("gkehub.features.mci.create", MCI))
    active = _feature(cloud, MCI)
    cloud.wait(cloud.lasted("mci.state", MCI))
    ready = _feature(cloud, MCI)
    cloud.wait(1000)
    state = ready["state"]["state"]
    assert (active["resourceState"]["state"], "state" in active) == ("ACTIVE", False)
    assert (state["code"], state["description"]) == ("OK", "Ready to use")
    (key,) = _keys(cloud, MEMBER)
    assert _feature(cloud, MCI)["membershipStates"][key]["state"]["code"] == "OK"


def test_the_ledger_says_what_waited_for_what(cloud: Cloud) -> None:
    """So that anyone can recompute the critical path."""
    cloud.running(fleet=FLEET)
    _enable(cloud, "multiclusteringress")
    cloud.wait(1000)
    member, ingress = ("gkehub.memberships.create", MEMBER), ("gkehub.features.mci.create", MCI)
    assert _afters(cloud, *member) == {("container.clusters.create", WEST)}
    assert _afters(cloud, *ingress) == {member}
    assert _afters(cloud, "mcs.membership.state", MEMBER) == {member, ("gkehub.features.mcs.create", MCS)}
    assert _afters(cloud, "mci.membership.state", MEMBER) == {member, ingress}
    assert _afters(cloud, "mci.state", MCI) == {ingress}


def test_a_member_that_joins_later_gets_its_states_then(cloud: Cloud) -> None:
    """The others' are not touched."""
    cloud.running(fleet=FLEET)
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(1000)
    (key,) = _keys(cloud, MEMBER)
    before = _feature(cloud, MCS)["membershipStates"][key]
    cloud.running("gke-east-1", "us-east1-c", fleet=FLEET)
    states = _feature(cloud, MCS)["membershipStates"]
    assert sorted(states) == _keys(cloud, EAST, MEMBER)
    assert states[key] == before


def test_a_running_cluster_joins_the_fleet_by_an_update_and_leaves_it_by_an_empty_one(cloud: Cloud) -> None:
    """The membership follows the cluster's word."""
    cloud.running()
    cloud.ok("PUT", CLUSTER, {"update": {"desiredFleet": FLEET}})
    cloud.wait(1000)
    joined, member = cloud.ok("GET", CLUSTER)["fleet"], cloud.ok("GET", f"gkehub/v1/{MEMBER}")
    cloud.ok("PUT", CLUSTER, {"update": {"desiredFleet": {"project": ""}}})
    cloud.wait(1000)
    assert joined == {"project": "shop", "membership": f"//gkehub.googleapis.com/{MEMBER}"}
    assert member["state"]["code"] == "READY"
    assert _afters(cloud, "gkehub.memberships.create", MEMBER) == {
        ("container.clusters.create", WEST),
        ("container.clusters.update", WEST),
    }
    assert "fleet" not in cloud.ok("GET", CLUSTER)
    assert cloud.refusal("GET", f"gkehub/v1/{MEMBER}")[0] == 404


def test_gke_unregisters_a_cluster_that_it_deletes(cloud: Cloud) -> None:
    """The features forget the member with it."""
    cloud.running(fleet=FLEET)
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(1000)
    cloud.ok("DELETE", CLUSTER)
    cloud.wait(0)
    deleting = cloud.ok("GET", f"gkehub/v1/{MEMBER}")["state"]["code"]
    cloud.wait(1000)
    assert deleting == "DELETING"
    assert cloud.refusal("GET", f"gkehub/v1/{MEMBER}")[0] == 404
    assert "membershipStates" not in _feature(cloud, MCS)


def test_a_membership_that_gke_cannot_remove_is_left_stale(cloud: Cloud) -> None:
    """It says that its cluster is missing, and goes when it is deleted by hand."""
    cloud.running(fleet=FLEET)
    operation_faults.plan(cloud.world, "gkehub.memberships.delete", MEMBER, "PERMISSION_DENIED", "no access")
    cloud.ok("DELETE", CLUSTER)
    cloud.wait(1000)
    stale = cloud.ok("GET", f"gkehub/v1/{MEMBER}")
    cloud.ok("DELETE", f"gkehub/v1/{MEMBER}", force="true")
    cloud.wait(60)
    assert (stale["state"]["code"], stale["endpoint"]["gkeCluster"]["clusterMissing"]) == ("READY", True)
    assert cloud.refusal("GET", f"gkehub/v1/{MEMBER}")[0] == 404


def test_ingress_is_in_error_once_its_config_membership_is_gone_and_well_again_with_another(
    cloud: Cloud,
) -> None:
    """The load balancer's controller has lost the cluster that it reads."""
    cloud.running(fleet=FLEET)
    cloud.running("gke-east-1", "us-east1-c", fleet=FLEET)
    _enable(cloud, "multiclusteringress")
    cloud.wait(1000)
    cloud.ok("DELETE", f"gkehub/v1/{MEMBER}")
    cloud.wait(60)
    lost = _feature(cloud, MCI)["state"]["state"]
    spec = {"spec": {"multiclusteringress": {"configMembership": EAST}}}
    cloud.ok("PATCH", f"gkehub/v1/{MCI}", spec, updateMask="spec")
    cloud.wait(1000)
    assert lost["code"] == "ERROR"
    assert lost["description"].startswith("AVMBR111: failed to get config membership")
    assert _feature(cloud, MCI)["state"]["state"]["code"] == "OK"


def test_a_cluster_that_is_not_vpc_native_is_no_member_for_services(cloud: Cloud) -> None:
    """Its state says so."""
    cloud.running(fleet=FLEET, ipAllocationPolicy={"useIpAliases": False})
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(1000)
    (key,) = _keys(cloud, MEMBER)
    state = _feature(cloud, MCS)["membershipStates"][key]["state"]
    assert state["code"] == "ERROR"
    assert "not a VPC-native cluster" in state["description"]


def test_work_for_what_is_gone_is_not_finished(cloud: Cloud) -> None:
    """A feature enabled again starts anew, with no states of the first."""
    cloud.running(fleet=FLEET)
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(cloud.lasted("gkehub.features.mcs.create", MCS) + 1)
    cloud.ok("DELETE", f"gkehub/v1/{MCS}")
    cloud.wait(30)
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(cloud.lasted("gkehub.features.mcs.create", MCS))
    remaining = cloud.lasted("mcs.membership.state", MEMBER)
    cloud.wait(remaining - 1)
    early = "membershipStates" in _feature(cloud, MCS)
    cloud.wait(2)
    assert (early, "membershipStates" in _feature(cloud, MCS)) == (False, True)


def test_two_clusters_of_one_name_in_a_region_are_two_members(cloud: Cloud) -> None:
    """The second one's membership has a longer name."""
    cloud.running(fleet=FLEET)
    cloud.running("gke-west-1", "us-west1-b", fleet=FLEET)
    names = [
        m["name"] for m in cloud.ok("GET", "gkehub/v1/projects/shop/locations/-/memberships")["resources"]
    ]
    assert names[0] == MEMBER
    assert names[1].startswith(f"{MEMBER}-")
