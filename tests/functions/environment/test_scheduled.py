"""What the scheduler asks for, without an execution: looked at, and published as requests where something is due."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.environment.scheduled import serve
from shared import labels
from shared.google.pubsub import BATCH
from shared.step.message import scheduled_request
from tests.support.anchors import add_anchor, anchor
from tests.support.google_server import NOW, GoogleServer
from tests.support.rows import last_lines

HOUR = 3600
REQUESTS = "/topics/fleetgate-requests:publish"
EVENTS = "/topics/fleetgate-events:publish"
Scheduled = Callable[..., Any]


def event(**fields: Any) -> dict[str, Any]:
    """The data of the CloudEvent that brings a message of the scheduler."""
    data = {"schema": 2, "mode": "scheduled", **fields}
    encoded = base64.b64encode(json.dumps(data).encode()).decode()
    return {"message": {"data": encoded, "messageId": "88", "publishTime": "2026-01-05T08:00:00.000Z"}}


@pytest.fixture
def scheduled(google: GoogleServer, capsys: pytest.CaptureFixture[str]) -> Scheduled:
    """Serve what the scheduler asks for; the first line that is logged."""

    def ask(action: str) -> Any:
        request = scheduled_request(event(action=action))
        assert request is not None
        serve(request)
        return last_lines(capsys)[0]

    return ask


def requests(google: GoogleServer) -> list[Any]:
    """What was published as requests."""
    return [each["data"] for each in google.published() if "ce-type" not in each]


def test_a_sweep_that_finds_nothing_lists_the_anchors_and_no_more(
    google: GoogleServer, scheduled: Scheduled
) -> None:
    """Nobody waits for an answer."""
    add_anchor(google, "young", 5 * HOUR)
    line = scheduled("sweep")

    assert (line["answer"]["outcome"], line["answer"]["calls"]["total"], line["callback"]) == (
        "done",
        1,
        "none",
    )
    assert google.posted("") == []


def test_what_is_over_is_asked_to_be_torn_down(google: GoogleServer, scheduled: Scheduled) -> None:
    """With what was seen, as by a sweep that a person asks for."""
    add_anchor(google, "old", -1)
    scheduled("sweep")

    (request,) = requests(google)
    assert request == {
        "action": "teardown", "name": "old", "generation": "1767560000000-1", "expires": NOW - 1,
    }  # fmt: skip


def test_the_end_of_a_lease_is_warned_of_by_the_workflow(google: GoogleServer, scheduled: Scheduled) -> None:
    """No execution is named: there is none."""
    add_anchor(google, "store", 600)
    scheduled("sweep")

    (told,) = [each for each in google.published() if "ce-type" in each]
    assert (told["ce-type"], told["ce-id"]) == (
        "dev.fleetgate.environment.expiring", f"store-{int(NOW) + 600}-expiring",
    )  # fmt: skip
    assert told["ce-source"].endswith("/workflows/fleetgate")
    assert anchor(google)["labels"][labels.WARNED] == str(int(NOW) + 600)


def test_four_hundred_teardowns_take_one_call(google: GoogleServer, scheduled: Scheduled) -> None:
    """One after the other they would take longer than a function may."""
    for number in range(400):
        add_anchor(google, f"e{number}", -1)
    scheduled("sweep")

    assert (len(google.posted(REQUESTS)), len(requests(google)), BATCH) == (1, 400, 500)


def test_the_monitor_asks_for_quiet_proofs(google: GoogleServer, scheduled: Scheduled) -> None:
    """Of what has served."""
    add_anchor(google, "store", serving=f"verified-{int(NOW) - 600}")
    scheduled("monitor")

    assert requests(google) == [{"action": "verify", "name": "store", "quiet": True}]


@pytest.mark.parametrize("action", ["sweep", "monitor"])
def test_what_cannot_be_done_now_is_asked_for_as_a_request(
    google: GoogleServer, scheduled: Scheduled, action: str
) -> None:
    """Its execution asks again, and tells how it ended."""
    scheduled(action)
    (list_of_anchors,) = [target for method, target, _ in google.requests if method == "GET"]
    path = list_of_anchors.partition("?")[0]
    google.answers[f"GET {path}"] = (503, {"error": {"code": 503, "message": "later"}})
    line = scheduled(action)

    assert line["answer"]["outcome"] == "waiting"
    assert requests(google) == [{"action": action}]


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "teardown"},
        {"action": None},
        {},
        {"action": "sweep", "mode": "claim"},
        {"action": "sweep", "schema": 99},
    ],
)
def test_nothing_else_is_served_without_an_execution(fields: dict[str, Any]) -> None:
    """Whoever may publish on the topic can do no more by that than the schedule does."""
    assert scheduled_request(event(**fields)) is None
