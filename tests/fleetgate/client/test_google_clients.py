"""Where the client libraries ask, as whom, through what, and whom they trust there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fleetgate.client.errors import BAD_USAGE, ClientError
from fleetgate.client.following import publish
from fleetgate.client.google_clients import GoogleClients
from fleetgate.client.target import Target, target_of
from shared import errors
from tests.support.google_grpc import GoogleGrpc
from tests.support.google_server import GoogleServer
from tests.support.paths import ROOT

OF_REST = "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB"
OF_GRPC = "FLEETGATE_GRPC_ENDPOINT"


def clients(variables: dict[str, str]) -> GoogleClients:
    """The clients in a shell with these variables."""
    return target_of("hub", "", {"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": "/nowhere", **variables}).google


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({}, "pubsub.googleapis.com"),
        ({OF_GRPC: "127.0.0.1:8443"}, "127.0.0.1:8443"),
        ({OF_REST: "https://us-east1-pubsub.googleapis.com/"}, "us-east1-pubsub.googleapis.com"),
        ({OF_REST: "http://127.0.0.1:1/pubsub/", OF_GRPC: "127.0.0.1:2"}, "127.0.0.1:2"),
    ],
)
def test_grpc_is_where_rest_is_unless_it_has_an_address_of_its_own(
    variables: dict[str, str], host: str
) -> None:
    """That is at Google, where nothing says otherwise."""
    assert host == clients(variables).host("pubsub")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({OF_REST: "http://127.0.0.1:1/pubsub/"}, f"Set {OF_GRPC}"),
        ({OF_REST: "https://proxy.example/pubsub/"}, f"unset {OF_REST}"),
        *(
            ({OF_GRPC: each}, "host:port")
            for each in (
                "https://127.0.0.1:8443/",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:0",
                "127.0.0.1:65536",
                "127.0.0.1:https",
                " 127.0.0.1:8443",
                "ipv4:127.0.0.1:8443",
                "dns:127.0.0.1:8443",
                "unix:127.0.0.1",
            )
        ),
    ],
)
def test_an_address_that_cannot_be_grpcs_is_refused(variables: dict[str, str], words: str) -> None:
    """A request that is meant for a local cloud never goes to Google."""
    with pytest.raises(ClientError, match=r"127\.0\.0\.1|proxy\.example") as told:
        clients(variables).host("pubsub")

    assert BAD_USAGE == told.value.exit_status
    assert words in told.value.fix


def test_a_token_that_was_renewed_is_the_next_calls(here: Target, front: GoogleGrpc, tmp_path: Path) -> None:
    """Nothing tells that another process has written the file anew."""
    publish(here, {})
    (tmp_path / "token").write_text("another")
    publish(here, {})

    assert ["Bearer a-token", "Bearer another"] == front.tokens


def test_an_emulators_address_is_not_gone_to(
    here: Target, front: GoogleGrpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would go there in the clear, and without a token."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:9")

    publish(here, {})

    assert ["Bearer a-token"] == front.tokens


@pytest.mark.parametrize("name", ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_who_is_trusted_over_rest_is_trusted_over_grpc(
    here: Target, front: GoogleGrpc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Authorities of a network's own are in the one variable that a person has set."""
    (tmp_path / "own.pem").write_bytes(front.pem)
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
    monkeypatch.setenv(name, str(tmp_path / "own.pem"))

    assert publish(here, {})


class Proxy:
    """A proxy that ends every tunnel at one place, and remembers for whom they were."""

    def __init__(self, end: str) -> None:
        self.asked: list[str] = []
        outer, (host, _, port) = self, end.partition(":")

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                outer.asked.append(self.path)
                self.send_response_only(200)
                self.end_headers()
                with socket.create_connection((host, int(port))) as there:
                    back = threading.Thread(target=_copy, args=(there, self.connection), daemon=True)
                    back.start()
                    _copy(self.connection, there)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        """Take no more."""
        self._http.shutdown()
        self._http.server_close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return  # the other direction has ended


@pytest.fixture
def proxy(front: GoogleGrpc, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy that leads to the small Google."""
    found = Proxy(front.host)
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield found
    found.close()


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("no more", "there is no certificate")])
def test_authorities_that_are_none_are_told_by_their_variable(
    here: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, words: str
) -> None:
    """gRPC would trust the public ones then, or say that nobody answers."""
    roots = tmp_path / "roots.pem"
    if text is not None:
        roots.write_text(text)
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(roots))

    with pytest.raises(ClientError, match=words) as told:
        publish(here, {})

    assert "Correct GRPC_DEFAULT_SSL_ROOTS_FILE_PATH" in told.value.fix


def test_a_proxy_may_be_named_without_its_scheme(
    here: Target, front: GoogleGrpc, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for REST. gRPC would take its host for a scheme, and go past it without a word."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.removeprefix("http://"))
    host = front.host.replace("127.0.0.1", "localhost")

    publish(replace(here, google=replace(here.google, endpoint=host)), {})

    assert [host] == proxy.asked


@pytest.mark.parametrize("proxy_url", ["https://me:secret@127.0.0.1:9", "socks5://127.0.0.1:9"])
def test_a_proxy_that_grpc_cannot_go_through_is_refused(
    here: Target, front: GoogleGrpc, monkeypatch: pytest.MonkeyPatch, proxy_url: str
) -> None:
    """It would go past it without a word. A password is not told."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy_url)
    monkeypatch.setenv("https_proxy", proxy_url)

    with pytest.raises(ClientError, match=r"cannot go through the proxy .*127\.0\.0\.1:9\.$") as told:
        publish(here, {})

    assert "secret" not in told.value.cause
    assert [] == front.tokens


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_grpc_goes_through_the_proxy_of_rest(
    here: Target, front: GoogleGrpc, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """gRPC itself reads lower case alone; most people have set upper case."""
    monkeypatch.setenv(name, proxy.url)
    host = front.host.replace("127.0.0.1", "localhost")

    publish(replace(here, google=replace(here.google, endpoint=host)), {})

    assert [host] == proxy.asked
    assert ["Bearer a-token"] == front.tokens


def test_a_proxy_that_stands_in_for_google_is_not_trusted(
    here: Target, front: GoogleGrpc, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is for another host; no token is shown to it."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    with pytest.raises(errors.Transient) as told:
        publish(replace(here, google=replace(here.google, endpoint="pubsub.example:443")), {})

    assert errors.UNTRUSTED == told.value.reason
    assert proxy.url.removeprefix("http://") in told.value.message
    assert [] == front.tokens


@pytest.mark.parametrize("exempt", ["127.0.0.1", "127.0.0.0/8,localhost", "*"])
def test_grpc_goes_past_the_proxy_where_rest_does(
    here: Target, front: GoogleGrpc, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    """As in the shell of a local cloud."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("https_proxy", proxy.url)
    monkeypatch.setenv("NO_PROXY", exempt)

    publish(here, {})

    assert [] == proxy.asked


MANY_CLIENTS = """
import gc, os
from fleetgate.client.following import publish
from fleetgate.client.target import target_of
for _ in range(40):
    publish(target_of("hub", "us-west1", os.environ), {})
    gc.collect()
"""


def test_clients_end_without_waiting_for_each_other(
    google: GoogleServer, front: GoogleGrpc, here: Target, tmp_path: Path
) -> None:
    """In a process that has no other use of gRPC, whose threads then end with the last client."""
    variables = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "FLEETGATE_GRPC_ENDPOINT": front.host,
    }
    done = subprocess.run(
        [sys.executable, "-c", MANY_CLIENTS], env={**os.environ, **google.environment(), **variables}, cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (0, "") == (done.returncode, done.stderr)
    assert 40 == len(front.tokens)


def test_connections_end_with_the_command(here: Target, front: GoogleGrpc) -> None:
    """Those that there are; others are not made for it."""
    publish(here, {})

    here.google.close()

    assert {"publisher"} == {"publisher", "executions", "workflows"} & set(vars(here.google))
    with pytest.raises(ValueError, match="closed channel"):
        publish(here, {})
