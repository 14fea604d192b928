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
        ([], "at least one message"),
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
        ("modifyAckDeadline", {"ackIds": ["x"], "ackDeadlineSeconds": 601}),
    ],
)
def test_numbers_have_their_bounds(pubsub: PubSub, verb: str, body: dict[str, Any]) -> None:
    """At least one message, at most ten minutes."""
    assert (400, "INVALID_ARGUMENT") == pubsub.refusal("POST", f"subscriptions/reader:{verb}", body)[:2]


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
