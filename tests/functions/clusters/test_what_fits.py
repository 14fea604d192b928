"""Ranges that the check lets pass are had from the local cloud's GKE, whichever cluster is first; a fix is enough."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.clusters.observed import NetworkRanges, ObservedClusters
from functions.clusters.reckoning import refusal
from localcloud.container.ranges import take_ranges
from localcloud.wire.messages import Json
from shared.ranges import Taken
from shared.spec import Cluster, Environment, InvalidEnvironment, parse_environment
from tests.localcloud.container.wire import Cloud
from tests.support.projects import PROJECT
from tests.support.sizes import sized


@st.composite
def blocks(draw: st.DrawFn, places: tuple[str, ...], prefixes: st.SearchStrategy[int]) -> str:
    """A block of one of the places."""
    place, prefix = IPv4Network(draw(st.sampled_from(places))), draw(prefixes)
    number = draw(st.integers(0, (1 << prefix - place.prefixlen) - 1))
    return str(IPv4Network((int(place.network_address) + (number << 32 - prefix), prefix)))


sizes = st.integers(10, 21).map("/{}".format)
ranges = st.fixed_dictionaries(
    {},
    optional={
        "podRange": sizes | blocks(("10.0.0.0/9", "172.16.0.0/12", "240.0.0.0/5"), st.integers(13, 21)),
        "serviceRange": st.integers(16, 27).map("/{}".format)
        | blocks(("10.0.0.0/9", "100.64.0.0/10"), st.integers(20, 27)),
    },
)
taken = st.lists(blocks(("10.0.0.0/8", "172.16.0.0/12"), st.integers(12, 28)), max_size=8)


def network(blocks: list[str]) -> NetworkRanges:
    """A network on which routes lead there."""
    return NetworkRanges([Taken(IPv4Network(each), f"route r{n}") for n, each in enumerate(blocks)])


def environment(said: list[dict[str, str]]) -> Environment | None:
    """One with so many clusters, unless it is no valid spec."""
    document = sized(len(said))
    for cluster, more in zip(document["clusters"], said, strict=True):
        cluster.update(more)
    try:
        return parse_environment(document, project=PROJECT)
    except InvalidEnvironment:
        return None


def take(cloud: Cloud, cluster: Cluster) -> None:
    """Take its ranges, as its creation would.

    Raises:
        Refused: there is no room.
    """
    blocks = {
        "clusterIpv4CidrBlock": cluster.pod_range,
        "servicesIpv4CidrBlock": cluster.service_range,
    }
    asked: Json = {"ipAllocationPolicy": {key: text for key, text in blocks.items() if text}, "autopilot": {}}
    place = f"projects/shop/locations/{cluster.location}/clusters/{cluster.name}"
    take_ranges(cloud.world, place, asked, f"projects/shop/regions/{cluster.region}/subnetworks/default")


@given(said=st.lists(ranges, min_size=1, max_size=34), there=taken, order=st.randoms())
@settings(max_examples=60, deadline=None)
def test_what_passes_is_made_and_a_size_in_a_fix_is_enough(
    said: list[dict[str, Any]], there: list[str], order: Any
) -> None:
    """Nobody interferes; the clusters come in any order."""
    wanted = environment(said)
    if wanted is None:
        return
    stop = refusal(wanted, ObservedClusters([], network=network(there)))
    if stop is None:
        cloud = Cloud()
        for number, block in enumerate(there):
            link = "https://www.googleapis.com/compute/v1/projects/shop/global/networks/default"
            route = {"name": f"r{number}", "network": link, "destRange": block}
            cloud.world.store["compute.routes"].put(f"projects/shop/global/routes/r{number}", route)
        for cluster in order.sample(wanted.clusters, len(wanted.clusters)):
            take(cloud, cluster)
    elif stop.code == "RANGES_EXHAUSTED" and "podRange: /" in stop.fix:
        size = stop.fix.partition("podRange: ")[2].partition(" ")[0]
        for more in said:
            text = more.get("podRange", "/14")
            if text.startswith("/") and int(text[1:]) < int(size[1:]):
                more["podRange"] = size
        again = environment(said)
        assert again is not None
        assert refusal(again, ObservedClusters([], network=network(there))) is None
