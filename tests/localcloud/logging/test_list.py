"""entries.list: order, pages, and who may read."""

from __future__ import annotations

import base64

import pytest

from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.logging.entries import ENTRIES
from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.logging.conftest import LIST, Log
from tests.support.projects import CLOUD_PROJECT as PROJECT


def test_entries_are_listed_by_time(log: Log) -> None:
    """The oldest first, unless asked otherwise."""
    for text in "abc":
        log.print(text)

    assert ["a", "b", "c"] == log.messages() == log.messages(orderBy="timestamp asc")
    assert ["c", "b", "a"] == log.messages(orderBy="timestamp desc")


@pytest.mark.parametrize("order", ["timestamp asc", "timestamp desc"])
def test_pages_hold_every_entry_once(log: Log, order: str) -> None:
    """Also of one moment; what comes in between, and is older, waits for the next query."""
    log.print(*(f"line {number}" for number in range(7)))
    seen, token = [], ""
    while True:
        answer = log.page(orderBy=order, pageSize=3, pageToken=token)
        seen += [each["textPayload"] for each in answer["entries"]]
        token = answer.get("nextPageToken", "")
        if not token:
            break

    assert sorted(seen, reverse=order.endswith("desc")) == seen and 7 == len(set(seen))


def test_a_page_has_fifty_entries_unless_asked_otherwise(log: Log) -> None:
    """And no more than it has room for."""
    log.print(*(str(number) for number in range(60)))
    assert (50, 60) == (len(log.messages()), len(log.messages(pageSize=1000)))

    log.print(*({"message": "x" * 200_000} for _ in range(30)))
    answer = log.page(filter="jsonPayload:*", pageSize=1000)
    assert 10 < len(answer["entries"]) < 30 and answer["nextPageToken"]


def test_a_page_may_be_empty_and_not_the_last(log: Log) -> None:
    """When the search had no time: its token goes on [documented]."""
    log.print("a", "b")
    log.services.world[ENTRIES].empty_pages = 2
    first = log.page(pageSize=1)
    second = log.page(pageSize=1, pageToken=first["nextPageToken"])
    third = log.page(pageSize=1, pageToken=second["nextPageToken"])

    assert ({"nextPageToken"}, {"nextPageToken"}) == (set(first), set(second))
    assert ["a"] == [each["textPayload"] for each in third["entries"]]


def test_no_entries_are_an_empty_answer(log: Log) -> None:
    """Without the key."""
    assert {} == log.page()


def test_a_token_is_of_one_query(log: Log) -> None:
    """Any other is refused in Google's words [observed]."""
    log.print("a", "b")
    token = log.page(pageSize=1)["nextPageToken"]

    words = "page_token doesn't match arguments from the request"
    assert (400, "INVALID_ARGUMENT", words) == log.refusal(pageToken=token, filter="severity>=INFO")
    for none in (
        "12",
        "////",
        "W10=",
        base64.b64encode(b"[1, [1, 2]]").decode(),
        base64.b64encode(b"[" * 9000).decode(),
    ):
        assert "INVALID_ARGUMENT" == log.refusal(pageToken=none)[1]
    assert ["b"] == log.messages(pageToken=token)


@pytest.mark.parametrize(
    "body",
    [
        {"resourceNames": []},
        {"resourceNames": ["shop"]},
        {"resourceNames": [f"projects/{PROJECT}"] * 101},
        {"pageSize": -1},
        {"pageSize": 1001},
        {"orderBy": "severity"},
        {"filters": "x"},
    ],
)
def test_a_list_that_cannot_be_is_refused(log: Log, body: dict[str, object]) -> None:
    """As an argument that is none."""
    assert "INVALID_ARGUMENT" == log.refusal(**body)[1]


@pytest.mark.parametrize(
    "name", ["organizations/1", f"projects/{PROJECT}/locations/global/buckets/_Default/views/_AllLogs"]
)
def test_what_is_no_project_is_not_implemented(log: Log, name: str) -> None:
    """By its name."""
    status, _, words = log.refusal(resourceNames=[name])
    assert NOT_IMPLEMENTED == status and name in words


def test_other_methods_are_not_implemented(log: Log) -> None:
    """By their names."""
    status, _, words = log.services.refusal("POST", "logging/v2/entries:write", {"entries": []})
    assert NOT_IMPLEMENTED == status and "logging.entries.write" in words


def test_reading_takes_the_permission_in_every_project(log: Log) -> None:
    """And is refused in Google's words [observed]."""
    world = log.services.world
    world[ACCESS].enforced = True
    world.projects.create("another").enabled.add("logging.googleapis.com")
    log.print("a")
    both = {"resourceNames": [f"projects/{PROJECT}", "projects/another"]}
    denied = (403, "PERMISSION_DENIED", "Permission denied for all log views")
    assert denied == log.refusal()

    define_role(world, f"projects/{PROJECT}/roles/reader", ["logging.logEntries.list"])
    grant(world, f"projects/{PROJECT}", f"projects/{PROJECT}/roles/reader", "user:user@example.com")
    assert ["a"] == log.messages()
    assert denied == log.services.refusal("POST", LIST, both)
    assert "PERMISSION_DENIED" == log.refusal(resourceNames=["projects/nobodys"])[1]


def test_the_api_has_to_be_on(log: Log) -> None:
    """In the project whose entries are asked for."""
    log.services.world.projects.get(PROJECT).enabled.clear()

    words = log.refusal()[2]
    assert words.startswith("Cloud Logging API has not been used in project")


def test_a_project_may_be_named_by_number(log: Log) -> None:
    """And twice is once."""
    log.print("a")
    number = log.services.world.projects.get(PROJECT).number

    assert ["a"] == log.messages(resourceNames=[f"projects/{number}", f"projects/{PROJECT}"])
    assert ["a"] == log.messages(resourceNames=[], projectIds=[PROJECT])
