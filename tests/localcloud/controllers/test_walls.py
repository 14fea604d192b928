"""What people do to a standing cloud that once ended or froze it: it lives on, and answers within a second.

A second on the wall says little on a machine with other work. So the cloud's event loop is measured: no turn of it may
take long, for while one lasts nobody is answered, and until a call is answered all turns together take under a second
of the processor's time.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from fleetgate.local.installation import HOME_PROJECT
from tests.fleetgate.local.test_up import Standing, standing
from tests.support.turns import Turns

# Beside the other standing clouds; `make test` has the bounds that keep this so, one by one.
pytestmark = [pytest.mark.xdist_group("local-up"), pytest.mark.long]

PATIENCE = 120  # seconds for what takes simulated time
ANSWERED = 1.0  # seconds of the cloud's processor time within which a call is answered
LONGEST_TURN = 0.5  # seconds of the processor's time
FROZEN = 60  # seconds on the wall, after which a turn that has not ended is taken to be one that never will
MERGE, JSON = "application/merge-patch+json", "application/json"
DEPLOYMENTS = "/apis/apps/v1/namespaces/store/deployments"
YAML = "application/yaml"

ZONE = f"v1/projects/{HOME_PROJECT}/locations/us-west1-a"
PODS = "/api/v1/namespaces/store/pods"
GATEWAY_API = "/apis/gateway.networking.k8s.io"
SPEC = """
name: lab
clusters:
  - {name: lab-west, location: us-west1-a}
  - {name: lab-east, location: us-east1-c}
sampleApp: true
services: [{name: store, port: 8080, selector: {app: store}}]
routes: [{name: store-route, hostnames: [store.example.internal], rules: [{backendRefs: [{name: store, port: 8080}]}]}]
"""


@dataclass
class Cluster:
    """The Kubernetes API of one cluster of the cloud, as kubectl reaches it."""

    server: str
    authority: str
    token: str
    turns: Turns

    def call(self, method: str, path: str, body: Any = None, content: str = JSON) -> tuple[int, Any]:
        """Status and answer, which comes before the cloud has worked for a second."""
        before = self.turns.all
        answer = requests.request(
            method,
            self.server + path,
            data=body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": content},
            verify=self.authority,
            timeout=FROZEN,
        )
        taken = self.turns.all - before
        assert taken < ANSWERED, f"{method} {path} was answered after {taken:.2f} s of work"
        return answer.status_code, answer.json()

    def ok(self, method: str, path: str, body: Any = None, content: str = JSON) -> Any:
        """The answer of a call that is served."""
        status, answer = self.call(method, path, body, content)
        assert status in (200, 201), answer
        return answer

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer to a GET, once it is as it should be; every answer on the way comes in time."""
        over = time.monotonic() + PATIENCE
        while time.monotonic() < over:
            found = self.ok("GET", path)
            if holds(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{path} stayed as it was: {str(found)[:2000]}")


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Turns:
    """The turns of the cloud's event loop."""
    return Turns(tmp_path_factory.mktemp("turns") / "turns")


@pytest.fixture(scope="module")
def cloud(turns: Turns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A cloud with an environment in it."""
    spec = tmp_path_factory.mktemp("walls") / "lab.yaml"
    spec.write_text(SPEC)
    program = (sys.executable, "-m", "tests.support.turns", str(turns.file))
    with standing("--speed", "500", program=program) as found:
        found.json("deploy", str(spec))
        yield found


@pytest.fixture(scope="module")
def west(cloud: Standing, turns: Turns, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """Its config cluster."""
    folder = tmp_path_factory.mktemp("west")
    config = yaml.safe_load(Path(cloud.variables["KUBECONFIG"]).read_text())
    (named,) = [one["cluster"] for one in config["clusters"] if "lab-west" in one["name"]]
    authority = folder / "ca.pem"
    authority.write_bytes(base64.b64decode(named["certificate-authority-data"]))
    token = Path(cloud.variables["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
    return Cluster(named["server"], str(authority), token, turns)


@pytest.fixture(autouse=True)
def lives_on(cloud: Standing, west: Cluster, turns: Turns) -> Iterator[None]:
    """In every case no turn is long; after it the process stands and its controllers work: a Deployment made now gets
    its pods."""
    turns.forget()
    yield
    assert cloud.process.poll() is None, "the cloud has ended"
    west.call("DELETE", f"{DEPLOYMENTS}/after")
    west.ok("POST", DEPLOYMENTS, deployment("after"))
    west.until(f"{DEPLOYMENTS}/after", lambda item: item.get("status", {}).get("readyReplicas") == 1)
    west.ok("DELETE", f"{DEPLOYMENTS}/after")
    assert 0 < turns.longest < LONGEST_TURN, f"a turn of the event loop took {turns.longest:.2f} s"


def deployment(name: str, replicas: int = 1, labels: dict[str, str] | None = None, **container: Any) -> Any:
    """A Deployment that asks for nothing."""
    app = {"app": name}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": app},
            "template": {
                "metadata": {"labels": {**app, **(labels or {})}},
                "spec": {"containers": [{"name": "app", "image": "whereami:v1", **container}]},
            },
        },
    }


def test_a_route_in_v1beta1(west: Cluster) -> None:
    """It is stored in v1, served in both, and attached as any other."""
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "HTTPRoute",
        "metadata": {"name": "beta", "namespace": "store"},
        "spec": {
            "parentRefs": [{"kind": "Gateway", "name": "internal-cross-region-gateway"}],
            "hostnames": ["beta.example.internal"],
            "rules": [{"backendRefs": [
                {"group": "net.gke.io", "kind": "ServiceImport", "name": "store", "port": 8080}
            ]}],
        },
    }  # fmt: skip
    made = west.ok("POST", f"{GATEWAY_API}/v1beta1/namespaces/store/httproutes", route)
    assert "gateway.networking.k8s.io/v1beta1" == made["apiVersion"]

    def accepted(item: Any) -> bool:
        terms = [term for parent in item["status"]["parents"] for term in parent["conditions"]]
        return {"Accepted", "ResolvedRefs", "Reconciled"} == {
            t["type"] for t in terms if t["status"] == "True"
        }

    shown = west.until(f"{GATEWAY_API}/v1/namespaces/store/httproutes/beta", accepted)
    assert "gateway.networking.k8s.io/v1" == shown["apiVersion"]
    assert accepted(west.ok("GET", f"{GATEWAY_API}/v1beta1/namespaces/store/httproutes/beta"))


@pytest.mark.parametrize("replicas", [1000, 2147483647])
def test_more_replicas_than_there_is_room_for(west: Cluster, replicas: int) -> None:
    """Nodes take as many pods as they have room for, the namespace as many as its quota; the rest is said."""
    west.ok("POST", DEPLOYMENTS, deployment("many"))
    west.until(f"{DEPLOYMENTS}/many", lambda item: item.get("status", {}).get("readyReplicas") == 1)
    west.ok("PATCH", f"{DEPLOYMENTS}/many/scale", {"spec": {"replicas": replicas}}, MERGE)
    if replicas < 1500:
        west.until(f"{DEPLOYMENTS}/many", lambda item: item["status"]["replicas"] == replicas)
    else:
        west.until(f"{DEPLOYMENTS}/many", lambda item: "exceeded quota: gke-resource-quotas" in failure(item))
    few = f"{PODS}?labelSelector=app%3Dmany&limit=300"
    found = west.until(few, lambda page: any(shortage(pod) for pod in page["items"]))
    assert {"Too many pods"} == {shortage(pod).strip(". 0123456789") for pod in found["items"]} - {""}
    west.ok("DELETE", f"{DEPLOYMENTS}/many")
    west.until(few, lambda page: not page["items"])


def shortage(pod: Any) -> str:
    """What the scheduler says is lacking for a pod; empty if it has said nothing."""
    told = pod["status"].get("conditions", [{}])[0]
    return str(told["message"].partition("nodes are available: ")[2]) if told.get("status") == "False" else ""


def failure(item: Any) -> str:
    """Why a workload can have no more pods; empty if it can."""
    told = item["status"].get("conditions", ())
    return str(next((term["message"] for term in told if term["type"] == "ReplicaFailure"), ""))


def test_more_replicas_than_an_int32(west: Cluster) -> None:
    """Go's decoder refuses them."""
    status, answer = west.call("POST", DEPLOYMENTS, deployment("huge", 3_000_000_000))
    words = "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
    assert (400, "BadRequest") == (status, answer["reason"])
    assert answer["message"].endswith(words)


def test_a_status_without_times(west: Cluster) -> None:
    """The controller writes its own over it."""
    west.ok("POST", DEPLOYMENTS, deployment("timeless"))
    west.until(f"{DEPLOYMENTS}/timeless", lambda item: item.get("status", {}).get("readyReplicas") == 1)
    bare = {"status": {"conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing"}]}}
    west.ok("PATCH", f"{DEPLOYMENTS}/timeless/status", bare, MERGE)

    def dated(item: Any) -> bool:
        return all("lastTransitionTime" in term for term in item["status"]["conditions"])

    west.until(f"{DEPLOYMENTS}/timeless", dated)
    west.ok("DELETE", f"{DEPLOYMENTS}/timeless")


def test_a_label_of_a_template_that_is_none(west: Cluster) -> None:
    """It is refused where it is written, in the words for an object's own labels."""
    status, answer = west.call("POST", DEPLOYMENTS, deployment("labelled", labels={"tier": "not a label!"}))
    assert 422 == status, answer
    (cause,) = answer["details"]["causes"]
    assert "spec.template.labels" == cause["field"]
    assert cause["message"].startswith('Invalid value: "not a label!": a valid label must be an empty string')


def test_a_quantity_that_is_none(west: Cluster) -> None:
    """It is refused in the decoder's words."""
    lots = deployment("lots", resources={"requests": {"cpu": "lots"}})
    status, answer = west.call("POST", DEPLOYMENTS, lots)
    assert 400 == status, answer
    assert answer["message"] == (
        'Deployment in version "v1" cannot be handled as a Deployment: quantities must match the regular '
        "expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )


def google(
    cloud: Standing, service: str, method: str, path: str, body: Any = None, patience: float = FROZEN
) -> tuple[int, Any]:
    """Status and answer of a call of a service."""
    token = Path(cloud.variables["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
    url = cloud.variables[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}"] + path
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, url, json=body, headers=headers, timeout=patience)
    return answer.status_code, answer.json()


def ended(cloud: Standing, operation: Any) -> Any:
    """An operation of GKE's, once it has ended."""
    path = f"v1/projects/{HOME_PROJECT}/locations/{operation['zone']}/operations/{operation['name']}"
    over = time.monotonic() + PATIENCE
    while time.monotonic() < over:
        found = google(cloud, "CONTAINER", "GET", path)[1]
        if found["status"] == "DONE":
            return found
        time.sleep(0.05)
    raise AssertionError(f"it has not ended: {found}")


@pytest.mark.parametrize("nodes", [201, 15_000, 2**31 - 1])
def test_a_cluster_of_thousands_of_nodes(cloud: Standing, nodes: int) -> None:
    """It is refused at once, and nothing is left of it: its name and its range are free."""
    cluster = {"name": "vast", "initialNodeCount": nodes}
    status, answer = google(cloud, "CONTAINER", "POST", f"{ZONE}/clusters", {"cluster": cluster})
    assert status >= 400 and "UNIMPLEMENTED" == answer["error"]["status"], answer
    assert "clusters of more than 200 nodes" in answer["error"]["message"]
    assert 404 == google(cloud, "CONTAINER", "GET", f"{ZONE}/clusters/vast")[0]


def test_as_many_nodes_as_there_may_be(cloud: Standing) -> None:
    """They come up in one turn, and go."""
    cluster = {"name": "large", "initialNodeCount": 200}
    status, made = google(cloud, "CONTAINER", "POST", f"{ZONE}/clusters", {"cluster": cluster})
    assert 200 == status, made
    assert "error" not in ended(cloud, made)
    assert 200 == google(cloud, "CONTAINER", "GET", f"{ZONE}/clusters/large")[1]["currentNodeCount"]
    ended(cloud, google(cloud, "CONTAINER", "DELETE", f"{ZONE}/clusters/large")[1])


@pytest.mark.parametrize("block", ["lots", "10.0.0.0", "10.0.0.0/33", "2001:db8::/32", ""])
def test_an_authorized_network_that_is_none(cloud: Standing, west: Cluster, block: str) -> None:
    """It is refused, in each place that has them, and the endpoint answers as before."""
    networks = {"enabled": True, "cidrBlocks": [{"cidrBlock": block}]}
    for update in (
        {"desiredMasterAuthorizedNetworksConfig": networks},
        {"desiredControlPlaneEndpointsConfig": {"ipEndpointsConfig": {"authorizedNetworksConfig": networks}}},
    ):
        status, answer = google(cloud, "CONTAINER", "PUT", f"{ZONE}/clusters/lab-west", {"update": update})
        assert 400 == status, answer
        assert answer["error"]["message"].startswith(
            f'Invalid master authorized networks: network "{block}" is not'
        )
    west.ok("GET", "/version")


def test_a_workflow_that_is_a_billion_laughs(cloud: Standing) -> None:
    """Its deployment fails."""
    lines = (f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 9))
    source = "\n".join(["a0: &a0 {x: y}", *lines])
    place = f"v1/projects/{HOME_PROJECT}/locations/us-central1"
    path = f"{place}/workflows?workflowId=laughs"
    status, operation = google(cloud, "WORKFLOWS", "POST", path, {"sourceContents": source})
    assert 200 == status, operation
    name, over = operation["name"], time.monotonic() + PATIENCE
    while not operation["done"] and time.monotonic() < over:
        operation = google(cloud, "WORKFLOWS", "GET", f"v1/{name}")[1]
    assert "document contains excessive aliasing" in operation["error"]["message"]


@pytest.mark.parametrize(
    ("body", "content", "status"),
    [
        (b"k8s\0" + b"\xff" * 2_900_000, "application/vnd.kubernetes.protobuf", 400),
        (b"[" * 1_000_000, YAML, 400),
        (b"[" * 1_000_000, JSON, 400),
        (b'{"metadata": {"name": "a"}, "x": [' + b"{}," * 900_000 + b"{}]}", JSON, 400),
        (b'{"metadata": {"name": "a"}, "x": 1e999}', JSON, 400),
        (b" " * 3_200_000, JSON, 413),
    ],
    ids=["a varint without end", "deep YAML", "deep JSON", "many values", "infinity", "a large body"],
)
def test_a_body_that_nobody_can_read(west: Cluster, body: bytes, content: str, status: int) -> None:
    """It is refused."""
    assert status == west.call("POST", "/api/v1/namespaces/store/configmaps", body, content)[0]


def test_a_dry_run_of_something_else(west: Cluster) -> None:
    """It is refused, and nothing is written."""
    path = "/api/v1/namespaces/store/configmaps"
    status, answer = west.call("POST", f"{path}?dryRun=Lots", {"metadata": {"name": "dry"}})
    words = 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Lots"]: supported values: "All"'
    assert (422, words) == (status, answer["message"])
    assert 404 == west.call("GET", f"{path}/dry")[0]
