"""What ranges a cluster takes: sizes, and how many blocks what is free has room for."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, collapse_addresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cluster_ranges import POOL, block_of, free_blocks, nodes_of, placed, prefix_for, prefix_of

BLOCKS = st.builds(
    lambda prefix, place: IPv4Network((int(POOL.network_address) + (place << (32 - prefix)) % 2**23, prefix)),
    st.integers(9, 24),
    st.integers(0, 2**15),
)


@given(st.lists(BLOCKS, max_size=8))
def test_what_is_free_is_all_that_nothing_touches(taken: list[IPv4Network]) -> None:
    """In the largest blocks that there are."""
    free = list(free_blocks(POOL, taken))

    assert not any(each.overlaps(other) for each in free for other in taken)
    assert [POOL] == list(collapse_addresses([*free, *taken]))
    assert list(collapse_addresses(free)) == free


def _one_by_one(prefixes: Sequence[int], taken: list[IPv4Network]) -> int:
    """How many find a place if each goes to the first that is free."""
    count, taken = 0, list(taken)
    for prefix in prefixes:
        free = [each for each in free_blocks(POOL, taken) if each.prefixlen <= prefix]
        if free:
            taken.append(IPv4Network((free[0].network_address, prefix)))
            count += 1
    return count


@given(st.lists(BLOCKS, max_size=6), st.lists(st.integers(9, 21), max_size=12))
def test_so_many_are_placed_as_find_a_place_the_largest_first(
    taken: list[IPv4Network], wanted: list[int]
) -> None:
    """Counted without addresses, it is what comes of placing them."""
    assert placed(sorted(wanted), free_blocks(POOL, taken)) == _one_by_one(sorted(wanted), taken)


@pytest.mark.parametrize(
    ("order", "count"), [([14, 14], 2), ([20, 14, 14], 2), ([14, 14, 20], 2), ([14, 20], 2)]
)
def test_a_small_block_may_spoil_a_large_one(order: list[int], count: int) -> None:
    """The largest first is the order in which all fit, if they do in any."""
    assert count == placed(order, [IPv4Network("10.0.0.0/13")])


@pytest.mark.parametrize(
    ("nodes", "prefix"), [(1, 21), (8, 21), (9, 20), (16, 20), (17, 19), (1024, 14), (1025, 13)]
)
def test_each_node_takes_a_block(nodes: int, prefix: int) -> None:
    """A /24; a /21 is the smallest range that there is [documented]."""
    assert prefix == prefix_for(nodes)
    assert nodes <= nodes_of(prefix)
    assert prefix == 21 or nodes > nodes_of(prefix + 1)


def test_a_range_is_given_by_block_or_by_size() -> None:
    """The range for Services outside of every network takes no block of any."""
    assert [17, 14] == [prefix_of("/17"), prefix_of("10.4.0.0/14")]
    assert [None, None, None] == [block_of(None), block_of("/17"), block_of("34.118.224.0/20")]
    assert IPv4Network("10.4.0.0/14") == block_of("10.4.0.0/14")
