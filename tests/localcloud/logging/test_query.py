"""The Logging query language: what Google's page says is what a filter lets through."""

from __future__ import annotations

import time
from typing import Any

import pytest

from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.logging.conftest import REVISION, Log
from tests.support.projects import CLOUD_PROJECT as PROJECT

LABELS = "logging.googleapis.com/labels"
LINES: tuple[Any, ...] = (
    {
        "message": "a",
        "severity": "INFO",
        LABELS: {"execution": "e1", "run.googleapis.com/x": "1"},
        "attempt": 1,
    },
    {
        "message": "b",
        "severity": "ERROR",
        LABELS: {"execution": "e2"},
        "attempt": 12,
        "ok": True,
        "cause": None,
    },
    {
        "message": "c",
        "severity": "WARNING",
        "answer": {"outcome": "done", "rows": [{"at": "x"}, {"at": "y"}]},
    },
    "plain text of Robot 7",
)
ALL = ["a", "b", "c", "plain text of Robot 7"]


@pytest.fixture
def full(log: Log) -> Log:
    """A log with lines of each kind."""
    log.print(*LINES)
    return log


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abcp"),
        ('labels.execution="e1"', "a"),
        ('labels.execution="E1"', "a"),  # "String comparisons aren't case sensitive"
        ('labels."run.googleapis.com/x" = "1"', "a"),
        ('labels.execution != "e1"', "b"),  # missing fields fail every comparison …
        ('NOT labels.execution = "e1"', "bcp"),  # … and NOT of it holds
        ('-labels.execution = "e1"', "bcp"),
        ("labels.execution:*", "ab"),
        ("labels.instanceId:*", "abcp"),
        ('labels.execution = ("e1" OR "e2")', "ab"),
        ("severity >= WARNING", "bc"),
        ("severity>=ERROR", "b"),
        ('severity = "info"', "a"),
        ("severity > 200", "bc"),
        ("severity < INFO", "p"),  # a line without has the default
        ("severity != ERROR", "acp"),
        ('severity = ("INFO" OR "WARNING")', "ac"),
        ("severity:*", "abc"),
        ('jsonPayload.answer.outcome = "done"', "c"),
        ('jsonPayload.answer.rows.at = "y"', "c"),  # any item of a list
        ('jsonPayload.answer:"DON"', "c"),  # any text below
        ("jsonPayload.attempt > 9", "b"),  # as numbers
        ("jsonPayload.attempt = 12.0", "b"),
        ("jsonPayload.attempt = -12", ""),
        ("jsonPayload.attempt = 1_2", ""),
        ("jsonPayload.attempt = 1.2e1", "b"),
        ("jsonPayload.attempt < Infinity", "ab"),
        ("jsonPayload.ok = true", "b"),
        ("jsonPayload.cause = NULL_VALUE", "b"),
        ('jsonPayload.message > "a"', "bc"),
        ("textPayload:robot", "p"),
        ('textPayload = "plain text"', ""),
        ('textPayload =~ "Robot \\d$"', "p"),
        ('textPayload =~ "robot"', ""),  # regular expressions are case sensitive
        ('jsonPayload.message !~ "^[ab]"', "c"),
        ('"robot"', "p"),
        ("e2", "b"),
        ('"robot" OR NOT "e2" AND NOT "plain" OR "e2"', "ac"),
        ('severity=INFO OR severity=ERROR AND labels.execution="e2"', "b"),  # OR binds tighter than AND
        ('severity=INFO OR (severity=ERROR AND labels.execution="e2")', "ab"),
        ('severity=INFO labels.execution="e1"', "a"),  # AND may be left out
        ('resource.type="cloud_run_revision" resource.labels.service_name="orders"', "abcp"),
        ('resource.labels.service_name=~"^fleet"', ""),
        (f'resource.labels.revision_name="{REVISION}"', "abcp"),
        (f'logName="projects/{PROJECT}/logs/run.googleapis.com%2Fstdout"', "abcp"),
        ('log_name:"stderr"', ""),
        ('log_id("run.googleapis.com/stdout") severity=INFO', "a"),
        ('log_id("stdout")', ""),
        ('timestamp >= "2026-01-05T09:00:00Z"', "abcp"),
        ('timestamp < "2026-01-05T09:00:00.000002Z"', "ab"),
        ('timestamp >= "2026-01-06"', ""),
        ('timestamp >= "2026-01-05T10:00:00.000001+01:00"', "bcp"),
        ('receiveTimestamp > "2026-01-05T09:00:00.5Z"', "abcp"),
        ("trace:*", ""),
        ('trace = ""', "abcp"),  # a field of LogEntry has its default
        ("httpRequest.status = 0", "abcp"),
        ("jsonPayload.attempt != 1", "b"),
        ('jsonPayload.attempt != "x"', ""),  # "If an attempted conversion fails, then the comparison fails"
        ("jsonPayload.ok != 5", ""),
        ("jsonPayload.ok > false", "b"),  # "Inequality is defined by true>false"
        ('jsonPayload.answer.rows.at != "y"', "c"),  # one item of a list is enough, whatever the operator
        ('jsonPayload.answer.rows.at !~ "y"', "c"),
        ('NOT jsonPayload.answer.rows.at = "y"', "abp"),
        ('jsonPayload.message = "\uff41"', "a"),  # a wide a: text is compared by NFKC_CF
        ('textPayload : "text\tof"', ""),
        ('httpRequest.latency = "0ms"', "abcp"),
        ("severity=INFO -- the first\nlabels.execution:*", "a"),
    ],
)
def test_a_filter_lets_through_what_the_page_says(full: Log, query: str, found: str) -> None:
    """Each entry stands for itself by its first letter."""
    assert [each for each in ALL if each[0] in found] == full.messages(query)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('> "999ms"', ["1s", "12s"]),  # "as durations, "1s">"999ms""
        ('< "0.0002m"', ["5ms"]),
        ("= 5000us", ["5ms"]),
        ('>= "2s"', ["12s"]),
    ],
)
def test_durations_are_compared_by_their_length(log: Log, query: str, found: list[str]) -> None:
    """Those of a field of LogEntry; in a payload they are text."""
    texts = {"5ms": "0.005s", "1s": "1s", "12s": "12s"}
    log.print(*({"message": name, "httpRequest": {"latency": text}} for name, text in texts.items()))

    assert found == log.messages(f"httpRequest.latency {query}")


def test_an_escape_stands_for_its_character(log: Log) -> None:
    """As `\\t`; a backslash that is escaped stands for itself."""
    log.print({"message": "a\tb"}, {"message": "a\\tb"})

    assert ["a\tb"] == log.messages(r'jsonPayload.message = "a\tb"')
    assert ["a\\tb"] == log.messages(r'jsonPayload.message = "a\\tb"')


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("timestamp>=2026-01-05T09:00:00Z", 'syntax error at line 1, column 25, token ":"'),  # [observed]
        ("severity=INFO\nAND", 'syntax error at line 2, column 4, token ""'),
        ("(severity=INFO", "syntax error at line 1"),
        ("severity=INFO)", 'syntax error at line 1, column 14, token ")"'),
        ('textPayload="open', "syntax error at line 1, column 13"),
        ("severity=", "syntax error"),
        ("severity=AND", "syntax error"),
        ("labels.a='b'", "syntax error at line 1, column 10"),
        ("severity=LOUD", "Invalid value 'LOUD' for the field 'severity'."),
        ('timestamp>"yesterday"', "Invalid value 'yesterday' for the field 'timestamp'."),
        ("httpRequest.latency>5", "Invalid value '5' for the field 'httpRequest.latency'."),
        ("httpRequest.status=1_0", "Invalid value '1_0' for the field 'httpRequest.status'."),
        ("httpRequest.status=2e2", "Invalid value '2e2' for the field 'httpRequest.status'."),
        ("httpRequest.status=ok", "Invalid value 'ok' for the field 'httpRequest.status'."),
        ("trace_sampled=1", "Invalid value '1' for the field 'traceSampled'."),
        ("service_name=orders", "Field not found: 'service_name'."),
        ("resource.label.x=1", "Field not found: 'resource.label.x'."),
        ("labels=x", "Invalid operator '=' for the field 'labels'."),
        ('textPayload=~"(a"', "Invalid regular expression"),
        ('textPayload=~"(?=a)"', "Invalid regular expression"),
        ('textPayload=~"\ud800"', "it is no text of Unicode"),
        ("textPayload=~a", "The regular expression a must be double-quoted."),
    ],
)
def test_a_filter_that_is_none_is_refused(full: Log, query: str, words: str) -> None:
    """With INVALID_ARGUMENT, and the place."""
    status, code, message = full.refusal(filter=query)

    assert (400, "INVALID_ARGUMENT") == (status, code)
    assert message.startswith("Unparseable filter: ") and words in message


@pytest.mark.parametrize(
    "query",
    [
        'SEARCH("text")',
        "sample(insertId, 0.1)",
        'ip_in_net(jsonPayload.ip, "10.0.0.0/8")',
        "errorGroups:*",
        'severity=~"E"',
        'timestamp=~"2026"',
    ],
)
def test_what_is_not_modelled_is_refused_by_name(full: Log, query: str) -> None:
    """And never passed over."""
    assert (NOT_IMPLEMENTED, "UNIMPLEMENTED") == full.refusal(filter=query)[:2]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("a" * 20_001, "INVALID_ARGUMENT"),
        ("NOT " * 4000 + "a", "UNIMPLEMENTED"),
        ("(" * 9000 + "a" + ")" * 9000, "UNIMPLEMENTED"),
        ("(a OR " * 2000 + "b" + ")" * 2000, "UNIMPLEMENTED"),
        (" ".join(["x"] * 9000), "UNIMPLEMENTED"),
        ('textPayload="' + '\\"' * 9000, "INVALID_ARGUMENT"),
        ("a." * 9000 + "b=1", "INVALID_ARGUMENT"),
    ],
)
def test_a_hostile_filter_is_refused_at_once(full: Log, query: str, code: str) -> None:
    """Whatever it is made of."""
    began = time.monotonic()

    assert code == full.refusal(filter=query)[1]
    assert time.monotonic() - began < 5


def test_the_longest_filters_that_are_run_are_quick(log: Log) -> None:
    """On entries of the largest size."""
    log.print(*({"message": "x" * 200_000} for _ in range(10)))
    began = time.monotonic()
    nested = "NOT " * 150 + 'jsonPayload.message=~"(x+x+)+y"'
    many = " OR ".join(f'"needle{n}"' for n in range(190))

    assert (10, 0) == (len(log.entries(nested.replace("NOT ", "", 1))), len(log.entries(many)))
    assert time.monotonic() - began < 10
