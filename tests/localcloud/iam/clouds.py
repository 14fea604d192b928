"""A local cloud under enforcement, without functions, whose callers are asked for by name."""

from __future__ import annotations

import json

from localcloud.compute import create_default_network
from localcloud.container import kube
from localcloud.container.cluster_api import ClusterApi
from localcloud.iam import accounts
from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.wire.messages import Caller, Json, Request, Response
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

OWNER, ROBOT = "owner@example.com", "robot@shop.iam.gserviceaccount.com"
CLUSTER = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
APIS = (
    "compute",
    "container",
    "gkehub",
    "iam",
    "cloudresourcemanager",
    "pubsub",
    "serviceusage",
    "workflows",
    "storage",
)
ROLE = f"projects/{PROJECT}/roles/robot"


class Cloud(Services):
    """One project with an owner, and a robot who may do what `let` says."""

    def __init__(self) -> None:
        world = a_world(*APIS, "workflowexecutions", "cloudfunctions", seed=1)
        world[ACCESS].enforced = True
        world.draw = lambda kind: 0.0
        super().__init__(world, caller=Caller(ROBOT))
        grant(self.world, f"projects/{PROJECT}", "roles/owner", f"user:{OWNER}")
        accounts.put(self.world, self.world.projects.get(PROJECT), ROBOT, {})
        create_default_network(self.world, PROJECT, "custom", {})

    def let(self, *permissions: str, condition: Json | None = None, on: str = f"projects/{PROJECT}") -> None:
        """Give the robot these permissions."""
        define_role(self.world, ROLE, permissions)
        grant(self.world, on, ROLE, f"serviceAccount:{ROBOT}", condition)

    def cluster(self, *bundle: str) -> ClusterApi:
        """A cluster whose DNS endpoint is `dns.gke.goog`, with these CRDs installed."""
        config = {"dnsEndpointConfig": {"endpoint": "dns.gke.goog", "allowExternalTraffic": True}}
        self.world.store["container.clusters"].put(CLUSTER, {"controlPlaneEndpointsConfig": config})
        api = kube.start(self.world, CLUSTER, "1.32.4-gke.1", [])
        api.install_bundle(*bundle)
        return ClusterApi(self.world, CLUSTER, api)


def kubectl(
    api: ClusterApi, verb: str, path: str, body: Json | None = None, host: str = "public", **headers: str
) -> tuple[int, Json]:
    """What a cluster answers to the robot."""
    text = json.dumps(body).encode() if body is not None else b""
    told = {"host": host, "content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    query = {"fieldManager": ["robot"]} if verb == "PATCH" else {}
    return _read(api.answer(Request(verb, path, query, told, text, Caller(ROBOT))))


def _read(answer: Response) -> tuple[int, Json]:
    return answer.status, json.loads(answer.body) if answer.body else {}
