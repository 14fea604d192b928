"""The monitor: asks for a verify of every environment that has served, to see whether it still does.

A schedule asks for it. Its requests are quiet: they have no ending of their own, only the event of a change
(`serving.py`). An environment that a deploy is at work on is left to that deploy, which proves it in the end.
"""

from __future__ import annotations

from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import superseded
from shared.google.pubsub import Publication
from shared.step.outcome import Decision, Done


def monitor(observed: ObservedRequest) -> Decision:
    """One quiet verify for each environment whose traffic was ever proven."""
    served = [each.name for each in observed.environments if each.serving and not each.is_being_removed]
    topic = observed.settings.requests_topic
    requests = [Publication(topic, {"action": "verify", "name": name, "quiet": True}, {}) for name in served]
    return Decision(Done(outputs=observed.outputs(monitored=served)), publications=requests)


def left_alone(observed: ObservedRequest) -> Decision | None:
    """The answer to a quiet verify of an environment that is gone, or goes, or that a deploy is at work on."""
    anchor = observed.anchor
    if anchor is None or not anchor.is_claimed or anchor.is_being_removed:
        return superseded(observed, f"{observed.name} is gone, or is being removed")
    if observed.is_at_work(anchor):
        return superseded(observed, f"execution {anchor.execution} is at work on {observed.name}")
    return None
