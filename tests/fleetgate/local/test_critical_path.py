"""The critical path, by hand: what the platform alone needs for an environment, and nothing less."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetgate.local.critical_path import Node, critical_path_seconds, platform_graph
from fleetgate.specs import read_environment
from localcloud.time.timing import Timing
from shared.spec import Environment, parse_environment
from tests.support.paths import ROOT
from tests.support.projects import PROJECT

EXAMPLES = ROOT / "examples"
NUMBER = "123456789012"

SECONDS = {
    "container.clusters.create": 100.0,
    "gkehub.memberships.create": 10.0,
    "gkehub.features.mcs.create": 3.0,
    "gkehub.features.mci.create": 16.0,
    "mcs.membership.state": 20.0,
    "mcs.crds": 30.0,
    "mci.state": 60.0,
    "mci.membership.state": 1.0,
    "mci.gatewayclass": 5.0,
    "iam.propagation": 40.0,
    "mcs.export": 50.0,
    "kubernetes.pods.ready": 7.0,
    "compute.subnetworks.insert": 2.0,
    "gateway.program": 11.0,
    "gateway.sync": 13.0,
    "dataplane.urlmap": 17.0,
    "dataplane.health": 19.0,
}

ONE_CLUSTER: dict[str, Any] = {
    "name": "tiny",
    "clusters": [{"name": "west", "location": "us-west1-a"}],
    "sampleApp": True,
    "services": [{"name": "store", "port": 8080, "selector": {"app": "store"}}],
    "gateway": {"namespace": "store"},
    "routes": [
        {
            "name": "r",
            "hostnames": ["a.internal"],
            "rules": [{"backendRefs": [{"name": "store", "port": 8080}]}],
        }
    ],
}


def tiny() -> Environment:
    """One cluster, one service, one route."""
    return parse_environment(ONE_CLUSTER, project=PROJECT)


def example(name: str) -> Environment:
    """One of the examples."""
    return read_environment(EXAMPLES / f"{name}.yaml", PROJECT)[1]


def exact(**longer: float) -> Timing:
    """The seconds above without any spread; `longer` replaces some."""
    return Timing(0, spread=0.0, overrides={**SECONDS, **longer})


def test_the_tiny_environment_by_hand() -> None:
    """When each of its 17 works can be done at the earliest."""
    ends = platform_graph(tiny(), NUMBER).ends(exact())

    assert {
        "container.clusters.create": 100.0,
        "gkehub.memberships.create": 110.0,
        "gkehub.features.mcs.create": 3.0,
        "gkehub.features.mci.create": 126.0,
        "mcs.membership.state": 130.0,
        "mcs.crds": 140.0,
        "mci.state": 186.0,
        "mci.membership.state": 127.0,
        "mci.gatewayclass": 191.0,
        "iam.propagation": 140.0,
        "mcs.export": 190.0,
        "kubernetes.pods.ready": 107.0,
        "compute.subnetworks.insert": 2.0,
        "gateway.program": 202.0,
        "gateway.sync": 215.0,
        "dataplane.urlmap": 232.0,
        "dataplane.health": 234.0,
    } == {node.kind: end for node, end in ends.items()}
    assert 234.0 == critical_path_seconds(tiny(), NUMBER, exact())


@pytest.mark.parametrize(
    ("kind", "seconds", "path"),
    [
        ("mcs.export", 70.0, 242.0),  # 140 + 70, then 13 + 19
        ("compute.subnetworks.insert", 300.0, 343.0),  # then 11 + 13 + 19
        ("kubernetes.pods.ready", 200.0, 319.0),  # 300, then 19
        ("mci.membership.state", 150.0, 276.0),  # a state that nothing waits for is a part of the whole
        ("gkehub.features.mcs.create", 200.0, 312.0),  # 200 + 30 + 50, then 13 + 19
        ("iam.propagation", 100.0, 282.0),  # 200 + 50, then 13 + 19
    ],
)
def test_another_chain_becomes_the_longest(kind: str, seconds: float, path: float) -> None:
    """Each by hand."""
    assert path == critical_path_seconds(tiny(), NUMBER, exact(**{kind: seconds}))


@given(st.sampled_from(sorted(SECONDS)), st.floats(0, 500), st.integers(0, 50))
def test_a_longer_duration_never_shortens_the_path(kind: str, more: float, seed: int) -> None:
    """Nor does it lengthen it by more than all works of its kind in a row."""
    environment = STORE
    usual, slow = Timing(seed), Timing(seed, overrides={kind: Timing(seed).typical(kind) + more})

    before = critical_path_seconds(environment, NUMBER, usual)
    after = critical_path_seconds(environment, NUMBER, slow)
    assert before <= after + 0.01  # a draw is rounded to a millisecond
    assert after <= before + 1.4 * more + 0.01


STORE = example("store")


@pytest.mark.parametrize("name", ["store", "three-regions"])
def test_an_example_takes_what_its_longest_chain_takes(name: str) -> None:
    """Cluster, membership, CRDs, export, route, health: how many clusters there are does not matter."""
    timing = Timing(0, spread=0.0)
    chain = (
        *("container.clusters.create", "gkehub.memberships.create", "mcs.crds", "mcs.export"),
        *("gateway.sync", "dataplane.health"),
    )

    assert sum(map(timing.typical, chain)) == critical_path_seconds(example(name), NUMBER, timing)


def test_three_regions_are_three_of_each() -> None:
    """And the config cluster's membership is what the ingress feature waits for."""
    graph = platform_graph(example("three-regions"), NUMBER)

    kinds = [node.kind for node in graph.pieces]
    for kind in (
        "container.clusters.create",
        "gkehub.memberships.create",
        "compute.subnetworks.insert",
        "mcs.crds",
    ):
        assert 3 == kinds.count(kind)
    assert 6 == kinds.count("mcs.export") == kinds.count("dataplane.health")
    (feature,) = [node for node in graph.pieces if node.kind == "gkehub.features.mci.create"]
    central = f"projects/{PROJECT}/locations/us-central1/memberships/gke-central-1"
    assert (Node("gkehub.memberships.create", central),) == graph.pieces[feature].after


@pytest.mark.parametrize("seed", range(5))
def test_a_route_waits_for_the_first_export_of_each_service(seed: int) -> None:
    """An import is there as soon as one cluster exports it; health is each cluster's own."""
    graph, timing = platform_graph(STORE, NUMBER), Timing(seed)
    ends = graph.ends(timing)
    exports = [n for n in graph.pieces if n.kind == "mcs.export"]
    (program,) = [n for n in graph.pieces if n.kind == "gateway.program"]
    (sync,) = [n for n in graph.pieces if n.kind == "gateway.sync"]

    services = {n.resource.rsplit("/", 1)[1] for n in exports}
    first = [min(ends[n] for n in exports if n.resource.endswith(f"/{name}")) for name in services]
    assert 3 == len(services)
    assert ends[sync] == max(ends[program], *first) + timing.draw(*sync)
    for health in (n for n in graph.pieces if n.kind == "dataplane.health"):
        service, membership = health.resource.split("/", 2)[1:]
        own = Node("mcs.export", f"{membership}/store/{service}")
        assert ends[health] >= max(ends[sync], ends[own]) + timing.draw(*health) - 1e-9


def test_backends_wait_for_the_first_of_their_routes() -> None:
    """Three routes to one service are one backend service, whatever their order."""
    routes = [{**ONE_CLUSTER["routes"][0], "name": name} for name in ("one", "three", "two")]
    shared = parse_environment({**ONE_CLUSTER, "routes": routes}, project=PROJECT)

    ends = platform_graph(shared, NUMBER).ends(exact())

    assert [234.0] == [end for node, end in ends.items() if node.kind == "dataplane.health"]


def test_a_service_of_the_same_name_in_another_namespace_is_another_one() -> None:
    """No route leads to it: its health is waited for by nobody."""
    service = ONE_CLUSTER["services"][0]
    both = {**ONE_CLUSTER, "services": [service, {**service, "namespace": "other"}]}

    graph = platform_graph(parse_environment(both, project=PROJECT), NUMBER)

    assert 1 == len([node for node in graph.pieces if node.kind == "dataplane.health"])
