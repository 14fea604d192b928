"""Real sockets: every port of the cloud answers as Google's would, and is shut when it is closed."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import socket
import ssl
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from localcloud.edge import Edge
from localcloud.functions import resolver
from localcloud.wire.identities import Identities
from localcloud.wire.messages import Abort, Caller, Request, Response
from localcloud.world import World

CLUSTER = "projects/shop/locations/us-west1-a/clusters/gke-west-1"
SIMULATED = "Mon, 05 Jan 2026 09:00:00 GMT"


class AtOnce:
    """A schedule that answers whoever calls, and remembers who that was."""

    def __init__(self) -> None:
        self.admitted: list[tuple[str | None, str]] = []

    async def admit(
        self, actor: str | None, kind: str, answer: Callable[[], Response], limit: float = 0.0, port: int = 0
    ) -> Response:
        """The answer, now."""
        self.admitted.append((actor, kind))
        return answer()


@dataclass
class Rig:
    """An edge, what came to its services and to the VPC, and a client."""

    edge: Edge
    identities: Identities
    schedule: AtOnce
    client: aiohttp.ClientSession
    seen: list[Request] = field(default_factory=list)
    answer: Callable[[Request], Response] = lambda request: Response.of_json({"path": request.path})

    def take(self, request: Request) -> Response:
        """Answer as the test says."""
        self.seen.append(request)
        return self.answer(request)

    def bearer(self, identity: str, instance: str | None = None) -> dict[str, str]:
        """The header of a caller."""
        return {"Authorization": f"Bearer {self.identities.issue(Caller(identity, instance))}"}


@asynccontextmanager
async def edge() -> AsyncIterator[Rig]:
    """A rig whose ports are closed in the end."""
    world, identities, schedule = World.create(), Identities(), AtOnce()
    async with aiohttp.ClientSession() as client:
        rig: Rig
        made = Edge(world, identities, schedule, lambda r: rig.take(r), lambda r: rig.take(r))
        rig = Rig(made, identities, schedule, client)
        try:
            yield rig
        finally:
            await made.stop()


def run(scene: Callable[[Rig], Awaitable[None]]) -> None:
    """Play a scene with a rig."""

    async def play() -> None:
        async with edge() as rig:
            await scene(rig)

    asyncio.run(play())


def is_open(address: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_a_call_is_handed_on_whole_and_answered() -> None:
    """Method, decoded path, query, lower-case headers, body and caller."""

    async def scene(rig: Rig) -> None:
        base = "http://" + rig.edge.open("services", rig.edge.handle_service)
        headers = {**rig.bearer("dev@example.com"), "X-Goog-Thing": "a"}
        url = f"{base}/compute/v1/a%20b?filter=x&filter=y&to=http://elsewhere/"
        async with rig.client.post(url, data=b"{}", headers=headers) as response:
            assert {"path": "/compute/v1/a b"} == await response.json()
            assert SIMULATED == response.headers["Date"]
        (request,) = rig.seen
        assert ("POST", b"{}", Caller("dev@example.com")) == (request.method, request.body, request.caller)
        assert {"filter": ["x", "y"], "to": ["http://elsewhere/"]} == request.query
        assert "a" == request.headers["x-goog-thing"]
        assert [(None, "wire.call")] == rig.schedule.admitted

    run(scene)


async def _pieces(size: int) -> AsyncGenerator[bytes, None]:
    """A body of so many bytes whose length nobody tells beforehand."""
    for _ in range(size // 2**16):
        yield bytes(2**16)


def test_a_body_beyond_a_services_limit_is_refused_unread() -> None:
    """In Google's words; a chunked one as well, of which only so much is read. What is within is handed on."""

    async def scene(rig: Rig) -> None:
        rig.edge.largest_body = lambda path: 20 * 2**20 if path.startswith("/storage") else 10 * 2**20
        base = "http://" + rig.edge.open_services(0)
        headers = rig.bearer("dev@example.com")
        for body in (io.BytesIO(bytes(11 * 2**20)), _pieces(11 * 2**20)):
            async with rig.client.post(f"{base}/pubsub/v1/x", data=body, headers=headers) as response:
                error = (await response.json())["error"]
            assert (400, "INVALID_ARGUMENT") == (response.status, error["status"])
            assert "Request payload size exceeds the limit: 10485760 bytes." == error["message"]
        assert [] == rig.seen
        async with rig.client.post(
            f"{base}/storage/x", data=_pieces(11 * 2**20), headers=headers
        ) as response:
            assert 200 == response.status
        assert [11 * 2**20] == [len(request.body) for request in rig.seen]

    run(scene)


def _bomb(mebibytes: int) -> bytes:
    """So much nothing, packed to a thousandth: the stream of one mebibyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packer.compress(bytes(2**20))
    first = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16).flush()[:10]
    return head + first + again * mebibytes


async def _post_packed(rig: Rig, body: bytes) -> tuple[int, bytes]:
    base, headers = "http://" + rig.edge.open_services(0), rig.bearer("dev@example.com")
    headers |= {"content-encoding": "gzip", "content-type": "application/json"}
    async with rig.client.post(f"{base}/pubsub/v1/x", data=io.BytesIO(body), headers=headers) as response:
        return response.status, await response.read()


def test_a_packed_body_is_unpacked_within_the_limit_and_no_further() -> None:
    """Of what nobody reads any more, nothing is unpacked: a few megabytes hold the cloud for seconds else."""

    async def scene(rig: Rig) -> None:
        bomb = _bomb(3000)
        begun = time.process_time()
        status, words = await _post_packed(rig, bomb)
        assert 400 == status and b"exceeds the limit: 10485760 bytes." in words
        assert [] == rig.seen and time.process_time() - begun < 2

    run(scene)


@pytest.mark.parametrize(
    ("body", "status"), [(gzip.compress(b'{"a": 1}', mtime=0), 200), (b"not packed", 400)]
)
def test_a_packed_body_is_handed_on_as_it_was(body: bytes, status: int) -> None:
    """What is not packed as it says is refused."""

    async def scene(rig: Rig) -> None:
        assert status == (await _post_packed(rig, body))[0]
        assert [b'{"a": 1}'] * (status == 200) == [each.body for each in rig.seen]

    run(scene)


def test_a_body_beyond_the_api_servers_limit_is_refused_in_its_words() -> None:
    """413, a Status."""

    async def scene(rig: Rig) -> None:
        _, endpoints = open_cluster(rig)
        trust = ssl.create_default_context(cadata=endpoints.ca_pem)
        url, headers = f"https://{endpoints.public}/api/v1/pods", rig.bearer("dev@example.com")
        async with rig.client.post(
            url, data=io.BytesIO(bytes(3 * 2**20 + 1)), headers=headers, ssl=trust
        ) as response:
            status = await response.json()
        assert (413, "RequestEntityTooLarge") == (response.status, status["reason"])
        assert "Request entity too large: limit is 3145728" == status["message"]

    run(scene)


def test_a_call_of_an_instance_waits_for_its_turn() -> None:
    """The schedule is asked under the instance's name."""

    async def scene(rig: Rig) -> None:
        base = "http://" + rig.edge.open("services", rig.edge.handle_service)
        await rig.client.get(base + "/x", headers=rig.bearer("sa@shop.iam", "fleet-000"))
        assert [("fleet-000", "wire.call")] == rig.schedule.admitted

    run(scene)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ya29.stolen"}])
def test_without_a_token_that_was_issued_there_is_401(headers: dict[str, str]) -> None:
    """In the words of the newer APIs, and the call is not made."""

    async def scene(rig: Rig) -> None:
        base = "http://" + rig.edge.open("services", rig.edge.handle_service)
        async with rig.client.get(base + "/x", headers=headers) as response:
            error = (await response.json())["error"]
        assert (401, "UNAUTHENTICATED") == (error["code"], error["status"])
        assert [] == rig.seen

    run(scene)


def test_an_abort_drops_the_connection() -> None:
    """The client sees a reset and no answer."""

    def reset(_: Request) -> Response:
        raise Abort

    async def scene(rig: Rig) -> None:
        rig.answer = reset
        base = "http://" + rig.edge.open("services", rig.edge.handle_service)
        with pytest.raises(aiohttp.ClientConnectionError):
            await rig.client.get(base + "/x", headers=rig.bearer("dev@example.com"))

    run(scene)


class Kubernetes:
    """A cluster's API, as far as the edge knows it."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def handle(self, request: Request) -> Response:
        """A watch for whoever asks for one."""
        if request.one("watch"):
            return Response(stream=self._events())
        return Response.of_json({"kind": "PodList"})

    async def _events(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b'{"type": "ADDED"}\n'
            await asyncio.Event().wait()
        finally:
            self.closed.set()


HOST = "gke-0123-1234.us-west1-a.gke.goog"


def open_cluster(rig: Rig) -> tuple[Kubernetes, Any]:
    """A cluster and its endpoints."""
    kubernetes = Kubernetes()
    return kubernetes, rig.edge.open_cluster(CLUSTER, HOST, kubernetes.handle)


@asynccontextmanager
async def by_name(rig: Rig) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that finds the names of DNS endpoints, as a function does."""
    with resolver.installed({"gke.goog": rig.edge.open_dns()}):
        connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector) as client:
            yield client


def test_both_endpoints_of_a_cluster_speak_tls_under_their_own_authority() -> None:
    """The public one under the cluster's, the DNS one, by its name, under the one that stands for the public roots."""

    async def scene(rig: Rig) -> None:
        _, endpoints = open_cluster(rig)
        async with by_name(rig) as client:
            for address, ca in ((endpoints.public, endpoints.ca_pem), (HOST, rig.edge.public_authority.pem)):
                trust = ssl.create_default_context(cadata=ca)
                headers = rig.bearer("dev@example.com")
                async with client.get(f"https://{address}/api/v1/pods", ssl=trust, headers=headers) as got:
                    assert {"kind": "PodList"} == await got.json()
        assert [(None, "wire.call")] * 2 == rig.schedule.admitted

    run(scene)


def test_another_authority_is_not_believed() -> None:
    """Neither endpoint passes under the other's."""

    async def scene(rig: Rig) -> None:
        _, endpoints = open_cluster(rig)
        async with by_name(rig) as client:
            for address, ca in ((HOST, endpoints.ca_pem), (endpoints.public, rig.edge.public_authority.pem)):
                trust = ssl.create_default_context(cadata=ca)
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await client.get(f"https://{address}/api/v1/pods", ssl=trust)

    run(scene)


@pytest.mark.parametrize("other", ["gke-9999-1234.us-west1-a.gke.goog", "gke.goog"])
def test_a_name_answers_for_its_own_cluster_alone(other: str) -> None:
    """There is no certificate for a name that no cluster has; and for one that is gone nobody answers."""

    async def scene(rig: Rig) -> None:
        open_cluster(rig)
        trust = ssl.create_default_context(cadata=rig.edge.public_authority.pem)
        async with by_name(rig) as client:
            with pytest.raises(aiohttp.ClientError):
                await client.get(f"https://{other}/api/v1/pods", ssl=trust)
            async with client.get(f"https://{HOST}/api/v1/pods", ssl=trust) as got:
                assert 401 == got.status
            rig.edge.close_cluster(CLUSTER)
            with pytest.raises(aiohttp.ClientError):
                await client.get(f"https://{HOST}/api/v1/pods", ssl=trust)
        assert [] == rig.schedule.admitted

    run(scene)


def test_a_cluster_refuses_a_stranger_in_kubernetes_words() -> None:
    """A Status, not an error of Google's."""

    async def scene(rig: Rig) -> None:
        _, endpoints = open_cluster(rig)
        trust = ssl.create_default_context(cadata=endpoints.ca_pem)
        async with rig.client.get(f"https://{endpoints.public}/api", ssl=trust) as got:
            status = await got.json()
        assert ("Status", "Unauthorized", 401) == (status["kind"], status["reason"], status["code"])

    run(scene)


def test_a_watch_ends_when_its_client_leaves() -> None:
    """It holds nothing, though no event ever comes."""

    async def scene(rig: Rig) -> None:
        kubernetes, endpoints = open_cluster(rig)
        trust = ssl.create_default_context(cadata=endpoints.ca_pem)
        url, headers = f"https://{endpoints.public}/api/v1/pods?watch=1", rig.bearer("dev@example.com")
        got = await rig.client.get(url, ssl=trust, headers=headers)
        assert {"type": "ADDED"} == json.loads(await got.content.readline())
        assert not kubernetes.closed.is_set()
        got.close()
        await asyncio.wait_for(kubernetes.closed.wait(), 5)

    run(scene)


def test_a_closed_port_is_shut_and_the_others_stay_open() -> None:
    """And the end of the edge shuts them all, those that have hardly been opened too."""

    async def scene() -> None:
        async with edge() as rig:
            services = rig.edge.open("services", rig.edge.handle_service)
            _, endpoints = open_cluster(rig)
            rig.edge.close_cluster(CLUSTER)
            rig.edge.close_cluster(CLUSTER)
            async with rig.client.get(f"http://{services}/x") as got:
                assert 401 == got.status
            while is_open(endpoints.public):
                await asyncio.sleep(0)
            late = rig.edge.open("late", rig.edge.handle_service)
        assert not is_open(services) and not is_open(late)

    asyncio.run(scene())


def test_the_vpc_proxy_is_a_forward_proxy() -> None:
    """It gets the whole address and the host that was asked for; its user is the instance that asks."""

    async def scene(rig: Rig) -> None:
        proxy = rig.edge.open("vpc", rig.edge.handle_vpc, for_other_hosts=True)
        headers = {"Host": "store.example.internal"}
        url = "http://10.138.0.5/west?x=1"
        await rig.client.get(url, proxy=f"http://{proxy}", headers=headers)
        user = base64.b64encode(b"verification-000:egress").decode()
        auth = {**headers, "Proxy-Authorization": f"Basic {user}"}
        await rig.client.get(url, proxy=f"http://{proxy}", headers=auth)
        assert [url, url] == [request.path for request in rig.seen]
        assert ["store.example.internal"] * 2 == [request.headers["host"] for request in rig.seen]
        assert [(None, "wire.request"), ("verification-000", "wire.request")] == rig.schedule.admitted

    run(scene)


def test_the_vpc_proxy_says_what_it_is() -> None:
    """To who takes it for a server, and to who names himself unreadably a person asks."""

    async def scene(rig: Rig) -> None:
        proxy = rig.edge.open("vpc", rig.edge.handle_vpc, for_other_hosts=True)
        async with rig.client.get(f"http://{proxy}/west") as got:
            assert 400 == got.status and "forward proxy" in await got.text()
        odd = {"Proxy-Authorization": "Basic %%%"}
        await rig.client.get("http://10.138.0.5/", proxy=f"http://{proxy}", headers=odd)
        assert [(None, "wire.request")] == rig.schedule.admitted

    run(scene)


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    """Nobody waits for a port that cannot open."""

    async def scene(rig: Rig) -> None:
        port = int(rig.edge.open("services", rig.edge.handle_service).split(":")[1])
        with pytest.raises(OSError, match="in use"):
            rig.edge.open("again", rig.edge.handle_service, port=port)

    run(scene)


def test_every_host_of_googles_is_here_under_its_own_name() -> None:
    """Its certificate is believed for it; the service is asked as it would be by the cloud's own address."""

    async def scene(rig: Rig) -> None:
        port = rig.edge.open_hosts().partition(":")[2]
        trust = ssl.create_default_context(cadata=rig.edge.public_authority.pem)
        for host in ("us-central1-run.googleapis.com", "storage.googleapis.com", "run.googleapis.com"):
            url, headers = (
                f"https://127.0.0.1:{port}/v1/x?a=b",
                {"Host": host, **rig.bearer("dev@example.com")},
            )
            async with rig.client.get(url, ssl=trust, headers=headers, server_hostname=host) as got:
                assert 200 == got.status
        assert ["/run/v1/x", "/storage/v1/x", "/run/v1/x"] == [request.path for request in rig.seen]

    run(scene)


def test_a_host_that_is_not_googles_is_refused_by_its_name() -> None:
    """Whoever asks; nothing is asked of it."""

    async def scene(rig: Rig) -> None:
        port = rig.edge.open("hosts", rig.edge.handle_host, for_other_hosts=True)
        async with rig.client.get(f"http://{port}/x", headers={"Host": "registry.terraform.io:443"}) as got:
            assert (405, "Not implemented by the local cloud") == (got.status, got.reason)
            assert "GET /x of registry.terraform.io" in await got.text()
        assert [] == rig.seen

    run(scene)


def test_what_nobody_needs_a_token_for_is_answered_without_one() -> None:
    """And what else comes without one is not."""

    async def scene(rig: Rig) -> None:
        rig.edge.is_anonymous = lambda request: request.path == "/sts/v1/token"
        base = "http://" + rig.edge.open("services", rig.edge.handle_service)
        assert 200 == (await rig.client.post(f"{base}/sts/v1/token")).status
        assert 401 == (await rig.client.post(f"{base}/sts/v1/other")).status
        assert [Caller("")] == [request.caller for request in rig.seen]

    run(scene)


REBOUND = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:{port}",
    "",
    "[::1]",
    "10.0.0.1",
]


@pytest.mark.parametrize("host", REBOUND)
def test_a_page_whose_name_leads_here_gets_nothing(host: str) -> None:
    """Its requests bear its own name, whatever address that leads to."""

    async def scene(rig: Rig) -> None:
        address = rig.edge.open("services", rig.edge.handle_service)
        named = host.format(port=address.partition(":")[2])
        headers = {**rig.bearer("dev@example.com"), "Host": named}
        async with rig.client.get(f"http://{address}/x", headers=headers) as got:
            assert 421 == got.status
        assert [] == rig.seen

    run(scene)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:{port}", "127.0.0.1:{port}", "us-central1-127.0.0.1"]
)
def test_this_machine_is_answered_by_any_of_its_names(host: str) -> None:
    """gcloud puts a region before the address."""

    async def scene(rig: Rig) -> None:
        address = rig.edge.open("services", rig.edge.handle_service)
        headers = {**rig.bearer("dev@example.com"), "Host": host.format(port=address.partition(":")[2])}
        async with rig.client.get(f"http://{address}/x", headers=headers) as got:
            assert 200 == got.status

    run(scene)
