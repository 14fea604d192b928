"""RPCs of Google's client libraries go the way of REST: same answers, same refusals, same log."""

from __future__ import annotations

import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    Forbidden,
    GoogleAPICallError,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
    ServiceUnavailable,
)
from google.cloud.workflows.executions_v1 import ExecutionsClient
from google.pubsub_v1 import PublisherClient, SubscriberClient

from localcloud.faults.call_faults import Fault, Matcher, Refusal, Reset
from tests.localcloud.grpc.clients import Cloud, play

TOPIC = "projects/shop/topics/orders"
EXECUTION = "projects/shop/locations/us-central1/workflows/none/executions/none"


def test_a_topic_is_created_read_published_to_and_deleted() -> None:
    """Each as the same method of REST, which the log names."""

    def scene(cloud: Cloud) -> None:
        publisher = cloud.client(PublisherClient)
        made = publisher.create_topic(request={"name": TOPIC, "labels": {"team": "web"}})
        assert (TOPIC, {"team": "web"}) == (made.name, dict(made.labels))
        assert made == publisher.get_topic(topic=TOPIC)
        messages = [{"data": b"\xff\x00", "attributes": {"a": "b"}}, {"data": b"two"}]
        assert 2 == len(set(publisher.publish(topic=TOPIC, messages=messages).message_ids))
        assert [TOPIC] == [topic.name for topic in publisher.list_topics(project="projects/shop")]
        publisher.delete_topic(topic=TOPIC)
        with pytest.raises(NotFound, match=r"Resource not found \(resource=orders\)\."):
            publisher.get_topic(topic=TOPIC)
        assert [200, 404] == cloud.statuses("pubsub.projects.topics.get")
        assert [200] == cloud.statuses("pubsub.projects.topics.publish")

    play(scene)


def test_a_refusal_is_the_status_that_rest_has() -> None:
    """Code, message and details."""

    def scene(cloud: Cloud) -> None:
        publisher = cloud.client(PublisherClient)
        publisher.create_topic(name=TOPIC)
        with pytest.raises(AlreadyExists):
            publisher.create_topic(name=TOPIC)
        with pytest.raises(
            InvalidArgument, match="must be of the form projects/\\*/topics/\\*; it is 'orders'"
        ):
            publisher.get_topic(topic="orders")
        with pytest.raises(
            MethodNotImplemented, match=r"does not implement pubsub.projects.topics.snapshots.list\."
        ):
            publisher.list_topic_snapshots(topic=TOPIC)
        with pytest.raises(NotFound, match=f"Execution '{EXECUTION}' was not found."):
            cloud.client(ExecutionsClient).get_execution(name=EXECUTION)

    play(scene)


def test_who_lacks_the_permission_is_refused() -> None:
    """Before the topic is looked for."""

    def scene(cloud: Cloud) -> None:
        stranger = cloud.client(PublisherClient, "nobody@example.com")
        with pytest.raises(Forbidden, match=r"User not authorized to perform this action\."):
            stranger.publish(topic=TOPIC, messages=[{"data": b"x"}])
        assert [403] == cloud.statuses("pubsub.projects.topics.publish")

    play(scene)


def test_an_api_that_is_off_says_so_in_its_details() -> None:
    """google.rpc.ErrorInfo, as the libraries unpack it."""

    def scene(cloud: Cloud) -> None:
        cloud.cloud.world.projects.get("shop").enabled.discard("pubsub.googleapis.com")
        with pytest.raises(Forbidden) as refused:
            cloud.client(PublisherClient).get_topic(topic=TOPIC)
        assert "SERVICE_DISABLED" == refused.value.reason
        assert "googleapis.com" == refused.value.domain

    play(scene)


@pytest.mark.parametrize(
    ("effect", "expected"), [(Refusal(503), ServiceUnavailable), (Reset(), ServiceUnavailable)]
)
def test_faults_meet_rpcs_as_well(effect: Refusal | Reset, expected: type[GoogleAPICallError]) -> None:
    """Once; the library repeats it if its settings say so."""

    def scene(cloud: Cloud) -> None:
        with pytest.raises(expected):
            cloud.client(PublisherClient).create_topic(name=TOPIC, retry=None)
        assert TOPIC == cloud.client(PublisherClient).create_topic(name=TOPIC, retry=None).name

    play(scene, faults=[Fault(Matcher(method="pubsub.projects.topics.create"), effect)])


def test_a_stream_is_refused_by_its_name() -> None:
    """Pull does its work."""

    def scene(cloud: Cloud) -> None:
        subscriber = cloud.client(SubscriberClient)
        with pytest.raises(
            MethodNotImplemented, match=r"StreamingPull, which is a stream: that is not modelled yet"
        ):
            list(subscriber.streaming_pull(requests=iter([])))

    play(scene)
