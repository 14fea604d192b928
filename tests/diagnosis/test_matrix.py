"""Each cause fires its own rule and no other, with evidence; mended, the next deploy succeeds."""

from __future__ import annotations

import pytest

from tests.diagnosis.causes import CAUSES, Cause
from tests.diagnosis.matrix import Row, matrix

pytestmark = pytest.mark.xdist_group("diagnosis")

# A few whose cure is quick and different: the deploy's own, a resource's, the spec's.
PROVEN = {"PROXY_SUBNET_MISSING", "RANGE_REFUSED", "FIREWALL_CLOSED", "IMPORTER_WITHOUT_ROLE"}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """The matrix, by the causes' names."""
    return {row.cause.name: row for row in matrix(proven=PROVEN)}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda each: each.code)
def test_exactly_the_diagonal_fires_with_evidence(rows: dict[str, Row], cause: Cause) -> None:
    """A rule that fires for another's cause would send a person to the wrong place."""
    row = rows[cause.name]

    assert {cause.code} == row.codes
    assert all(each.evidence and each.cause and each.fix and each.resource for each in row.found)


@pytest.mark.parametrize("code", sorted(PROVEN))
def test_what_is_mended_lets_the_next_deploy_succeed(rows: dict[str, Row], code: str) -> None:
    """Verified, and nothing left to tell."""
    (row,) = [each for each in rows.values() if each.cause.code == code]

    assert (True, []) == (row.verified, row.left)


def test_every_rule_has_a_cause_that_fires_it(rows: dict[str, Row]) -> None:
    """Eighteen rules, eighteen codes."""
    from shared.diagnosis import RULES

    assert len(RULES) == len({code for row in rows.values() for code in row.codes})
