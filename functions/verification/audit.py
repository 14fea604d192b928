"""The audit: verification of a teardown. What is left of an environment, looked for twice.

Controllers make again what was deleted under them, and a function of an older execution that passed the fence
before this request claimed the anchor may act until its time is over. So nothing counts at the first look: what
is clean, or left behind, must be so for longer than any function lives. The workflow hands on since when; the
audit itself remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.verification import leaks
from functions.verification.inventory import take
from functions.verification.leaks import Findings
from shared import anchor
from shared.google.resource import tail_of
from shared.json_types import Json
from shared.step.outcome import Decision, Done, Failed, Outcome, Waiting
from shared.step.step import Context, Step

# Seconds. The longest timeout of a function, which ends whatever it does, and a margin for clocks and deliveries.
SECOND_LOOK = 120.0 + 10.0
PATIENCE = 600.0  # with lists that cannot be had whole: an outage of a zone, say
UNKNOWN_AGAIN = 30.0  # until such a list is asked for again
SHOWN = 5  # leaks that a message names


@dataclass(frozen=True)
class ObservedLeftovers:
    """What was found, the lists that are unknown, and the verdict before this one: what it was, and since when."""

    found: Findings
    unknown: tuple[Json, ...]
    verdict_before: str = ""
    since: float = 0.0

    @property
    def verdict(self) -> str:
        """`clean`, `leaking`, or `unknown` while that cannot be said."""
        if self.found.leaks:
            return "leaking"
        return "unknown" if self.unknown else "clean"


def observe(context: Context) -> ObservedLeftovers:
    """A dozen lists of the fleet's project, and what of it is the environment's."""
    place, message = context.place, context.message
    there = take(context.session, place.project, apis_disabled=place.disable_apis)
    namespace, _, gateway = (place.gateway or "").partition("/")
    whose = leaks.Environment(
        context.name,
        place.network,
        (namespace, gateway) if gateway else None,
        anchor.path_of(context.session, context.name),
        frozenset(tail_of(each) for each in message.inventory or ()),
    )
    before: Mapping[str, Any] = message.audit or {}
    found = leaks.find(there, whose)
    return ObservedLeftovers(found, there.unknown, before.get("verdict", ""), float(before.get("since", 0.0)))


def decide(observed: ObservedLeftovers, now: float) -> Decision:
    """Done when it has been clean for long enough; a leak when something has been there as long."""
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
    text = "nothing is left; looking again when no older function can act any more"
    return Waiting(reason="SecondLook", message=text, retry_after=SECOND_LOOK - held, outputs=outputs)


def _leaking(observed: ObservedLeftovers, held: float, outputs: Json) -> Outcome:
    """Much of what is left goes by itself a little later; what does not, needs a person."""
    names = [each["resource"] for each in observed.found.leaks]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    text = f"left behind: {', '.join(names[:SHOWN])}{more}"
    if held < SECOND_LOOK:
        return Waiting(reason="LeftBehind", message=text, retry_after=SECOND_LOOK - held, outputs=outputs)
    return Failed(
        code="LEAKED",
        cause=f"{len(names)} {text}",
        fix=f"{observed.found.leaks[0]['fix']}, and so on down the leaks; then publish the teardown again.",
        outputs=outputs,
    )


def _unknown(observed: ObservedLeftovers, held: float, outputs: Json) -> Outcome:
    text = "; ".join(f"{each['list']}: {each['why']}" for each in observed.unknown)
    if held < PATIENCE:
        return Waiting(reason="ListIncomplete", message=text, retry_after=UNKNOWN_AGAIN, outputs=outputs)
    return Failed(
        code="AUDIT_INCOMPLETE",
        cause=f"It cannot be said what is left: {text}",
        fix="Publish the teardown again once these can be listed.",
        outputs=outputs,
    )
