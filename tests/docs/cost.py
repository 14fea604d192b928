"""docs/cost.md: what Fleetgate and an environment cost, from counted work and the prices of docs/prices.yaml.

    python -m tests.docs.cost

counts anew, in one local run with every kind of request in it, and writes the page's tables.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from functions.clusters.fitness import MACHINE
from localcloud.functions.runtime import Functions
from shared.sample_app import REPLICAS
from shared.spec import Environment, parse_environment
from shared.spec.values import SWEEP_INTERVAL
from tests.docs.pages import DOCS, ROOT, filled, table, written

PAGE = DOCS / "cost.md"
HOURS = 730  # of a month
SCHEDULED = "sweep, by schedule"
SWEEPS = HOURS * 3600 // SWEEP_INTERVAL
DISK = 100  # GB of a node's disk, unless one says otherwise [documented]


class Counts(NamedTuple):
    """What a request takes; `seconds` are those of functions, with their starts, by the simulated clock."""

    invocations: int
    seconds: int
    internal: int
    external: int
    calls: int


Lines = list[tuple[str, float]]  # a price's name, and how much of that

_FILE: dict[str, Any] = yaml.safe_load((DOCS / "prices.yaml").read_text("utf-8"))
ALERTS = (ROOT / "terraform-bootstrap" / "alerts.tf").read_text("utf-8").count("conditions {")
ESTIMATES: dict[str, float] = _FILE["estimates"]


@dataclass(frozen=True)
class Price:
    """`usd` for so many of a unit."""

    usd: float
    amount: float
    unit: str
    free: str
    known: str
    source: str

    @property
    def each(self) -> float:
        """Dollars for one."""
        return self.usd / self.amount

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Price:
        """As the file has it."""
        amount, _, unit = str(row["per"]).partition(" ")
        return cls(row["usd"], float(amount), unit, str(row["free"]), row["known"], row["source"])


PRICES = {name: Price.of(row) for name, row in _FILE["prices"].items()}


def counts_of(report: Report, seconds: float) -> Counts:
    """What a report counts, of a request for which functions were at work for so long."""
    steps = report.workflow_steps
    assert steps is not None
    return Counts(report.invocations, round(seconds), steps.internal, steps.external, report.api_calls.total)


def seconds_of(functions: Functions) -> float:
    """How long all functions were at work until now, and were started."""
    return functions.starting + sum(each.seconds for each in functions.invocations)


def told(text: str) -> dict[str, Counts]:
    """What the page says was counted, by request."""
    rows = {row[0]: [int(cell.replace(",", "")) for cell in row[1:6]] for row in table(text, "request")}
    return {name: Counts(*row) for name, row in rows.items()}


def request(counts: Counts) -> Lines:
    """What is billed of one request; its calls are not."""
    return [
        ("workflow steps, internal", counts.internal),
        ("workflow steps, external", counts.external),
        ("function requests", counts.invocations),
        ("function processors", counts.seconds),
        ("function memory", counts.seconds / 2),
    ]


def environment(spec: Environment) -> Lines:
    """What is billed of an environment each hour, as long as it is there; traffic comes on top."""
    nodes = sum(each.nodes for each in spec.clusters)
    assert all(each.machine_type in (None, MACHINE) for each in spec.clusters)
    regions = len(spec.proxy_regions)
    return [
        ("GKE clusters", len(spec.clusters)),
        ("nodes, e2-medium", nodes),
        ("boot disks, pd-balanced", nodes * DISK),
        ("external addresses of nodes", nodes),
        ("proxies of the load balancer", regions * ESTIMATES["proxies in a region"]),
        ("forwarding rules of the load balancer", regions),
        ("internal addresses", regions + 1),  # and the anchor
        ("pods behind a multi-cluster Gateway", len(spec.clusters) * REPLICAS),
        ("fleet and multi-cluster Services", 1),
    ]


def idle(sweep: Counts) -> Lines:
    """What is billed of Fleetgate each month, though nobody asks it for anything."""
    swept = [(name, amount * SWEEPS) for name, amount in request(sweep)]
    return [*swept, ("schedule", 1), ("alert conditions", ALERTS), ("images", ESTIMATES["GB of images"])]


def dollars(lines: Lines) -> float:
    """What they come to."""
    return sum(PRICES[name].each * amount for name, amount in lines)


def an_hour() -> float:
    """Dollars for an hour of the tutorial's environment."""
    return dollars(environment(_store()))


def a_push() -> float:
    """Dollars for its two builds, which use the same machines."""
    build = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text("utf-8"))
    machine = build["options"].get(
        "machineType", "E2_STANDARD_2"
    )  # what is used if none is named [documented]
    return PRICES[f"build minutes, {machine.lower().replace('_', '-')}"].each * ESTIMATES["minutes of a push"]


def tables(counts: Mapping[str, Counts]) -> dict[str, str]:
    """The page's tables, by name."""
    hourly = environment(_store())
    hour = dollars(hourly)
    whole = [("**an hour**", "", "", f"**{hour:.2f}**"), ("a day", "", "", f"{24 * hour:.2f}")]
    monthly = idle(counts[SCHEDULED])
    return {
        "REQUESTS": written(
            ("request", "invocations", "function seconds", "internal steps", "external steps", "API calls", "$"),
            [(name, *(f"{each:,}" for each in row), _usd(dollars(request(row)))) for name, row in counts.items()],
        ),
        "ENVIRONMENT": written(
            ("what", "how many", "$ for one", "$ an hour"),
            [*_rows(hourly), *whole, ("a month", "", "", f"{HOURS * hour:.0f}")],
        ),
        "IDLE": written(
            ("what", "how many", "$ for one", "$ a month"),
            [*_rows(monthly), ("**a month**", "", "", f"**{dollars(monthly):.2f}**")],
        ),
        "PRICES": written(
            ("price", "$", "for", "free each month", "how it is known", "page"),
            [
                (name, _plain(each.usd), f"{each.amount:,.0f} {each.unit}", each.free, each.known, f"`{each.source}`")
                for name, each in PRICES.items()
            ],
        ),
    }  # fmt: skip


def _rows(lines: Lines) -> Iterable[tuple[str, str, str, str]]:
    for name, amount in lines:
        price = PRICES[name]
        yield name, f"{amount:,.0f}", _plain(price.each), _usd(price.each * amount)


def _usd(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "0"


def _plain(value: float) -> str:
    return f"{value:.7f}".rstrip("0").rstrip(".")


def _store() -> Environment:
    document = yaml.safe_load((ROOT / "examples" / "store.yaml").read_text("utf-8"))
    return parse_environment(document, project="shop-tools")


async def count() -> dict[str, Counts]:
    """One life of the tutorial's environment, request by request."""
    document = yaml.safe_load((ROOT / "examples" / "store.yaml").read_text("utf-8"))
    deploy = {"action": "deploy", "environment": document}
    asked = {
        "deploy": deploy,
        "deploy, unchanged": deploy,
        "verify": {"action": "verify", "name": "store"},
        "extend": {"action": "extend", "name": "store", "ttl": "8h"},
        "sweep": {"action": "sweep"},
        "teardown": {"action": "teardown", "name": "store"},
    }
    counted: dict[str, Counts] = {}
    async with LocalRun(seed=0) as local:
        for name, each in asked.items():
            before = seconds_of(local.cloud.functions)
            report = await local.act(each)
            counted[name] = counts_of(report, seconds_of(local.cloud.functions) - before)
        return counted | {SCHEDULED: await _by_schedule(local)}


async def _by_schedule(local: LocalRun) -> Counts:
    """A sweep that the scheduler asks for, of a function that has gone cold since the last one."""
    clock, functions, job = local.cloud.world.clock, local.cloud.functions, local.installation.sweep_job
    asked = clock.now + SWEEP_INTERVAL + 1
    clock.after(asked - clock.now, lambda: None)
    await local.cloud.run_until(lambda: clock.now >= asked)
    before, since = len(functions.invocations), seconds_of(functions)
    (message,) = json.loads(base64.b64decode(job["httpTarget"]["body"]))["messages"]
    local.cloud.broker.publish(local.installation.topic("environment"), {**message, "attributes": {}})
    await local.cloud.run_until(lambda: len(functions.invocations) > before)
    return Counts(len(functions.invocations) - before, round(seconds_of(functions) - since), 0, 0, 1)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8"), tables(asyncio.run(count()))), "utf-8")
