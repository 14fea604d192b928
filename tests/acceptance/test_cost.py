"""docs/cost.md says what a run counts, and what the prices make of that."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.runs import Outcome
from tests.docs import cost
from tests.docs.pages import DOCS, filled, table

PAGE = cost.PAGE.read_text("utf-8")
DEPLOY = (DOCS / "deploy.md").read_text("utf-8")
CLOSE = 0.05  # how far a run's counts may be from the page's: each change of an estimate moves them a little


@pytest.mark.xdist_group("tutorial")
def test_the_page_counts_what_a_deploy_counts(tutorial: Outcome) -> None:
    """Invocations, steps of both kinds, calls."""
    told = cost.told(PAGE)["deploy"]
    assert pytest.approx(cost.counts_of(tutorial.report, told.seconds), rel=CLOSE) == told


def test_a_deploy_with_its_teardown_and_an_idle_month_cost_what_was_promised() -> None:
    """Five cents, and eighty."""
    told = cost.told(PAGE)

    assert sum(cost.dollars(cost.request(told[name])) for name in ("deploy", "teardown")) < 0.05
    assert cost.dollars(cost.idle(told[cost.SCHEDULED])) < 0.80


@pytest.mark.xdist_group("tutorial")
def test_the_way_to_the_first_environment_takes_as_long_as_is_said(tutorial: Outcome) -> None:
    """In minutes, in the table of docs/deploy.md."""
    seconds = tutorial.report.simulated_seconds
    [said] = [row[1] for row in table(DEPLOY, "") if "6-the-first-environment" in row[0]]

    assert seconds is not None
    assert abs(int(said.partition(" ")[0]) * 60 - seconds) < 90


@pytest.mark.long
def test_the_page_counts_what_every_request_counts() -> None:
    """Over a whole life, in the order of the page."""
    counted = asyncio.run(cost.count())

    assert list(counted) == list(cost.told(PAGE))
    for name, counts in cost.told(PAGE).items():
        assert pytest.approx(counted[name], rel=CLOSE, abs=2) == counts, name


def test_the_sums_follow_from_the_counts_and_the_prices() -> None:
    """Every table is what would be written, and every sum in the text is one of them."""
    assert filled(PAGE, cost.tables(cost.told(PAGE))) == PAGE, "run python -m tests.docs.cost"
    assert f"${cost.a_push():.2f}" in PAGE
    assert f"${cost.an_hour():.2f} an hour" in DEPLOY


def test_every_price_says_how_it_is_known() -> None:
    """With a date, or that it is to be checked; and the page it is from."""
    for name, price in cost.PRICES.items():
        assert "check" in price.known or "documented, 20" in price.known, name
        assert "/" in price.source, name
