"""Verification: requests through every address, hostname and rule, and whether the right cluster answered.

It runs inside the VPC, and reads the config cluster for what to expect. It changes nothing. Only what has been
answered rightly is done; everything else is "not yet", as long as the workflow's budget lasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.expectation import Member, World, rows
from shared.gateway_status import of_route, vips
from shared.google import compute
from shared.google.cluster_reader import ClusterReader, Door, doors
from shared.labels import asked_at
from shared.probe import Outcome, probe
from shared.spec import Environment, region_of
from shared.step.estimate import Pace
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context, Step

Json = dict[str, Any]

# Typical seconds after a route was reconciled [observed]: its URL map at the proxies, its backends healthy.
URL_MAP, HEALTHY = 30.0, 60.0
MOST = 1_000  # requests of one attempt: what fits a function's time [inferred: some 50 ms each]
WORDS = {
    "Unreachable": "does not answer",
    "RouteNotThere": "answers 404: the proxies do not know the route yet",
    "NoHealthyUpstream": "has no healthy backend yet",
    "WrongCluster": "is answered by another cluster than the one that should",
    "NotIdentified": "answers without saying from which cluster",
    "RedirectNotThere": "does not redirect as the rule says",
    "UnexpectedStatus": "answers with an unexpected status",
}


@dataclass(frozen=True)
class Seen:
    """What there was to prove and what came of it.

    `asked` and `reconciled` are when the request was published and when the last route was in the load balancer,
    unix seconds. `missing` says why nothing could be sent; `left_out` counts rows beyond what one attempt sends.
    """

    asked: float
    missing: str = ""
    reconciled: float | None = None
    outcomes: tuple[Outcome, ...] = ()
    left_out: int = 0


def observe(context: Context) -> Seen:
    """Derive the requests from the config cluster, and send them. A check sends nothing."""
    wanted, session, asked = context.wanted, context.session, asked_at(context.message.claim.generation)
    if context.message.mode == "check":
        return Seen(asked)
    found = doors(session, wanted.project)
    door = found.get((wanted.config.name, wanted.config.location))
    if door is None or not door.is_open:
        return Seen(asked, f"cluster {wanted.config_cluster} does not serve")
    members = [_member(found[c.name, c.location]) for c in wanted.clusters if (c.name, c.location) in found]
    cluster = ClusterReader(session, door)
    space = wanted.gateway.namespace
    gateway = cluster.get("Gateway", space, wanted.gateway.name)
    if gateway is None or not gateway.get("status", {}).get("addresses"):
        return Seen(asked, f"Gateway {space}/{wanted.gateway.name} has no address")
    network = f"projects/{wanted.project}/global/networks/{wanted.network}"
    addresses = vips(gateway, compute.global_forwarding_rules(session, wanted.project), network)
    routes = cluster.list("HTTPRoute", space) or []
    world = World(gateway, tuple(routes), _imports(wanted, cluster), tuple(members), tuple(addresses))
    matrix = list(rows(world))
    if not matrix and wanted.routes:
        return Seen(asked, f"Gateway {space}/{wanted.gateway.name} has taken no route")
    outcomes = tuple(probe(islice(matrix, MOST), wanted.probe))
    return Seen(asked, "", _reconciled(routes, wanted.gateway.name), outcomes, max(0, len(matrix) - MOST))


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """Done when every answer was right; else which is not, and when it may be."""
    if wanted is None:
        raise NotImplementedError("there is nothing to audit yet")
    pace = Pace(now, seen.asked)
    if seen.missing:
        seconds = pace.ahead(None, URL_MAP)
        return Decision(Waiting(reason="NothingToProve", message=seen.missing, retry_after=seconds))
    failing = [each for each in seen.outcomes if each.fault]
    if not failing:
        return Decision(Done(outputs=_outputs(seen)))
    return Decision(_waiting(seen, failing, pace))


def act(context: Context, change: object) -> None:
    """Verification has nothing to change."""
    raise AssertionError("verification decides on no changes")


VERIFICATION = Step("verification", observe, decide, act)


def _member(door: Door) -> Member:
    return Member(door.membership.partition("/locations/")[2], door.name, region_of(door.location))


def _imports(wanted: Environment, cluster: ClusterReader) -> dict[tuple[str, str], Json]:
    found = [each for space in wanted.namespaces for each in cluster.list("ServiceImport", space) or ()]
    return {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}


def _reconciled(routes: list[Json], gateway: str) -> float | None:
    found = [of_route(each, gateway).get("Reconciled") for each in routes]
    return max((each.since for each in found if each and each.holds), default=None)


def _outputs(seen: Seen) -> Json:
    """Rows for the report, those that are not right first, and what they add up to."""
    ordered = sorted(seen.outcomes, key=lambda each: not each.fault)
    sent = [each for each in ordered if each.row.asked is not None]
    wrong = sum(bool(each.fault) for each in sent)
    summary = {
        "requests": len(sent),
        "right": len(sent) - wrong,
        "wrong": wrong,
        "clusters": sorted({each.answer.served_by for each in sent if each.answer.served_by}),
    }
    left_out = {"notProbed": seen.left_out} if seen.left_out else {}
    return {"traffic": [each.wire() for each in ordered], "summary": summary | left_out}


def _waiting(seen: Seen, failing: list[Outcome], pace: Pace) -> Waiting:
    """Backends become healthy beside the URL map, and take longer: whatever is seen first, that is the end."""
    first = failing[0]
    asked = first.row.asked
    assert asked is not None, "what was not sent does not fail"
    what = f"{asked.method} http://{asked.host}{asked.target} by {first.row.vip.address}"
    if first.answer.served_by:
        told = f" ({first.answer.served_by}, not {' or '.join(first.row.preferred or first.row.expected)})"
    else:
        told = f" ({first.answer.text.strip()})" if first.answer.text else ""
    return Waiting(
        reason=first.fault,
        message=f"{what} {WORDS[first.fault]}{told}",
        retry_after=pace.ahead(seen.reconciled, HEALTHY),
        outputs=_outputs(seen),
    )
