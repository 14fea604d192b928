"""What is deployed waits for the check of its own commit, and for older deployments: the two steps' scripts, against
Cloud Build's list of builds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cloudbuild.build import COMMIT, DEPLOYMENT, Document, steps_of

pytestmark = [
    pytest.mark.judge,
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
]

TRIGGER, PROJECT = "c9b3c6a5-0000-4000-8000-000000000001", "shop-tools"


def build(status: str, commit: str = COMMIT, name: str = "one", trigger: str = "fleetgate-check") -> Document:
    """A build of the trigger, as the API lists it."""
    return {
        "id": name,
        "status": status,
        "buildTriggerId": TRIGGER,
        "createTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "substitutions": {"COMMIT_SHA": commit, "TRIGGER_NAME": trigger},
    }


@contextmanager
def cloud_build(answer: Callable[[int], list[Document]]) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths that it was asked for; `answer` tells the builds by the number of times asked.

    It is asked for those of a day; gcloud itself looks for the trigger and the commit among them.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            where = urlsplit(self.path)
            (wanted,) = parse_qs(where.query).get("filter", [""])
            right = where.path == f"/v1/projects/{PROJECT}/locations/us-central1/builds"
            right = right and re.fullmatch(r'create_time>"[-\dT:.Z+]+"', wanted) is not None
            body = json.dumps({"builds": answer(len(asked))} if right else {"error": {"code": 400}}).encode()
            self.send_response(200 if right else 400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    finally:
        server.shutdown()
        server.server_close()


def run(
    folder: Path, address: str, tries: int = 5, step: str = "checked"
) -> subprocess.CompletedProcess[str]:
    """Run a step."""
    (folder / "out").mkdir(exist_ok=True)
    (folder / "token").write_text("a-token")
    own = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "token"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD": address,
        "NO_PROXY": "127.0.0.1",
        "PROJECT_ID": PROJECT,
        "COMMIT_SHA": COMMIT,
        "BUILD_ID": "mine",
        **DEPLOYMENT["substitutions"],
        "_CHECK_TRIGGER": TRIGGER,
    }
    script = steps_of(DEPLOYMENT)[step]["script"].replace("sleep 10", "sleep 0")
    script = script.replace("{1..230}", f"{{1..{tries}}}")
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=own, capture_output=True, text=True, timeout=60
    )


def test_it_waits_until_the_check_has_succeeded(tmp_path: Path) -> None:
    """Whatever other commits' checks have come to; the build's id is what the archives are fetched by."""

    def answer(times: int) -> list[Document]:
        others = [build("SUCCESS", commit="f" * 40, name="other")]
        return [[], others, [build("WORKING"), *others], [build("SUCCESS"), *others]][min(times, 4) - 1]

    with cloud_build(answer) as (address, asked):
        done = run(tmp_path, address)
    assert (0, 4, "SUCCESS\tone\n") == (
        done.returncode,
        len(asked),
        (tmp_path / "out" / "check").read_text(),
    ), done


@pytest.mark.parametrize("status", ["FAILURE", "TIMEOUT", "CANCELLED", "EXPIRED", "INTERNAL_ERROR"])
def test_a_check_that_did_not_succeed_ends_it(tmp_path: Path, status: str) -> None:
    """With the build's id."""
    with cloud_build(lambda times: [build(status)]) as (address, asked):
        done = run(tmp_path, address)
    assert (1, 1) == (done.returncode, len(asked))
    assert f"The check of {COMMIT}, build one, ended as {status}." in done.stderr


def test_the_newest_check_of_a_commit_counts(tmp_path: Path) -> None:
    """A second try may succeed; Cloud Build lists the newest first [documented]."""
    with cloud_build(lambda times: [build("SUCCESS", name="two"), build("FAILURE")]) as (address, _):
        done = run(tmp_path, address)
    assert (0, "SUCCESS\ttwo\n") == (done.returncode, (tmp_path / "out" / "check").read_text())


def test_without_a_check_it_gives_up(tmp_path: Path) -> None:
    """And says which trigger to run."""
    with cloud_build(lambda times: []) as (address, asked):
        done = run(tmp_path, address, tries=2)
    assert (1, 2) == (done.returncode, len(asked))
    assert "Run the trigger fleetgate-check for this commit" in done.stderr


def deployment(status: str, name: str) -> Document:
    """A build of the other trigger."""
    return build(status, name=name, trigger="fleetgate-push")


def test_an_older_deployment_ends_first(tmp_path: Path) -> None:
    """A newer one waits for this one in its turn, and a check is no deployment."""
    newer, mine = deployment("WORKING", "newer"), deployment("WORKING", "mine")

    def answer(times: int) -> list[Document]:
        older = deployment("WORKING" if times < 3 else "SUCCESS", "older")
        return [newer, mine, build("WORKING"), older]

    with cloud_build(answer) as (address, asked):
        done = run(tmp_path, address, step="turn")
    assert (0, 3) == (done.returncode, len(asked)), done


def test_a_build_that_no_trigger_began_waits_for_nobody(tmp_path: Path) -> None:
    """It is not in the list of deployments."""
    with cloud_build(lambda times: [deployment("WORKING", "other")]) as (address, asked):
        done = run(tmp_path, address, step="turn")
    assert (0, 1) == (done.returncode, len(asked)), done


def test_behind_a_deployment_that_does_not_end_it_gives_up(tmp_path: Path) -> None:
    """And says which one, and what to do."""
    stuck = [deployment("WORKING", "mine"), deployment("QUEUED", "older")]
    with cloud_build(lambda times: stuck) as (address, asked):
        done = run(tmp_path, address, tries=2, step="turn")
    assert (1, 2) == (done.returncode, len(asked))
    assert f"under way: older QUEUED. Run the trigger fleetgate-push for {COMMIT}" in done.stderr
