"""A sample of the chaos; `make prove` has five hundred seeds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.run import LocalRun
from localcloud.pubsub.broker import Delivery
from shared.spec import Invalid, parse_request
from tests.acceptance import hands
from tests.acceptance.chaos.requests import CLAIMED, CLAIMS, DEPLOYS, HOSTILE, REQUESTS, body
from tests.acceptance.chaos.run import dump_after, endure
from tests.acceptance.chaos.seeds import Chaos
from tests.acceptance.chaos.troubles import (
    KINDS,
    DeletionByHand,
    FailingCalls,
    HostileMessage,
    LateCopies,
    Outage,
    OutlivedTimeout,
)
from tests.acceptance.chaos.witness import lacks
from tests.acceptance.runs import Mutant
from tests.support.local_cloud import let_pass

THIRTY_PER_CENT = Chaos(
    3,
    ((0.0, "store"), (426.0, "one rule less")),
    (
        FailingCalls(0.30),
        OutlivedTimeout("gateway", 2, 90.0),
        LateCopies((1800.0, 60000.0)),
        HostileMessage("half a request", 430.0),
    ),
)


def test_under_chaos_the_newest_request_holds_and_other_peoples_things_are_untouched() -> None:
    """Three calls in ten fail, messages come twice and hours late, a change outlives its function, and two requests
    overlap."""
    verdict = endure(THIRTY_PER_CENT, {"one rule less": dump_after("one rule less")})

    assert "" == verdict.violation(THIRTY_PER_CENT)


def test_a_seed_makes_the_chaos() -> None:
    """The first request comes at once, the newest is the last, and all kinds and dialects occur."""
    every = [Chaos.of(seed) for seed in range(100)]

    assert every == [Chaos.of(seed) for seed in range(100)]
    assert set(KINDS) == {type(each) for chaos in every for each in chaos.troubles}
    assert {*REQUESTS} == {name for chaos in every for _, name in chaos.requests}
    assert {1, 2, 3, 4} <= {len(each.requests) for each in every}
    assert 4 == len({each.dialect for each in every})
    places = {each.place for chaos in every for each in chaos.troubles if isinstance(each, Outage)}
    deleted = {each.what for chaos in every for each in chaos.troubles if isinstance(each, DeletionByHand)}
    assert set(Outage.PLACES) == places
    assert set(DeletionByHand.KINDS) == deleted
    assert any(0.0 < when < CLAIMED for each in every for when, _ in each.requests)
    assert {*CLAIMS} == {each.newest for each in every}
    assert all(each.requests[0][0] == 0.0 and sorted(each.requests) == list(each.requests) for each in every)


@pytest.mark.long
def test_a_product_that_obeys_late_copies_is_found(tmp_path: Path) -> None:
    """It takes every claim for the newest, so a copy of the deploy brings back what was torn down."""
    newer = "if labels.age_order(anchor.generation) > labels.age_order(observed.generation):"
    mutant = Mutant((("functions/environment/acquire.py", newer, newer.replace(" > ", " is ")),))
    storm = Chaos(1, ((0.0, "store"), (1200.0, "teardown")), (LateCopies((3000.0, 60.0)),), Delivery())

    assert [] == endure(storm, {}).broken
    assert any(
        "something of ours is left" in each for each in endure(storm, {}, mutant.build(tmp_path)).broken
    )


@pytest.mark.long
def test_a_product_in_which_a_refused_deploy_takes_effect_is_found(tmp_path: Path) -> None:
    """Its claim writes everything at once, as if there were no check."""
    later = "or not observed.is_accepted_later:"
    mutant = Mutant((("functions/environment/accepted_labels.py", later, "or observed.is_accepted_later:"),))
    storm = Chaos(1, ((0.0, "store"), (1300.0, "refused"), (1400.0, "verify")), delivery=Delivery())

    verdict = endure(storm, {"store": dump_after("store")})
    assert "" == verdict.violation(storm)
    assert any("blocked" in each for each in verdict.happened)
    found = endure(storm, {}, mutant.build(tmp_path)).broken
    assert any("a refused deploy has written its lease" in each for each in found), found


@pytest.mark.long
def test_the_witness_misses_whatever_somebody_deletes() -> None:
    """Of what a verified environment has."""

    async def scenario() -> dict[str, list[str]]:
        async with LocalRun(seed=3) as local:
            document = DEPLOYS["health check"]["environment"]
            assert "done" == (await local.deploy(document)).outcome
            assert [] == list(lacks(local, document))
            found = {}
            for what in (
                "route",
                "Service",
                "export",
                "Gateway",
                "ingress",
                "membership",
                "cluster",
                "anchor",
            ):
                before = set(lacks(local, document))
                assert hands.KINDS[what](local), what
                await let_pass(local.cloud, 1200.0)
                found[what] = sorted(set(lacks(local, document)) - before)
            return found

    found = asyncio.run(scenario())
    assert [] == [what for what, lacking in found.items() if not lacking], found


def test_a_storm_shrinks_by_one_part_at_a_time() -> None:
    """Each trouble, each request but the first, and unkind delivery."""
    smaller = list(THIRTY_PER_CENT.smaller())

    assert len(THIRTY_PER_CENT.troubles) + 1 + 1 == len(smaller)
    assert all(str(each) != str(THIRTY_PER_CENT) for each in smaller)


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_request_is_none(what: str) -> None:
    """Storms count on it."""
    with pytest.raises(Invalid):
        parse_request(HOSTILE[what], project=HOME_PROJECT)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_storms_request_is_one(name: str) -> None:
    """Storms count on it, too."""
    assert parse_request(body(name), project=HOME_PROJECT)
