"""A world has its services' parts, and knows none of them."""

from __future__ import annotations

import pytest

from localcloud.world import Part, World


def test_a_part_is_made_when_it_is_first_asked_for_and_kept() -> None:
    """From the world that it is in; two worlds have one each."""
    made: list[World] = []

    def make(world: World) -> list[int]:
        made.append(world)
        return [world.seed]

    part, one, other = Part("numbers", make), World.create(1), World.create(2)
    one[part].append(7)

    assert ([1, 7], [2]) == (one[part], other[part])
    assert [one, other] == made


def test_a_part_that_was_put_there_is_not_made() -> None:
    """As tests and the cloud do with what needs more than a world."""
    part, world = Part("a word", lambda world: "made"), World.create()
    world[part] = "given"

    assert "given" == world[part]


def test_a_part_that_nobody_put_there_is_named() -> None:
    """So that who forgot it knows what."""
    part: Part[str] = Part("the runtime of functions")

    with pytest.raises(LookupError, match="this world was made without the runtime of functions"):
        World.create()[part]
