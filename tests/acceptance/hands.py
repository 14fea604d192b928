"""Deletions by hand: somebody deletes something of the environment's while a request for it is at work.

A matrix: each kind of thing is deleted at each step of a request, at up to three moments of it. However it went, a
teardown ends in bounded time, and never by its budget. Either all is removed, or the answer has the commands that
remove what nobody else can. These are run here, exactly as they are told; after that the next teardown goes on.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fleetgate.local.installation import HOME_PROJECT as PROJECT
from fleetgate.local.run import LocalRun, NeverEnded
from fleetgate.report import Report
from localcloud.container.kube import CLUSTER_APIS
from localcloud.faults.call_faults import Answer, CallDescription, Fault, Matcher, Means
from localcloud.time.jump_schedule import Stalled
from localcloud.wire.messages import Response
from tests.acceptance import commands
from tests.acceptance.crashes import CALLBACK, TEAR_DOWN
from tests.acceptance.runs import RESOURCE_APIS, settle, store
from tests.support.dumps import left
from tests.support.local_cloud import let_pass, respond

WEST = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
EAST = f"projects/{PROJECT}/locations/us-east1-c/clusters/gke-east-1"
FLEET = f"gkehub/v1/projects/{PROJECT}/locations"
COMPUTE = f"compute/compute/v1/projects/{PROJECT}"
ROUTING = "gateway.networking.k8s.io"
INGRESS, SERVICES = "multiclusteringress", "multiclusterservicediscovery"
LIMIT = 3600.0  # simulated seconds that a request may take, whatever it ends with
ROUNDS = 6  # teardowns, with a person's commands between
SEED = 3

# Deletes something; says whether anything was there that could be deleted.
Delete = Callable[[LocalRun], bool]


def _call(path: str, **query: str) -> Delete:
    """A resource of Google's; what is in use, or gone already, is refused."""
    return lambda local: respond(local.cloud, "DELETE", path, **query).status < 300


def _object(cluster: str, kind: str, namespace: str, name: str) -> Delete:
    """An object in a cluster."""

    def delete(local: LocalRun) -> bool:
        api = local.cloud.world[CLUSTER_APIS].get(cluster)
        live = api.get(kind, namespace, name) if api is not None else None
        if api is None or live is None or live["metadata"].get("deletionTimestamp"):
            return False
        api.delete(kind, namespace, name)
        return True

    return delete


def _all(*deletions: Delete) -> Delete:
    return lambda local: any([each(local) for each in deletions])


def _feature(name: str) -> Delete:
    return _call(f"{FLEET}/global/features/{name}", force="true")


KINDS: dict[str, Delete] = {
    "cluster": _call(f"container/v1/{EAST}"),
    "config cluster": _call(f"container/v1/{WEST}"),
    "every cluster": _all(_call(f"container/v1/{EAST}"), _call(f"container/v1/{WEST}")),
    "membership": _call(f"{FLEET}/us-east1/memberships/gke-east-1"),
    "config membership": _call(f"{FLEET}/us-west1/memberships/gke-west-1"),
    "namespace": _object(EAST, "Namespace", "", "store"),
    "config namespace": _object(WEST, "Namespace", "", "store"),
    "Gateway": _object(WEST, f"{ROUTING}/Gateway", "store", "internal-cross-region-gateway"),
    "route": _object(WEST, f"{ROUTING}/HTTPRoute", "store", "store-route"),
    "Service": _object(EAST, "Service", "store", "store"),
    "export": _object(EAST, "net.gke.io/ServiceExport", "store", "store"),
    "import": _object(WEST, "net.gke.io/ServiceImport", "store", "store"),
    "ingress": _feature(INGRESS),
    "multi-cluster Services": _feature(SERVICES),
    "both features": _all(_feature(INGRESS), _feature(SERVICES)),
    "subnet": _call(f"{COMPUTE}/regions/us-west1/subnetworks/fleetgate-store-proxy"),
    "address": _call(f"{COMPUTE}/regions/us-west1/addresses/vip-store-us-west1"),
    "anchor": _call(f"{COMPUTE}/regions/us-central1/addresses/fleetgate-store"),
}


@dataclass(frozen=True)
class Moment:
    """When it is deleted: as the `nth` message of this mode to a step's topic is published, or, if that is 0, between
    the look of the step's function and its first change; or, without a topic, so many seconds `after` the request.
    """

    topic: str = ""
    mode: str = ""
    nth: int = 0
    after: float = 0.0

    def __str__(self) -> str:
        if not self.topic:
            return f"{self.after:.0f} s after the request"
        when = f"as message {self.nth} comes" if self.nth else "between look and change"
        return f"{self.topic} ({self.mode}), {when}"


STEPS = ("gateway", "service-export", "fleet", "clusters", "subnets", "verification-default")
TEARDOWN_MOMENTS = (
    Moment("environment", "begin", 1),
    *(Moment(step, "destroy", nth) for step in STEPS for nth in (1, 0, 2)),
    Moment("environment", "settle", 1),
)
# A deploy makes clusters for six minutes, and what is in them for another nine; the last is while it is verified.
DEPLOY_MOMENTS = (
    *(Moment(after=seconds) for seconds in (340.0, 420.0, 520.0, 640.0, 780.0, 900.0)),
    Moment("verification-default", "apply", 1),
)


@dataclass
class Hand:
    """A person who deletes once, at a moment of the request to come. `deleted` is None until then."""

    delete: Delete
    local: LocalRun
    deleted: bool | None = None

    def wait_for(self, moment: Moment) -> None:
        """Be there in time."""
        if not moment.topic:
            self.local.cloud.world.clock.after(moment.after, self.act)
        elif moment.nth:
            self.local.cloud.broker.listen(
                self.local.installation.topic(moment.topic), partial(self._hear, moment)
            )
        else:
            function = f"fleetgate-{moment.topic}"
            self.local.cloud.faults.plan(Fault(Matcher(function=function, mutation=True), self, nth=None))

    def _hear(self, moment: Moment, published: dict[str, Any]) -> None:
        message = json.loads(base64.b64decode(published["data"]))
        if (message["mode"], message.get("attempt")) == (moment.mode, moment.nth):
            self.act()

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """The call takes effect after the deletion."""
        if call.service in RESOURCE_APIS and call.method != CALLBACK:
            self.act()
        return answer()

    def act(self) -> None:
        """Delete, the first time."""
        if self.deleted is None:
            self.deleted = self.delete(self.local)


@dataclass
class Lived:
    """What came of a request that somebody deleted something under: how often a person was told what to do."""

    deleted: bool = False
    endings: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    violation: str = ""


def teardown(kind: str, moment: Moment | None, document: dict[str, Any] | None = None) -> Lived:
    """A teardown under which it is deleted; with no moment, a quarter of an hour before it."""
    return asyncio.run(_teardown(kind, moment, document or store(gateway={"addresses": "static"})))


async def _teardown(kind: str, moment: Moment | None, document: dict[str, Any]) -> Lived:
    lived = Lived()
    async with LocalRun(seed=SEED) as local:
        before = local.cloud.dump()
        assert "done" == (await local.deploy(document)).outcome
        hand = Hand(KINDS[kind], local)
        if moment is None:
            hand.act()
            await let_pass(local.cloud, 900.0)
        else:
            hand.wait_for(moment)
        try:
            await until_done(local, TEAR_DOWN, lived)
            lived.deleted = bool(hand.deleted)
        except (Stalled, NeverEnded, AssertionError) as error:
            lived.violation = str(error) or repr(error)
            return lived
        lived.violation = "; ".join(
            f"done, and this is left: {each:.300}" for each in await left(local, before)
        )
    return lived


def deploy(kind: str, moment: Moment, document: dict[str, Any] | None = None) -> Lived:
    """A deploy under which it is deleted, once more the same, and a teardown."""
    return asyncio.run(_deploy(kind, moment, document or store(gateway={"addresses": "static"})))


async def _deploy(kind: str, moment: Moment, document: dict[str, Any]) -> Lived:
    lived = Lived()
    async with LocalRun(seed=SEED) as local:
        before = local.cloud.dump()
        hand = Hand(KINDS[kind], local)
        hand.wait_for(moment)
        try:
            deploying = {"action": "deploy", "environment": document}
            await _act(local, lived, deploying)
            lived.deleted = bool(hand.deleted)
            await until_done(local, deploying, lived)
            await until_done(local, TEAR_DOWN, lived)
        except (Stalled, NeverEnded, AssertionError) as error:
            lived.violation = str(error) or repr(error)
            return lived
        lived.violation = "; ".join(
            f"done, and this is left: {each:.300}" for each in await left(local, before)
        )
    return lived


def _is_of_the_moment(report: Report) -> bool:
    """Whether there is nothing to do but to publish it again."""
    return {"DELETED_MEANWHILE"} == {each.code for each in report.diagnoses} or report.outcome == "superseded"


async def _act(local: LocalRun, lived: Lived, request: dict[str, Any]) -> Report:
    """One request to its end.

    Raises:
        AssertionError: it takes too long, ends by its budget, or as nobody foresaw.
    """
    began = local.cloud.world.clock.now
    report = await local.act(request)
    took = local.cloud.world.clock.now - began
    lived.endings.append(report.outcome)
    lived.seconds.append(took)
    await settle(local, [])
    assert took < LIMIT, f"lasts {took:.0f} s: {report.diagnoses}"
    codes = {each.code for each in report.diagnoses}
    unexplained = codes == {"TOOK_TOO_LONG"} or codes & {"INTERNAL", "WORKFLOW_ERROR"}
    assert not unexplained, report.diagnoses
    return report


async def until_done(local: LocalRun, request: dict[str, Any], lived: Lived) -> Report:
    """Publish it, and do what is told, until it is done; then what is told of what may be somebody's.

    Raises:
        AssertionError: it takes too long, ends by its budget, tells nothing to do, or is never done.
    """
    for _ in range(ROUNDS):
        report = await _act(local, lived, request)
        done = report.outcome == "done"
        assert not (done and report.leaks), f"done, with leaks: {report.leaks}"
        told = list(commands.of_others(report) if done else commands.of(report))
        if not (told or done or _is_of_the_moment(report)):
            raise AssertionError(f"ends {report.outcome} and tells no command: {report.diagnoses}")
        lived.told += told
        for each in told:
            await commands.follow(local, each)
        if done:
            return report
    raise AssertionError(f"is not done after {ROUNDS} requests: {report.diagnoses}, {report.leaks}")
