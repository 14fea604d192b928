"""A line that a function prints is an entry, as Cloud Run makes it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.localcloud.logging.conftest import REVISION, Log
from tests.support.projects import CLOUD_PROJECT as PROJECT

PREFIX = "logging.googleapis.com/"


def test_a_structured_line_is_spread_over_the_entry(log: Log) -> None:
    """Special fields leave the payload; the rest is as it was printed."""
    log.print(
        {
            "severity": "WARNING",
            "message": "settled",
            f"{PREFIX}labels": {"execution": "e", "attempt": 3},
            f"{PREFIX}insertId": "mine",
            f"{PREFIX}trace": f"projects/{PROJECT}/traces/1",
            f"{PREFIX}spanId": "2",
            f"{PREFIX}trace_sampled": True,
            f"{PREFIX}operation": {"id": "o"},
            f"{PREFIX}sourceLocation": {"file": "main.py"},
            "httpRequest": {"status": 200},
            "time": "2026-01-05T08:59:59.5Z",
            "answer": {"outcome": "done"},
        }
    )
    (entry,) = log.entries()

    labels = {"location": "us-central1", "project_id": PROJECT, "service_name": "orders"}
    assert re.fullmatch(r"2026-01-05T09:00:0\d\.\d{9}Z", entry.pop("receiveTimestamp"))
    assert {
        "logName": f"projects/{PROJECT}/logs/run.googleapis.com%2Fstdout",
        "resource": {
            "type": "cloud_run_revision",
            "labels": {**labels, "configuration_name": "orders", "revision_name": REVISION},
        },
        "timestamp": "2026-01-05T08:59:59.500000000Z",
        "severity": "WARNING",
        "insertId": "mine",
        "labels": {"instanceId": "orders-000", "execution": "e", "attempt": "3"},
        "trace": f"projects/{PROJECT}/traces/1",
        "spanId": "2",
        "traceSampled": True,
        "operation": {"id": "o"},
        "sourceLocation": {"file": "main.py"},
        "httpRequest": {"status": 200},
        "jsonPayload": {"message": "settled", "answer": {"outcome": "done"}},
    } == entry


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[1, 2]",
        '"text"',
        '{"broken": ',
        "12",
        "[" * 100_000,
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        '{"a": ' * 200 + "1" + "}" * 200,
        "café ☕",
    ],
)
def test_any_other_line_is_text(log: Log, line: str) -> None:
    """Of no severity."""
    log.print(line, "")
    (entry,) = log.entries()

    assert line == entry["textPayload"]
    assert not {"jsonPayload", "severity"} & set(entry)


@pytest.mark.parametrize(
    ("given", "severity"), [("warn", "WARNING"), ("TRACE", "DEBUG"), ("Critical", "CRITICAL")]
)
def test_a_severity_may_be_written_otherwise(log: Log, given: str, severity: str) -> None:
    """In small letters, or as logging libraries have it [observed]."""
    log.print({"severity": given, "message": "m"})

    assert severity == log.entries()[0]["severity"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("severity", "LOUD"), (f"{PREFIX}labels", "x"), (f"{PREFIX}insertId", 7), ("time", "noon"), ("time", 7)],
)
def test_a_special_field_that_is_none_stays_in_the_payload(log: Log, field: str, value: Any) -> None:
    """As it was printed."""
    log.print({field: value})

    assert {field: value} == log.entries()[0]["jsonPayload"]


def test_lines_of_one_moment_are_listed_as_they_were_printed(log: Log) -> None:
    """For each has a time of its own, which its insertId bears [observed]."""
    log.print(*(str(number) for number in range(30)))
    entries = log.entries()

    assert [str(number) for number in range(30)] == [each["textPayload"] for each in entries]
    assert 30 == len({each["insertId"] for each in entries})
    assert all(re.fullmatch(r"[0-9a-f]{24}", each["insertId"]) for each in entries)


def test_stderr_is_a_log_of_its_own(log: Log) -> None:
    """As a stack is printed there."""
    log.print("Traceback", stream="stderr")

    assert log.entries()[0]["logName"].endswith("/logs/run.googleapis.com%2Fstderr")


def test_an_entry_that_is_too_large_is_dropped(log: Log) -> None:
    """256 KB is the limit [documented]."""
    log.print({"message": "x" * 257 * 1024}, {"message": "y" * 200 * 1024})

    assert ["y"] == [each[0] for each in log.messages()]
