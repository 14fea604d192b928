"""Instances find the names of clusters, by whatever library they connect with; other names are looked up as ever."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest

from localcloud.functions import resolver
from localcloud.wire.messages import Request, Response
from tests.acceptance.google_programs import output_of
from tests.localcloud.functions.clouds import Shop
from tests.localcloud.functions.conftest import Play
from tests.support.projects import CLOUD_PROJECT as PROJECT

# Code of a function that sets `status` to what it is answered without a token.
CLIENTS = {
    "http-client": """
import http.client
connection = http.client.HTTPSConnection(host)
connection.request("GET", "/version")
status = connection.getresponse().status
""",
    "urllib3": """
import ssl, urllib3
status = urllib3.PoolManager(ssl_context=ssl.create_default_context()).request("GET", url).status
""",
    "requests": """
import requests
status = requests.get(url, verify=os.environ["SSL_CERT_FILE"]).status_code
""",
    "kubernetes": """
import kubernetes.client as k
configuration = k.Configuration(host=f"https://{host}")
configuration.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
try:
    k.VersionApi(k.ApiClient(configuration)).get_code()
except k.ApiException as error:
    status = error.status
""",
    "aiohttp": """
import asyncio, aiohttp
async def get():
    async with aiohttp.ClientSession() as session, session.get(url) as got:
        return got.status
status = asyncio.run(get())
""",
}


def opened(shop: Shop, name: str) -> str:
    """The name of a cluster's DNS endpoint; the cluster says yes to everything."""
    host = f"gke-{name}-1234.us-west1-a.gke.goog"
    shop.cloud.edge.open_cluster(f"projects/{PROJECT}/locations/us-west1-a/clusters/{name}", host, _yes)
    return host


def _yes(request: Request) -> Response:
    return Response.of_json({"major": "1", "path": request.path})


@pytest.mark.parametrize("client", CLIENTS)
def test_an_instance_reaches_a_cluster_by_its_name(play: Play, tmp_path: Path, client: str) -> None:
    """Over TLS, with a certificate for that name under the public roots: it is asked who it is."""

    async def scene(shop: Shop) -> None:
        host = opened(shop, client)
        shop.deploy(f"by-{client}", tmp_path)
        before = f"host = {host!r}\nurl = f'https://{{host}}/version'\n"
        after = "print(json.dumps({'status': status}))"
        assert {"status": 401} == await shop.said(f"by-{client}", before + CLIENTS[client] + after)

    play(scene)


def test_a_person_reaches_it_by_the_forward_proxy(play: Play, tmp_path: Path) -> None:
    """As curl and kubectl do with HTTPS_PROXY and SSL_CERT_FILE."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")

    async def scene(shop: Shop) -> None:
        host, endpoints = opened(shop, "curl"), shop.cloud.endpoints()
        variables = {
            "PATH": "/usr/bin:/bin",
            "HTTPS_PROXY": f"http://{shop.cloud.forward_proxy}",
            "CURL_CA_BUNDLE": endpoints["SSL_CERT_FILE"],
        }
        token = f"-H 'Authorization: Bearer {shop.cloud.user_token()}'"
        said = await output_of(variables, f"curl -sS {token} https://{host}/version")
        assert "/version" == json.loads(said)["path"]

    play(scene)


@pytest.mark.parametrize(
    ("host", "led"),
    [
        ("gke.goog", True),
        ("a.gke.goog", True),
        ("A.GKE.goog.", True),
        (b"a.gke.goog", True),
        ("evilgke.goog", False),
        ("gke.goog.example", False),
        ("127.0.0.1", False),
        (None, False),
    ],
)
def test_a_domain_is_led_with_all_names_under_it_and_no_other(
    host: str | bytes | None, led: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever port is asked for, it gets ours."""
    asked: list[tuple[object, object]] = []
    monkeypatch.setattr(
        resolver, "_GETADDRINFO", lambda host, port, *how, **options: asked.append((host, port))
    )
    with resolver.installed({"gke.goog": "127.0.0.1:4711"}):
        socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    assert [("127.0.0.1", 4711) if led else (host, 443)] == asked
