"""The crash matrix: a function is killed at every call that changes something, and nothing comes of it.

Undisturbed, a request makes some mutations. At each of them the function's process is killed before it, after it
was accepted and before its answer is read, and before the callback of that call of the function is sent. The run must
end as it would have: the same things in the cloud, none of them made twice, and one ending told.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fleetgate.local.installation import ROOT
from fleetgate.local.roles import Role, read_roles
from fleetgate.local.run import LocalRun, NeverEnded
from fleetgate.report import Report
from localcloud.faults.call_faults import Crash, Fault, Matcher
from localcloud.records.call_log import LoggedCall
from localcloud.time.jump_schedule import Stalled
from tests.acceptance import occupied
from tests.acceptance.runs import RESOURCE_APIS, STORE, Mutant, settle, store
from tests.support.dumps import standing

CALLBACK = "workflowexecutions.projects.locations.workflows.executions.callbacks.sendHttpCallback"
MOMENTS = ("before", "after", "before the callback")

Key = tuple[str, str, str]  # service, method, resource


@dataclass(frozen=True)
class Scenario:
    """Requests of which the last one is disturbed; the others made what it finds, where `prepare` had been before.

    `settings` are those of the local run.
    """

    name: str
    requests: tuple[dict[str, Any], ...]
    seed: int = 1
    prepare: Callable[[LocalRun], Awaitable[None]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def deploying(document: dict[str, Any]) -> dict[str, Any]:
    """A request to deploy it."""
    return {"action": "deploy", "environment": document}


def changed() -> dict[str, Any]:
    """The tutorial's environment with one service less, a health check, and another weight of things."""
    document = store(healthCheck={"requestPath": "/healthz"})
    document["services"] = [each for each in document["services"] if each["name"] != "store-east-1"]
    rules = document["routes"][0]["rules"]
    document["routes"][0]["rules"] = [
        rule for rule in rules if rule["backendRefs"][0]["name"] != "store-east-1"
    ]
    return document


DEPLOY = Scenario("a deploy", (deploying(STORE),))
CHANGE = Scenario("a change", (deploying(STORE), deploying(changed())))
TEAR_DOWN = {"action": "teardown", "name": "store"}
TEARDOWN = Scenario("a teardown", (deploying(STORE), TEAR_DOWN))
RESERVE = Scenario("a deploy with static addresses", (deploying(store(gateway={"addresses": "static"})),))
STATIC = Scenario(
    "a teardown with static addresses", (deploying(store(gateway={"addresses": "static"})), TEAR_DOWN)
)
ELSEWHERE = Scenario(
    "a teardown in a network of another name",
    (deploying(store(**occupied.APPS)), TEAR_DOWN),
    settings=occupied.IN_APPS,
)
OCCUPIED = Scenario(
    "a teardown on clusters that others use",
    (deploying(occupied.document()), TEAR_DOWN),
    prepare=occupied.occupy,
)


@dataclass
class Lived:
    """What came of a scenario: its last report, its last request's calls and endings, and what is left."""

    report: Report
    calls: list[LoggedCall]
    endings: list[dict[str, Any]]
    dump: dict[str, Any]
    struck: int = 0

    def mutations(self) -> list[LoggedCall]:
        """What functions changed, in order."""
        return [
            each
            for each in self.calls
            if each.mutation and each.status < 400 and each.caller.instance and each.method != CALLBACK
        ]

    def made(self) -> Counter[Key]:
        """How often each resource was changed, by accepted calls of a function."""
        return Counter(key_of(each) for each in self.mutations() if each.service in RESOURCE_APIS)


def key_of(call: LoggedCall) -> Key:
    """What identifies a call in two runs."""
    return call.service, call.method, call.resource


@dataclass(frozen=True)
class Point:
    """Where to kill: at the nth call of this key by this function; or at its nth callback."""

    moment: str
    mutation: Key
    function: str
    nth: int

    @property
    def fault(self) -> Fault:
        """The crash."""
        service, method, resource = self.mutation
        if self.moment == MOMENTS[2]:
            return Fault(Matcher(method=CALLBACK, function=self.function), Crash(), self.nth)
        matcher = Matcher(service, method, _literal(resource), self.function)
        return Fault(matcher, Crash(after=self.moment == "after"), self.nth)

    def __str__(self) -> str:
        service, method, resource = self.mutation
        return f"{self.function} killed {self.moment} {service} {method} {resource} (number {self.nth})"


def of_addresses(every: Iterable[Point]) -> Iterator[Point]:
    """The points at which an address is created, labelled or deleted."""
    return (each for each in every if each.mutation[1].startswith("compute.addresses."))


def _literal(pattern: str) -> str:
    return pattern.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")


def points(undisturbed: Lived) -> Iterator[Point]:
    """Three for each mutation of an undisturbed run."""
    nth, callbacks = Counter[tuple[Key, str]](), Counter[str]()
    open_points: dict[str, list[Key]] = {}
    for call in undisturbed.calls:
        function = (call.caller.instance or "").rpartition("-")[0]
        if function and call.mutation:
            key = key_of(call)
            nth[key, function] += 1
            if call.method == CALLBACK:
                callbacks[function] += 1
                for mutation in open_points.pop(call.caller.instance or "", []):
                    yield Point(MOMENTS[2], mutation, function, callbacks[function])
            elif call.status < 400:
                yield Point(MOMENTS[0], key, function, nth[key, function])
                yield Point(MOMENTS[1], key, function, nth[key, function])
                open_points.setdefault(call.caller.instance or "", []).append(key)


def live(scenario: Scenario, fault: Fault | None = None, root: Path = ROOT) -> Lived:
    """Play a scenario, its last request disturbed by `fault`."""
    return asyncio.run(_live(scenario, fault, root))


async def _live(scenario: Scenario, fault: Fault | None, root: Path) -> Lived:
    *before, last = scenario.requests
    async with LocalRun(seed=scenario.seed, root=root, **scenario.settings) as local:
        if scenario.prepare:
            await scenario.prepare(local)
        endings: list[dict[str, Any]] = []
        local.cloud.broker.listen(local.installation.topic("events"), endings.append)
        for request in before:
            await local.act(request)
            await settle(local, endings)
        endings.clear()
        local.cloud.log.calls.clear()
        if fault:
            local.cloud.faults.plan(fault)
        report = await local.act(last)
        await settle(local, endings)
        calls, dump = list(local.cloud.log.calls), standing(local.cloud.dump())
        return Lived(report, calls, list(endings), dump, len(local.cloud.faults.injected))


def runs(every: Iterable[Point]) -> dict[Fault, list[Point]]:
    """The points by the crash that they are: before one callback there may have been several mutations."""
    found: dict[Fault, list[Point]] = {}
    for point in every:
        found.setdefault(point.fault, []).append(point)
    return found


def violation(scenario: Scenario, point: Point, undisturbed: Lived, root: Path = ROOT) -> str:
    """What a crash at this point does that it should not, or ""."""
    try:
        lived = live(scenario, point.fault, root)
    except (Stalled, NeverEnded) as error:
        return f"{point}: {error}"
    found = _compared(lived, undisturbed)
    return f"{point}: {found}" if found else ""


def _compared(lived: Lived, undisturbed: Lived) -> str:
    if lived.struck != 1:
        return "the point was not met: the run before it differs"
    if lived.report.outcome != "done":
        return f"ends {lived.report.outcome}"
    if gap := lived.report.incomplete:  # a killed attempt has no line, and was not heard
        return f"the log has {gap.have} of {gap.of} answers"
    if twice := lived.made() - undisturbed.made():
        return f"made twice: {', '.join(' '.join(key) for key in twice)}"
    if where := difference(undisturbed.dump, lived.dump):
        return f"leaves something else behind at {where}"
    told = {each["attributes"]["ce-id"] for each in lived.endings}
    return f"tells {len(told)} endings" if len(told) != 1 else ""


def difference(one: Any, other: Any, at: str = "") -> str:
    """Where two dumps differ first, or ""."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key not in one or key not in other:
                return f"{at}/{key} ({'only undisturbed' if key in one else 'surplus'})"
            if found := difference(one[key], other[key], f"{at}/{key}"):
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        places = (difference(a, b, f"{at}[{n}]") for n, (a, b) in enumerate(zip(one, other, strict=True)))
        return next(filter(None, places), "")
    return "" if one == other else f"{at}: {str(one)[:200]} became {str(other)[:200]}"


@dataclass(frozen=True)
class RepeatingMutant:
    """A function that is not idempotent; undisturbed, it does no harm.

    `permission` is what it takes on Fleetgate's own project, if the function's role has not got it.
    """

    function: str
    mutant: Mutant
    permission: str = ""

    def found(self, folder: Path) -> str:
        """The first point of the matrix of a deploy that finds it, and how; or ""."""
        root = self.mutant.build(folder)
        scenario = replace(DEPLOY, settings={**DEPLOY.settings, "roles": self._roles()})
        undisturbed = live(scenario, root=root)
        assert undisturbed.report.outcome == "done", f"the mutant of {self.function} does harm by itself"
        mine = (
            each for each in points(undisturbed) if each.function.startswith(f"fleetgate-{self.function}")
        )
        found = (violation(scenario, each[0], undisturbed, root) for each in runs(mine).values())
        return next(filter(None, found), "")

    def _roles(self) -> tuple[Role, ...]:
        return tuple(
            self._with_permission(role) if role.name == self.function else role for role in read_roles()
        )

    def _with_permission(self, role: Role) -> Role:
        home = role.permissions["home"] | ({self.permission} if self.permission else set())
        return replace(role, permissions={**role.permissions, "home": home})


REPEATING_MUTANTS = (
    # The ending's event has another id each time that it is told.
    RepeatingMutant(
        "environment",
        Mutant((("functions/environment/events.py", '{ending}",\n', '{ending}-{now:.0f}",\n'),)),
    ),
    # Where one cluster is, the others are taken to be.
    RepeatingMutant(
        "clusters",
        Mutant(
            (
                (
                    "functions/clusters/step.py",
                    "[creation(wanted, cluster)], True, ",
                    "[] if observed.clusters else [creation(wanted, cluster)], True, ",
                ),
            )
        ),
    ),
    # What is made depends on when it was asked for.
    RepeatingMutant(
        "fleet",
        Mutant(
            (
                (
                    "functions/fleet/changes.py",
                    "MCS, self.labels)",
                    'MCS, {**self.labels, "asked": f"{session.now:.0f}"})',
                ),
            )
        ),
    ),
    # Where one subnet is, the others are taken to be.
    RepeatingMutant(
        "subnets",
        Mutant(
            (
                (
                    "functions/subnets/step.py",
                    "if region not in running]",
                    "if region not in running and not observed.proxies()]",
                ),
            )
        ),
    ),
    # Where the Deployment is, the Services are taken to be.
    RepeatingMutant(
        "service-export",
        Mutant(
            (
                (
                    "functions/service_export/differences.py",
                    "        if verb := _verb(",
                    '        if wish["kind"] == "Service" and any(key[0] == "Deployment" for key in live):\n'
                    "            continue\n"
                    "        if verb := _verb(",
                ),
            )
        ),
    ),
    # Where the Gateway is, its routes are taken to be.
    RepeatingMutant(
        "gateway",
        Mutant(
            (
                (
                    "functions/gateway/differences.py",
                    "if differs(wish, live):",
                    "if differs(wish, live) and (live or not contents.gateway(wanted)):",
                ),
            )
        ),
    ),
    # Verification counts its looks on the anchor.
    RepeatingMutant(
        "verification",
        Mutant(
            (
                (
                    "functions/verification/step.py",
                    "        if context.environment:\n",
                    "        from shared import anchor\n\n"
                    "        mine = anchor.read(context.session, context.name)\n"
                    "        assert mine\n"
                    '        looks = str(int(mine.labels.get("looks", "0")) + 1)\n'
                    '        anchor.relabel(context.session, mine, {**mine.labels, "looks": looks})\n'
                    "        if context.environment:\n",
                ),
            )
        ),
        permission="compute.addresses.setLabels",
    ),
)
