"""The commands as processes of their own: what they import, how they end, and what they leave on stderr."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.google_grpc import GoogleGrpc
from tests.support.google_server import GoogleServer
from tests.support.paths import ROOT

PATIENCE = 60  # seconds for a process to do its next thing
SEEN = (
    "import sys; from fleetgate.cli import app; app(sys.argv[1:], standalone_mode=False);"
    "print(sorted({'grpc', 'google.api_core', 'requests'} & set(sys.modules)), file=sys.stderr)"
)


@pytest.fixture
def google() -> Iterator[GoogleServer]:
    """Google with one environment, whose execution is asked for over gRPC."""
    server = GoogleServer()
    labels = {"env": "store", "action": "deploy", "execution": "x-1", "generation": "1767600000000-77"}
    server.add_address(name="fleetgate-store", labels={f"fleetgate-{k}": v for k, v in labels.items()})
    yield server
    server.close()


def status(google: GoogleServer, folder: Path, grpc: str) -> subprocess.Popen[str]:
    """`fleetgate status` with gRPC at this address."""
    token = folder / "token"
    token.write_text("a-token")
    variables = {"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token), "FLEETGATE_GRPC_ENDPOINT": grpc}
    environ = {"PATH": os.environ["PATH"], **google.environment(), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "fleetgate", "status"],
        env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Who starts the tests in the background has them ignore the signal, and their children with them.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [["--help"], ["schema"], ["local", "run", "examples/store.yaml", "-o", "json"]],
    ids=lambda w: w[-1],
)
def test_what_asks_no_google_imports_no_grpc(words: list[str]) -> None:
    """It takes some tenths of a second."""
    done = subprocess.run(
        [sys.executable, "-c", SEEN, *words],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip

    assert not {"grpc", "google.api_core"} & set(done.stderr.splitlines()[-1].split("'"))


def test_an_interrupted_call_ends_at_once(google: GoogleServer, tmp_path: Path) -> None:
    """Long before its time is up, and with no thread that keeps the process."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        process = status(google, tmp_path, f"127.0.0.1:{silent.getsockname()[1]}")
        with process, silent.accept()[0] as connection:
            connection.recv(1)  # it has begun to speak, so the command waits
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE)

    assert 130 == process.returncode
    assert told.startswith("Interrupted") and 2 == len(told.splitlines())
    assert time.monotonic() - began < 10


def test_a_failure_is_two_lines(google: GoogleServer, tmp_path: Path) -> None:
    """The library would write some of its own, and repeat the call for minutes."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    began = time.monotonic()

    with status(google, tmp_path, address) as process:
        output, told = process.communicate(timeout=PATIENCE)

    assert (4, "", 2) == (process.returncode, output, len(told.splitlines())), told
    assert "workflowexecutions does not answer" in told
    assert time.monotonic() - began < 20


def test_a_certificate_that_is_not_trusted_is_two_lines(google: GoogleServer, tmp_path: Path) -> None:
    """gRPC notes each handshake that fails."""

    front = GoogleGrpc(google)
    try:
        with status(google, tmp_path, front.host) as process:
            output, told = process.communicate(timeout=PATIENCE)
    finally:
        front.close()

    assert (4, "", 2) == (process.returncode, output, len(told.splitlines())), told
    assert "certificate of workflowexecutions is not trusted" in told
