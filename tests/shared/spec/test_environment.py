"""What an environment is once it is read: the tutorial by default, the same again from its normal form."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.spec import Environment, parse_environment
from shared.spec.locations import ZONES, zones_of
from tests.shared.spec.documents import changed, example, faults_of
from tests.support.projects import PROJECT


def parsed(document: object) -> Environment:
    """The environment, in the tests' project."""
    return parse_environment(document, project=PROJECT)


MINIMAL = {"name": "store", "clusters": [{"name": "gke-west-1", "location": "us-west1-a"}]}


@pytest.mark.parametrize("name", ["store", "three-regions", "many-clusters"])
def test_examples_have_no_fault(name: str) -> None:
    """What we show must work."""
    assert faults_of(example(name)) == []


def test_the_example_is_the_tutorial() -> None:
    """Names, classes, ports and ranges of the tutorial, said or by default."""
    wire = parsed(example()).wire()
    assert wire["gateway"] == {
        "name": "internal-cross-region-gateway",
        "namespace": "store",
        "regions": ["us-west1", "us-east1"],
        "addresses": "ephemeral",
        "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}],
    }
    assert [(each["name"], each["clusters"]) for each in wire["services"]] == [
        ("store", ["gke-west-1", "gke-east-1"]),
        ("store-west-1", ["gke-west-1"]),
        ("store-east-1", ["gke-east-1"]),
    ]
    assert {(each["namespace"], each["port"], each["targetPort"]) for each in wire["services"]} == {
        ("store", 8080, 8080)
    }
    kept = {key: wire[key] for key in ("project", "network", "subnetwork", "configCluster", "proxyRanges")}
    assert kept == {
        "project": PROJECT,
        "network": "default",
        "subnetwork": "default",
        "configCluster": "gke-west-1",
        "proxyRanges": "auto",
    }
    assert wire["clusters"][0] == {
        "name": "gke-west-1",
        "location": "us-west1-a",
        "existing": False,
    }
    assert wire["probe"] == {"identity": {"jsonField": "cluster_name"}}


def test_the_rules_are_the_tutorials_as_the_api_server_keeps_them() -> None:
    """With the CRD's defaults and without empty lists, so that what we write is what we read."""
    rules = parsed(example()).routes[0].wire_rules()
    assert rules[0] == {
        "matches": [{"path": {"type": "PathPrefix", "value": "/west"}}],
        "backendRefs": [
            {
                "group": "net.gke.io",
                "kind": "ServiceImport",
                "name": "store-west-1",
                "port": 8080,
                "weight": 1,
            }
        ],
    }
    assert rules[2]["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}}]


def test_name_and_clusters_are_enough() -> None:
    """The sample app, its service and a route to it come of themselves."""
    environment = parsed(MINIMAL)
    assert environment.sample_app
    assert [each.name for each in environment.services] == ["store"]
    assert environment.routes[0].hostnames == ("store.example.internal",)
    assert environment.ttl is None


def test_who_brings_services_gets_no_sample_app() -> None:
    """Nothing of the tutorial is put beside a team's own services, nor expected of their answers."""
    services = [{"name": "cart", "port": 80}]
    routes = [{"name": "cart", "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]}]
    environment = parsed(MINIMAL | {"services": services, "routes": routes})
    assert not environment.sample_app
    assert environment.probe.identity == "none"
    assert environment.services[0].selector is None


def test_what_is_left_out_of_a_clusters_making_stays_out() -> None:
    """Defaults are for a cluster that is created; of one that is there, what is not said is not asked for."""
    (cluster,) = parsed(MINIMAL | {"clusters": [{"name": "a", "location": "us-west1-a"}]}).clusters
    said = (cluster.autopilot, cluster.machine_type, cluster.node_count, cluster.release_channel)
    more = (cluster.node_service_account, cluster.private_nodes, cluster.pod_range, cluster.service_range)
    assert (*said, *more) == (None,) * 8


def test_a_project_that_is_named_stays() -> None:
    """The default is the one Fleetgate runs in."""
    assert parsed(MINIMAL | {"project": "shop-other"}).project == "shop-other"
    assert parsed(MINIMAL).project == PROJECT


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("8h", 28800), ("2d", 172800), ("90m", 5400)])
def test_a_time_to_live_is_held_in_seconds(text: str, seconds: int) -> None:
    """And written back in the largest unit that divides it."""
    environment = parsed(MINIMAL | {"ttl": text})
    assert (environment.ttl, environment.wire()["ttl"]) == (seconds, text)


def test_the_bounds_of_a_time_to_live_are_within() -> None:
    """30 minutes and 30 days are allowed; equal times are equal specs."""
    assert parsed(MINIMAL | {"ttl": "30d"}).ttl == 30 * 86400
    assert parsed(MINIMAL | {"ttl": "24h"}).spec_hash == parsed(MINIMAL | {"ttl": "1d"}).spec_hash


def test_regions_come_from_clusters_and_addresses() -> None:
    """A proxy-only subnet is needed wherever there is either."""
    environment = parsed(changed("gateway.regions", ["us-east1", "europe-west1"]))
    assert environment.regions == ("us-west1", "us-east1")
    assert environment.address_regions == ("us-east1", "europe-west1")
    assert environment.proxy_regions == ("us-west1", "us-east1", "europe-west1")


def test_who_exports_what() -> None:
    """In the order of the document."""
    environment = parsed(example())
    west, east = environment.clusters
    store, store_west, store_east = environment.services
    assert environment.config == west
    assert environment.exporters(store) == (west, east)
    assert environment.exporters(store_west) == (west,)
    assert environment.exports(east) == (store, store_east)
    assert environment.namespaces == ("store",)


def test_an_unknown_cluster_is_a_key_error() -> None:
    """Asking for what is not there is a mistake of the caller."""
    with pytest.raises(KeyError):
        parsed(MINIMAL).cluster("gke-east-1")


def test_an_environment_cannot_be_changed() -> None:
    """What was checked stays as it was checked."""
    environment = parsed(MINIMAL)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(environment, "name", "other")  # noqa: B010 - the assignment itself is what must fail


def test_the_hash_fits_a_label_and_tells_documents_apart() -> None:
    """Defaults said or unsaid are one document; another port is another."""
    one = parsed(MINIMAL)
    assert re.fullmatch(r"[0-9a-f]{16}", one.spec_hash)
    assert parsed(MINIMAL | {"network": "default", "configCluster": "gke-west-1"}).spec_hash == one.spec_hash
    assert parsed(MINIMAL | {"network": "other"}).spec_hash != one.spec_hash


LOCATIONS = st.sampled_from([place for region in ZONES for place in (region, *zones_of(region))])


@st.composite
def clusters(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Clusters of all sorts, each with a name of its own."""
    found = []
    for name in draw(
        st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), min_size=1, max_size=4, unique=True)
    ):
        sort = draw(st.sampled_from(["standard", "existing", "autopilot", "private"]))
        location = draw(st.sampled_from(list(ZONES)) if sort == "autopilot" else LOCATIONS)
        special: dict[str, dict[str, Any]] = {
            "standard": {"nodeCount": 2, "podRange": "/17", "serviceRange": "/22"},
            "private": {"privateNodes": True},
        }
        found.append({"name": name, "location": location, **special.get(sort, {sort: True})})
    return found


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Environments without a fault, from barely anything to everything."""
    fleet = draw(clusters())
    names = [each["name"] for each in fleet]
    some = st.lists(st.sampled_from(names), min_size=1, unique=True)
    services = [
        {"name": f"s{i}", "port": 80 + i, "clusters": draw(some)} for i in range(draw(st.integers(1, 3)))
    ]
    refs = [
        {"name": each["name"], "port": each["port"], "weight": draw(st.integers(1, 9))} for each in services
    ]
    match = {"path": {"value": "/a"}, "headers": [{"name": "x-a", "value": "b"}]}
    optional = {
        "ttl": st.sampled_from(["30m", "8h", "48h", "30d"]),
        "configCluster": st.sampled_from(names),
        "sampleApp": st.booleans(),
        "healthCheck": st.just({"requestPath": "/healthz", "checkIntervalSec": 20}),
        "gateway": st.sampled_from([{"addresses": "static"}, {"namespace": "shop", "regions": ["me-west1"]}]),
        "proxyRanges": st.sampled_from(["auto", {}]),
    }
    chosen = draw(st.fixed_dictionaries({}, optional=optional))
    routes = [
        {
            "name": "all",
            "rules": draw(
                st.sampled_from([[{"backendRefs": refs}], [{"matches": [match], "backendRefs": refs}]])
            ),
        }
    ]
    brought = draw(
        st.sampled_from([{}, {"services": services, "routes": routes}, {"services": services, "routes": []}])
    )
    return {"name": "e", "clusters": fleet, **chosen, **brought}


@settings(max_examples=80, deadline=None)
@given(documents())
def test_the_normal_form_gives_the_same_environment(document: dict[str, Any]) -> None:
    """Whoever gets the normal form works with what the claim read, whatever project they run in."""
    environment = parsed(document)
    again = parse_environment(environment.wire(), project="quite-another")
    assert again == environment
    assert again.wire() == environment.wire()
    assert again.spec_hash == environment.spec_hash


@pytest.mark.parametrize("field", ["network", "subnetwork"])
def test_a_network_of_another_project_is_refused_as_such(field: str) -> None:
    """Everything is in one VPC network of one project; a path is how Shared VPC would be asked for."""
    (fault,) = faults_of(changed(field, "projects/host/global/networks/shop"))

    assert field == fault.path
    assert "Shared VPC" in fault.fault
    assert fault.fix.endswith("such as shop")
