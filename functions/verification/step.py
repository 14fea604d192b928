"""Verification: requests through every address, hostname and rule, and whether the right cluster answered.

It runs inside the VPC, and reads the config cluster for what to expect. It changes nothing. Only what has been
answered rightly is done; everything else is "not yet", as long as the workflow's budget lasts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from functions.verification.expectation import Member, RoutingState, rows
from functions.verification.probe import LONGEST, ProbeResult, probe
from shared.gateway.status import Vip, of_route, vips
from shared.google import compute, wire
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters
from shared.json_types import Json
from shared.labels import asked_at
from shared.objects import KubeObject, is_ours
from shared.step.estimate import Pace
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.spec import Probe


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
class ObservedTraffic:
    """What there was to prove and what came of it.

    `asked` and `reconciled` are when the request was published and when the last route was in the load balancer,
    unix seconds. `missing` says why nothing could be sent; `left_out` counts rows beyond what one attempt sends.
    """

    asked: float
    missing: str = ""
    reconciled: float | None = None
    results: tuple[ProbeResult, ...] = ()
    left_out: int = 0


def observe(context: Context) -> ObservedTraffic:
    """Derive the requests from the config cluster, and send them. A check sends nothing."""
    asked = asked_at(context.message.claim.generation)
    if context.message.mode == "check":
        return ObservedTraffic(asked)
    what = _of_spec(context) if context.environment else _of_place(context)
    if isinstance(what, str):
        return ObservedTraffic(asked, what)
    cluster, gateway = what.cluster, what.gateway
    where = f"Gateway {what.namespace}/{gateway['metadata']['name']}"
    if not gateway.get("status", {}).get("addresses"):
        return ObservedTraffic(asked, f"{where} has no address")
    rules = compute.global_forwarding_rules(context.session, what.project)
    addresses = vips(gateway, rules, f"projects/{what.project}/global/networks/{what.network}")
    if strange := _strange(addresses, rules):
        return ObservedTraffic(
            asked, f"{where} tells the address {strange}, which no forwarding rule of the project has"
        )
    routes = cluster.list("HTTPRoute", what.namespace) or []
    imports = _imports(cluster, routes, what.namespace)
    matrix = list(rows(RoutingState(gateway, tuple(routes), imports, what.members, tuple(addresses))))
    if not matrix and what.has_routes:
        return ObservedTraffic(asked, f"{where} has taken no route")
    results = tuple(probe(islice(matrix, MOST), what.probe))
    reconciled = _reconciled(routes, gateway["metadata"]["name"])
    return ObservedTraffic(asked, "", reconciled, results, max(0, len(matrix) - MOST))


def decide(observed: ObservedTraffic, now: float) -> Decision:
    """Done when every answer was right; else which is not, and when it may be."""
    pace = Pace(now, observed.asked)
    if observed.missing:
        seconds = pace.ahead(None, URL_MAP)
        return Decision(Waiting(reason="NothingToProve", message=observed.missing, retry_after=seconds))
    failing = [each for each in observed.results if each.fault]
    if not failing:
        return Decision(Done(outputs=_outputs(observed)))
    return Decision(_waiting(observed, failing, pace))


VERIFICATION = Step("verification", observe, decide, frozenset({"check", "apply"}))


@dataclass(frozen=True)
class Subject:
    """What is to be proved: a Gateway where it lives, the fleet behind it, and how an answer names its cluster."""

    project: str
    network: str
    cluster: ClusterReader
    gateway: KubeObject
    members: tuple[Member, ...]
    probe: Probe
    has_routes: bool

    @property
    def namespace(self) -> str:
        """The Gateway's, and its routes'."""
        return str(self.gateway["metadata"]["namespace"])


def _of_spec(context: Context) -> Subject | str:
    """What the spec asks for; or why there is nothing to prove yet."""
    wanted, session = context.wanted, context.session
    found = {each.key: each for each in clusters(session, wanted.project)}
    config = found.get((wanted.config.name, wanted.config.location))
    if config is None or not config.is_reachable:
        return f"cluster {wanted.config_cluster} does not serve"
    members = [_member(found[c.name, c.location]) for c in wanted.clusters if (c.name, c.location) in found]
    cluster, space = ClusterReader(session, config), wanted.gateway.namespace
    gateway = cluster.get("Gateway", space, wanted.gateway.name)
    if gateway is None:
        return f"Gateway {space}/{wanted.gateway.name} has no address"
    routed = bool(wanted.routes)
    return Subject(wanted.project, wanted.network, cluster, gateway, tuple(members), wanted.probe, routed)


def _of_place(context: Context) -> Subject | str:
    """What bears the environment's name; it is in whichever cluster of the fleet has its Gateway."""
    from shared.spec import Probe  # slow to import, as below

    place = context.place
    space, _, name = (place.gateway or "").partition("/")
    if not name:
        return f"the anchor does not tell which Gateway is that of {context.name}"
    members = [each for each in clusters(context.session, place.project) if each.membership]
    for cluster in (ClusterReader(context.session, each) for each in members if each.is_reachable):
        gateway = cluster.get("Gateway", space, name)
        if gateway is not None and is_ours(gateway, context.name):
            fleet = tuple(_member(each) for each in members)
            how = Probe.of_text(place.probe or "none")
            return Subject(place.project, place.network, cluster, gateway, fleet, how, True)
    return f"no cluster of the fleet has Gateway {place.gateway}"


def _member(cluster: Cluster) -> Member:
    from shared.spec import region_of

    return Member(cluster.membership.partition("/locations/")[2], cluster.name, region_of(cluster.location))


def _strange(addresses: Iterable[Vip], rules: Iterable[wire.ForwardingRule]) -> str:
    """An address that only the cluster tells of; "" if Google knows them all.

    Whoever may write a Gateway's status could name the metadata server's, and have its tokens read for him.
    """
    known = {rule.get("IPAddress") for rule in rules}
    return next((each.address[:LONGEST] for each in addresses if each.address not in known), "")


def _imports(cluster: ClusterReader, routes: list[KubeObject], own: str) -> dict[tuple[str, str], KubeObject]:
    """The imports of every namespace that the routes refer to."""
    refs = [
        ref
        for each in routes
        for rule in each["spec"].get("rules", [])
        for ref in rule.get("backendRefs", [])
    ]
    spaces = sorted({ref.get("namespace", own) for ref in refs})
    found = [each for space in spaces for each in cluster.list("ServiceImport", space) or ()]
    return {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}


def _reconciled(routes: list[KubeObject], gateway: str) -> float | None:
    found = [of_route(each, gateway).get("Reconciled") for each in routes]
    return max((each.since for each in found if each and each.holds), default=None)


def _outputs(observed: ObservedTraffic) -> Json:
    """Rows for the report, those that are not right first, and what they add up to."""
    ordered = sorted(observed.results, key=lambda each: not each.fault)
    sent = [each for each in ordered if each.row.asked is not None]
    wrong = sum(bool(each.fault) for each in sent)
    summary = {
        "requests": len(sent),
        "right": len(sent) - wrong,
        "wrong": wrong,
        "clusters": sorted({each.answer.served_by for each in sent if each.answer.served_by}),
    }
    left_out = {"notProbed": observed.left_out} if observed.left_out else {}
    return {"traffic": [each.wire() for each in ordered], "summary": summary | left_out}


def _waiting(observed: ObservedTraffic, failing: list[ProbeResult], pace: Pace) -> Waiting:
    """Backends become healthy beside the URL map, and take longer: whatever is observed first, that is the end."""
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
        retry_after=pace.ahead(observed.reconciled, HEALTHY),
        outputs=_outputs(observed),
    )
