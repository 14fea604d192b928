"""A local cloud that stands, and the client against it: what a person does in two terminals."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.local.up import APIS_BEFORE_TERRAFORM
from tests.support.paths import ROOT

pytestmark = pytest.mark.xdist_group("local-up")  # one standing cloud for all of them

FLEETGATE = (sys.executable, "-m", "fleetgate")
PATIENCE = 60  # seconds for a process to do its next thing
STORE = (ROOT / "examples" / "store.yaml").read_text("utf-8")


@dataclass
class Standing:
    """`fleetgate local up` in a process, and the shell that has taken on its lines."""

    process: subprocess.Popen[str]
    variables: dict[str, str] = field(default_factory=dict)
    proposed: str = ""  # the command that it proposes

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A program in that shell."""
        environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **self.variables}
        return subprocess.run(
            words, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def fleetgate(self, *words: str, **more: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of a command."""
        done = CliRunner().invoke(app, list(words), env={**self.variables, **more}, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    def json(self, *words: str) -> Any:
        """What a command prints as JSON."""
        status, output, errors = self.fleetgate(*words, "-o", "json")
        assert (0, "") == (status, errors)
        return json.loads(output)

    def api(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """An answer of one of the APIs, to the user whose token the shell has."""
        token = Path(self.variables["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
        answer = requests.request(
            method,
            self.variables[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}"] + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return answer.json()


@contextlib.contextmanager
def standing(*words: str, program: Sequence[str] = FLEETGATE) -> Iterator[Standing]:
    """A cloud that stands; `program` is what `fleetgate` is called by."""
    process = subprocess.Popen(
        [*program, "local", "up", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None and process.stderr is not None
            said = [process.stderr.readline() for _ in range(4)]  # by then the lines to export are out, too
            file = Path(said[1].split(" . ")[1].strip())
            yield Standing(process, shell_variables(file), said[2].partition(":")[2].strip())
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def shell_variables(file: Path) -> dict[str, str]:
    """What a shell has more after reading `file`."""
    shell = subprocess.run(
        ["/bin/sh", "-c", f". {file}; env -0"],
        env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs = (pair.partition("=") for pair in shell.stdout.split("\0") if pair)
    return {name: value for name, _, value in pairs if name not in ("PWD", "_", "SHLVL", "OLDPWD")}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Standing]:
    """One for this module."""
    with standing("--speed", "500") as found:
        yield found


def anchor_path(name: str) -> str:
    """Where its lease is."""
    return f"projects/fleetgate-demo/regions/us-central1/addresses/fleetgate-{name}"


def move_lease(cloud: Standing, name: str, end: int) -> None:
    """Move the end of a lease with gcloud, where it is installed, as docs/local-cloud.md tells; else over REST."""
    if (
        shutil.which("gcloud")
        and cloud.run("gcloud", "beta", "compute", "addresses", "--help").returncode == 0
    ):
        update = ("gcloud", "beta", "compute", "addresses", "update", f"fleetgate-{name}")
        labels = ("--region=us-central1", f"--update-labels=fleetgate-expires={end}")
        done = cloud.run(*update, *labels)
        assert 0 == done.returncode, done.stderr
        return
    label(cloud, name, {"fleetgate-expires": str(end)})


def label(cloud: Standing, name: str, values: dict[str, str]) -> None:
    """Add labels to an anchor over REST, and wait until they are there."""
    found = cloud.api("COMPUTE", "GET", anchor_path(name))
    labels = {**found.get("labels", {}), **values}
    body = {"labels": labels, "labelFingerprint": found["labelFingerprint"]}
    finish(cloud, cloud.api("COMPUTE", "POST", f"{anchor_path(name)}/setLabels", body))


def finish(cloud: Standing, operation: dict[str, Any]) -> None:
    """Wait until one of compute's operations is done."""
    path = f"projects/{operation['selfLink'].partition('/projects/')[2]}"
    assert "DONE" == cloud.api("COMPUTE", "POST", f"{path}/wait")["status"]


@pytest.mark.long
def test_an_environment_is_deployed_shown_extended_and_removed(cloud: Standing, tmp_path: Path) -> None:
    """The whole of a life, by commands alone, with the exit statuses that scripts go by."""
    spec = tmp_path / "store.yaml"
    spec.write_text(STORE.replace("ttl: 8h", "ttl: 20d"))
    report = cloud.json("deploy", str(spec))
    assert ("store", "deploy", "done", None) == (
        report["environment"], report["action"], report["outcome"], report["simulatedSeconds"],
    )  # fmt: skip
    assert report["traffic"] and all(row["ok"] for row in report["traffic"])

    [shown], one = cloud.json("status"), cloud.json("status", "store")
    assert ("store", "verified") == (shown["name"], shown["phase"])
    assert report["addresses"] == one["addresses"]
    assert 19 < shown["secondsLeft"] / 86400 < 20

    vip = one["addresses"][0]["address"]
    proxies = {"http": f"http://{cloud.variables['VPC_PROXY']}"}
    answer = requests.get(f"http://{vip}/east", headers={"Host": "store.example.internal"}, proxies=proxies)
    assert "gke-east-1" == answer.json()["cluster_name"]

    assert "extend" == cloud.json("extend", "store", "--ttl", "25d")["action"]
    assert 24 < cloud.json("status", "store")["secondsLeft"] / 86400 < 25

    end = 4_000_000_000
    move_lease(cloud, "store", end)
    assert str(end) == cloud.api("COMPUTE", "GET", anchor_path("store"))["labels"]["fleetgate-expires"]
    assert "2096-10-02T07:06:40Z" == cloud.json("status", "store")["expires"]
    assert (0, "") == cloud.fleetgate("wait", "store", "--for", "verified")[:2]

    status, output, errors = cloud.fleetgate("teardown", "store")
    assert (0, True) == (status, "store teardown: removed" in output), output + errors
    assert (0, "") == cloud.fleetgate("wait", "store", "--for", "removed")[:2]
    assert [] == cloud.json("status")


def test_a_program_publishes_over_grpc_as_the_page_tells(cloud: Standing) -> None:
    """With its own credentials and roots, by the variables alone; the request is Fleetgate's to refuse."""
    page = (ROOT / "docs" / "local-cloud.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(import os\n.*?)```", page, re.DOTALL)

    done = cloud.run(sys.executable, "-c", program)

    assert 0 == done.returncode, done.stderr
    assert done.stdout.strip().isdigit()


def test_a_lease_ends_by_itself(cloud: Standing) -> None:
    """The schedule asks for a sweep every quarter of an hour, and whoever waits sees it: even of a mere anchor."""
    values = {"env": "ghost", "action": "deploy", "expires": "1", "generation": "1000-1", "execution": "gone",
              "project": "fleetgate-demo", "network": "default", "gateway": "ghost_2fgateway"}  # fmt: skip
    anchor = {
        "name": "fleetgate-ghost",
        "addressType": "INTERNAL",
        "purpose": "GCE_ENDPOINT",
        "subnetwork": "projects/fleetgate-demo/regions/us-central1/subnetworks/fleetgate-anchors",
    }
    finish(cloud, cloud.api("COMPUTE", "POST", anchor_path("ghost").rpartition("/")[0], anchor))
    label(cloud, "ghost", {f"fleetgate-{key}": value for key, value in values.items()})

    assert "abandoned" == cloud.json("status", "ghost")["phase"]
    status, _, errors = cloud.fleetgate("wait", "ghost", "--for", "removed", "--timeout", "40")
    assert (0, "ghost is removed\n") == (status, errors)


@pytest.mark.parametrize("words", [("verify", "stroe"), ("teardown", "stroe"), ("status", "stroe"),
                                   ("extend", "stroe", "--ttl", "8h")])  # fmt: skip
def test_an_environment_that_is_not_there_is_bad_usage(cloud: Standing, words: tuple[str, ...]) -> None:
    """Nothing is published."""
    status, output, errors = cloud.fleetgate(*words)

    assert (64, "") == (status, output)
    assert "There is no environment stroe." in errors


def test_a_lease_that_is_no_time_is_refused_before_anything_is_asked(cloud: Standing) -> None:
    """With what would be right."""
    status, _, errors = cloud.fleetgate("extend", "store", "--ttl", "3")

    assert 64 == status and "write a number and its unit" in errors


def test_a_project_without_fleetgate_is_said_to_be_the_wrong_one(cloud: Standing) -> None:
    """Whether it is somebody else's or nobody's."""
    status, output, errors = cloud.fleetgate("status", FLEETGATE_PROJECT="other-project")

    assert (64, "") == (status, output)
    assert "other-project" in errors and "FLEETGATE_PROJECT" in errors


def test_a_cloud_that_has_ended_is_missed(cloud: Standing) -> None:
    """Its port answers no more."""
    nowhere = "http://127.0.0.1:9/compute/v1/"
    status, _, errors = cloud.fleetgate("status", CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=nowhere)

    assert 4 == status and "compute does not answer" in errors


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_has_a_configuration_of_its_own(cloud: Standing) -> None:
    """The person's is neither read nor written."""
    done = cloud.run("kubectl", "config", "get-contexts", "--output=name")

    assert 0 == done.returncode, done.stderr
    assert set(done.stdout.split()) <= {"gke-west-1", "gke-east-1"}


@pytest.mark.parametrize("ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_nothing_is_left_of_a_cloud_that_was_ended(ending: signal.Signals, tmp_path: Path) -> None:
    """No process, no folder, no file of variables."""
    env_file = tmp_path / "cloud.env"
    with standing("--env-file", str(env_file)) as found:
        folder = Path(found.variables["KUBECONFIG"]).parents[1]
        assert folder.is_dir() and env_file.is_file()
        children = in_the_midst_of_work(found)
        found.process.send_signal(ending)
        assert 0 == found.process.wait(PATIENCE)

    assert not folder.exists() and not env_file.exists()
    assert [] == [pid for pid in children if is_alive(pid)]


def test_a_port_that_is_taken_is_said_to_be(cloud: Standing) -> None:
    """With what to do."""
    taken = cloud.variables["CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER"].split(":")[2].split("/")[0]
    status, output, errors = cloud.fleetgate("local", "up", "--port", taken)

    assert (64, "") == (status, output)
    assert "--port" in errors


def in_the_midst_of_work(found: Standing) -> list[int]:
    """The cloud's processes, once a function's instance is among them."""
    sweep = {"messages": [{"data": base64.b64encode(b'{"action": "sweep"}').decode()}]}
    found.api("PUBSUB", "POST", "v1/projects/fleetgate-demo/topics/fleetgate-requests:publish", sweep)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        children = descendants(found.process.pid)
        if len(children) > 1:
            return children
        time.sleep(0.02)
    raise AssertionError("no instance was started")


def descendants(pid: int) -> list[int]:
    """The processes that came of it, where the system tells."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, children) for each in (child, *descendants(child))]


def is_alive(pid: int) -> bool:
    """Whether it runs; given a moment to be reaped."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def empty() -> Iterator[Standing]:
    """A new project, and nothing of Fleetgate's."""
    with standing("--empty", "--project", "shop-tools", "--speed", "500") as found:
        yield found


def test_an_empty_cloud_has_a_new_project_as_google_hands_one_over(empty: Standing) -> None:
    """Its network, its owner, and the APIs that are on by themselves or that docs/deploy.md has turned on."""
    project = empty.variables["FLEETGATE_PROJECT"]
    networks = empty.api("COMPUTE", "GET", f"projects/{project}/global/networks")["items"]
    policy = empty.api("CLOUDRESOURCEMANAGER", "POST", f"v1/projects/{project}:getIamPolicy", {})
    owners = [each["members"] for each in policy["bindings"] if each["role"] == "roles/owner"]
    listed = empty.api(
        "SERVICEUSAGE", "GET", f"v1/projects/{project}/services?filter=state:ENABLED&pageSize=200"
    )
    on = {each["name"].rpartition("/")[2] for each in listed["services"]}

    assert ("shop-tools", [("default", True)]) == (
        project, [(each["name"], each["autoCreateSubnetworks"]) for each in networks],
    )  # fmt: skip
    assert [["user:user@example.com"]] == owners
    assert {"bigquery.googleapis.com", "logging.googleapis.com", "storage.googleapis.com"} < on
    assert set(APIS_BEFORE_TERRAFORM) < on and "workflows.googleapis.com" not in on


@pytest.mark.judge
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_an_empty_cloud_proposes_what_works_at_once(empty: Standing) -> None:
    """Terraform does not, before its provider is there and it is initialised."""
    done = empty.run("bash", "-c", empty.proposed)
    assert (0, True) == (done.returncode, "default" in done.stdout), done.stdout + done.stderr


def test_an_empty_cloud_has_nothing_of_fleetgates(empty: Standing) -> None:
    """No topic, once there could be one, no bucket and no environment."""
    services = "v1/projects/shop-tools/services"
    empty.api("SERVICEUSAGE", "POST", f"{services}/pubsub.googleapis.com:enable", {})
    until = time.monotonic() + PATIENCE
    while empty.api("SERVICEUSAGE", "GET", f"{services}/pubsub.googleapis.com")["state"] != "ENABLED":
        assert time.monotonic() < until
        time.sleep(0.02)

    assert {} == empty.api("PUBSUB", "GET", "v1/projects/shop-tools/topics")
    assert {} == empty.api("STORAGE", "GET", "b?project=shop-tools").get("items", {})
    status, output, errors = empty.fleetgate("status")
    assert (4, "") == (status, output) and "workflows.googleapis.com is not enabled in shop-tools" in errors


def test_the_apis_before_terraform_are_those_that_the_docs_have_one_enable() -> None:
    """No more, so that Terraform must enable the others."""
    [line] = [
        line for line in (ROOT / "docs" / "deploy.md").read_text("utf-8").splitlines()
        if line.startswith("$ gcloud services enable ")
    ]  # fmt: skip

    assert list(APIS_BEFORE_TERRAFORM) == line.removeprefix("$ gcloud services enable ").split()


def test_a_new_projects_network_has_one_mode() -> None:
    """Google makes no other."""
    done = CliRunner().invoke(app, ["local", "up", "--empty", "--network", "custom"])

    assert 64 == done.exit_code and "Leave out --network." in done.stderr


def test_terraform_and_gsutil_are_told_everything(empty: Standing) -> None:
    """Every endpoint, a token, the project, where its state is, and the proxy for all that has no endpoint."""
    told = empty.variables
    base = told["CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"].removesuffix("run/")

    assert f"{base}run/v2/" == told["GOOGLE_CLOUD_RUN_V2_CUSTOM_ENDPOINT"]
    assert f"{base}storage/storage/v1/" == told["GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT"]
    assert (
        "shop-tools"
        == told["GOOGLE_PROJECT"]
        == told["GOOGLE_CLOUD_PROJECT"]
        == told["CLOUDSDK_CORE_PROJECT"]
    )
    assert Path(told["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text() == told["GOOGLE_OAUTH_ACCESS_TOKEN"]
    assert "use_gcloud_storage = True" in Path(told["BOTO_CONFIG"]).read_text()
    assert told["HTTPS_PROXY"] == told["https_proxy"] == told["http_proxy"] != ""
    assert requests.get("https://example.com/", proxies={"https": told["HTTPS_PROXY"]}, verify=told["SSL_CERT_FILE"],
                        timeout=PATIENCE).status_code == 405  # fmt: skip


def test_secrets_are_the_persons_own(empty: Standing) -> None:
    """Nobody else reads the token, wherever it stands."""
    folder = Path(empty.variables["KUBECONFIG"]).parent
    for name in ("token", "env", "application_default_credentials.json", "kubeconfig"):
        assert 0o600 == (folder / name).stat().st_mode & 0o777, name
