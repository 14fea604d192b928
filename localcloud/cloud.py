"""The local Google Cloud, put together: services, controllers, functions, the edge, and the schedule that moves it.

async with LocalCloud(Settings(seed=7)) as cloud:
    cloud.create_project("demo-project")
    …
    await cloud.run_until(lambda: …)

Its time jumps from event to event, or follows real time if the settings give a speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from localcloud.cloudfunctions import roll_out
from localcloud.compute import create_default_network
from localcloud.container.endpoints import ENDPOINT_SERVER
from localcloud.container.kube import CLUSTER_APIS
from localcloud.contested import CONTESTED, Contested
from localcloud.controllers import start_controllers
from localcloud.dataplane import Convergence
from localcloud.dataplane.proxy import VpcProxy
from localcloud.edge import Edge
from localcloud.endpoints import gcloud_endpoints
from localcloud.eventarc.triggers import make_workflow_trigger
from localcloud.faults.call_faults import Fault, Faults
from localcloud.forward_proxy import ForwardProxy
from localcloud.functions import pauses
from localcloud.functions.metadata import MetadataServer
from localcloud.functions.processes import ForkServer
from localcloud.functions.runtime import RUNTIME, Function, Functions
from localcloud.google_apis import GOOGLE_APIS, GoogleApis
from localcloud.iam.access import ACCESS
from localcloud.iam.accounts import account_holder, exists
from localcloud.iam.grants import grant
from localcloud.iam.tokens import TOKENS
from localcloud.projects import Project
from localcloud.pubsub.broker import BROKER, DELIVERY, Delivery
from localcloud.records.call_log import CallLog
from localcloud.records.dump import canonical_dump
from localcloud.request_path import REQUEST_PATH, RequestPath
from localcloud.services import SERVICES
from localcloud.serviceusage.identities import provision
from localcloud.serviceusage.known import enabled_by_default, find, with_requirements
from localcloud.time.clock import EPOCH
from localcloud.time.jump_schedule import JumpSchedule
from localcloud.time.scaled_schedule import ScaledSchedule
from localcloud.wire.identities import Identities
from localcloud.wire.messages import Caller, Json, Request, Response
from localcloud.workflows.dialect import DIALECT, Dialect
from localcloud.workflows.executions import EXECUTIONS
from localcloud.world import World

if TYPE_CHECKING:
    from localcloud.grpc.server import GrpcServer


@dataclass(frozen=True)
class Settings:
    """How this cloud behaves.

    `preload` names modules that the parent of all function instances imports before it forks. `timings`
    overrides typical seconds of the timing table; `faults` are what calls meet. `speed` is how many simulated
    seconds a real one has; then the cloud begins at the present time. Without it time jumps, from a fixed
    morning on. With `enforce`, nobody may do what no role lets them; `user` owns every project. `dialect` is how
    Workflows behaves where Google's pages leave it open, `contested` how Google does where they contradict each
    other. With `grpc`, services speak gRPC, too; what that takes is imported then, which takes a second.
    """

    seed: int = 0
    speed: float | None = None
    delivery: Delivery = field(default_factory=Delivery)
    faults: Sequence[Fault] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    preload: Sequence[str] = ()
    port: int = 0
    user: str = "user@example.com"
    enforce: bool = False
    dialect: Dialect = field(default_factory=Dialect)
    contested: Contested = field(default_factory=Contested)
    grpc: bool = False


class LocalCloud:
    """One cloud with its own time. Enter it, once, to let it listen; leave it to end everything it started."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        speed = self.settings.speed
        start = time.time() if speed else EPOCH
        self.world = World.create(self.settings.seed, start, self.settings.timings)
        self.world[ACCESS].enforced = self.settings.enforce
        self.identities = Identities()
        self.log = CallLog()
        self.schedule = _schedule(self.world, speed)
        self.world.draw = self.schedule.draw
        self.world[DELIVERY] = self.settings.delivery
        self.world[DIALECT] = self.settings.dialect
        self.world[CONTESTED] = self.settings.contested
        self.world.clock.outlives_faults = bool(speed)
        self.faults = Faults(self.settings.faults, self.settings.seed, self.world.clock)
        self.world[REQUEST_PATH] = RequestPath(self.world.clock, self.log, self.faults)
        self.apis = self.world[GOOGLE_APIS] = GoogleApis(self.world, SERVICES)
        self.world[TOKENS] = self.identities
        self.edge = Edge(
            self.world,
            self.identities,
            self.schedule,
            self.apis.answer,
            VpcProxy(self.world).answer,
            self.apis.largest_body,
            self.apis.is_anonymous,
        )
        self.world[ENDPOINT_SERVER] = self.edge
        self.broker = self.world[BROKER]
        self.executions = self.world[EXECUTIONS]
        self.folder = Path()
        self._vpc_proxy = self._dns = ""
        self.grpc: GrpcServer | None = None
        self.grpc_endpoint = ""  # `host:port`; empty where gRPC is not spoken

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as started:
            self.folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="localcloud-")))
            started.push_async_callback(self.edge.stop)
            self._open_ports()
            started.push_async_callback(self._forward_proxy.stop)
            self.forward_proxy = await self._forward_proxy.open()
            fork_server = ForkServer(self.folder, self.settings.seed, self.settings.preload, self.domains())
            fork_server.start()
            if self.settings.grpc:
                await self._open_grpc(started)
            self.functions = Functions(
                self.world,
                self.schedule,
                fork_server,
                self._instance_environment,
                self._close_metadata_server,
            )
            self.world[RUNTIME], self.world.folder = self.functions, self.folder
            started.push_async_callback(self.functions.stop)
            self.faults.kill = self._kill
            start_controllers(self.world)
            Convergence(self.world)
            if isinstance(self.schedule, ScaledSchedule):
                self._driver = asyncio.create_task(self.schedule.drive())
                started.push_async_callback(_cancelled, self._driver)
            self._started = started.pop_all()
        return self

    def _open_ports(self) -> None:
        self.world.base_url = "http://" + self.edge.open_services(self.settings.port)
        self._vpc_proxy = self.edge.open("vpc", self.edge.handle_vpc, for_other_hosts=True)
        self._dns = self.edge.open_dns()
        self._forward_proxy = ForwardProxy(self.edge.open_hosts(), self.domains())
        (self.folder / "roots.pem").write_text(self.edge.public_authority.pem)

    async def _open_grpc(self, started: AsyncExitStack) -> None:
        """Speak gRPC. What that takes is imported here, in a thread: it would hold the cloud for a second."""
        self.grpc = (await asyncio.to_thread(_grpc_server))(self.identities, self.edge.handle_service)
        started.push_async_callback(self.grpc.stop)
        self.grpc_endpoint = await self.grpc.open(self.edge.public_authority)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._started.aclose()

    def create_project(self, project_id: str, apis: Sequence[str] = ()) -> Project:
        """A new project with these APIs enabled."""
        project = self.world.projects.create(project_id)
        project.enabled.update(apis)
        if self.settings.enforce:
            grant(self.world, f"projects/{project_id}", "roles/owner", f"user:{self.settings.user}")
        for name in apis:
            provision(self.world, project, find(name))
        return project

    def create_new_project(self, project_id: str, apis: Sequence[str] = ()) -> Project:
        """A project as Google hands one over: with the APIs that are on by themselves, and the network `default`.

        `apis` are those that its owner has enabled since.
        """
        project = self.create_project(project_id, with_requirements([*enabled_by_default(), *apis]))
        create_default_network(self.world, project_id)
        return project

    def create_topic(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """A topic, by full name."""
        labelled = {"labels": dict(labels)} if labels else {}
        self.world.store["pubsub.topics"].put(name, {**labelled, "name": name})

    def deploy_function(self, name: str, fields: Json, source: Path, directory: Path | None = None) -> None:
        """Deploy a function (by full name) from this file at once; `fields` are those of its API, without a source.

        What it imports is looked for in `directory`, by default the file's own.
        """
        roll_out(self.world, name, fields, source, directory or source.parent)

    def trigger_workflow(
        self, name: str, topic: str, workflow: str, service_account: str, labels: Mapping[str, str]
    ) -> None:
        """A trigger (by full name) that starts an execution of `workflow` for every message of `topic`."""
        make_workflow_trigger(self.world, name, workflow, topic, service_account, labels=dict(labels))

    def answer(self, request: Request) -> Response:
        """The answer to a call of a Google API by whom the request says.

        Raises:
            Abort: a fault leaves it without one.
        """
        return self.apis.answer(request)

    def endpoints(self) -> dict[str, str]:
        """The environment variables that send gcloud and the product's own clients here."""
        return {**gcloud_endpoints(self.world.base_url), "SSL_CERT_FILE": str(self.folder / "roots.pem")}

    def domains(self) -> dict[str, str]:
        """Domains of Google's that are here: `host:port` for each. Function instances are led there."""
        return {"gke.goog": self._dns}

    def user_token(self) -> str:
        """An access token of the cloud's user, for gcloud, kubectl and curl."""
        return self.identities.issue(Caller(self.settings.user))

    def vpc_proxy(self) -> str:
        """`host:port` of the HTTP forward proxy whose requests leave inside the VPC."""
        return self._vpc_proxy

    async def run_until(self, done: Callable[[], bool]) -> None:
        """Let time pass until `done()`.

        Raises:
            Stalled: it never will be.
        """
        await self.schedule.run_until(done)

    async def run_until_set(self, over: asyncio.Event) -> None:
        """Let scaled time pass until `over` is set."""
        waiting = asyncio.create_task(over.wait())
        await asyncio.wait({waiting, self._driver}, return_when=asyncio.FIRST_COMPLETED)
        await _cancelled(waiting)
        if self._driver.done():
            self._driver.result()

    def dump(self) -> Json:
        """Every resource there is, in canonical order, without what is chance (ids, times, fingerprints)."""
        clusters = self.world[CLUSTER_APIS]
        history = frozenset().union(*(service.history for service in SERVICES))
        return canonical_dump(self.world, clusters, history)

    def _instance_environment(self, function: Function, instance: str) -> dict[str, str]:
        """The environment of a new instance: Google's variables, its own metadata server, its way into the VPC."""
        account = function.service_account
        project = self.world.projects.get(account_holder(self.world, account, "").split("/")[1])
        token = self.identities.issue(Caller(account, instance))

        def token_of_account() -> str:
            return token if self._has_account(account) else ""

        server = MetadataServer(project, "us-central1", account, self.world.ids.hex(16), token_of_account)

        async def metadata(request: Request) -> Response:
            seconds = pauses.seconds_of(request)
            if seconds is None:
                return server.handle(request)
            await self.schedule.pause(instance, seconds, request.port)
            return pauses.over()

        address = self.edge.open(_metadata_port(instance), metadata)
        variables = {
            **self.endpoints(),
            "GCE_METADATA_HOST": address,
            "GCE_METADATA_IP": address,
            "K_SERVICE": function.name,
            "FUNCTION_TARGET": function.entry_point,
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "NO_PROXY": "127.0.0.1,localhost",
        }
        if function.egress:
            variables["HTTP_PROXY"] = f"http://{instance}:egress@{self._vpc_proxy}"
        return {**variables, **function.environment}

    def _has_account(self, email: str) -> bool:
        """Whether the account is there; where nothing is enforced, nobody need have made it."""
        return not self.world[ACCESS].enforced or exists(self.world, email)

    def _kill(self, name: str) -> None:
        if instance := self.functions.instance(name):
            self.functions.kill(instance)

    def _close_metadata_server(self, instance: str) -> None:
        self.edge.close(_metadata_port(instance))


def _schedule(world: World, speed: float | None) -> JumpSchedule | ScaledSchedule:
    if speed:
        return ScaledSchedule(world.clock, world.timing, speed)
    return JumpSchedule(world.clock, world.timing)


def _grpc_server() -> type[GrpcServer]:
    from localcloud.grpc.server import GrpcServer  # slow to import

    return GrpcServer


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """End a task; if it has failed, somebody else was told."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


def _metadata_port(instance: str) -> str:
    return f"metadata/{instance}"
