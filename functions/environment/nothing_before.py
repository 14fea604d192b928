"""Whether anything of an environment was there before a deploy that is refused in check.

Often another deploy of the same name has held the anchor before it, and was superseded or refused in its own check. If
nobody ended the anchor then, it would hold the fleet for an environment that has nothing. The anchor names the request
that was the first, and the last one that was accepted. What their executions tell is enough: whoever changes anything
was accepted, or was the first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from shared.anchor import TEARDOWN, Anchor
from shared.google import executions
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.google import wire

# What the requests before have made: not known yet while one of them has not ended.
Before = Literal["nothing", "something", "unknown"]

ENDS = 3.0  # seconds until it is asked again whether an execution has ended that was superseded
PATIENCE = 60.0  # seconds that this takes at most; after that the anchor stays
MODES_BEFORE_CHANGES = {
    "begin",
    "claim",
    "check",
    "accept",
    "settle",
}  # of the messages that change nothing but the anchor


def made_before(context: Context, anchor: Anchor) -> Before:
    """What was there before the claim that holds `anchor`. One read for each other request that the anchor names."""
    claim = context.message.claim
    if anchor.began_with(claim.generation, claim.execution):
        return "nothing"
    if (
        anchor.accepted_action == TEARDOWN or context.message.schema < 2
    ):  # a release before that does not name both
        return "something"
    others = {anchor.first_execution, anchor.accepted_by} - {claim.execution}
    read = [
        executions.read(context.session, context.settings.workflow, each) for each in sorted(others - {""})
    ]
    if "" in others or any(not executions.is_alive(each) and not _made_nothing(each) for each in read):
        return "something"
    if not any(executions.is_alive(each) for each in read):
        return "nothing"
    waited = context.session.now - context.message.began
    return "unknown" if waited < PATIENCE else "something"


def _made_nothing(execution: wire.Execution | None) -> bool:
    """Whether an execution has ended before its first change: its result accounts for no later step."""
    told = execution.get("result") if execution else None
    try:
        modes = {each["mode"] for each in json.loads(told or "{}")["steps"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(modes) and modes <= MODES_BEFORE_CHANGES
