"""What Pub/Sub refuses, in its words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localcloud.pubsub.conftest import PubSub


@pytest.mark.parametrize("path", ["topics/none", "subscriptions/none"])
def test_what_is_not_there_is_not_found(pubsub: PubSub, path: str) -> None:
    """By its short name."""
    found = (404, "NOT_FOUND", "Resource not found (resource=none).")

    assert found == pubsub.refusal("GET", path)
    assert found == pubsub.refusal("DELETE", path)


def test_a_subscription_needs_its_topic(pubsub: PubSub) -> None:
    """One that exists."""
    body = {"topic": "projects/shop/topics/none"}

    refused = pubsub.refusal("PUT", "subscriptions/other", body)
    assert (404, "NOT_FOUND", "Resource not found (resource=none).") == refused


@pytest.mark.parametrize(
    ("path", "body"), [("topics/news", {}), ("subscriptions/reader", {"topic": "projects/shop/topics/news"})]
)
def test_a_name_is_taken_once(pubsub: PubSub, path: str, body: dict[str, Any]) -> None:
    """409, with the short name."""
    short = path.split("/")[1]
    words = f"Resource already exists in the project (resource={short})."

    assert (409, "ALREADY_EXISTS", words) == pubsub.refusal("PUT", path, body)


@pytest.mark.parametrize("name", ["ab", "9lives", "google-news", "a" * 256, "new s"])
def test_a_name_has_its_rules(pubsub: PubSub, name: str) -> None:
    """3 to 255 characters that begin with a letter, not `goog`."""
    status, _, words = pubsub.refusal("PUT", f"topics/{name}", {})

    assert (400, f"Invalid [topics] name: (name=projects/shop/topics/{name})") == (status, words)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "The value for message_count is too small. You passed 0"),
        ([{"data": "aGk="}] * 1001, "You passed 1001 in the request, but the maximum value is 1000."),
        ([{"attributes": {"a": "x" * 1025}}], "a value that is too long. The length is 1025 characters"),
        ([{"attributes": {"a" * 257: "x"}}], "a key that is too long. The length is 257 characters"),
        ([{"attributes": {str(n): "x" for n in range(101)}}], "attribute_count is too large"),
        ([{"data": "aGk="}, {"data": ""}], "Some messages are empty"),
        ([{"data": "no base64"}], "Base64 decoding failed"),
        ([{"text": "hi"}], "Unknown name"),
    ],
)
def test_a_message_must_say_something_readable(pubsub: PubSub, messages: list[Any], words: str) -> None:
    """And none of a request is published if one of it is wrong."""
    status, _, said = pubsub.refusal("POST", "topics/news:publish", {"messages": messages})

    assert 400 == status and words in said
    assert {} == pubsub.pull()


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("pull", {"maxMessages": 0}),
        ("pull", {}),
        ("modifyAckDeadline", {"ackIds": ["0" * 32], "ackDeadlineSeconds": 601}),
        ("modifyAckDeadline", {"ackIds": ["x"], "ackDeadlineSeconds": 10}),
        ("acknowledge", {"ackIds": []}),
        ("acknowledge", {"ackIds": ["x"]}),
    ],
)
def test_numbers_have_their_bounds(pubsub: PubSub, verb: str, body: dict[str, Any]) -> None:
    """At least one message or id, at most ten minutes; an id is such as was given out."""
    assert (400, "INVALID_ARGUMENT") == pubsub.refusal("POST", f"subscriptions/reader:{verb}", body)[:2]


@pytest.mark.parametrize(
    "body", [{"ackDeadlineSeconds": 9}, {"ackDeadlineSeconds": 601}, {"topic": "news"}, {"topic": ""}]
)
def test_a_subscription_needs_a_deadline_and_a_topic_that_can_be(
    pubsub: PubSub, body: dict[str, Any]
) -> None:
    """Ten seconds to ten minutes, and a topic's full name."""
    whole = {"topic": "projects/shop/topics/news", **body}

    assert (400, "INVALID_ARGUMENT") == pubsub.refusal("PUT", "subscriptions/other", whole)[:2]


def test_no_deadline_is_the_usual_one(pubsub: PubSub) -> None:
    """Ten seconds, for 0 too."""
    body = {"topic": "projects/shop/topics/news", "ackDeadlineSeconds": 0}

    assert 10 == pubsub.ok("PUT", "subscriptions/other", body)["ackDeadlineSeconds"]


def test_a_push_endpoint_is_not_implemented(pubsub: PubSub) -> None:
    """Said plainly."""
    body = {"topic": "projects/shop/topics/news", "pushConfig": {"pushEndpoint": "https://example.com"}}

    status, _, words = pubsub.refusal("PUT", "subscriptions/push", body)
    assert 405 == status and "push endpoint" in words


def test_lists_are_of_the_project_and_by_name(pubsub: PubSub) -> None:
    """An empty one is an empty object."""
    pubsub.ok("PUT", "topics/alpha", {"labels": {"kind": "test"}})

    assert ["projects/shop/topics/alpha", "projects/shop/topics/news"] == [
        each["name"] for each in pubsub.ok("GET", "topics")["topics"]
    ]
    assert 1 == len(pubsub.ok("GET", "subscriptions")["subscriptions"])
    pubsub.ok("DELETE", "subscriptions/reader")
    assert {} == pubsub.ok("GET", "subscriptions")


def test_lists_come_in_pages(pubsub: PubSub) -> None:
    """Of as many as are asked for, with a token while there are more."""
    for name in ("alpha", "beta"):
        pubsub.ok("PUT", f"topics/{name}", {})
    first = pubsub.ok("GET", "topics", pageSize="2")
    rest = pubsub.ok("GET", "topics", pageSize="2", pageToken=first["nextPageToken"])

    assert ["alpha", "beta"] == [each["name"].rpartition("/")[2] for each in first["topics"]]
    assert ["news"] == [each["name"].rpartition("/")[2] for each in rest["topics"]]
    assert "nextPageToken" not in rest
    assert 400 == pubsub.refusal("GET", "topics", pageToken="nonsense")[0]
