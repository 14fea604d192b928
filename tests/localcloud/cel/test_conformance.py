"""CEL's own conformance data, and the list of what is not as in an API server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.cel import CelError, Environment
from localcloud.wire.messages import Json
from tests.localcloud.cel.deviations import DEVIATIONS, Deviation
from tests.localcloud.kubernetes.test_rules import PLACES

SECTIONS: dict[str, list[Json]] = json.loads(Path(__file__).with_name("conformance.json").read_text("utf-8"))[
    "sections"
]
ROWS = [
    pytest.param(row, id=f"{section} {row['expr']}") for section, rows in SECTIONS.items() for row in rows
]
LISTED = {each.text for each in DEVIATIONS}


def evaluated(text: str, variables: Json) -> Any:
    """The value of `text`, or the class of its fault by name."""
    environment = Environment(variables, extensions=("strings",))
    try:
        return environment.compile(text).evaluate(environment.bind(variables))
    except CelError as error:
        return type(error).__name__


def alike(left: Any, right: Any) -> bool:
    """Equal and of one type; NaN is NaN."""
    if isinstance(left, float) and math.isnan(left):
        return isinstance(right, float) and math.isnan(right)
    return type(left) is type(right) and left == right


def conforms(row: Json) -> bool:
    """Whether a row of the table has the value, or the fault, that it should have."""
    found = evaluated(row["expr"], row.get("with", {}))
    failed = found in ("CompileError", "EvaluationError")
    return failed if "error" in row else not failed and alike(row["value"], found)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_conforms_or_is_listed(row: Json) -> None:
    """What deviates is in `deviations.py`, and nothing else is."""
    assert conforms(row) == (row["expr"] not in LISTED)


def test_the_table_is_large_enough() -> None:
    """Each kind of data that matters to rules is in it."""
    kinds = {section.split("/")[0] for section in SECTIONS}
    assert 300 <= len(ROWS)
    assert {
        "comparisons",
        "conversions",
        "fields",
        "integer_math",
        "lists",
        "logic",
        "macros",
        "string",
    } <= kinds


@pytest.mark.parametrize("each", DEVIATIONS, ids=[each.why for each in DEVIATIONS])
def test_a_listed_deviation_is_one(each: Deviation) -> None:
    """One that a new library has mended leaves the list."""
    assert alike(each.here, evaluated(each.text, {"self": each.variable}))
    assert not alike(each.there, each.here)


def _touched() -> Iterator[tuple[str, str]]:
    for places in PLACES.values():
        for rule, _ in places:
            yield from (
                (each.why, rule["rule"]) for each in DEVIATIONS if re.search(each.touches, rule["rule"])
            )


@pytest.mark.parametrize("each", DEVIATIONS, ids=[each.why for each in DEVIATIONS])
def test_the_pattern_of_a_deviation_finds_its_example(each: Deviation) -> None:
    """Else it would find no rule either."""
    assert re.search(each.touches, each.text)


def test_no_rule_of_the_crds_meets_a_deviation() -> None:
    """A CRD that brings such a rule is to be looked at."""
    assert set() == set(_touched())
