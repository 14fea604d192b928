"""Verification: sends requests through every address, hostname and rule, and checks which cluster answered.

It runs inside the VPC and changes nothing. The config cluster says what to expect. Verification is done when every
backend that a rule leads to has answered, every answer was right, and weights are as they should be. Until then it
waits, as long as the workflow's budget lasts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from functions.verification.deployed import as_deployed
from functions.verification.drift import Drift, Drifted, blocked
from functions.verification.endpoint_states import read_states
from functions.verification.expectation import NO_ROUTE, RoutingState, rows
from functions.verification.probe import MAX_NAME
from functions.verification.proof import ProofRow
from functions.verification.proving import MAX_REQUESTS, PATIENCE
from functions.verification.sending import Sending
from functions.verification.subject import NothingToProve, Subject, read_subject
from functions.verification.timed_http import LIMIT
from shared.gateway.status import Vip, of_route, vips
from shared.google import compute
from shared.google.cluster_reader import ClusterReader
from shared.google.session import Session
from shared.json_types import Json
from shared.labels import asked_at
from shared.objects import KubeObject, key_of
from shared.other_routes import shared_traffic, taken_traffic, unprogrammed
from shared.step.estimate import UNHURRIED, Pace, closely
from shared.step.outcome import Blocked, Decision, Done, Outcome, Waiting, Warned
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.google import wire

# Typical seconds from a reconciled route to its URL map at the proxies, and to its healthy backends [observed].
TYPICAL_URL_MAP, TYPICAL_HEALTHY = 30.0, 60.0
FAULT_MESSAGES = {
    "Unreachable": "does not answer",
    "TooSlow": f"has not answered whole within {LIMIT:.0f} s",
    "OutOfTime": f"was not sent: the requests before it took {PATIENCE:.0f} s, or were {MAX_REQUESTS:,}",
    "RouteNotThere": "answers 404: the proxies do not have the route yet",
    "NoHealthyUpstream": "has no healthy backend yet",
    "WrongCluster": "is answered by another cluster than the one that should",
    "NotIdentified": "answers without saying from which cluster",
    "RedirectNotThere": "does not redirect as the rule says",
    "BackendUnseen": "is not answered by every backend yet",
    "WeightsDiffer": "is not shared between its backends as the weights say",
    "FilterNotThere": "is not changed as the rule's filters say",
    "UnexpectedStatus": "answers with an unexpected status",
}


@dataclass(frozen=True)
class ObservedTraffic:
    """The answers to the requests that were sent.

    `asked` is when the request was published, `reconciled` when the last route was in the load balancer; `imported` is
    when the steps of a deploy before this one had seen everything, with the last import, None for a request by name
    (unix seconds). `missing` says why nothing could be sent. `sending` is what was sent.

    Of a request by name, `drift` is what is not as it was deployed: then nothing is sent. `deploying` is the execution
    that is at work on the environment, `kind` that of the Gateway's addresses, which a deploy's gateway step tells.
    `taken` says which of our traffic a route of somebody else's takes: then nothing is sent, either.
    """

    asked: float
    missing: str = ""
    reconciled: float | None = None
    imported: float | None = None
    results: tuple[ProofRow, ...] = ()
    sending: Sending | None = None
    vips: tuple[Vip, ...] = ()
    kind: str = ""
    drift: tuple[Drift, ...] = ()
    deploying: str = ""
    warnings: tuple[Warned, ...] = ()
    taken: Blocked | None = None


def observe(context: Context) -> ObservedTraffic:
    """Derive the requests from the config cluster, and send them. A check sends nothing."""
    asked = asked_at(context.message.claim.generation)
    if context.message.mode == "check":
        return ObservedTraffic(asked)
    try:
        if context.environment:
            found = _traffic(context.session, read_subject(context), asked)
            return replace(found, imported=context.message.began)
        return _by_name(context, asked)
    except NothingToProve as reason:
        return ObservedTraffic(asked, missing=str(reason))


def decide(observed: ObservedTraffic, now: float) -> Decision:
    """Done when every answer was right; otherwise wait for the first that was not.

    Anything else than done says that the environment does not serve now: the settling keeps that. An attempt that could
    not look says nothing.
    """
    decision = _judged(observed, now)
    if decision.outcome is None or isinstance(decision.outcome, Done):
        return decision
    outputs = {**decision.outcome.outputs, "brokenAt": int(now)}
    return replace(decision, outcome=replace(decision.outcome, outputs=outputs))


def _judged(observed: ObservedTraffic, now: float) -> Decision:
    pace = Pace(now, observed.asked)
    if observed.drift:
        return Decision(_drifted(observed, pace))
    if observed.taken:
        return Decision(observed.taken)
    if observed.missing:
        seconds = pace.ahead(None, TYPICAL_URL_MAP)
        return Decision(Waiting(reason="NothingToProve", message=observed.missing, retry_after=seconds))
    failing = [each for each in observed.results if each.fault]
    if not failing:
        return Decision(Done(outputs=_outputs(observed), warnings=observed.warnings))
    if observed.imported is None:
        return Decision(_waiting(observed, failing, pace.ahead(observed.reconciled, TYPICAL_HEALTHY)))
    since = max(observed.reconciled or 0.0, observed.imported - UNHURRIED)
    wait = _waiting(observed, failing, closely(now, since, TYPICAL_HEALTHY))
    return Decision(wait, near=partial(_sent_again, observed))


def _sent_again(before: ObservedTraffic, context: Context) -> ObservedTraffic:
    assert before.sending is not None, "who waits for a right answer has sent something"
    return replace(before, results=before.sending.after(before.results))


VERIFICATION = Step("verification", observe, decide, frozenset({"check", "apply"}))


def _by_name(context: Context, asked: float) -> ObservedTraffic:
    """What has changed since the last deploy; if nothing has, the traffic and the addresses."""
    try:
        subject = read_subject(as_deployed(context))
    except Drifted as found:
        return ObservedTraffic(asked, drift=found.drift, deploying=context.place.deploying)
    return replace(_traffic(context.session, subject, asked), kind=subject.kind)


def _drifted(observed: ObservedTraffic, pace: Pace) -> Outcome:
    """What is missing while a deploy is at work is on its way."""
    stop = blocked(observed.drift)
    if not observed.deploying:
        return stop
    text = f"execution {observed.deploying} is at work, and it is not done: {stop.cause}"
    return Waiting(reason="BeingDeployed", message=text, retry_after=pace.ahead(None, TYPICAL_URL_MAP))


def _traffic(session: Session, subject: Subject, asked: float) -> ObservedTraffic:
    """Send the requests. The calls come in this order so that what is missing is found with few of them."""
    addresses = _addresses(session, subject)
    routes = subject.cluster.list("HTTPRoute", subject.namespace) or []
    imports = _imports(subject.cluster, routes, subject.namespace)
    state = RoutingState(
        subject.gateway, tuple(routes), imports, subject.fleet, addresses, subject.owner, _exporters(subject)
    )
    warnings, taken = _of_others(subject, routes)
    if taken:
        return ObservedTraffic(asked, taken=taken)
    matrix = list(rows(state))
    if subject.needs_routes and all(each.rule == NO_ROUTE for each in matrix):
        raise NothingToProve(f"Gateway {subject.namespace}/{subject.name} has no attached route")
    states = read_states(session, subject.project)
    sending = Sending(tuple(matrix), subject.probe, states)
    reconciled = _reconciled(routes, subject.name)
    return ObservedTraffic(
        asked,
        reconciled=reconciled,
        results=sending.all(),
        sending=sending,
        vips=addresses,
        warnings=tuple(warnings),
    )


def _of_others(subject: Subject, routes: list[KubeObject]) -> tuple[list[Warned], Blocked | None]:
    """What to warn of that somebody else's routes do to ours, and what they make impossible to prove."""
    if subject.wanted is None:
        return [], None
    objects = {key_of(each): each for each in routes}
    warnings = [*unprogrammed(subject.wanted, subject.gateway), *shared_traffic(subject.wanted, objects)]
    return warnings, taken_traffic(subject.wanted, objects)


def _addresses(session: Session, subject: Subject) -> tuple[Vip, ...]:
    """The Gateway's addresses; each must be served by a forwarding rule of the project."""
    where = f"Gateway {subject.namespace}/{subject.name}"
    if not subject.gateway.get("status", {}).get("addresses"):
        raise NothingToProve(f"{where} has no address")
    rules = compute.global_forwarding_rules(session, subject.project)
    addresses = vips(subject.gateway, rules, subject.network_path)
    if address := unserved_address(addresses, rules):
        raise NothingToProve(
            f"the status of {where} has the address {address}, but no forwarding rule has it"
        )
    return tuple(addresses)


def unserved_address(addresses: Iterable[Vip], rules: Iterable[wire.ForwardingRule]) -> str:
    """An address that only the cluster names; "" if forwarding rules have all of them.

    Whoever may write a Gateway's status could name the metadata server's address, and get its tokens.
    """
    served = {rule.get("IPAddress") for rule in rules}
    return next((each.address[:MAX_NAME] for each in addresses if each.address not in served), "")


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


def _exporters(subject: Subject) -> dict[tuple[str, str], frozenset[str]]:
    """The clusters that each service of the spec is to be exported from, by its namespace and name."""
    services = subject.wanted.services if subject.wanted else ()
    return {(each.namespace, each.name): frozenset(each.clusters) for each in services}


def _reconciled(routes: list[KubeObject], gateway: str) -> float | None:
    found = [of_route(each, gateway).get("Reconciled") for each in routes]
    return max((each.since for each in found if each and each.holds), default=None)


def _outputs(observed: ObservedTraffic) -> Json:
    """Rows for the report, wrong ones first, and their summary."""
    ordered = sorted(observed.results, key=lambda each: not each.fault)
    sent = [each for each in ordered if each.row.request is not None]
    wrong = sum(bool(each.fault) for each in sent)
    summary = {
        "requests": sum(each.requests for each in sent),
        "rows": len(sent),
        "right": len(sent) - wrong,
        "wrong": wrong,
        "clusters": sorted({one.cluster for each in sent for one in each.clusters if one.answers}),
    }
    left_out = observed.sending.left_out if observed.sending else 0
    beyond = {"notProbed": left_out} if left_out else {}
    shown = [
        {"region": each.region, "address": each.address, "kind": observed.kind} for each in observed.vips
    ]
    addresses = {"addresses": shown} if observed.kind else {}
    return {"traffic": [each.wire() for each in ordered], "summary": summary | beyond, **addresses}


def _waiting(observed: ObservedTraffic, failing: list[ProofRow], seconds: float) -> Waiting:
    """Wait for healthy backends in every case: they take longer than the URL map, at the same time.

    Their checks begin when their cluster is listed in the import, and not before the route is in the load balancer.
    """
    first = failing[0]
    request = first.row.request
    assert request is not None, "only a sent request can fail"
    port = f":{first.row.port}" if first.row.port != 80 else ""
    what = f"{request.method} http://{request.host}{port}{request.target} by {first.row.vip.address}"
    if first.fault == "WrongCluster":
        detail = f" ({first.served_by}, not {' or '.join(first.row.preferred or first.row.expected)})"
    else:
        detail = f" ({first.note})" if first.note not in ("", first.fault) else ""
    return Waiting(
        reason=first.fault,
        message=f"{what} {FAULT_MESSAGES[first.fault]}{detail}",
        retry_after=seconds,
        outputs=_outputs(observed),
        warnings=observed.warnings,
    )
