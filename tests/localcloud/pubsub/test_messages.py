"""A message is pulled until it is acknowledged, by every subscription of its topic."""

from __future__ import annotations

from tests.localcloud.pubsub.conftest import PubSub


def test_a_message_is_pulled_with_its_id_and_time(pubsub: PubSub) -> None:
    """Attributes and all, as it was published."""
    body = {"messages": [{"data": "aGk=", "attributes": {"kind": "greeting"}}]}
    (number,) = pubsub.ok("POST", "topics/news:publish", body)["messageIds"]

    (received,) = pubsub.ok("POST", "subscriptions/reader:pull", {"maxMessages": 5})["receivedMessages"]

    assert {
        "data": "aGk=",
        "attributes": {"kind": "greeting"},
        "messageId": number,
        "publishTime": "2026-01-05T09:00:00.000Z",
    } == received["message"]


def test_no_more_is_pulled_than_asked_for_and_nothing_twice(pubsub: PubSub) -> None:
    """What is leased does not come again while the lease lasts."""
    pubsub.publish("a", "b", "c")

    assert ["a", "b"] == list(pubsub.pull(2).values())
    assert ["c"] == list(pubsub.pull(2).values())
    assert {} == pubsub.ok("POST", "subscriptions/reader:pull", {"maxMessages": 1})


def test_what_is_acknowledged_does_not_come_again(pubsub: PubSub) -> None:
    """And what is not, does, with a new ack id, when the deadline is over."""
    pubsub.publish("a", "b")
    first = pubsub.pull()
    pubsub.acknowledge(*(ack for ack, text in first.items() if text == "a"))

    pubsub.wait(9.9)
    assert {} == pubsub.pull()
    pubsub.wait(0.2)
    again = pubsub.pull()

    assert ["b"] == list(again.values())
    assert not set(again) & set(first)


def test_an_ack_that_comes_too_late_changes_nothing(pubsub: PubSub) -> None:
    """The message has been given back already."""
    pubsub.publish("a")
    (late,) = pubsub.pull()
    pubsub.wait(11)

    pubsub.acknowledge(late)

    assert ["a"] == list(pubsub.pull().values())


def test_a_lease_can_be_extended_or_given_back(pubsub: PubSub) -> None:
    """From now on; a deadline of 0 gives back at once."""
    pubsub.publish("a", "b")
    long, back = pubsub.pull()
    path = "subscriptions/reader:modifyAckDeadline"
    pubsub.ok("POST", path, {"ackIds": [long], "ackDeadlineSeconds": 60})
    pubsub.ok("POST", path, {"ackIds": [back], "ackDeadlineSeconds": 0})

    assert ["b"] == list(pubsub.pull().values())
    pubsub.wait(59)
    assert "a" not in pubsub.pull().values()
    pubsub.wait(2)
    assert "a" in pubsub.pull().values()


def test_every_subscription_gets_its_own_copy_of_what_came_after_it(pubsub: PubSub) -> None:
    """One that is made later has missed what was before."""
    pubsub.publish("early")
    pubsub.ok("PUT", "subscriptions/other", {"topic": "projects/shop/topics/news"})
    pubsub.publish("late")

    assert {"early", "late"} == set(pubsub.pull().values())
    assert ["late"] == list(pubsub.pull(subscription="other").values())


def test_a_deleted_subscription_loses_what_it_held(pubsub: PubSub) -> None:
    """Leases that run out afterwards go nowhere, not into another of its name."""
    pubsub.publish("a", "b")
    pubsub.pull(1)
    pubsub.ok("DELETE", "subscriptions/reader")
    pubsub.wait(20)
    pubsub.ok("PUT", "subscriptions/reader", {"topic": "projects/shop/topics/news"})

    assert {} == pubsub.pull()


def test_a_subscription_outlives_its_topic(pubsub: PubSub) -> None:
    """It says so, and keeps what it has."""
    pubsub.publish("a")
    pubsub.ok("DELETE", "topics/news")

    assert "_deleted-topic_" == pubsub.ok("GET", "subscriptions/reader")["topic"]
    assert ["a"] == list(pubsub.pull().values())
