"""The threat model page claims nothing that no test shows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
CLAIMING = re.split(r"^## ", PAGE, flags=re.MULTILINE)[2:]  # but for what there is to protect


def claims() -> list[str]:
    """Every line of a list, but for the list of what is protected."""
    return [line for part in CLAIMING for line in part.splitlines() if line.startswith("- ")]


@cache
def known() -> dict[str, Path]:
    """Every test of the project that pytest runs."""
    return {
        name: path
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in re.findall(r"^ *(?:async )?def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize("claim", claims(), ids=lambda each: each[-50:].strip("`"))
def test_every_claim_names_a_test_that_exists(claim: str) -> None:
    """One, at its end."""
    named = re.fullmatch(r"- .+\. `(test_\w+)`", claim)
    assert named, f"no test is named: {claim}"
    assert named[1] in known()


def test_every_test_of_this_folder_is_claimed() -> None:
    """But for those of the page, and those that the others are measured by."""
    here = {name for name, path in known().items() if path.parent == Path(__file__).parent}
    own = {name for name, path in known().items() if path == Path(__file__)}
    measures = {
        "test_a_cluster_is_trusted_by_its_own_authority_and_gets_the_token",
        "test_the_dns_endpoint_is_believed_under_the_public_authorities",
        "test_the_executions_own_callback_is_taken",
        "test_authorized_networks_that_keep_functions_out_are_told",
        "test_a_cluster_that_cannot_be_reached_says_what_opens_it",
        "test_a_cluster_that_does_not_serve_is_not_blamed_for_its_endpoints",
    }
    claimed = set(re.findall(r"`(test_\w+)`", PAGE))
    assert here - own - claimed == measures


def test_the_page_lists_every_identity() -> None:
    """With the worst that it could do."""
    table = PAGE.partition("| identity |")[2].partition("\n\n")[0]
    listed = {word.strip() for row in table.splitlines()[2:] for word in row.split("|")[1].split(",")}
    assert listed == {path.stem for path in (ROOT / "terraform-bootstrap" / "roles").glob("*.yaml")}


def test_a_line_has_one_sentence() -> None:
    """So that a change shows what it changes."""
    lines = [line for line in PAGE.splitlines() if line and not line.startswith(("|", "#", "- "))]
    assert [line for line in lines if re.search(r"[.!?] [A-Z]", line)] == []
