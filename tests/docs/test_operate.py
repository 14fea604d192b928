"""docs/operate.md knows every code, and what it says of time and outcome is what the code says."""

from __future__ import annotations

import re

import yaml

from functions.environment.claim_to_deploy import SPEC_LIMIT
from tests.docs.codes import all_codes
from tests.docs.pages import DOCS, ROOT, table

PAGE = (DOCS / "operate.md").read_text("utf-8")
CODE = re.compile(r"`([A-Z][A-Z_]+)`")


def test_every_code_that_can_be_answered_is_on_the_page_and_no_other() -> None:
    """Once each, with what it means and what to do."""
    rows = table(PAGE, "code")
    told = [code for row in rows for code in CODE.findall(row[0])]

    assert sorted(all_codes()) == sorted(told)
    assert all(len(row) == 3 and all(row) for row in rows)


def test_what_the_text_says_of_codes_is_of_codes_that_there_are() -> None:
    """Also outside the tables, in how it is told what to do."""
    states = {"CANCELLED", "ERROR", "INFO", "WARNING"}

    assert set(CODE.findall(PAGE)) <= all_codes() | states


def test_the_figures_are_those_of_the_code() -> None:
    """The longest a step may take, and the most bytes of a spec."""
    text = (ROOT / "workflows" / "environment.yaml").read_text("utf-8")
    longest = max(int(each) for each in re.findall(r"budget: (\d+)", text))

    assert yaml.safe_load(text)
    assert f"the longest, of the gateway, is {longest // 60} minutes" in PAGE
    assert f"more than {SPEC_LIMIT:,} bytes when it is packed" in PAGE
