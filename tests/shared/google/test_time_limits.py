"""Every call has a time limit within the invocation's, whoever makes it; and invocations do not share theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shared import errors
from shared.google import container_writes
from shared.google.deadline import ANSWERING, Deadline
from shared.google.session import Session
from tests.support.google_server import NOW, GoogleServer

LEFT = 0.3  # seconds that are left for calls
CLUSTER = "projects/p/locations/us-west1-a/clusters/c"


@pytest.fixture
def stalled(google: GoogleServer) -> Iterator[GoogleServer]:
    """Google, which takes every call and answers none until the test is over."""
    over = threading.Event()

    def stall(method: str, path: str) -> None:
        over.wait(10.0)

    google.before = stall
    yield google
    over.set()


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.get("compute", "projects/p/global/networks/n"),
        lambda session: session.post("compute", "projects/p/global/networks", {}),
        lambda session: container_writes.delete_cluster(session, CLUSTER),
    ],
    ids=["read", "change", "client library"],
)
def test_a_call_ends_before_the_invocation_does(
    stalled: GoogleServer, session: Session, call: Callable[[Session], object]
) -> None:
    """Also one of a library that would wait for minutes."""
    container_writes._client(session)  # slow to import
    session.begin(NOW, Deadline(NOW, NOW + ANSWERING + LEFT))
    began = time.monotonic()
    with pytest.raises(errors.Transient) as caught:
        call(session)

    assert "TimedOut" == caught.value.reason
    assert LEFT * 0.9 < time.monotonic() - began < LEFT + 2.0


def test_no_call_begins_without_time(google: GoogleServer, session: Session) -> None:
    """Neither a read nor a change; a read that cannot begin is not repeated."""
    session.begin(NOW, Deadline(NOW, NOW + ANSWERING))
    for call in (session.get, session.delete):
        with pytest.raises(errors.DeadlinePassed):
            call("compute", "projects/p/global/networks/n")
    assert [] == google.requests


def test_an_invocation_that_outlives_its_timeout_keeps_its_own_limits(
    google: GoogleServer, session: Session
) -> None:
    """Google may give the instance its next event meanwhile, which runs in another thread."""
    session.begin(NOW, Deadline(NOW, NOW + ANSWERING))
    session.calls.permit = lambda: pytest.fail("the other invocation's fence")

    def next_event() -> None:
        session.begin(NOW, Deadline(NOW, NOW + 90))
        session.post("compute", "projects/p/aggregated/things/getHealth", {}, None)

    google.answers["POST /compute/v1/projects/p/aggregated/things/getHealth"] = {}
    thread = threading.Thread(target=next_event)
    thread.start()
    thread.join()

    assert 1 == len(google.requests)
    assert 0 == session.calls.wire()["total"]
    with pytest.raises(errors.DeadlinePassed):
        session.get("compute", "projects/p/global/networks/n")
