"""What people do to a standing cloud that once ended or froze it: it lives on, and answers within a second."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.fleetgate.local.test_up import Standing, standing

pytestmark = pytest.mark.xdist_group("local-up")  # beside the other standing clouds

PATIENCE = 120  # seconds for what takes simulated time
ANSWERED = 1  # second within which a call is answered, whatever the controllers are at
TRIES = 5
MERGE, JSON = "application/merge-patch+json", "application/json"
DEPLOYMENTS = "/apis/apps/v1/namespaces/store/deployments"
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

    def call(self, method: str, path: str, body: Any = None, content: str = JSON) -> tuple[int, Any]:
        """Status and answer. What is only read is asked again if it takes longer than a second: `TRIES` times, for
        the machine may be busy with other tests; a cloud that has frozen answers none of them."""
        tries = TRIES if method == "GET" else 1
        for left in reversed(range(tries)):
            try:
                answer = requests.request(
                    method,
                    self.server + path,
                    json=body,
                    headers={"Authorization": f"Bearer {self.token}", "Content-Type": content},
                    verify=self.authority,
                    timeout=ANSWERED * TRIES / tries,
                )
                return answer.status_code, answer.json()
            except requests.Timeout:
                if not left:
                    raise
        raise AssertionError("the last try answers or raises")

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
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A cloud with an environment in it."""
    spec = tmp_path_factory.mktemp("walls") / "lab.yaml"
    spec.write_text(SPEC)
    with standing("--speed", "500") as found:
        found.json("deploy", str(spec))
        yield found


@pytest.fixture(scope="module")
def west(cloud: Standing, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """Its config cluster."""
    folder = tmp_path_factory.mktemp("west")
    config = yaml.safe_load(Path(cloud.variables["KUBECONFIG"]).read_text())
    (named,) = [one["cluster"] for one in config["clusters"] if "lab-west" in one["name"]]
    authority = folder / "ca.pem"
    authority.write_bytes(base64.b64decode(named["certificate-authority-data"]))
    token = Path(cloud.variables["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
    return Cluster(named["server"], str(authority), token)


@pytest.fixture(autouse=True)
def lives_on(cloud: Standing, west: Cluster) -> Iterator[None]:
    """After every case the process stands and its controllers work: a Deployment made now gets its pods."""
    yield
    assert cloud.process.poll() is None, "the cloud has ended"
    west.call("DELETE", f"{DEPLOYMENTS}/after")
    west.ok("POST", DEPLOYMENTS, deployment("after"))
    west.until(f"{DEPLOYMENTS}/after", lambda item: item.get("status", {}).get("readyReplicas") == 1)
    west.ok("DELETE", f"{DEPLOYMENTS}/after")


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
