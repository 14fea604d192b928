"""Installs Fleetgate in a local cloud, as the bootstrap does in a real project.

It creates projects with their APIs, the anchors' network, topics, one function a step with its own identity, the
workflow and its trigger. Functions and workflow are the same files that are deployed to Google Cloud.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from fleetgate.local.identities import prepare_fleet_project, prepare_home
from fleetgate.local.roles import Role, RoleScope, read_roles
from localcloud.artifactregistry import create_repository
from localcloud.cloud import LocalCloud
from localcloud.cloudscheduler import create_job
from localcloud.compute import create_default_network, create_network, create_subnetwork
from localcloud.iam.grants import grant
from localcloud.regions import auto_range, regions
from localcloud.storage import create_bucket
from localcloud.wire.messages import Json
from shared.spec.values import SWEEP_INTERVAL

ROOT = Path(__file__).parents[2]
HOME_PROJECT = "fleetgate-demo"
HOME_REGION = "us-central1"
ANCHOR_NETWORK = "fleetgate"
ANCHOR_SUBNETWORK = "fleetgate-anchors"
ANCHOR_RANGE = "10.255.0.0/24"
DEFAULT = "default"
OWN_RANGES = tuple(
    f"10.{64 + each}.0.0/20" for each in range(64)
)  # one a region, outside the range of auto mode

STEPS = ("environment", "clusters", "fleet", "subnets", "service_export", "gateway")
MOST_INSTANCES = 10  # of a function
VERIFICATION_TIMEOUT = 120.0  # a VPC's first connection may stall for a minute [documented]

# The APIs that the tutorial's prerequisites page and Fleetgate itself need.
APIS = tuple(
    f"{name}.googleapis.com"
    for name in (
        "artifactregistry",
        "cloudbuild",
        "cloudfunctions",
        "cloudresourcemanager",
        "cloudscheduler",
        "compute",
        "connectgateway",
        "container",
        "dns",
        "eventarc",
        "gkehub",
        "iam",
        "logging",
        "monitoring",
        "multiclusteringress",
        "multiclusterservicediscovery",
        "pubsub",
        "run",
        "serviceusage",
        "storage",
        "trafficdirector",
        "workflowexecutions",
        "workflows",
    )
)

# How the bootstrap makes the bucket of archives.
SOURCE_BUCKET: Json = {
    "versioning": {"enabled": True},
    "lifecycle": {
        "rule": [{"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}}],
    },
    "iamConfiguration": {
        "uniformBucketLevelAccess": {"enabled": True},
        "publicAccessPrevention": "enforced",
    },
}

# How the bootstrap makes the repository of images.
REPOSITORY: Json = {
    "format": "DOCKER",
    "description": "The functions' images, as Cloud Functions builds them.",
    "cleanupPolicies": {
        "keep-three": {"id": "keep-three", "action": "KEEP", "mostRecentVersions": {"keepCount": 3}},
        "delete-older": {
            "id": "delete-older",
            "action": "DELETE",
            "condition": {"olderThan": "2592000s", "tagState": "ANY"},
        },
    },
}

# Imported before a function's process is forked: Google's clients take a second to import.
PRELOAD = (
    "functions_framework",
    "google.auth.transport.requests",
    "google.cloud.container_v1",
    "google.cloud.gkehub_v1",
    "kubernetes.client",
    "pydantic",
    "werkzeug.serving",
    # our own modules: an instance with another copy in its folder uses that copy
    "shared.spec",
    *(f"functions.{step}.main" for step in (*STEPS, "verification")),
    "fleetgate.local.built_models",
)


@dataclass(frozen=True)
class Installation:
    """Fleetgate in a cloud.

    Environments are created in `fleet_project`, in `network_name` and its subnetworks `subnetwork`. `root` has the
    folders `functions/` and `workflows/`. With `archives`, each function runs from its unpacked archive there,
    `<step>/`. `roles` replace the roles of the role files. `node_accounts` are service accounts that nodes may use,
    besides the fleet project's `fleetgate-nodes`.
    """

    cloud: LocalCloud
    fleet_project: str = HOME_PROJECT
    root: Path = ROOT
    project: str = HOME_PROJECT
    region: str = HOME_REGION
    network_name: str = DEFAULT
    subnetwork: str = DEFAULT
    archives: Path | None = None
    roles: tuple[Role, ...] | None = None
    node_accounts: tuple[str, ...] = ()

    @property
    def workflow(self) -> str:
        """The workflow's full name."""
        return f"projects/{self.project}/locations/{self.region}/workflows/fleetgate"

    def topic(self, name: str) -> str:
        """The full name of `fleetgate-<name>`."""
        return f"projects/{self.project}/topics/fleetgate-{name}"

    @property
    def network(self) -> str:
        """The network of environments, in which traffic is verified."""
        return f"projects/{self.fleet_project}/global/networks/{self.network_name}"

    def install(self, network_mode: str = "auto", sweep: bool = False) -> None:
        """Set everything up, with a `default` network of this mode (auto or custom) in the fleet's project.

        With `sweep`, the scheduler requests a sweep at every interval from then on.
        """
        for project in sorted({self.project, self.fleet_project}):
            self.cloud.create_project(project, APIS)
        create_repository(self.cloud.world, self._place.repository, REPOSITORY)
        prepare_home(self.cloud.world, self._roles, self._place)
        prepare_fleet_project(self.cloud.world, self._roles, self._place)
        self._make_networks(network_mode)
        source = f"{self.project}-fleetgate-source"
        create_bucket(self.cloud.world, source, self.project, self.region, SOURCE_BUCKET)
        for name in ("requests", "events"):
            self.cloud.create_topic(self.topic(name))
        for step in STEPS:
            self._deploy(step, step.replace("_", "-"))
        self._deploy("verification", "verification-default", in_vpc=True)
        self._deploy_workflow()
        if sweep:
            self.schedule_sweeps()

    @property
    def _roles(self) -> tuple[Role, ...]:
        return self.roles if self.roles is not None else read_roles()

    @property
    def _place(self) -> RoleScope:
        return RoleScope(
            self.project,
            self.fleet_project,
            ("verification-default",),
            tuple(self.node_accounts),
            self.region,
        )

    def _make_networks(self, mode: str) -> None:
        """Create the networks. A custom-mode network gets the same subnetworks as an auto-mode one.

        A network or subnetworks with other names are created in addition, in every region.
        """
        world = self.cloud.world
        given = {region: auto_range(region) for region in regions()} if mode == "custom" else None
        default = create_default_network(world, self.fleet_project, mode, given)
        if (self.network_name, self.subnetwork) != (DEFAULT, DEFAULT):
            is_default = self.network_name == DEFAULT
            made = default if is_default else create_network(world, self.fleet_project, self.network_name)
            for region, cidr in zip(regions(), OWN_RANGES, strict=False):
                create_subnetwork(world, made, region, self.subnetwork, {"ipCidrRange": cidr})
        anchors = create_network(world, self.project, ANCHOR_NETWORK)
        create_subnetwork(world, anchors, self.region, ANCHOR_SUBNETWORK, {"ipCidrRange": ANCHOR_RANGE})

    def publish(self, request: bytes) -> str:
        """Publish a request, as a person would. Returns its message id."""
        return self.cloud.broker.publish(
            self.topic("requests"), {"data": base64.b64encode(request).decode(), "attributes": {}}
        )

    def schedule_sweeps(self) -> None:
        """Make the scheduler's job that requests a sweep at every interval; from now on time never stands still."""
        message = {"data": base64.b64encode(b'{"action": "sweep"}').decode()}
        job = {
            "description": "Asks for the teardown of environments whose lease has ended.",
            "schedule": f"*/{SWEEP_INTERVAL // 60} * * * *",
            "timeZone": "Etc/UTC",
            "httpTarget": {
                "uri": f"https://pubsub.googleapis.com/v1/{self.topic('requests')}:publish",
                "httpMethod": "POST",
                "headers": {"Content-Type": "application/json"},
                "body": base64.b64encode(json.dumps({"messages": [message]}).encode()).decode(),
                "oauthToken": {
                    "serviceAccountEmail": self._place.account("schedule"),
                    "scope": "https://www.googleapis.com/auth/pubsub",
                },
            },
            "retryConfig": {"retryCount": 3},
        }
        create_job(
            self.cloud.world, f"projects/{self.project}/locations/{self.region}/jobs/fleetgate-sweep", job
        )

    def _deploy(self, step: str, topic: str, in_vpc: bool = False) -> None:
        self.cloud.create_topic(self.topic(topic))
        directory, source = self._code(step)
        place, name = f"projects/{self.project}/locations/{self.region}", f"fleetgate-{topic}"
        fields = self._function(step, topic, in_vpc)
        self.cloud.deploy_function(f"{place}/functions/{name}", fields, source, directory)
        invoker = f"serviceAccount:{self._place.account('triggers')}"
        grant(self.cloud.world, f"{place}/services/{name}", "roles/run.invoker", invoker)

    def _function(self, step: str, topic: str, in_vpc: bool) -> Json:
        """A function as the bootstrap describes it to the API, but for its source."""
        account, home = self._place.account, f"projects/{self.project}"
        service: Json = {
            "timeoutSeconds": int(VERIFICATION_TIMEOUT) if in_vpc else 60,
            "availableCpu": "1",
            "availableMemory": "512Mi",
            "maxInstanceRequestConcurrency": 1,
            "maxInstanceCount": MOST_INSTANCES,
            "ingressSettings": "ALLOW_INTERNAL_ONLY",
            "allTrafficOnLatestRevision": True,
            "serviceAccountEmail": account(step.replace("_", "-")),
            "environmentVariables": self._settings(),
        }
        if in_vpc:
            service["directVpcEgress"] = "VPC_EGRESS_PRIVATE_RANGES_ONLY"
            service["directVpcNetworkInterface"] = [{"network": self.network}]
        return {
            "description": f"Answers the messages on fleetgate-{topic}.",
            "buildConfig": {
                "runtime": "python312",
                "entryPoint": step,
                "dockerRepository": f"{home}/locations/{self.region}/repositories/fleetgate",
                "serviceAccount": f"{home}/serviceAccounts/{account('build')}",
            },
            "serviceConfig": service,
            "eventTrigger": {
                "triggerRegion": self.region,
                "eventType": "google.cloud.pubsub.topic.v1.messagePublished",
                "pubsubTopic": self.topic(topic),
                "serviceAccountEmail": account("triggers"),
                "retryPolicy": "RETRY_POLICY_DO_NOT_RETRY",
            },
        }

    def _code(self, step: str) -> tuple[Path, Path]:
        """The folder with a function's code, and the file with its entry point."""
        if self.archives is not None:
            return self.archives / step, self.archives / step / "main.py"
        return self.root, self.root / "functions" / step / "main.py"

    def _settings(self) -> dict[str, str]:
        subnetwork = f"projects/{self.project}/regions/{self.region}/subnetworks/{ANCHOR_SUBNETWORK}"
        return {
            "FLEETGATE_PROJECT": self.project,
            "FLEETGATE_REGION": self.region,
            "FLEETGATE_ANCHOR_SUBNETWORK": subnetwork,
            "FLEETGATE_WORKFLOW": self.workflow,
            "FLEETGATE_EVENTS_TOPIC": self.topic("events"),
            "FLEETGATE_VERIFICATION_NETWORKS": json.dumps({self.network: self.topic("verification-default")}),
        }

    def _deploy_workflow(self) -> None:
        self.cloud.executions.deploy(
            self.workflow,
            (self.root / "workflows" / "environment.yaml").read_text("utf-8"),
            service_account=f"fleetgate-workflow@{self.project}.iam.gserviceaccount.com",
            environment={"FLEETGATE_TOPIC_PREFIX": f"projects/{self.project}/topics/fleetgate-"},
        )
        trigger = f"projects/{self.project}/locations/{self.region}/triggers/fleetgate-requests"
        account = self._place.account("triggers")
        self.cloud.trigger_workflow(trigger, self.topic("requests"), self.workflow, account)
