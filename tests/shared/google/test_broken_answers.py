"""Broken answers are passing troubles: every kind of them, on a read, a write and a list of every API, by the wire."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from functions.service_export.namespaces import foreign_object_in
from localcloud.cloud import LocalCloud
from localcloud.cloud import Settings as CloudSettings
from localcloud.faults.broken_answers import KINDS, Broken
from localcloud.faults.call_faults import Fault, Matcher
from localcloud.wire.messages import Caller
from localcloud.workflows import definitions
from shared import errors
from shared.google import (
    compute,
    container,
    container_writes,
    executions,
    gkehub,
    gkehub_writes,
    projects,
    serviceusage,
)
from shared.google.cluster_reader import ClusterReader, _pool
from shared.google.cluster_writer import ClusterWriter
from shared.google.lists import EVERYWHERE
from shared.google.pubsub import Publication, publish
from shared.google.session import REPEATS, Session
from shared.settings import ENDPOINTS, Settings
from tests.support.local_cloud import call

P, REGION, ZONE, WEST = "shop", "us-west1", "us-west1-a", "gke-west-1"
APIS = (
    "compute",
    "container",
    "gkehub",
    "serviceusage",
    "cloudresourcemanager",
    "pubsub",
    "workflowexecutions",
)
TOPIC = f"projects/{P}/topics/t"
WORKFLOW = f"projects/{P}/locations/us-central1/workflows/w"
SOURCE = "main:\n  steps:\n  - last: {return: 1}\n"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "here"}}
OF_CLUSTERS = Matcher(service="kubernetes")
REASONS = {errors.BROKEN, errors.TOO_LARGE}
ONCE = {errors.TOO_LARGE}
SAMPLE = 5


@dataclass
class Here:
    """A cloud that stands, and a session that asks it."""

    cloud: LocalCloud
    session: Session
    loop: asyncio.AbstractEventLoop
    execution: str
    names: int = 0

    @cached_property
    def west(self) -> container.Cluster:
        """The one cluster."""
        return container.clusters(self.session, P).within(EVERYWHERE)[0]

    @property
    def reader(self) -> ClusterReader:
        """Its API, to read."""
        return ClusterReader(self.session, self.west)

    @property
    def writer(self) -> ClusterWriter:
        """Its API, to write."""
        return ClusterWriter(self.session, self.west)

    def hang_up(self) -> None:
        """Close every connection: by TLS, the cloud would wait for a farewell."""
        for client in (container_writes._client(self.session), gkehub_writes._client(self.session)):
            client.transport._session.close()
        self.writer._client.rest_client.pool_manager.clear()
        self.session._http.close()
        _pool(self.west.endpoint.ca).clear()

    def fresh(self) -> str:
        """A name that nothing has."""
        self.names += 1
        return f"fresh-{self.names}"


@pytest.fixture(scope="module")
def standing() -> Iterator[Here]:
    """A project with a running cluster, its membership, an address and an execution."""
    ready: Future[Here] = Future()
    over = asyncio.Event()

    async def run() -> None:
        async with LocalCloud(CloudSettings(seed=7)) as cloud:
            cloud.create_new_project(P, [f"{each}.googleapis.com" for each in (*APIS, "workflows")])
            cloud.create_topic(TOPIC)
            call(cloud, "POST", f"container/v1/projects/{P}/locations/{ZONE}/clusters", {"cluster": {
                "name": WEST, "initialNodeCount": 1, "fleet": {"project": P},
                "workloadIdentityConfig": {"workloadPool": f"{P}.svc.id.goog"},
            }})  # fmt: skip
            made = f"container/v1/projects/{P}/locations/{ZONE}/clusters/{WEST}"
            await cloud.run_until(lambda: call(cloud, "GET", made)["status"] == "RUNNING")
            address = {"name": "a", "addressType": "INTERNAL"}
            call(cloud, "POST", f"compute/compute/v1/projects/{P}/regions/{REGION}/addresses", address)
            definitions.put(
                cloud.world,
                WORKFLOW,
                {"sourceContents": SOURCE, "serviceAccount": f"projects/{P}/serviceAccounts/x"},
            )
            begun = call(cloud, "POST", f"workflowexecutions/v1/{WORKFLOW}/executions", {})
            execution = begun["name"].rpartition("/")[2]
            ready.set_result(Here(cloud, _session(cloud), asyncio.get_running_loop(), execution))
            await over.wait()
            await _cut_off(cloud)

    def in_thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as fault:
            if ready.done():
                raise
            ready.set_exception(fault)

    thread = threading.Thread(target=in_thread)
    thread.start()
    here = ready.result(60)
    assert here.west.is_reachable
    yield here
    here.hang_up()
    here.loop.call_soon_threadsafe(over.set)
    thread.join(30)


async def _cut_off(cloud: LocalCloud) -> None:
    """End what is left of connections on the cloud's side: a socket that stays open is a warning."""
    servers = [(await each).server for each in cloud.edge._listeners.values()]
    for connection in [each for server in servers if server is not None for each in server.connections]:
        if connection.transport is not None:
            connection.transport.abort()
    await asyncio.sleep(0.2)  # for what lies under TLS


def _session(cloud: LocalCloud) -> Session:
    prefix = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"
    there = cloud.endpoints()
    endpoints = {name: there[prefix + name.upper()] for name in ENDPOINTS}
    token = Credentials(cloud.identities.issue(Caller("user@example.com")))
    return Session(Settings(P, REGION, "", WORKFLOW, "", {}, endpoints), token)


Ask = Callable[[Here], object]


def _each(names: Iterable[str]) -> list[Any]:
    """Every kind of broken answer with every name. `make test` has one in five, each kind and each name among them."""
    pairs = [(a, b, name, kind) for a, name in enumerate(names) for b, kind in enumerate(KINDS)]
    return [
        pytest.param(name, kind, marks=[] if (a + b) % SAMPLE == 0 else [pytest.mark.long])
        for a, b, name, kind in pairs
    ]


# One call of each kind and service: the pattern of its method, and the call.
READS: dict[str, tuple[Matcher, Ask]] = {
    "an address": (
        Matcher(method="compute.addresses.get"),
        lambda here: compute.address(here.session, P, REGION, "a"),
    ),
    "a network": (
        Matcher(method="compute.networks.get"),
        lambda here: compute.network(here.session, P, "default"),
    ),
    "an execution": (
        Matcher(method="*.executions.get"),
        lambda here: executions.read(here.session, WORKFLOW, here.execution),
    ),
    "a project": (Matcher(method="*.projects.get"), lambda here: projects.number(here.session, P)),
    "a policy": (Matcher(method="*.getIamPolicy"), lambda here: projects.policy(here.session, P)),
    "APIs": (
        Matcher(method="*.batchGet"),
        lambda here: serviceusage.enabled(here.session, P, serviceusage.NEEDED),
    ),
    "an object": (OF_CLUSTERS, lambda here: here.reader.get("Namespace", "", "default")),
}
LISTS: dict[str, tuple[Matcher, Ask]] = {
    "addresses": (
        Matcher(method="compute.addresses.list"),
        lambda here: compute.addresses(here.session, P, REGION),
    ),
    "firewalls": (Matcher(method="compute.firewalls.list"), lambda here: compute.firewalls(here.session, P)),
    "subnetworks": (
        Matcher(method="compute.subnetworks.aggregatedList"),
        lambda here: compute.subnetworks(here.session, P),
    ),
    "clusters": (
        Matcher(method="container.*.clusters.list"),
        lambda here: container.clusters(here.session, P),
    ),
    "deletions": (
        Matcher(method="container.*.operations.list"),
        lambda here: container.deletions(here.session, P, EVERYWHERE),
    ),
    "features": (Matcher(method="gkehub.*.features.list"), lambda here: gkehub.features(here.session, P)),
    "memberships": (
        Matcher(method="gkehub.*.memberships.list"),
        lambda here: gkehub.memberships(here.session, P),
    ),
    "objects": (OF_CLUSTERS, lambda here: here.reader.list("Pod", "default")),
    "objects everywhere": (OF_CLUSTERS, lambda here: here.reader.everywhere("Service")),
    "kinds of objects": (OF_CLUSTERS, lambda here: foreign_object_in(here.reader, "default", "store")),
}
WRITES: dict[str, tuple[Matcher, Ask]] = {
    "of an address": (
        Matcher(method="compute.addresses.insert"),
        lambda here: compute.insert_address(
            here.session, P, REGION, {"name": here.fresh(), "addressType": "INTERNAL"}
        ),
    ),
    "of a cluster": (
        Matcher(method="container.*.clusters.create"),
        lambda here: container_writes.create_cluster(
            here.session, P, ZONE, {"name": here.fresh(), "initial_node_count": 1}
        ),
    ),
    "of a feature": (
        Matcher(method="gkehub.*.features.create"),
        lambda here: gkehub_writes.create_feature(here.session, P, gkehub.MCS, {}),
    ),
    "of a policy": (
        Matcher(method="*.setIamPolicy"),
        lambda here: projects.set_policy(here.session, P, projects.policy(here.session, P)),
    ),
    "of a message": (Matcher(service="pubsub"), lambda here: publish(here.session, Publication(TOPIC, {}))),
    "of an object": (OF_CLUSTERS, lambda here: here.writer.apply(NAMESPACE)),
    "of no object": (OF_CLUSTERS, lambda here: here.writer.delete("Namespace", "", "none")),
}
# A cluster is not asked what time it is, so nobody reads its `Date`.
HARMLESS = {
    (name, "unreadable Date")
    for name, (matcher, _) in {**READS, **LISTS, **WRITES}.items()
    if matcher is OF_CLUSTERS
}


def _struck(
    here: Here, matcher: Matcher, ask: Ask, effect: Broken, nth: int | None = None
) -> errors.Transient | None:
    """What a call meets that is struck by `effect`, each time or the `nth`; None if it succeeds."""
    here.session.begin()
    here.cloud.faults.injected.clear()
    here.cloud.faults.plan(Fault(matcher, effect, nth=nth))
    try:
        ask(here)
    except errors.Transient as trouble:
        return trouble
    finally:
        here.cloud.faults.cease()
    return None


@pytest.mark.parametrize(("name", "kind"), _each([*READS, *LISTS]))
def test_a_read_whose_answer_is_broken_is_repeated_and_then_passes(
    standing: Here, name: str, kind: str
) -> None:
    """Nothing that a broken answer says is believed: that there is nothing, or something else."""
    matcher, ask = {**READS, **LISTS}[name]
    trouble = _struck(standing, matcher, ask, Broken(kind))

    if (name, kind) in HARMLESS:
        assert trouble is None
        return
    assert trouble is not None, "it was believed"
    assert trouble.reason in REASONS or trouble.status == 499, str(trouble)
    assert len(standing.cloud.faults.injected) == (1 if trouble.reason in ONCE else 1 + REPEATS)
    assert kind == "huge" or _struck(standing, matcher, ask, Broken(kind), nth=1) is None


@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
@pytest.mark.parametrize(("name", "kind"), _each(WRITES))
def test_a_write_whose_answer_is_broken_may_have_happened(
    standing: Here, name: str, kind: str, after: bool
) -> None:
    """It is made once, and the step looks again."""
    matcher, ask = WRITES[name]
    trouble = _struck(standing, matcher, ask, Broken(kind, after))

    assert (trouble is None) == (after and (name, kind) in HARMLESS)
    assert trouble is None or trouble.reason in REASONS or trouble.status == 499, str(trouble)
    assert len(standing.cloud.faults.injected) == 1
