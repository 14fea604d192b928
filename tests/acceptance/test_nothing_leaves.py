"""With the printed environment nothing that a person runs reaches for an address outside the machine.

A tracer sees every connection and every datagram, so also what a look-up of a name asks. Where there is none, or
no gcloud, the tests say so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fleetgate.local.test_up import Standing, standing
from tests.support.paths import ROOT

PATIENCE = 120  # seconds for a command
CALLS = "connect,sendto,sendmsg,sendmmsg"
PEER = re.compile(r'sin_addr=inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"|sun_path="([^"]+)"')
# What asks other hosts' names for others.
RESOLVERS = re.compile(r"resolve|avahi|dbus")

# `functions call` goes to the function's own URL, `components list` to where gcloud is downloaded from.
COMMANDS = (
    "gcloud run services list --region=us-central1",
    "gcloud run services list",
    "gcloud logging read severity>=ERROR --limit=1",
    "gcloud iam service-accounts list",
    "gcloud scheduler jobs list --location=us-central1",
    "gcloud eventarc triggers list --location=us-central1",
    "gcloud builds list --region=us-central1",
    "gcloud secrets list",
    "gcloud dns managed-zones list",
    "gcloud tasks queues list --location=us-central1",
    "gcloud monitoring dashboards list",
    "gcloud functions call fleetgate-subnets --gen2 --region=us-central1 --data={}",
    "gcloud storage ls",
    "gsutil ls",
    "gcloud artifacts repositories list --location=us-central1",
    "gcloud projects list",
    "gcloud auth application-default print-access-token",
    "gcloud components list",
)


@dataclass(frozen=True)
class Traced:
    """What became of a command, and whom it reached for."""

    status: int
    said: str
    peers: frozenset[str]

    @property
    def outside(self) -> set[str]:
        """The peers that are not on this machine."""
        return {peer for peer in self.peers if not re.match(r"127\.|::1$|::ffff:127\.", peer)}


def trace(folder: Path, variables: dict[str, str], *words: str) -> Traced:
    """Run a program under the tracer, at home in `folder`."""
    found = folder / "trace"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    tracer = [
        "strace",
        "-f",
        "-qq",
        "-s",
        "256",
        "-e",
        f"trace={CALLS}",
        "-e",
        "signal=none",
        "-o",
        str(found),
    ]
    done = subprocess.run(
        [*tracer, *words], env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    peers = {next(filter(None, each)) for each in PEER.findall(found.read_text("utf-8", "replace"))}
    remote = {peer for peer in peers if not peer.startswith("/") or RESOLVERS.search(peer)}
    return Traced(done.returncode, done.stdout + done.stderr, frozenset(remote))


def can_trace() -> bool:
    """Whether there is a tracer that may trace."""
    strace = shutil.which("strace")
    return strace is not None and subprocess.call([strace, "-qq", "true"], stderr=subprocess.DEVNULL) == 0


needs_tracer = pytest.mark.skipif(not can_trace(), reason="strace is not installed, or may not trace")
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Standing]:
    """A cloud with Fleetgate in it."""
    with standing("--speed", "500") as found:
        yield found


@needs_tracer
def test_the_tracer_sees_a_look_up_and_a_connection(tmp_path: Path) -> None:
    """Else the others prove nothing; the address is one that nobody has [documented: RFC 5737]."""
    ask = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"

    assert {"192.0.2.1"} == trace(tmp_path, {}, sys.executable, "-c", ask).outside


@needs_tracer
def test_googles_client_libraries_stay_here(cloud: Standing, tmp_path: Path) -> None:
    """Default credentials are those of the cloud's user, and Google's own names lead here."""
    program = (
        "import google.auth, google.auth.transport.requests as http\n"
        "credentials, project = google.auth.default(['https://www.googleapis.com/auth/cloud-platform'])\n"
        "session = http.AuthorizedSession(credentials)\n"
        "path = f'https://cloudresourcemanager.googleapis.com/v1/projects/{project}'\n"
        "print(session.get(path).json()['projectId'], session.get('https://example.com/').status_code)\n"
    )
    done = trace(tmp_path, cloud.variables, sys.executable, "-c", program)

    assert (0, "fleetgate-demo 405") == (done.status, done.said.strip())
    assert done.peers and set() == done.outside


@needs_tracer
@pytest.mark.parametrize("words", ["deploy examples/store.yaml --no-wait -o json", "status -o json"])
def test_the_command_line_stays_here(cloud: Standing, tmp_path: Path, words: str) -> None:
    """Over gRPC too, which has proxies of its own: this one is an address that nobody has [documented: RFC 5737]."""
    variables = {**cloud.variables, "grpc_proxy": "http://192.0.2.1:9"}
    done = trace(tmp_path, variables, sys.executable, "-m", "fleetgate", *words.split())

    assert 0 == done.status, done.said
    assert done.peers and set() == done.outside


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@needs_tracer
@pytest.mark.parametrize(
    "url", ["https://us-central1-run.googleapis.com/x", "https://example.com/", "http://example.com/"]
)
def test_curl_stays_here(cloud: Standing, tmp_path: Path, url: str) -> None:
    """Whatever it is given."""
    done = trace(tmp_path, cloud.variables, "curl", "--silent", "--show-error", url)

    assert 0 == done.status and ("401" in done.said or "The local cloud" in done.said), done.said
    assert done.peers and set() == done.outside


@needs_tracer
@needs_gcloud
@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_gclouds_stays_here(cloud: Standing, tmp_path: Path, command: str) -> None:
    """It is answered, or told at once what the local cloud lacks."""
    variables = {
        **cloud.variables,
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
    }  # as new, with nothing looked up yet
    done = trace(tmp_path, variables, *command.split())

    assert set() == done.outside, done.said
    assert done.peers, done.said
    told = ("does not implement", "405 Client Error", "Failed to fetch component listing")
    assert done.status == 0 or any(words in done.said for words in told), done.said
