"""Each cause fires its own rule and no other, with evidence; mended, the next deploy succeeds."""

from __future__ import annotations

import re
import shlex

import pytest

from shared.diagnosis import RULES
from tests.shared.diagnosis.causes import CAUSES, Cause, Way
from tests.shared.diagnosis.matrix import Row, matrix

pytestmark = pytest.mark.xdist_group("diagnosis")

# A few whose cure is quick and different: the deploy's own, a resource's, the spec's. `make prove` cures them all.
PROVEN = {"PROXY_SUBNET_MISSING", "RANGE_REFUSED", "FIREWALL_CLOSED", "IMPORTER_WITHOUT_ROLE"}
TO_FILL_IN = re.compile(r"<[^>]*>|\b(RANGE|NAME|PROJECT|REGION|ZONE|LOCATION|VALUE)\b")


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """The matrix, by the causes' names."""
    return {row.cause.name: row for row in matrix(PROVEN)}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda each: each.name)
def test_exactly_the_diagonal_fires_with_evidence(rows: dict[str, Row], cause: Cause) -> None:
    """A rule that fires for another's cause would send a person to the wrong place."""
    row = rows[cause.name]

    assert {cause.code} == row.codes
    assert row.diagonal


@pytest.mark.parametrize("code", sorted(PROVEN))
def test_what_is_mended_lets_the_next_deploy_succeed(rows: dict[str, Row], code: str) -> None:
    """Verified, and nothing left to tell."""
    (row,) = [each for each in rows.values() if each.cause.code == code]

    assert (True, []) == (row.verified, row.left)


def test_a_fix_that_is_a_command_leaves_nothing_to_fill_in(rows: dict[str, Row]) -> None:
    """`make prove` runs them as they are printed."""
    fixes = [each.fix for row in rows.values() if row.cause.fix is Way.COMMAND for each in row.found]

    assert {"gcloud"} == {shlex.split(fix)[0] for fix in fixes}
    assert [] == [fix for fix in fixes if TO_FILL_IN.search(fix)]


def test_every_rule_has_a_cause_that_fires_it(rows: dict[str, Row]) -> None:
    """As many rules as codes."""
    assert len(RULES) == len({code for row in rows.values() for code in row.codes})
