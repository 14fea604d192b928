"""What strangers send to the port for gRPC: each is refused, and the cloud answers the next."""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import ssl
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.pubsub_v1 import PublisherClient, types
from google.rpc import status_pb2

from localcloud.wire.bodies import LARGEST
from localcloud.wire.messages import Request, Response
from tests.localcloud.grpc.clients import APIS, Cloud, cloud_in_thread, cloud_with_grpc
from tests.support.paths import ROOT

TOPIC = "projects/shop/topics/orders"
GET = "/google.pubsub.v1.Publisher/GetTopic"
PUBLISH = "/google.pubsub.v1.Publisher/Publish"
NAMED = types.GetTopicRequest.serialize(types.GetTopicRequest(topic=TOPIC))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """One with the topic `orders`."""
    with cloud_in_thread() as made:
        made.client(PublisherClient).create_topic(name=TOPIC)
        yield made


@pytest.fixture
def channel(cloud: Cloud) -> Iterator[grpc.Channel]:
    """A channel of a stranger's, who is refused nothing by its own end."""
    with cloud.channel() as made:
        yield made


def ask(cloud: Cloud, channel: grpc.Channel, path: str, data: bytes, **options: Any) -> bytes:
    """The raw answer to raw bytes, with the owner's token unless other metadata are given."""
    options.setdefault("metadata", [("authorization", f"Bearer {cloud.token()}")])
    answer: bytes = channel.unary_unary(path)(data, timeout=30, **options)
    return answer


def refusal(cloud: Cloud, channel: grpc.Channel, path: str, data: bytes, **options: Any) -> grpc.RpcError:
    """How such a call is refused; afterwards the cloud answers whoever is known."""
    with pytest.raises(grpc.RpcError) as refused:
        ask(cloud, channel, path, data, **options)
    assert types.Topic.deserialize(ask(cloud, channel, GET, NAMED)).name == TOPIC
    return refused.value


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "Bearer ya29.stolen")],
        [("authorization", "")],
        [("authorization-bin", b"\xff")],
        [("x-goog-iam-authorization-token", "x")],
    ],
)
@pytest.mark.parametrize("path", [GET, "/google.pubsub.v1.Subscriber/StreamingPull", "/no.Such/Rpc"])
def test_without_a_token_that_was_issued_nobody_is_told_anything(
    cloud: Cloud, channel: grpc.Channel, path: str, metadata: list[tuple[str, Any]]
) -> None:
    """Not even which RPCs there are, nor that bytes are no message."""
    logged = len(cloud.cloud.log.calls)
    with pytest.raises(grpc.RpcError) as refused:
        ask(cloud, channel, path, b"\xff", metadata=metadata)
    assert grpc.StatusCode.UNAUTHENTICATED is refused.value.code()
    assert "Expected OAuth 2 access token" in refused.value.details()
    assert logged == len(cloud.cloud.log.calls)


@pytest.mark.parametrize(
    "path",
    ["/no.Such/Rpc", "/google.pubsub.v1.Publisher/Nothing", "/", "//", "/google.pubsub.v1.Publisher", "/é"],
)
def test_an_rpc_that_is_not_served_is_named(cloud: Cloud, channel: grpc.Channel, path: str) -> None:
    """UNIMPLEMENTED, as everywhere here."""
    refused = refusal(cloud, channel, path, NAMED)

    assert grpc.StatusCode.UNIMPLEMENTED is refused.code()
    assert refused.details().startswith("The local cloud does not implement ")


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x05ab",
        b"\x0a\x02\xff\xfe",  # no UTF-8
        b"\x0b" * 200,  # groups that never end
        b"\x0a\x04\x00" + b"\x0a" * 300_000,
    ],
)
def test_what_is_no_message_is_refused(cloud: Cloud, channel: grpc.Channel, data: bytes) -> None:
    """Whatever its length."""
    assert grpc.StatusCode.INTERNAL is refusal(cloud, channel, GET, data).code()


def test_what_a_message_says_beyond_its_type_is_passed_over(cloud: Cloud, channel: grpc.Channel) -> None:
    """As protobuf has it: a newer client may know more fields."""
    unknown = b"\xd2\x3e\x03abc"  # field 1002, three bytes
    assert TOPIC == types.Topic.deserialize(ask(cloud, channel, GET, NAMED + unknown)).name


@pytest.mark.parametrize("size", [LARGEST + 1, 15 * 2**20])
def test_a_message_beyond_the_limit_is_refused_in_googles_words(
    cloud: Cloud, channel: grpc.Channel, size: int
) -> None:
    """10 MB, whatever it holds."""
    refused = refusal(cloud, channel, PUBLISH, _publishing(b"x" * size))

    assert grpc.StatusCode.INVALID_ARGUMENT is refused.code()
    assert "Request payload size exceeds the limit: 10485760 bytes." == refused.details()


@pytest.mark.parametrize("packing", list(grpc.Compression), ids=str)
def test_what_is_far_beyond_the_limit_is_not_read(
    cloud: Cloud, channel: grpc.Channel, packing: grpc.Compression
) -> None:
    """Nor unpacked: 40 MB of nothing are 40 KB on the wire."""
    refused = refusal(cloud, channel, PUBLISH, bytes(40 * 2**20), compression=packing)

    assert grpc.StatusCode.RESOURCE_EXHAUSTED is refused.code()


@pytest.mark.parametrize("packing", [grpc.Compression.Gzip, grpc.Compression.Deflate], ids=str)
def test_a_packed_message_is_read(cloud: Cloud, channel: grpc.Channel, packing: grpc.Compression) -> None:
    """google-cloud-pubsub packs, where its publisher options say so."""
    answer = ask(cloud, channel, PUBLISH, _publishing(b"x" * 100_000), compression=packing)
    assert 1 == len(types.PublishResponse.deserialize(answer).message_ids)


@pytest.mark.parametrize(
    "data",
    [b"\x12\x00" * 4_000_000, b"\x12\x02\x0a\x00" * 2_000_000, b"\x08\x01" * 4_000_000],
    ids=["empty messages", "messages with an empty field", "numbers"],
)
def test_a_message_of_millions_of_values_holds_nobody(
    cloud: Cloud, channel: grpc.Channel, data: bytes
) -> None:
    """They are counted before anything is made of them."""
    begun = time.process_time()
    refused = refusal(cloud, channel, PUBLISH, data)

    assert grpc.StatusCode.INVALID_ARGUMENT is refused.code()
    assert "no message of more than 100000 values" in refused.details()
    assert time.process_time() - begun < 3


def test_a_long_refusal_fits_into_the_metadata_that_a_client_reads(
    cloud: Cloud, channel: grpc.Channel
) -> None:
    """What is refused is quoted, and may be megabytes; then it is cut."""
    name = f"projects/shop/topics/{'é' * 2_000_000}"
    asked = types.GetTopicRequest.serialize(types.GetTopicRequest(topic=name))

    refused = refusal(cloud, channel, GET, asked)

    assert grpc.StatusCode.NOT_FOUND is refused.code() and refused.details().endswith("...")
    (details,) = (value for key, value in refused.trailing_metadata() if key == "grpc-status-details-bin")
    assert refused.details() == status_pb2.Status.FromString(details).message


def test_many_connections_are_answered_beside_each_other(cloud: Cloud) -> None:
    """And some that say nothing, or no TLS, hold nobody."""
    host, _, port = cloud.cloud.grpc_endpoint.partition(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(50)]
    for each in silent[:25]:
        each.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    def one(_: int) -> str:
        with cloud.channel() as own:
            return str(types.Topic.deserialize(ask(cloud, own, GET, NAMED)).name)

    with ThreadPoolExecutor(20) as pool:
        assert {TOPIC} == set(pool.map(one, range(60)))
    for each in silent:
        each.close()


def test_calls_leave_no_memory_behind(cloud: Cloud, channel: grpc.Channel) -> None:
    """What is sent is let go, beyond a line in the log: of those that are refused as well."""
    metadata = [("authorization", f"Bearer {cloud.token()}")]
    large = types.PublishRequest(topic=f"{TOPIC}-none", messages=[{"data": bytes(1_000_000)}])
    sent = types.PublishRequest.serialize(large)

    def batch() -> None:
        for path, data in ((PUBLISH, sent), (PUBLISH, sent[:-1]), ("/no.Such/Rpc", sent), (GET, b"")):
            for _ in range(15):
                with pytest.raises(grpc.RpcError):
                    ask(cloud, channel, path, data, metadata=metadata)
        gc.collect()

    batch()
    tracemalloc.start()
    before, peak = tracemalloc.get_traced_memory()[0], _resident()
    batch()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000 and _resident() - peak < 20_000_000


def test_the_port_speaks_http_2_over_tls_under_the_public_authority(cloud: Cloud) -> None:
    """By loopback and by the services' own names; a name of somebody else's has no certificate here."""
    trust = ssl.create_default_context(cadata=cloud.cloud.edge.public_authority.pem)
    trust.set_alpn_protocols(["h2"])
    host, _, port = cloud.cloud.grpc_endpoint.partition(":")

    def agreed(name: str) -> str | None:
        with (
            socket.create_connection((host, int(port))) as plain,
            trust.wrap_socket(plain, server_hostname=name) as wrapped,
        ):
            return wrapped.selected_alpn_protocol()

    for name in ("localhost", "127.0.0.1", *APIS):
        assert "h2" == agreed(name)
    with pytest.raises(ssl.SSLCertVerificationError):
        agreed("container.googleapis.com")


def test_who_does_not_trust_the_authority_is_not_connected(cloud: Cloud) -> None:
    """Nor is who speaks no TLS: nobody without credentials has a way in."""
    for channel in (
        grpc.secure_channel(cloud.cloud.grpc_endpoint, grpc.ssl_channel_credentials()),
        grpc.insecure_channel(cloud.cloud.grpc_endpoint),
    ):
        with channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(GET)(NAMED, timeout=10)
        assert grpc.StatusCode.UNAVAILABLE is refused.value.code()


KNOCKING = """
import asyncio, socket
from localcloud.cloud import LocalCloud, Settings

async def scene():
    async with LocalCloud(Settings(grpc=True)) as cloud:
        reader, writer = await asyncio.open_connection(*cloud.grpc_endpoint.split(":"))
        writer.write(b"GET / HTTP/1.1\\r\\n\\r\\n")
        assert b"" == await reader.read()
        writer.close()

asyncio.run(scene())
"""


def test_a_stranger_writes_nothing_on_the_clouds_terminal() -> None:
    """However a connection fails."""
    done = subprocess.run([sys.executable, "-c", KNOCKING], cwd=ROOT, capture_output=True, text=True)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


class Held:
    """What holds every call that comes by gRPC until somebody ends it, and counts both."""

    def __init__(self, cloud: Cloud) -> None:
        self.begun, self.ended = asyncio.Semaphore(0), asyncio.Semaphore(0)
        self.metadata = [("authorization", f"Bearer {cloud.token()}")]
        trust = grpc.ssl_channel_credentials(cloud.cloud.edge.public_authority.pem.encode())
        self.channel = grpc.aio.secure_channel(cloud.cloud.grpc_endpoint, trust)
        assert cloud.cloud.grpc is not None
        cloud.cloud.grpc.handle = self._hold

    async def _hold(self, _: Request) -> Response:
        self.begun.release()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.release()
        raise AssertionError("nobody lets it go")

    async def call(self, timeout: float | None = None) -> grpc.aio.Call:
        """A call that has begun."""
        call = self.channel.unary_unary(GET)(NAMED, metadata=self.metadata, timeout=timeout)
        async with asyncio.timeout(10):
            await self.begun.acquire()
        return call


def test_a_call_ends_here_when_its_deadline_is_over_or_its_client_cancels() -> None:
    """Nothing waits on for a turn that nobody wants any more."""

    async def scene() -> None:
        async with cloud_with_grpc() as cloud, asyncio.timeout(20):
            held = Held(cloud)
            late = await held.call(timeout=0.5)
            assert grpc.StatusCode.DEADLINE_EXCEEDED is await late.code()
            await held.ended.acquire()
            (await held.call()).cancel()
            await held.ended.acquire()
            await held.channel.close()

    asyncio.run(scene())


def test_a_cloud_ends_at_once_whatever_is_under_way() -> None:
    """A call that waits for its turn, a stream whose client sends on, a connection that is open."""

    async def scene() -> float:
        async with cloud_with_grpc() as cloud:
            held = Held(cloud)
            call = await held.call()
            stream = held.channel.stream_stream("/no.Such/Stream")(metadata=held.metadata)
            assert grpc.StatusCode.UNIMPLEMENTED is await stream.code()
            begun = time.monotonic()
        took = time.monotonic() - begun
        assert await call.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        await held.channel.close()
        return took

    assert asyncio.run(scene()) < 3


def _resident() -> int:
    """The most bytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _publishing(data: bytes) -> bytes:
    """A request that publishes one message."""
    asked = types.PublishRequest(topic=TOPIC, messages=[{"data": data}])
    return bytes(types.PublishRequest.serialize(asked))
