"""Messages of which schema a function understands: so that functions can be replaced while executions run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import BadMessage
from shared.step import message
from tests.support.paths import ROOT

WORKFLOW = ROOT / "workflows" / "environment.yaml"


def test_the_workflow_sends_the_schema_of_this_version() -> None:
    """In every message."""
    assert {str(message.SCHEMA)} == set(re.findall(r"\bschema: (\S+)", WORKFLOW.read_text("utf-8")))


@pytest.mark.parametrize("schema", range(message.SCHEMA + 3))
def test_this_schema_and_the_one_before_are_understood_and_no_other(
    event: Callable[..., dict[str, Any]], schema: int
) -> None:
    """There is none before the first."""
    if schema and schema in (message.SCHEMA - 1, message.SCHEMA):
        assert "subnets" == message.parse(event(schema=schema)).step
    else:
        with pytest.raises(BadMessage, match=f"schema {schema}"):
            message.parse(event(schema=schema))
