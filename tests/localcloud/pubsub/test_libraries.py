"""Google's client libraries of Pub/Sub over gRPC, against this cloud and against Google's own emulator.

Every test passes on both. Codes are held to, words are not: the emulator's are its own. Where the two differ, Google's
documentation decides, and the test says so; such tests are at the end, and are of this cloud alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import AlreadyExists, InvalidArgument, NotFound
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.types import PubsubMessage, ReceivedMessage

from tests.localcloud.grpc.clients import cloud_in_thread
from tests.localcloud.pubsub import emulator
from tests.support.projects import CLOUD_PROJECT

PARENT = f"projects/{CLOUD_PROJECT}"
PATIENCE = 20.0  # real seconds for a message to come
_numbers = itertools.count()


@dataclass
class PubSub:
    """Somebody's Pub/Sub, and the two clients."""

    publisher: PublisherClient
    subscriber: SubscriberClient

    def topic(self, **more: Any) -> str:
        """A new topic."""
        name = f"{PARENT}/topics/topic-{next(_numbers)}"
        return str(self.publisher.create_topic(request={"name": name, **more}).name)

    def subscription(self, topic: str, **more: Any) -> str:
        """A new subscription; `more` can give it another name."""
        name = f"{PARENT}/subscriptions/subscription-{next(_numbers)}"
        made = self.subscriber.create_subscription(request={"name": name, "topic": topic, **more})
        return str(made.name)

    def publish(self, topic: str, *messages: dict[str, Any]) -> list[str]:
        """The ids of what is published."""
        return list(self.publisher.publish(topic=topic, messages=list(messages)).message_ids)

    def pull(self, subscription: str, count: int = 1) -> list[ReceivedMessage]:
        """So many messages; of those that wait, an answer may have fewer than are asked for [documented]."""
        pulled: list[ReceivedMessage] = []
        while len(pulled) < count:
            asked = {"subscription": subscription, "max_messages": count - len(pulled)}
            pulled += self.subscriber.pull(request=asked, timeout=PATIENCE).received_messages
        return pulled

    def waiting(self, subscription: str) -> list[ReceivedMessage]:
        """What waits there now."""
        asked = {"subscription": subscription, "max_messages": 10, "return_immediately": True}
        return list(self.subscriber.pull(request=asked).received_messages)


def _ours(opened: ExitStack) -> PubSub:
    """Over TLS, with the owner's token."""
    cloud = opened.enter_context(cloud_in_thread())
    return PubSub(cloud.client(PublisherClient), cloud.client(SubscriberClient))


def _googles(opened: ExitStack) -> PubSub:
    """In plain text and without credentials: it asks nobody who calls."""
    channel = opened.enter_context(grpc.insecure_channel(opened.enter_context(emulator.emulator())))
    kinds = (PublisherClient, SubscriberClient)
    return PubSub(*(kind(transport=kind.get_transport_class("grpc")(channel=channel)) for kind in kinds))


JUDGE = pytest.param(
    _googles,
    id="emulator",
    marks=[
        pytest.mark.judge,
        pytest.mark.skipif(bool(emulator.missing()), reason=emulator.missing()),
    ],
)
pytestmark = [
    pytest.mark.xdist_group("google-pubsub"),  # one worker: the emulator starts once
    pytest.mark.filterwarnings("ignore:The return_immediately flag is deprecated"),
]


@pytest.fixture(scope="module", params=[pytest.param(_ours, id="local cloud"), JUDGE])
def pubsub(request: pytest.FixtureRequest) -> Iterator[PubSub]:
    """One of the two."""
    open_: Callable[[ExitStack], PubSub] = request.param
    with ExitStack() as opened:
        yield open_(opened)


def test_a_topic_is_created_once_and_gone_when_it_is_deleted(pubsub: PubSub) -> None:
    """By its full name."""
    topic = pubsub.topic(labels={"team": "web"})

    found = pubsub.publisher.get_topic(topic=topic)
    assert (topic, {"team": "web"}) == (found.name, dict(found.labels))
    with pytest.raises(AlreadyExists):
        pubsub.publisher.create_topic(name=topic)
    pubsub.publisher.delete_topic(topic=topic)
    for call in (pubsub.publisher.get_topic, pubsub.publisher.delete_topic):
        with pytest.raises(NotFound):
            call(topic=topic)


@pytest.mark.parametrize("name", ["ab", "9lives", "google-news", "x" * 256, "new s", "news:publish", ""])
def test_a_name_has_its_rules(pubsub: PubSub, name: str) -> None:
    """3 to 255 characters that begin with a letter, not `goog`."""
    with pytest.raises(InvalidArgument):
        pubsub.publisher.create_topic(name=f"{PARENT}/topics/{name}")


@pytest.mark.parametrize("name", ["", "news", "topics/news", "projects/shop/subscriptions/news"])
def test_what_is_named_must_be_a_topic(pubsub: PubSub, name: str) -> None:
    """Its full name: there is no page of REST for another, but an RPC can ask for it."""
    with pytest.raises(InvalidArgument):
        pubsub.publisher.get_topic(topic=name)
    with pytest.raises(InvalidArgument):
        pubsub.publish(name, {"data": b"x"})


def test_a_list_is_paged_through(pubsub: PubSub) -> None:
    """The library asks for the next page by the token of the last."""
    made = {pubsub.topic() for _ in range(3)}

    pages = list(pubsub.publisher.list_topics(request={"project": PARENT, "page_size": 2}).pages)
    listed = [topic.name for page in pages for topic in page.topics]
    assert made <= set(listed) and len(set(listed)) == len(listed)
    assert {2} == {len(page.topics) for page in pages[:-1]}
    assert all(page.next_page_token for page in pages[:-1]) and not pages[-1].next_page_token


def test_a_message_is_pulled_as_it_was_published(pubsub: PubSub) -> None:
    """Bytes, attributes, ordering key; with the id that publishing told, and a time."""
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic, enable_message_ordering=True)
    message = {"data": bytes(range(256)), "attributes": {"kind": "é", "empty": ""}, "ordering_key": "k"}

    (number,) = pubsub.publish(topic, message)
    (received,) = pubsub.pull(subscription)

    got: PubsubMessage = received.message
    assert message == {"data": got.data, "attributes": dict(got.attributes), "ordering_key": got.ordering_key}
    assert number == got.message_id
    assert got.publish_time is not None and got.publish_time.timestamp() > 0


def test_every_subscription_gets_every_message_once_it_is_there(pubsub: PubSub) -> None:
    """What was published before, it has missed."""
    topic = pubsub.topic()
    pubsub.publish(topic, {"data": b"early"})
    subscriptions = [pubsub.subscription(topic) for _ in range(2)]

    pubsub.publish(topic, {"data": b"one"}, {"data": b"two"})

    for subscription in subscriptions:
        assert {b"one", b"two"} == {each.message.data for each in pubsub.pull(subscription, 2)}


def test_what_is_acknowledged_is_done_with(pubsub: PubSub) -> None:
    """What is given back comes again, with another id to acknowledge it by."""
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    pubsub.publish(topic, {"data": b"one"}, {"data": b"two"})
    acks = {each.message.data: each.ack_id for each in pubsub.pull(subscription, 2)}
    assert [] == pubsub.waiting(subscription)

    pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[acks[b"one"]])
    pubsub.subscriber.modify_ack_deadline(
        subscription=subscription, ack_ids=list(acks.values()), ack_deadline_seconds=0
    )

    (again,) = pubsub.pull(subscription)
    assert b"two" == again.message.data and again.ack_id not in acks.values()
    pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[again.ack_id])
    assert [] == pubsub.waiting(subscription)


@pytest.mark.parametrize(
    "messages",
    [[], [{}], [{"data": b"one"}, {"data": b""}], [{"data": b"x"}] * 1001],
    ids=["none", "an empty one", "one of two is empty", "too many"],
)
def test_a_request_that_publishes_too_little_or_too_much_publishes_nothing(
    pubsub: PubSub, messages: list[dict[str, Any]]
) -> None:
    """All or nothing; a request may have 1,000."""
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)

    with pytest.raises(InvalidArgument):
        pubsub.publish(topic, *messages)
    assert [] == pubsub.waiting(subscription)


def test_a_subscription_says_what_it_has_by_itself(pubsub: PubSub) -> None:
    """Ten seconds to acknowledge in, seven days to keep what nobody pulls, no endpoint."""
    topic = pubsub.topic()

    made = pubsub.subscriber.get_subscription(subscription=pubsub.subscription(topic))

    assert (topic, 10) == (made.topic, made.ack_deadline_seconds)
    assert 7 * 86400 == made.message_retention_duration.total_seconds()
    assert "" == made.push_config.push_endpoint


def test_a_subscription_outlives_its_topic(pubsub: PubSub) -> None:
    """And keeps what it has."""
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    pubsub.publish(topic, {"data": b"left"})

    pubsub.publisher.delete_topic(topic=topic)

    assert "_deleted-topic_" == pubsub.subscriber.get_subscription(subscription=subscription).topic
    assert b"left" == pubsub.pull(subscription)[0].message.data


def test_what_is_not_there_is_not_found(pubsub: PubSub) -> None:
    """A topic to publish to or to subscribe, a subscription to pull from, to acknowledge for, to delete."""
    topic, subscription = f"{PARENT}/topics/none", f"{PARENT}/subscriptions/none"
    subscriber = pubsub.subscriber
    for call in (
        lambda: pubsub.publish(topic, {"data": b"x"}),
        lambda: pubsub.subscription(topic),
        lambda: subscriber.get_subscription(subscription=subscription),
        lambda: subscriber.delete_subscription(subscription=subscription),
        lambda: subscriber.pull(subscription=subscription, max_messages=1),
        lambda: subscriber.acknowledge(subscription=subscription, ack_ids=["0" * 32]),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize(
    "fields",
    [
        {"ack_deadline_seconds": 601},
        {"name": f"{PARENT}/subscriptions/ab"},
        {"name": f"{PARENT}/topics/reader"},
    ],
)
def test_a_subscription_has_its_rules(pubsub: PubSub, fields: dict[str, Any]) -> None:
    """Names, and ten minutes at most."""
    with pytest.raises(InvalidArgument):
        pubsub.subscription(pubsub.topic(), **fields)
    with pytest.raises(InvalidArgument):
        pubsub.subscription("news")


def test_a_pull_asks_for_something(pubsub: PubSub) -> None:
    """For one message at least."""
    subscription = pubsub.subscription(pubsub.topic())

    with pytest.raises(InvalidArgument):
        pubsub.subscriber.pull(subscription=subscription, max_messages=0)


@pytest.mark.parametrize("acks", [[], ["nonsense"]])
def test_an_acknowledgement_is_of_something(pubsub: PubSub, acks: list[str]) -> None:
    """Of ids that were given out."""
    subscription = pubsub.subscription(pubsub.topic())

    with pytest.raises(InvalidArgument):
        pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=acks)


def test_a_change_of_a_topic_needs_a_mask(pubsub: PubSub) -> None:
    """Of fields that it has."""
    topic = pubsub.topic()

    for mask in ([], ["name"]):
        with pytest.raises(InvalidArgument):
            pubsub.publisher.update_topic(topic={"name": topic}, update_mask={"paths": mask})


# What the emulator [observed: 0.8.20] has otherwise than Google documents, and nothing beyond that.


@pytest.fixture(scope="module")
def ours() -> Iterator[PubSub]:
    """This cloud alone."""
    with ExitStack() as opened:
        yield _ours(opened)


def test_a_topics_labels_can_be_changed(ours: PubSub) -> None:
    """The emulator says that labels are no field of a topic. REST reference: projects.topics.patch, updateMask."""
    topic = ours.topic(labels={"team": "web"})
    asked = {"name": topic, "labels": {"team": "shop"}}

    assert {"team": "shop"} == dict(
        ours.publisher.update_topic(topic=asked, update_mask={"paths": ["labels"]}).labels
    )


def test_a_deadline_has_ten_seconds_at_least(ours: PubSub) -> None:
    """The emulator takes five. Proto: Subscription.ack_deadline_seconds, "minimum custom deadline"."""
    with pytest.raises(InvalidArgument):
        ours.subscription(ours.topic(), ack_deadline_seconds=5)


def test_a_pull_asks_for_a_positive_number(ours: PubSub) -> None:
    """The emulator waits. Proto: PullRequest.max_messages, "Must be a positive integer"."""
    with pytest.raises(InvalidArgument):
        ours.subscriber.pull(subscription=ours.subscription(ours.topic()), max_messages=-1)


def test_another_deadline_has_ten_minutes_at_most(ours: PubSub) -> None:
    """The emulator takes more. Proto: ModifyAckDeadlineRequest.ack_deadline_seconds."""
    topic = ours.topic()
    subscription = ours.subscription(topic)
    ours.publish(topic, {"data": b"x"})
    acks = [each.ack_id for each in ours.pull(subscription)]

    with pytest.raises(InvalidArgument):
        ours.subscriber.modify_ack_deadline(subscription=subscription, ack_ids=acks, ack_deadline_seconds=601)


def test_an_attribute_has_its_length(ours: PubSub) -> None:
    """The emulator takes any. Quotas: 1,024 bytes of a value, in the words of the service."""
    with pytest.raises(
        InvalidArgument, match="The length is 2000 characters, but the maximum allowed is 1024"
    ):
        ours.publish(ours.topic(), {"data": b"x", "attributes": {"foo": "a" * 2000}})


def test_a_token_for_a_page_is_one_that_was_given(ours: PubSub) -> None:
    """The emulator begins anew. AIP-158: page tokens."""
    with pytest.raises(InvalidArgument):
        ours.publisher.list_topics(request={"project": PARENT, "page_token": "nonsense"})


def test_a_topic_has_a_policy(ours: PubSub) -> None:
    """The emulator has none, and asks nobody who calls. Access control: topics have policies of their own."""
    topic, member = ours.topic(), "user:user@example.com"
    binding = {"role": "roles/pubsub.publisher", "members": [member]}

    ours.publisher.set_iam_policy(request={"resource": topic, "policy": {"bindings": [binding]}})

    (found,) = ours.publisher.get_iam_policy(request={"resource": topic}).bindings
    assert ("roles/pubsub.publisher", [member]) == (found.role, list(found.members))
    asked = {"resource": topic, "permissions": ["pubsub.topics.publish"]}
    assert ["pubsub.topics.publish"] == ours.publisher.test_iam_permissions(request=asked).permissions
