"""Installs Fleetgate in a local cloud, as the bootstrap does in a real project.

It creates projects with their APIs, the anchors' network, topics, one function a step with its own identity, the
workflow and its trigger. Functions and workflow are the same files that are deployed to Google Cloud. A test compares
all of it to what Terraform makes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from fleetgate.local.identities import prepare_fleet_project, prepare_home
from fleetgate.local.resources import (
    ANCHORS,
    APIS,
    FLEET_APIS,
    LABELS,
    REPOSITORY,
    SOURCE_BUCKET,
    SUBNETWORK,
    VERIFICATION_RANGE,
    WORKFLOW,
    compact,
    endings_alert,
    executions_alert,
    monitor_job,
    sweep_job,
)
from fleetgate.local.roles import Role, RoleScope, read_roles
from localcloud.artifactregistry import create_repository
from localcloud.cloud import LocalCloud
from localcloud.cloudscheduler import create_job
from localcloud.compute import create_default_network, create_network, create_subnetwork
from localcloud.iam.grants import grant
from localcloud.monitoring import create_policy
from localcloud.regions import auto_range, regions
from localcloud.serviceusage.known import enabled_by_default, with_requirements
from localcloud.storage import create_bucket
from localcloud.wire.messages import Json

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

VERIFICATION = (
    "fleetgate-verification-default"  # the function, and the subnetwork that it sends its requests from
)
VERIFICATION_WHY = f"Where {VERIFICATION} sends its requests from."

STEPS = ("environment", "clusters", "fleet", "subnets", "service_export", "gateway")
MOST_INSTANCES = 10  # of a function
VERIFICATION_TIMEOUT = 120.0  # a VPC's first connection may stall for a minute [documented]

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
        self._make_projects()
        create_repository(self.cloud.world, self._place.repository, REPOSITORY)
        prepare_home(self.cloud.world, self._roles, self._place)
        prepare_fleet_project(self.cloud.world, self._roles, self._place)
        self._make_networks(network_mode)
        source = f"{self.project}-fleetgate-source"
        create_bucket(self.cloud.world, source, self.project, self.region, SOURCE_BUCKET)
        for name in ("requests", "events"):
            self.cloud.create_topic(self.topic(name), LABELS)
        for step in STEPS:
            self._deploy(step, step.replace("_", "-"))
        self._deploy("verification", "verification-default", in_vpc=True)
        self._deploy_workflow()
        for alert in (executions_alert(self.region), endings_alert()):
            create_policy(self.cloud.world, f"projects/{self.project}", alert, self.cloud.settings.user)
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

    def _make_projects(self) -> None:
        """Projects as Google hands them over, with the APIs that the bootstrap enables."""
        apis = {self.fleet_project: FLEET_APIS} | {self.project: APIS}
        for project, wanted in sorted(apis.items()):
            self.cloud.create_project(project, with_requirements([*enabled_by_default(), *wanted]))
        if self.project != self.fleet_project:
            create_default_network(self.cloud.world, self.project)

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
        self._make_own_subnetworks()

    def _make_own_subnetworks(self) -> None:
        """Where verifications go out from, and where anchors are reserved."""
        world = self.cloud.world
        subnetwork = {**SUBNETWORK, "description": VERIFICATION_WHY, "ipCidrRange": VERIFICATION_RANGE}
        create_subnetwork(world, self.network, self.region, VERIFICATION, subnetwork)
        anchors = create_network(
            world, self.project, ANCHOR_NETWORK, description=ANCHORS, default_route=False
        )
        anchored = {**SUBNETWORK, "description": "Room for 252 environments.", "ipCidrRange": ANCHOR_RANGE}
        create_subnetwork(world, anchors, self.region, ANCHOR_SUBNETWORK, anchored)

    def publish(self, request: bytes) -> str:
        """Publish a request, as a person would. Returns its message id."""
        return self.cloud.broker.publish(
            self.topic("requests"), {"data": base64.b64encode(request).decode(), "attributes": {}}
        )

    def schedule_sweeps(self) -> None:
        """Make the scheduler's job that asks for a sweep at every interval; from now on time never stands still."""
        self._schedule("sweep", self.sweep_job)

    @property
    def sweep_job(self) -> Json:
        """The scheduler's job that asks for a sweep."""
        return sweep_job(self.topic("environment"), self._place.account("schedule"))

    def schedule_monitor(self, schedule: str) -> None:
        """Make the job that asks at every `schedule` (cron, UTC) that what serves is proven again."""
        job = monitor_job(self.topic("environment"), self._place.account("schedule"), schedule)
        self._schedule("monitor", job)

    def _schedule(self, name: str, job: Json) -> None:
        place = f"projects/{self.project}/locations/{self.region}"
        create_job(self.cloud.world, f"{place}/jobs/fleetgate-{name}", job)

    def _deploy(self, step: str, topic: str, in_vpc: bool = False) -> None:
        self.cloud.create_topic(self.topic(topic), LABELS)
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
            subnetwork = f"projects/{self.fleet_project}/regions/{self.region}/subnetworks/{VERIFICATION}"
            service["directVpcNetworkInterface"] = [{"network": self.network, "subnetwork": subnetwork}]
        return {
            "description": f"Answers the messages on fleetgate-{topic}.",
            "labels": LABELS,
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
            "FLEETGATE_ANCHOR_SUBNETWORK": subnetwork,
            "FLEETGATE_EVENTS_TOPIC": self.topic("events"),
            "FLEETGATE_PROJECT": self.project,
            "FLEETGATE_REGION": self.region,
            "FLEETGATE_VERIFICATION_NETWORKS": compact({self.network: self.topic("verification-default")}),
            "FLEETGATE_WORKFLOW": self.workflow,
        }

    def _deploy_workflow(self) -> None:
        self.cloud.executions.deploy(
            self.workflow,
            (self.root / "workflows" / "environment.yaml").read_text("utf-8"),
            service_account=f"fleetgate-workflow@{self.project}.iam.gserviceaccount.com",
            environment={"FLEETGATE_TOPIC_PREFIX": f"projects/{self.project}/topics/fleetgate-"},
            settings=WORKFLOW,
        )
        trigger = f"projects/{self.project}/locations/{self.region}/triggers/fleetgate-requests"
        account = self._place.account("triggers")
        self.cloud.trigger_workflow(trigger, self.topic("requests"), self.workflow, account, LABELS)
