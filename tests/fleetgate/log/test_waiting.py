"""Lines that come late, doubled or never, by the wire; pauses without waiting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleetgate.log.accounts import StepCount
from fleetgate.log.entries import LogSource
from fleetgate.log.gaps import gap_of
from fleetgate.log.waiting import LIMIT, LogReading
from shared.google.session import Session
from tests.support.google_server import NOW, Answer, GoogleServer
from tests.support.logged import LIST, FakeLog, change, entry

ONE, TWO = change("one"), change("two")
COUNTED = StepCount("clusters", "apply", 2, 2, 2, 0)
FIRST, SECOND = entry(changes=[ONE]), entry(attempt=2, after=9, changes=[TWO])
READ = "gcloud logging read 'labels.execution=\"x-1\"' --project=hub"


def reading(session: Session, *counts: StepCount, limit: float = LIMIT) -> LogReading:
    """Of the log of x-1."""
    return LogReading(session, LogSource("hub", "x-1", NOW), counts or (COUNTED,), limit)


def gone_through(found: LogReading, then: Callable[[int], None] = lambda _: None) -> list[float]:
    """Its pauses; `then` is told the number of each."""
    taken: list[float] = []
    for pause in found.pauses():
        taken.append(pause)
        then(len(taken))
    return taken


def test_a_log_that_has_everything_is_read_once(session: Session, log: FakeLog) -> None:
    """Nothing is waited for."""
    log.entries = [FIRST, SECOND]
    found = reading(session)

    assert ([], 1) == (gone_through(found), len(log.asked))
    assert [ONE, TWO] == found.steps[0].changes
    assert gap_of(found) is None


def test_lines_that_come_late_are_waited_for(session: Session, log: FakeLog) -> None:
    """With pauses that grow; what came first need not be in the later answers."""
    log.entries = [FIRST]
    found = reading(session)

    taken = gone_through(found, lambda count: setattr(log, "entries", [SECOND]) if count == 3 else None)

    assert [1.0, 1.5, 2.25] == taken
    assert ([ONE, TWO], None) == (found.steps[0].changes, gap_of(found))


def test_lines_that_come_twice_count_once(session: Session, log: FakeLog) -> None:
    """The same insertId and timestamp."""
    log.entries = [FIRST, SECOND, FIRST, SECOND]
    found = reading(session)

    assert [] == gone_through(found)
    assert [ONE, TWO] == found.steps[0].changes


def test_a_line_that_never_comes_is_given_up(session: Session, log: FakeLog) -> None:
    """What came is told, with the count, the reason and where to look later."""
    log.entries = [SECOND]
    found = reading(session)

    taken = gone_through(found)
    gap = gap_of(found)

    assert LIMIT - 10 < sum(taken) <= LIMIT
    assert gap is not None and (1, 2) == (gap.have, gap.of)
    assert "did not come within 60 s" in gap.reason and READ in gap.fix
    assert [TWO] == found.steps[0].changes


def test_what_may_have_been_heard_counts_when_nothing_else_came(session: Session, log: FakeLog) -> None:
    """The first attempt was killed; the connection of the second one's answer broke."""
    log.entries = [entry(attempt=2, callback="unknown: 404 NOT_FOUND", changes=[ONE])]
    found = reading(session, StepCount("clusters", "apply", 2, 1, 1, 0), limit=4)

    assert [1.0, 1.5] == gone_through(found)
    assert (None, [ONE]) == (gap_of(found), found.steps[0].changes)


def test_a_log_with_no_line_at_all_is_looked_into(session: Session, log: FakeLog) -> None:
    """A sink may exclude them: no waiting mends that."""
    found = reading(session)

    gone_through(found)
    gap = gap_of(found)

    assert gap is not None and (0, 2) == (gap.have, gap.of)
    assert "a sink excludes them" in gap.reason
    assert "gcloud logging sinks describe _Default --project=hub" in gap.fix


def test_how_long_is_an_option(session: Session, log: FakeLog) -> None:
    """None at all, too: then it is read once."""
    assert [1.0, 1.5] == gone_through(reading(session, limit=4))
    assert [] == gone_through(reading(session, limit=0))


def test_reads_are_rarer_than_the_quota_lets(session: Session, log: FakeLog) -> None:
    """Sixty in a minute: a log of many pages is read with long pauses."""
    log.page, log.entries = 1, [entry(attempt=number, after=number) for number in range(12)]
    counted = StepCount("clusters", "apply", 20, 20, 0, 0)

    taken = gone_through(reading(session, counted))

    assert min(taken) >= 12
    assert len(log.asked) <= 60 + 12


def test_where_nothing_is_counted_nothing_is_read(session: Session, log: FakeLog) -> None:
    """Of an execution without a result, or whose only function was never heard."""
    found = reading(session, StepCount("environment", "claim", 3, 0, 0, 0))

    assert ([], [], None) == (gone_through(found), log.asked, gap_of(found))


@pytest.mark.long
def test_a_log_of_ten_thousand_lines(session: Session, log: FakeLog) -> None:
    """Of which every one counts."""
    log.entries = [entry(attempt=n, after=n / 100, changes=[change(str(n))]) for n in range(1, 10_001)]
    found = reading(session, StepCount("clusters", "apply", 10_000, 10_000, 10_000, 0))

    assert [] == gone_through(found)
    assert 10 == len(log.asked)
    assert [change(str(n)) for n in range(1, 10_001)] == found.steps[0].changes


DENIED = 403, {"error": {"status": "PERMISSION_DENIED", "message": "Permission denied for all log views"}}
OFF = (
    403,
    {
        "error": {
            "status": "PERMISSION_DENIED",
            "message": "Cloud Logging API has not been used in project hub before or it is disabled.",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "SERVICE_DISABLED",
                    "metadata": {"service": "logging.googleapis.com"},
                }
            ],
        }
    },
)
BAD = 400, {"error": {"status": "INVALID_ARGUMENT", "message": "Unparseable filter"}}
AWAY = 503, {"error": {"status": "UNAVAILABLE", "message": "later"}}
EXCEEDED = 403, {"error": {"errors": [{"reason": "quotaExceeded"}], "message": "Quota exceeded"}}
QUOTA = 429, {"error": {"status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded for quota metric"}}


@pytest.mark.parametrize(
    ("answer", "reason", "fix"),
    [
        (DENIED, "logging.logEntries.list is missing", "roles/logging.viewer"),
        (OFF, "logging.googleapis.com is not enabled", "gcloud services enable logging.googleapis.com"),
        (BAD, "Unparseable filter", READ),
    ],
)
def test_a_log_that_may_not_be_read_is_not_waited_for(
    session: Session, google: GoogleServer, answer: Answer, reason: str, fix: str
) -> None:
    """Who may not read now may not in a minute."""
    google.answers[LIST] = answer
    found = reading(session)

    assert [] == gone_through(found)
    gap = gap_of(found)
    assert gap is not None and (0, 2) == (gap.have, gap.of)
    assert reason in gap.reason and fix in gap.fix


@pytest.mark.parametrize("answer", [AWAY, QUOTA, EXCEEDED])
def test_a_passing_trouble_passes(
    session: Session, google: GoogleServer, log: FakeLog, answer: Answer
) -> None:
    """It is asked again after the pause."""
    google.answers[LIST] = answer
    log.entries = [FIRST, SECOND]
    found = reading(session)

    def passes(_: int) -> None:
        log.at(google)

    assert [1.0] == gone_through(found, passes)
    assert gap_of(found) is None


def test_a_trouble_that_does_not_pass_is_the_reason(session: Session, google: GoogleServer) -> None:
    """For as long as lines are waited for."""
    google.answers[LIST] = AWAY
    found = reading(session)

    gone_through(found)
    gap = gap_of(found)

    assert gap is not None and "UNAVAILABLE" in gap.reason and READ in gap.fix


def test_what_was_read_before_a_trouble_counts(session: Session, google: GoogleServer) -> None:
    """The second page is refused once."""
    answers = iter([{"entries": [FIRST], "nextPageToken": "1"}, QUOTA, {"entries": [SECOND]}])
    google.answers[LIST] = lambda *_: next(answers)
    found = reading(session)

    assert 1 == len(gone_through(found))
    assert [ONE, TWO] == found.steps[0].changes
