"""The rows of answers, which are in the functions' log: an answer itself has their numbers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import pytest

Json = dict[str, Any]
LABELS = "logging.googleapis.com/labels"


def with_rows(answer: Json, lines: Iterable[Json]) -> Json:
    """An answer with the rows of its attempt's lines in place of what it has of them.

    One with a tally counts for all attempts so far: what it came to itself is in its first line.
    """
    logged = list(lines)
    rows: dict[str, list[Any]] = {"changes": []}
    if "tally" in answer:
        own = next(line["answer"] for line in logged if "answer" in line)
        answer = {**answer, **{name: own[name] for name in ("changes", "rows", "calls")}}
    for line in logged:
        for name, found in line.items():
            if isinstance(found, list):
                rows.setdefault(name, []).extend(found)
    assert answer["changes"] == len(rows["changes"]), (answer, rows)
    assert answer["rows"] == len(rows.get("traffic", ())), (answer, rows)
    return {**answer, **rows}


def last_lines(capsys: pytest.CaptureFixture[str]) -> list[Json]:
    """The lines of the last invocation on stdout, which stays to be read by others."""
    out = capsys.readouterr().out
    sys.stdout.write(out)
    lines = [line for line in map(_parsed, out.splitlines()) if "invocation" in line]
    return [line for line in lines if line["invocation"] == lines[-1]["invocation"]]


def lines_of(payloads: Iterable[Json], execution: str, step: str, attempt: int) -> list[Json]:
    """The lines of the invocation whose answer was the first to arrive, of one attempt."""
    mine = [
        each
        for each in payloads
        if "invocation" in each
        and (each[LABELS]["execution"], each[LABELS]["step"], each["attempt"]) == (execution, step, attempt)
        and each["callback"] == "sent"
    ]
    return [each for each in mine if each["invocation"] == mine[0]["invocation"]]


def _parsed(line: str) -> Json:
    found: Json = json.loads(line) if line.startswith("{") else {}
    return found
