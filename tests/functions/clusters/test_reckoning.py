"""Whether the ranges of new clusters fit, and what is said if they do not."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from functions.clusters.observed import NetworkRanges, ObservedClusters
from functions.clusters.reckoning import refusal
from functions.clusters.step import decide
from shared.google.container import Cluster
from shared.ranges import Taken
from shared.spec import Environment, parse_environment
from shared.step.outcome import Blocked, Waiting
from tests.support.live import NOW
from tests.support.projects import PROJECT
from tests.support.sizes import ZONES, sized


def environment(clusters: int, **of_each: Any) -> Environment:
    """One of so many clusters."""
    return parse_environment(sized(clusters, **of_each), project=PROJECT)


def network(*taken: str, secondary: dict[str, int] | None = None) -> NetworkRanges:
    """A network where this is taken, by region the number of secondary ranges that its subnetwork has."""
    subnetworks: list[Any] = [
        {
            "name": "default",
            "region": f"https://www.googleapis.com/compute/v1/projects/p/regions/{region}",
            "secondaryIpRanges": [
                {"rangeName": f"r{n}", "ipCidrRange": "172.16.0.0/28"} for n in range(count)
            ],
        }
        for region, count in (secondary or {}).items()
    ]
    return NetworkRanges(
        [Taken(IPv4Network(each), f"route r{n}") for n, each in enumerate(taken)], subnetworks
    )


def there(wanted: Environment, *names: str) -> list[Cluster]:
    """Clusters of the environment that are there."""
    return [Cluster(each, f"…/{each}", wanted.cluster(each).location, "RUNNING") for each in names]


def refused(wanted: Environment, found: NetworkRanges, *seen: Cluster) -> Blocked | None:
    return refusal(wanted, ObservedClusters(seen, network=found))


# Clusters, what each says, what is taken; the cause and the fix.
REFUSED: list[tuple[int, dict[str, Any], list[str], str, str]] = [
    (
        33,
        {},
        [],
        "33 new clusters need 33 × /14 for Pods, and 10.0.0.0/9, where GKE chooses them in network default,"
        " has room for 32 of these 33 ranges.",
        "Set podRange: /15 on the 33 new clusters that have none or a larger one: there is room for 64 of that size,"
        " and each has room for 512 nodes.",
    ),
    (
        2,
        {},
        ["10.0.0.0/10", "10.64.0.0/11", "10.96.0.0/12", "10.112.0.0/13", "10.124.0.0/14"],
        "2 new clusters need 2 × /14 for Pods, and 10.0.0.0/9, where GKE chooses them in network default,"
        " has room for 1 of these 2 ranges; 10.0.0.0/10 is taken by route r0 and 10.64.0.0/11 is taken by route r1"
        " and 3 more.",
        "Set podRange: /15 on c1 and c2: there is room for 2 of that size, and each has room for 512 nodes.",
    ),
    (1, {"nodeCount": 200}, ["10.0.0.0/10", "10.64.0.0/11", "10.96.0.0/12", "10.112.0.0/13", "10.120.0.0/14",
         "10.124.0.0/15", "10.127.0.0/16"], "1 new cluster needs 1 × /14", "podRange: /16 on c1: there is room for 1"),
    (1, {}, ["10.0.0.0/8"], "room for 0 of these 1 ranges; 10.0.0.0/8 is taken by route r0.", "outside 10.0.0.0/9"),
    (3, {"podRange": "/9"}, [], "need 3 × /9 for Pods", "podRange: /11 on c1, c2 and c3: there is room for 4"),
    (32, {"serviceRange": "/16"}, [], "32 × /14 for Pods and 32 × /16 for Services", "podRange: /15 on the 32"),
    (2, {"nodeCount": 900, "podRange": "/13"}, ["10.0.0.0/10", "10.64.0.0/11", "10.96.0.0/12", "10.112.0.0/13",
         "10.120.0.0/14"], "room for 0 of these 2", "blocks outside 10.0.0.0/9"),
]  # fmt: skip


@pytest.mark.parametrize(("clusters", "said", "taken", "cause", "fix"), REFUSED)
def test_ranges_that_do_not_fit_are_refused_with_the_arithmetic(
    clusters: int, said: dict[str, Any], taken: list[str], cause: str, fix: str
) -> None:
    """One sentence: how many of which size, where, and how many fit; and what would."""
    stop = refused(environment(clusters, **said), network(*taken))

    assert stop is not None
    assert "RANGES_EXHAUSTED" == stop.code
    assert cause in stop.cause
    assert fix in stop.fix
    assert 1 == stop.cause.count(". ") + stop.cause.endswith(".")


@pytest.mark.parametrize(
    ("clusters", "said", "taken"),
    [
        (32, {}, []),
        (50, {"podRange": "/17"}, []),
        (50, {"podRange": "/21", "serviceRange": "/27"}, ["10.0.0.0/10"]),
        (31, {}, ["10.8.0.0/20"]),
        (32, {"serviceRange": "34.118.224.0/20"}, []),
        (1, {"podRange": "172.16.0.0/14"}, ["10.0.0.0/8"]),
    ],
)
def test_ranges_that_fit_are_no_matter(clusters: int, said: dict[str, Any], taken: list[str]) -> None:
    """By the default, by size, by block; Services take nothing where nothing is said."""
    assert refused(environment(clusters, **said), network(*taken)) is None


@pytest.mark.parametrize(
    ("clusters", "said", "taken"),
    [(33, {}, []), (40, {}, ["10.0.0.0/10"]), (50, {"nodeCount": 60}, ["10.0.0.0/11", "10.64.0.0/12"])],
)
def test_the_size_in_a_fix_fits(clusters: int, said: dict[str, Any], taken: list[str]) -> None:
    """Written on every cluster, it is accepted by the spec and by the next check."""
    stop = refused(environment(clusters, **said), network(*taken))
    assert stop is not None
    size = stop.fix.partition("podRange: ")[2].partition(" ")[0]

    assert refused(environment(clusters, podRange=size, **said), network(*taken)) is None


@pytest.mark.parametrize("field", ["podRange", "serviceRange"])
def test_a_block_that_is_taken_is_refused(field: str) -> None:
    """Google would not place it elsewhere."""
    stop = refused(environment(1, **{field: "10.8.0.0/16"}), network("10.8.16.0/20"))

    assert stop is not None
    assert "RANGE_REFUSED" == stop.code
    assert f"{field} 10.8.0.0/16 of cluster c1 overlaps 10.8.16.0/20, route r0." == stop.cause
    assert "with /16 GKE chooses the block" in stop.fix


def each_with(*ranges: dict[str, Any], **more: Any) -> Environment:
    """An environment whose clusters say one of these each."""
    document = sized(len(ranges)) | more
    for cluster, said in zip(document["clusters"], ranges, strict=True):
        cluster.update(said)
    return parse_environment(document, project=PROJECT)


def test_a_block_in_reach_of_another_clusters_size_is_refused() -> None:
    """GKE may give it to the other one first; of its own cluster's size it is kept free."""
    stop = refused(each_with({}, {"serviceRange": "10.0.32.0/20"}), network("172.16.0.0/12"))

    assert stop is not None
    assert (
        "serviceRange 10.0.32.0/20 of cluster c2 lies in 10.0.0.0/9, where GKE chooses ranges for c1, and may"
        " choose this one." == stop.cause
    )
    assert "a size alone, /20, or to a block outside 10.0.0.0/9, such as 100.64.0.0/20." in stop.fix
    assert refused(each_with({"serviceRange": "10.0.32.0/20"}), network()) is None
    assert refused(each_with({}, {"serviceRange": "/20"}), network()) is None
    assert refused(each_with({}, {"serviceRange": "100.64.0.0/20"}), network()) is None


def test_sizes_that_fit_only_by_luck_are_refused() -> None:
    """GKE chooses at random: one small range in each large place leaves none."""
    stop = refused(each_with(*[{}] * 16, *[{"podRange": "/17"}] * 17), network())

    assert stop is not None
    assert "RANGES_EXHAUSTED" == stop.code
    assert "room for all only if none of the smaller ones takes the place of a larger one." in stop.cause
    assert "Set podRange: /15 on the 16 new clusters" in stop.fix
    assert refused(each_with(*[{}] * 16, *[{"podRange": "/17"}] * 16), network()) is None


def test_ranges_that_the_spec_gives_proxies_are_no_room() -> None:
    """Their subnets are made before the clusters have ranges."""
    stop = refused(each_with(*[{}] * 32, proxyRanges={"us-west1": "10.0.0.0/23"}), network())

    assert stop is not None
    assert "room for 31 of these 32 ranges; 10.0.0.0/23 is taken by proxyRanges.us-west1." in stop.cause


def test_an_example_in_a_fix_is_free() -> None:
    """Whatever is taken outside of GKE's own choice."""
    stop = refused(environment(1), network("10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/16"))

    assert stop is not None
    assert "such as 100.65.0.0/16" in stop.fix


@pytest.mark.parametrize(
    ("has", "said", "fits"), [(168, {}, True), (169, {}, False), (166, {"serviceRange": "/27"}, True)]
)
def test_a_subnetwork_has_no_more_secondary_ranges_than_it_can(
    has: int, said: dict[str, Any], fits: bool
) -> None:
    """170 [documented]; each cluster takes one, and another for Services of its own."""
    wanted = environment(len(ZONES) + 1, **said)  # the first region gets two clusters
    stop = refused(wanted, network(secondary={"us-west1": has}))

    assert fits == (stop is None)
    if stop:
        assert "RANGES_EXHAUSTED" == stop.code
        assert (
            "in us-west1 has 169 secondary ranges, the new clusters there need 2, and 170 are the most"
            in stop.cause
        )


def test_only_clusters_that_are_to_be_made_are_reckoned() -> None:
    """The others have their ranges, which are taken."""
    wanted = environment(40)
    seen = there(wanted, *(f"c{number}" for number in range(1, 40)))

    assert refused(wanted, network(), *seen) is None
    assert refused(wanted, network("10.0.0.0/9"), *seen) is not None
    assert refused(wanted, network("10.0.0.0/9"), *seen, *there(wanted, "c40")) is None


def test_without_a_look_at_the_network_nothing_is_reckoned() -> None:
    """Mode apply goes on where the check has been."""
    wanted = environment(40)

    assert isinstance(decide(wanted, ObservedClusters([]), NOW).outcome, Waiting)
    assert isinstance(decide(wanted, ObservedClusters([], network=network()), NOW).outcome, Blocked)
