"""Proxy-only ranges: what is chosen is free, and stays the same while its neighbours come to be."""

from __future__ import annotations

from ipaddress import IPv4Network
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ranges import POOLS, PREFIX, NoRangeLeft, Taken, choose, objection, objections

REGIONS = ["us-west1", "us-east1", "europe-west4", "asia-east1", "us-central1"]


def network(address: int, prefix: int) -> IPv4Network:
    return IPv4Network((address, prefix), strict=False)


pools = st.sampled_from(POOLS)
near_pools = st.builds(
    lambda pool, offset, prefix: network(int(pool.network_address) + offset % pool.num_addresses, prefix),
    pools,
    st.integers(0, 1 << 24),
    st.integers(12, 30),
)
taken = st.lists(st.builds(Taken, near_pools, st.just("something")), max_size=6)  # too few to fill the pools
regions = st.lists(st.sampled_from(REGIONS), unique=True, max_size=5)


@given(regions, taken, st.booleans())
def test_what_is_chosen_is_free(wanted: list[str], used: list[Taken], auto_mode: bool) -> None:
    """Free of everything taken, of each other, and of what the network keeps."""
    chosen = choose(wanted, used, auto_mode=auto_mode)

    assert set(chosen) == set(wanted)
    assert objections(chosen, used, auto_mode=auto_mode) == {}
    assert all(each.prefixlen == PREFIX and each.is_private for each in chosen.values())


@given(regions, taken, st.booleans(), st.randoms())
def test_the_choice_depends_on_no_order(
    wanted: list[str], used: list[Taken], auto_mode: bool, random: Random
) -> None:
    """Two runs at once choose the same."""
    shuffled, again = list(wanted), list(used)
    random.shuffle(shuffled)
    random.shuffle(again)

    assert choose(shuffled, again, auto_mode=auto_mode) == choose(wanted, used, auto_mode=auto_mode)


@given(regions, taken, st.sets(st.sampled_from(REGIONS)), st.booleans())
def test_a_later_run_chooses_the_same_for_what_is_left(
    wanted: list[str], used: list[Taken], made: set[str], auto_mode: bool
) -> None:
    """Whichever of the subnets are there by then: an insert under way is not contradicted."""
    first = choose(wanted, used, auto_mode=auto_mode)
    now_taken = [*used, *(Taken(first[region], region) for region in wanted if region in made)]
    left = [region for region in wanted if region not in made]

    assert choose(left, now_taken, auto_mode=auto_mode) == {region: first[region] for region in left}


def test_a_full_network_is_said_to_be_full() -> None:
    """Rather than given a range that is taken."""
    everything = [Taken(pool, "a route") for pool in POOLS]

    with pytest.raises(NoRangeLeft, match="no /23 is left"):
        choose(["us-west1"], everything, auto_mode=False)


@pytest.mark.parametrize(
    ("wanted", "auto_mode", "reason"),
    [
        ("10.129.0.0/23", True, "auto-mode"),
        ("10.129.0.0/23", False, None),
        ("10.127.0.0/23", True, None),
        ("10.127.0.0/27", True, "64 addresses"),
        ("10.127.0.0/26", True, None),
        ("10.1.0.0/23", False, "subnetwork default in us-west1"),
    ],
)
def test_a_given_range_is_held_against_the_rules(wanted: str, auto_mode: bool, reason: str | None) -> None:
    """The tutorial's own ranges are refused on an auto-mode network."""
    used = [Taken(IPv4Network("10.0.0.0/14"), "subnetwork default in us-west1")]
    said = objection(IPv4Network(wanted), used, auto_mode=auto_mode)

    assert said is None if reason is None else reason in (said or "")


def test_given_ranges_are_held_against_each_other() -> None:
    """The second of two that overlap is told of the first."""
    wanted = {"us-west1": IPv4Network("10.1.0.0/22"), "us-east1": IPv4Network("10.1.2.0/23")}

    assert objections(wanted, [], auto_mode=False) == {
        "us-west1": "10.1.0.0/22 overlaps 10.1.2.0/23, wanted for us-east1"
    }


def test_gkes_own_pool_is_taken_late_and_that_of_further_interfaces_last() -> None:
    """Pod ranges come from 10.0.0.0/8 while clusters are being created; nodes may have interfaces in 192.168.0.0/16."""
    used: list[Taken] = []
    for pool in ("172.16.0.0/12", "10.0.0.0/8", "192.168.0.0/16"):
        assert choose(["us-west1"], used, auto_mode=False)["us-west1"].subnet_of(IPv4Network(pool))
        used.append(Taken(IPv4Network(pool), "a route"))
