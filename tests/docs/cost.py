"""docs/cost.md: what Fleetgate and an environment cost, from counted work and the prices of docs/prices.yaml.

    python -m tests.docs.cost

counts anew, in one local run with every kind of request in it, and writes the page's tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from functions.clusters.fitness import MACHINE
from shared.sample_app import REPLICAS
from shared.spec import Environment, parse_environment
from shared.spec.values import SWEEP_INTERVAL
from tests.docs.pages import DOCS, ROOT, filled, table, written

PAGE = DOCS / "cost.md"
HOURS = 730  # of a month
SWEEPS = HOURS * 3600 // SWEEP_INTERVAL
DISK = 100  # GB of a node's disk, unless one says otherwise [documented]

Counts = tuple[int, int, int, int]  # invocations, internal steps, external steps, API calls
Lines = list[tuple[str, float]]  # a price's name, and how much of that

_FILE: dict[str, Any] = yaml.safe_load((DOCS / "prices.yaml").read_text("utf-8"))
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


def counts_of(report: Report) -> Counts:
    """What a report counts."""
    steps = report.workflow_steps
    assert steps is not None
    return report.invocations, steps.internal, steps.external, report.api_calls.total


def told(text: str) -> dict[str, Counts]:
    """What the page says was counted, by request."""
    rows = {row[0]: [int(cell.replace(",", "")) for cell in row[1:5]] for row in table(text, "request")}
    return {name: (row[0], row[1], row[2], row[3]) for name, row in rows.items()}


def request(counts: Counts) -> Lines:
    """What is billed of one request; its calls are not."""
    invocations, internal, external, _ = counts
    seconds = invocations * ESTIMATES["seconds of an invocation"]
    return [
        ("workflow steps, internal", internal),
        ("workflow steps, external", external),
        ("function requests", invocations),
        ("function processors", seconds),
        ("function memory", seconds / 2),
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
    return [*swept, ("schedule", 1), ("alert conditions", 2), ("images", ESTIMATES["GB of images"])]


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
    monthly = idle(counts["sweep"])
    return {
        "REQUESTS": written(
            ("request", "invocations", "internal steps", "external steps", "API calls", "$"),
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
    async with LocalRun(seed=0) as local:
        return {name: counts_of(await local.act(each)) for name, each in asked.items()}


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8"), tables(asyncio.run(count()))), "utf-8")
