"""Short scenarios in which requests meet, and the mutants that make them go wrong: for tests and `make prove`.

A scenario runs the first half minute of simulated time for one seed and tells what was violated, or nothing.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetgate.local.installation import HOME_PROJECT, ROOT
from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from localcloud.faults.call_faults import Fault, Matcher, Slow
from localcloud.pubsub.broker import Delivery
from tests.acceptance.runs import STORE, Mutant, settle, store
from tests.support.dumps import left
from tests.support.local_cloud import let_pass, put_anchor

ANCHOR = "projects/fleetgate-demo/regions/us-central1/addresses/fleetgate-store"
LIGHT = ("functions_framework", "google.auth.transport.requests", "pydantic", "werkzeug.serving")
AT_ONCE = Delivery(copies=2, late=0.6, shuffle=0.3)
ROUTES, ROUTE = ("one", "three", "two"), "gateway.networking.k8s.io/HTTPRoute"
DELETIONS = Matcher(service="kubernetes", method="DELETE", resource="*/httproutes/*")

Scenario = Callable[[int, Path], Coroutine[Any, Any, str]]


async def same_request_twice(seed: int, root: Path) -> str:
    """One message that arrives twice: exactly one of its executions may go on after the claim."""
    async with LocalRun(seed=seed, root=root, delivery=AT_ONCE, preload=LIGHT) as local:
        _publish(local, STORE)
        going_on = await _claims(local, 2)
        return "" if going_on == 1 else f"{going_on} executions of one message went on"


async def newest_wins(seed: int, root: Path) -> str:
    """Two requests at once for an environment that stands: the newer one must hold the anchor.

    The answer to one of the first looks is held up, so that what it says may be old when it is written upon.
    """
    pause = random.Random(seed)  # not for secrets
    async with LocalRun(seed=seed, root=root, preload=LIGHT, delivery=Delivery(shuffle=0.3)) as local:
        _stand(local)
        local.cloud.faults.plan(
            Fault(Matcher(method="compute.addresses.list"), Slow(pause.uniform(0.0, 4.0)))
        )
        _publish(local, store(ttl="1h"))
        await let_pass(local.cloud, 0.002)
        newest = _publish(local, store(ttl="2h"))
        await _claims(local, 2)
        holder = local.cloud.world.store["compute.addresses"].list(ANCHOR)[0]["labels"][
            "fleetgate-generation"
        ]
        return (
            "" if holder.endswith(newest) else f"the anchor bears {holder}, not the newest request {newest}"
        )


async def between_creation_and_labels(seed: int, root: Path) -> str:
    """Two deploys of one environment, the newer one while the older one's anchor has no labels: the newer holds it.

    The older one hears late that its anchor is made.
    """
    pause = random.Random(seed)  # not for secrets
    async with LocalRun(seed=seed, root=root, preload=LIGHT) as local:
        late = Slow(pause.uniform(0.0, 4.0))
        local.cloud.faults.plan(Fault(Matcher(method="compute.regionOperations.wait"), late))
        anchors = local.cloud.world.store["compute.addresses"]
        _publish(local, store(ttl="1h"))
        await local.cloud.run_until(lambda: ANCHOR in anchors)
        assert "labels" not in anchors.list(ANCHOR)[0]
        await let_pass(local.cloud, pause.uniform(0.0, 3.0))
        newest = _publish(local, store(ttl="2h"))
        await _claims(local, 2)
        await local.cloud.run_until(lambda: _holds(local, newest) or _are_over(local, 2))
        return "" if _holds(local, newest) else f"the anchor bears {_held(local)}, not the newest {newest}"


async def two_environments_of_one_fleet(seed: int, root: Path) -> str:
    """Deploys of two environments into one fleet, within a second: exactly one may go on after its claim."""
    pause = random.Random(seed)  # not for secrets
    async with LocalRun(seed=seed, root=root, preload=LIGHT) as local:
        _publish(local, STORE)
        await let_pass(local.cloud, pause.uniform(0.0, 1.0))
        _publish(local, store(name="shop"))
        going_on = await _claims(local, 2)
        return "" if going_on == 1 else f"{going_on} environments went on in one fleet"


async def fleet_twice(seed: int, root: Path) -> str:
    """Every message of a deploy twice: no step may be blocked by what its twin has done."""
    async with LocalRun(seed=seed, root=root, delivery=AT_ONCE) as local:
        _publish(local, STORE)
        await let_pass(local.cloud, 25.0)
        blocked = [answer for answer in _answers(local) if answer["outcome"] in ("blocked", "failed")]
        return f"{blocked[0]['code']}: {blocked[0]['cause']}" if blocked else ""


async def teardown_overtakes(seed: int, root: Path) -> str:
    """A deploy, and up to half a minute later a teardown: in the end the cloud must be what it was."""
    delivery = Delivery(shuffle=2.0)
    async with LocalRun(seed=seed, root=root, delivery=delivery) as local:
        before = local.cloud.dump()
        _publish(local, STORE)
        await let_pass(local.cloud, random.Random(seed).uniform(0.01, 30.0))  # not for secrets
        _ask(local, {"action": "teardown", "name": "store"})
        outcomes = await _outcomes(local, 2)
        await settle(local, [])
        if outcomes != ["superseded", "done"]:
            return f"the requests ended {outcomes}"
        return "; ".join(await left(local, before))


async def last_of_three_holds(seed: int, root: Path) -> str:
    """A deploy, a teardown and a deploy within a minute: the last must hold the anchor, the others give way."""
    pause = random.Random(seed)  # not for secrets
    async with LocalRun(seed=seed, root=root, delivery=Delivery(shuffle=2.0)) as local:
        _publish(local, STORE)
        await let_pass(local.cloud, pause.uniform(0.01, 30.0))
        _ask(local, {"action": "teardown", "name": "store"})
        await let_pass(local.cloud, pause.uniform(0.01, 30.0))
        newest = _publish(local, store(ttl="2h"))
        outcomes = await _outcomes(local, 2)
        labels = local.cloud.world.store["compute.addresses"].list(ANCHOR)[0]["labels"]
        holder = labels["fleetgate-generation"]
        if not holder.endswith(f"-{newest}") or labels["fleetgate-action"] != "deploy":
            return f"the anchor bears {holder}, not the newest request {newest}"
        return "" if outcomes == ["superseded"] * 2 else f"the older requests ended {outcomes}"


async def newer_than_slow_deletions(seed: int, root: Path) -> str:
    """A teardown whose deletions of three routes take 14 s each, and a deploy that claims during the first one."""
    return await _newer_than(Slow(14.0), seed, root)


async def newer_than_late_deletion(seed: int, root: Path) -> str:
    """The same, where a deletion takes effect at the end of those seconds: by then the deploy has seen every route."""
    return await _newer_than(Slow(14.0, late=True), seed, root)


async def _newer_than(deletions: Slow, seed: int, root: Path) -> str:
    """The deploy must end verified, with every route there."""
    routes = [
        {**STORE["routes"][0], "name": name, "hostnames": [f"{name}.example.internal"]} for name in ROUTES
    ]
    async with LocalRun(seed=seed, root=root) as local:
        await _outcome(local, _publish(local, store(routes=routes)))
        local.cloud.faults.plan(Fault(DELETIONS, deletions, nth=None))
        _ask(local, {"action": "teardown", "name": "store"})
        await local.cloud.run_until(lambda: bool(local.cloud.faults.injected))
        await let_pass(local.cloud, 0.8)
        newest = _publish(local, store(routes=routes))
        outcome = await _outcome(local, newest)
        await settle(local, [])
        west = local.cloud.world[CLUSTER_APIS][
            "projects/fleetgate-demo/locations/us-west1-a/clusters/gke-west-1"
        ]
        missing = [name for name in ROUTES if west.get(ROUTE, "store", name) is None]
        return f"the deploy ended {outcome}, without {missing}" if missing or outcome != "done" else ""


@dataclass(frozen=True)
class Race:
    """A mutant, and the scenario that finds it in some seed."""

    name: str
    scenario: Scenario
    mutant: Mutant

    def found_by(self, seeds: range, root: Path) -> int | None:
        """The first seed that finds what is wrong with the product in `root`, or None."""
        return next((seed for seed in seeds if asyncio.run(self.scenario(seed, root))), None)

    def holds(self, seeds: range) -> Iterator[str]:
        """What each seed finds wrong with the product as it is."""
        for seed in seeds:
            if violation := asyncio.run(self.scenario(seed, ROOT)):
                yield f"{self.name}, seed {seed}: {violation}"


RACES = (
    Race(
        "check-then-act in the claim",
        same_request_twice,
        Mutant(
            (
                (
                    "functions/environment/acquire.py",
                    "[change], telling=WRITING)",
                    "[change])",
                ),
                (
                    "shared/step/attempt.py",
                    "        if not changed and decision.outcome is not None:",
                    "        if decision.outcome is not None:",
                ),
            )
        ),
    ),
    Race(
        "setLabels without the fingerprint that was read",
        newest_wins,
        Mutant(
            (
                (
                    "shared/anchor.py",
                    "dict(values), anchor.fingerprint)",
                    "dict(values), (read(session, anchor.name) or anchor).fingerprint)",
                ),
            )
        ),
    ),
    Race(
        "labels by whoever made the anchor",
        between_creation_and_labels,
        Mutant(
            (
                (
                    "functions/environment/acquire.py",
                    "    if yielding := _yielding(observed, anchor):",
                    "    made_it = anchor.began_with(observed.generation, observed.execution)\n"
                    "    if not made_it and (yielding := _yielding(observed, anchor)):",
                ),
            )
        ),
    ),
    Race(
        "an anchor without its project until it has labels",
        two_environments_of_one_fleet,
        Mutant(
            (
                (
                    "shared/anchor.py",
                    'return f"{note} for project {values[labels.PROJECT]}" if labels.PROJECT in values else note',
                    "return note",
                ),
                (
                    "functions/environment/rivals.py",
                    "if anchor is None or anchor.is_retired or _shows(anchor, project):",
                    "if anchor is None or anchor.labels:",
                ),
                (
                    "functions/environment/rivals.py",
                    "return (not _names(other, project), _age(other)) < (not _names(mine, project), _age(mine))",
                    "return False",
                ),
            )
        ),
    ),
    Race(
        "feature create without the already-exists path",
        fleet_twice,
        Mutant(
            (
                (
                    "shared/step/attempt.py",
                    "CHANGED = (errors.AlreadyExists, errors.Conflict, errors.NotFound",
                    "CHANGED = (errors.Conflict, errors.NotFound",
                ),
                ("shared/step/error_outcomes.py", '    errors.AlreadyExists: ("Changed", 1.0),\n', ""),
            )
        ),
    ),
    Race(
        "one read of the anchor for all changes of an attempt",
        newer_than_slow_deletions,
        Mutant((("shared/step/fence.py", "FRESH = 1.0  #", "FRESH = 1000.0  #"),)),
    ),
    Race(
        "done by a look that began while others could still act",
        newer_than_late_deletion,
        Mutant((("shared/step/attempt.py", 'ACTED_IN = ("apply", "destroy")', "ACTED_IN = ()"),)),
    ),
)


# Scenarios that run whole requests.
WHOLE = (newer_than_slow_deletions, newer_than_late_deletion)

# Requests that overlap, whoever wins: each tells what was violated, for a seed.
OVERLAPS: tuple[Scenario, ...] = (teardown_overtakes, last_of_three_holds)


def _held(local: LocalRun) -> str:
    """The claim in the labels of store's anchor, "" if there are none."""
    found = local.cloud.world.store["compute.addresses"].get(ANCHOR) or {}
    return str(found.get("labels", {}).get("fleetgate-generation", ""))


def _holds(local: LocalRun, message: str) -> bool:
    return _held(local).endswith(f"-{message}")


def _are_over(local: LocalRun, executions: int) -> bool:
    found = local.cloud.executions.of(local.installation.workflow)
    return len(found) == executions and all(each.ended for each in found)


def _publish(local: LocalRun, document: dict[str, Any]) -> str:
    return _ask(local, {"action": "deploy", "environment": document})


def _ask(local: LocalRun, request: dict[str, Any]) -> str:
    return local.installation.publish(json.dumps(request).encode())


async def _outcomes(local: LocalRun, ended: int) -> list[str]:
    """How the first so many executions to end did, in the order of their requests."""
    executions, workflow = local.cloud.executions, local.installation.workflow

    def over() -> list[str]:
        results = [json.loads(each.run.result) for each in executions.of(workflow) if each.run.result]
        return [each["outcome"] for each in sorted(results, key=lambda each: str(each["generation"]))]

    await local.cloud.run_until(lambda: len(over()) >= ended)
    return over()


async def _outcome(local: LocalRun, message: str) -> str:
    """How the request that was published as this message ended."""

    def ended() -> bool:
        found = local.cloud.executions.of_event(local.installation.workflow, message)
        return bool(found) and all(each.ended for each in found)

    await local.cloud.run_until(ended)
    (execution,) = local.cloud.executions.of_event(local.installation.workflow, message)
    return str(json.loads(execution.run.result or "{}").get("outcome"))


async def _claims(local: LocalRun, executions: int) -> int:
    """How many of this many executions went on after claim and check; the others have ended."""
    past = set[str]()

    def hear(published: dict[str, Any]) -> None:
        message = json.loads(base64.b64decode(published["data"]))
        if message["mode"] == "apply":
            past.add(message["claim"]["execution"])

    def decided() -> bool:
        ended = [each for each in local.cloud.executions.of(local.installation.workflow) if each.ended]
        return len(past) + len(ended) >= executions

    local.cloud.broker.listen(local.installation.topic("subnets"), hear)
    await local.cloud.run_until(decided)
    return len(past)


def _answers(local: LocalRun) -> list[dict[str, Any]]:
    lines = (entry.payload.get("answer") for entry in local.cloud.functions.logs.entries)
    return [answer for answer in lines if isinstance(answer, dict)]


def _stand(local: LocalRun) -> None:
    """The anchor of an environment that an earlier request left."""
    put_anchor(
        local.installation,
        "1700000000000-1",
        "00000000-0000-4000-8000-000000000000",
        action="deploy",
        project=HOME_PROJECT,
        network="default",
        gateway="store_2finternal-cross-region-gateway",
    )
