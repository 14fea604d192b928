"""The entries of an execution, by the wire."""

from __future__ import annotations

import pytest

from fleetgate.log.entries import LogSource, pages
from shared import errors
from shared.google.session import Session
from tests.support.google_server import NOW, GoogleServer
from tests.support.logged import LIST, FakeLog, entry

SOURCE = LogSource("hub", "x-1", NOW)


def test_it_asks_for_the_lines_of_one_execution(session: Session, log: FakeLog) -> None:
    """From a minute before it began: the clock that stamps entries is another."""
    log.entries = [entry()]

    assert [[entry()]] == list(pages(session, SOURCE))
    (body,) = log.asked
    assert ["projects/hub"] == body["resourceNames"]
    assert (
        'logName="projects/hub/logs/run.googleapis.com%2Fstdout" AND labels.execution="x-1" '
        'AND timestamp>="2026-01-05T07:59:00Z"'
    ) == body["filter"]
    assert ("timestamp desc", 1000) == (body["orderBy"], body["pageSize"])


def test_every_page_is_read(session: Session, log: FakeLog) -> None:
    """Each with the same question and the token of the one before."""
    log.page, log.entries = 2, [entry(attempt=number, after=number) for number in range(5)]

    assert [2, 2, 1] == [len(each) for each in pages(session, SOURCE)]
    assert [None, "2", "4"] == [body.pop("pageToken", None) for body in log.asked]
    assert log.asked[0] == log.asked[1] == log.asked[2]


def test_an_empty_page_with_a_token_is_not_the_end(session: Session, google: GoogleServer) -> None:
    """The search had not the time to look everywhere."""
    answers = iter([{"nextPageToken": "a"}, {"entries": [], "nextPageToken": "b"}, {"entries": [entry()]}])
    google.answers[LIST] = lambda *_: next(answers)

    assert [[], [], [entry()]] == list(pages(session, SOURCE))


def test_a_refusal_names_the_permission(session: Session, google: GoogleServer) -> None:
    """Cloud Logging's own words do not."""
    words = "Permission denied for all log views"
    google.answers[LIST] = 403, {"error": {"code": 403, "message": words, "status": "PERMISSION_DENIED"}}

    with pytest.raises(errors.PermissionDenied) as told:
        list(pages(session, SOURCE))
    assert "logging.logEntries.list" == told.value.permission


def test_it_changes_nothing(session: Session, log: FakeLog) -> None:
    """It is a POST, and a read: it may be repeated."""
    list(pages(session, SOURCE))

    assert (1, 0) == (session.calls.by_service["logging"], session.calls.mutations)
