"""Stories that together make use of all that the role files grant, and how they end without one thing of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.roles import Grant, Role, read_roles
from fleetgate.local.run import LocalRun, NeverEnded
from localcloud.container.kube import CLUSTER_APIS
from localcloud.faults import operation_faults
from localcloud.faults.call_faults import Fault, Lost, Matcher
from localcloud.iam import Use
from localcloud.iam.access import ACCESS
from localcloud.wire.messages import Json
from tests.acceptance import foreign
from tests.acceptance.runs import STORE, settle, store
from tests.acceptance.test_teardown import until
from tests.support.local_cloud import call
from tests.support.projects import PROJECT

FLEET, HOME = PROJECT, HOME_PROJECT
WEST = f"projects/{FLEET}/locations/us-west1-a/clusters/gke-west-1"
CENTRAL = {"name": "gke-central-1", "location": "us-central1-f"}
ROLES = read_roles()
SEED = 5  # with it the gateway step is sometimes the first to need a namespace
NOT_A_STEP = {  # who does not act in a step, so that no request can end blocked for want of what it grants
    "triggers": "no execution begins; the trigger's refusal is in its log alone",
    "schedule": "no sweep is asked for; the job's own log tells",
    "build": "no request is involved; the build fails, and tells by itself",
    "check": "the same",
}

Story = Callable[[LocalRun], Awaitable[None]]


class Over(Exception):
    """A request did not end well: the rest of the story is not told."""


async def act(local: LocalRun, **request: Any) -> None:
    """One request, which has to be done.

    Raises:
        Over: it is not.
    """
    report = await local.act(request)
    if report.outcome != "done":
        raise Over(f"{request['action']} ended {report.outcome}: {report.diagnoses}")
    await settle(local, [])


def spec(**changes: Any) -> Json:
    """The tutorial's environment in a project of its own."""
    return store(project=FLEET, **changes)


async def live_to_the_end(local: LocalRun) -> None:
    """A cluster, services and addresses go; health checks are kept out, and why is found out; then the lease is over,
    and a sweep sees it."""
    lease = {"ttl": "90m"}
    more = [
        *STORE["services"],
        {"name": "more", "namespace": "other", "port": 8080, "selector": {"app": "s"}},
    ]
    larger = {
        "clusters": [*STORE["clusters"], CENTRAL],
        "services": more,
        "healthCheck": {"requestPath": "/healthz"},
        "gateway": {"addresses": "static"},
    }
    await act(local, action="deploy", environment=spec(**larger, **lease))
    await _move_config_membership(local)
    _keep_out(local)
    report = await local.act({"action": "deploy", "environment": spec(**lease)})
    if report.outcome != "failed":
        raise Over(f"without health checks the deploy ended {report.outcome}: {report.diagnoses}")
    await until(local, local.cloud.world.clock.now + 2 * 3600)


async def use_what_is_there(local: LocalRun) -> None:
    """A cluster that was there before joins the fleet, and is left again as it was, while others use the fleet."""
    await _existing(local, "gke-west-1", "us-west1-a")
    document = spec()
    document["clusters"][0]["existing"] = True
    await act(local, action="deploy", environment=document)
    await act(local, action="teardown", name="store")


async def lose_a_cluster(local: LocalRun) -> None:
    """Deployed and proved again; then somebody clears the config cluster and deletes it, and GKE does not get its
    membership removed. The teardown disables the APIs, too."""
    await act(local, action="deploy", environment=spec(gateway={"addresses": "static"}))
    await act(local, action="verify", name="store")
    name = f"projects/{FLEET}/locations/us-west1/memberships/gke-west-1"
    operation_faults.plan(
        local.cloud.world, "gkehub.memberships.delete", name, "PERMISSION_DENIED", "no access"
    )
    local.cloud.world[CLUSTER_APIS][WEST].delete("Namespace", "", "store")
    await until(local, local.cloud.world.clock.now + 900)
    call(local.cloud, "DELETE", f"container/v1/{WEST}")
    await until(local, local.cloud.world.clock.now + 900)
    await act(local, action="teardown", name="store", disableApis=True)


async def fall_silent(local: LocalRun) -> None:
    """The environment function cannot answer any more: the workflow itself tells the ending."""
    mute = Matcher(method="*sendHttpCallback", function="fleetgate-environment")
    local.cloud.faults.plan(Fault(mute, Lost(), nth=None))
    await local.act({"action": "deploy", "environment": spec()})


def _keep_out(local: LocalRun) -> None:
    """No packet gets to any backend."""
    rule = {
        "name": "nobody-in",
        "network": f"projects/{FLEET}/global/networks/default",
        "priority": 1,
        "direction": "INGRESS",
        "denied": [{"IPProtocol": "all"}],
        "sourceRanges": ["0.0.0.0/0"],
    }
    call(local.cloud, "POST", f"compute/compute/v1/projects/{FLEET}/global/firewalls", rule)


async def _move_config_membership(local: LocalRun) -> None:
    path = f"gkehub/v1/projects/{FLEET}/locations/global/features/multiclusteringress"
    other = f"projects/{FLEET}/locations/us-east1/memberships/gke-east-1"
    body = {"spec": {"multiclusteringress": {"configMembership": other}}}
    call(local.cloud, "PATCH", f"{path}?updateMask=spec.multiclusteringress.config_membership", body)
    await settle(local, [])


async def _existing(local: LocalRun, name: str, zone: str) -> None:
    path = f"container/v1/projects/{FLEET}/locations/{zone}/clusters"
    call(local.cloud, "POST", path, {"cluster": foreign.fit_cluster(FLEET, name)})
    await until(local, local.cloud.world.clock.now + 900)


STORIES: dict[str, Story] = {
    story.__name__: story for story in (use_what_is_there, lose_a_cluster, live_to_the_end, fall_silent)
}


@dataclass
class Told:
    """What came of a story: permissions made use of, the results of all executions, and why it ended early."""

    used: set[Use] = field(default_factory=set)
    results: list[Json] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)  # identity and permission
    over: str = ""


def tell(name: str, roles: tuple[Role, ...] = ROLES, seed: int = SEED) -> Told:
    """Tell a story in a cloud of its own, whose identities have these roles."""
    return asyncio.run(_tell(STORIES[name], roles, seed))


async def _tell(story: Story, roles: tuple[Role, ...], seed: int) -> Told:
    told = Told()
    async with LocalRun(project=FLEET, seed=seed, sweep=story is live_to_the_end, roles=roles) as local:
        access = local.cloud.world[ACCESS]
        access.listener = lambda identity, need: told.refused.add((identity, need.permission))
        try:
            await story(local)
        except (Over, NeverEnded) as over:
            told.over = f"{type(over).__name__}: {over}"
        await settle(local, [])
        told.used = set(access.used)
        executions = local.cloud.executions.of(local.installation.workflow)
        told.results = [json.loads(each.run.result) for each in executions if each.run.result]
    return told


def used_by(grants: Iterable[Grant], used: set[Use]) -> set[Grant]:
    """Those of `grants` that were made use of."""
    return {grant for grant in grants if any(_is_of(use, grant) for use in used)}


def _is_of(use: Use, grant: Grant) -> bool:
    if use.identity != account(grant.step) or use.permission != grant.permission:
        return False
    if grant.section == "topics":
        topic = use.holder.rpartition("/topics/")[2].removeprefix("fleetgate-")
        return grant.name in (topic, topic.partition("-")[0] if topic.startswith("verification") else topic)
    if grant.section == "actAs":
        return f"/serviceAccounts/fleetgate-{grant.name}@" in use.holder
    suffix = "" if grant.section == "home" else f"_{grant.section}"
    return use.role.endswith(f"/fleetgate_{grant.step}{suffix}")


def account(step: str) -> str:
    """The address of the service account that a role file is for."""
    return f"fleetgate-{step.replace('_', '-')}@{HOME}.iam.gserviceaccount.com"


def all_grants() -> list[Grant]:
    """Everything that the role files grant."""
    return [grant for role in ROLES for grant in role.grants()]


def unproven() -> set[tuple[str, str]]:
    """What the files list as not to be used here: step and name."""
    return {(role.step, name) for role in ROLES for name in role.unproven}


def without(grant: Grant) -> tuple[Role, ...]:
    """The roles, with one thing taken away."""
    return tuple(role.without(grant) for role in ROLES)


@cache
def undisturbed(name: str) -> Told:
    """A story, with all that the files grant."""
    return tell(name)


@cache
def cases() -> tuple[tuple[Grant, str], ...]:
    """Each thing that a story makes use of, and the first story that does."""
    told = {name: undisturbed(name) for name in STORIES}
    grants = [grant for grant in all_grants() if grant.step not in NOT_A_STEP]
    first = {
        grant: next((name for name in STORIES if used_by([grant], told[name].used)), "") for grant in grants
    }
    return tuple((grant, name) for grant, name in first.items() if name)


def fault(grant: Grant, name: str) -> str:
    """What is wrong with how a story ends without one grant; "" if its step ends blocked, and says why."""
    told = tell(name, without(grant))
    who = account(grant.step)
    blocked = [each for each in told.results if _has_blocked(each)]
    if any(grant.permission in (text := json.dumps(each)) and who in text for each in blocked):
        return ""
    endings = [
        (each.get("action"), each.get("outcome"), each.get("code"), each.get("cause"))
        for each in told.results
    ]
    return f"{grant.step} without {grant.section} {grant.name} in {name}: {endings} {told.over}"[:1500]


def _has_blocked(result: Json) -> bool:
    return result.get("outcome") == "blocked" or any(
        row.get("outcome") == "blocked" for row in result.get("steps", [])
    )
