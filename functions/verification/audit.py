"""The audit: verifies a teardown. It searches twice for leftovers of the environment.

Controllers create deleted resources again, and delete leftovers a while later. So a verdict (clean or leaking) counts
only when it has held for longer than their slowest round takes. The workflow carries the time since when; the audit
keeps no state. Functions of the claim before may act for a while, too: the runner sees to them (`shared.step.attempt`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.verification.attribution import RemovedEnvironment
from functions.verification.inventory import read_inventory
from functions.verification.leaks import Findings, find, together
from shared import anchor
from shared.google.resource import tail_of
from shared.json_types import Json
from shared.step.outcome import Decision, Done, Failed, Outcome, Waiting
from shared.step.step import Context, Step

# Seconds: the slowest round of GKE's controllers, and a margin for what it begins. They look at all network endpoint
# groups every 120 s, and at the other resources more often [documented: kubernetes/ingress-gce, pkg/flags/flags.go,
# neg-gc-period and sync-period]. That the Gateway's controller, which is not public, is no slower is [inferred].
SECOND_LOOK = 120.0 + 10.0
PATIENCE = 600.0  # seconds that a list may stay incomplete, for example while a zone is down
RETRY_LIST = 30.0  # seconds until an incomplete list is read again
SHOWN = 5  # leaks that a message names: the outputs have all of them


@dataclass(frozen=True)
class ObservedLeftovers:
    """The findings, the incomplete lists, and the previous verdict with the time since when it has held.

    Not `located` is an environment whose anchor is lost: it was searched for in every project where it can be.
    """

    found: Findings
    unknown: tuple[Json, ...]
    verdict_before: str = ""
    since: float = 0.0
    located: bool = True

    @property
    def verdict(self) -> str:
        """`clean`, `leaking`, or `unknown` if a list is incomplete."""
        if self.found.leaks:
            return "leaking"
        return "unknown" if self.unknown else "clean"


def observe(context: Context) -> ObservedLeftovers:
    """Read a dozen lists of the environment's project, and find its resources in them.

    What cannot be located is not clean: if the anchor does not name the project, every one is read in which an
    environment can be.
    """
    place, message = context.place, context.message
    projects = [place.project] if place.located else context.settings.projects
    found, unknown = list[Findings](), list[Json]()
    for project in projects:
        inventory = read_inventory(context.session, project, context.places, apis_disabled=place.disable_apis)
        found.append(find(inventory, _environment(context)))
        unknown += [each if place.located else {**each, "project": project} for each in inventory.unknown]
    before: Mapping[str, Any] = message.audit or {}
    return ObservedLeftovers(
        together(found),
        tuple(unknown),
        before.get("verdict", ""),
        float(before.get("since", 0.0)),
        place.located,
    )


def _environment(context: Context) -> RemovedEnvironment:
    place = context.place
    namespace, _, gateway = (place.gateway or "").partition("/")
    return RemovedEnvironment(
        context.name,
        place.network,
        (namespace, gateway) if gateway else None,
        anchor.path_of(context.session, context.name),
        frozenset(tail_of(each) for each in context.message.inventory or ()),
    )


def decide(observed: ObservedLeftovers, now: float) -> Decision:
    """Done when the project has been clean for long enough; failed when leaks have stayed as long."""
    since = observed.since if observed.verdict == observed.verdict_before else now
    outputs = _rows(observed) | {"audit": {"verdict": observed.verdict, "since": since}}
    answers = {"clean": _clean, "leaking": _leaking, "unknown": _unknown}
    return Decision(answers[observed.verdict](observed, now - since, outputs))


AUDIT = Step("verification", observe, decide, frozenset({"destroy"}))


def _rows(observed: ObservedLeftovers) -> Json:
    found = observed.found
    return {"leaks": list(found.leaks), "foreign": list(found.foreign), "unknown": list(observed.unknown)}


def _clean(_observed: ObservedLeftovers, held: float, outputs: Json) -> Outcome:
    if held >= SECOND_LOOK:
        return Done(outputs=outputs)
    text = "nothing is left; the second search comes when every controller has looked in between"
    return Waiting(reason="SecondLook", message=text, retry_after=SECOND_LOOK - held, outputs=outputs)


def _leaking(observed: ObservedLeftovers, held: float, outputs: Json) -> Outcome:
    """Controllers delete many leftovers a little later; a person must delete the rest."""
    names = [each["resource"] for each in observed.found.leaks]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    text = f"left behind: {', '.join(names[:SHOWN])}{more}"
    if held < SECOND_LOOK:
        return Waiting(reason="LeftBehind", message=text, retry_after=SECOND_LOOK - held, outputs=outputs)
    return Failed(
        code="LEAKED",
        cause=f"{len(names)} {text}",
        fix=f"{_first_fix(observed)}, and so on for each leak; then publish the teardown again.",
        outputs=outputs,
    )


def _first_fix(observed: ObservedLeftovers) -> str:
    """A deploy of the same spec writes the anchor anew: then a teardown knows where to remove all of it."""
    command = str(observed.found.leaks[0]["fix"])
    return command if observed.located else f"Deploy its spec again and tear it down. Or {command}"


def _unknown(observed: ObservedLeftovers, held: float, outputs: Json) -> Outcome:
    text = "; ".join(f"{each['list']}: {each['why']}" for each in observed.unknown)
    if held < PATIENCE:
        return Waiting(reason="ListIncomplete", message=text, retry_after=RETRY_LIST, outputs=outputs)
    return Failed(
        code="AUDIT_INCOMPLETE",
        cause=f"What is left is unknown: {text}",
        fix="Grant what the cause says is lacking, or let the places that it names come back; then publish the teardown"
        " again.",
        outputs=outputs,
    )
