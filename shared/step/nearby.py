"""Waits within a call, for what is expected any moment.

To be asked again costs an attempt: a message, an answer, a whole look of a dozen calls, and dozens of the workflow's
steps. To wait a second longer costs a function as much as three of these steps (docs/prices.yaml). So while pauses are
short the function waits itself, and then looks at nothing but what it waits for.

It waits for a part of its time only. The workflow can stop it no sooner than it answers, and has to hear by then how
long it has waited already.
"""

from __future__ import annotations

import time

from shared.google.deadline import LONGEST_CALL, Deadline
from shared.step.outcome import Decision, Waiting

HELD = 25.0  # seconds since the receipt of a message until which its function waits; it has 60 (terraform-bootstrap)
LONGEST = 10.0  # seconds of a pause: a longer one is cheaper in the workflow


def is_near(decision: Decision, deadline: Deadline) -> bool:
    """Whether what a decision waits for is to be waited for within this call."""
    wait = decision.outcome
    if decision.near is None or not isinstance(wait, Waiting) or wait.retry_after > LONGEST:
        return False
    is_in_time = deadline.passed + wait.retry_after <= HELD
    return is_in_time and deadline.left - wait.retry_after > LONGEST_CALL


def pause(decision: Decision) -> float:
    """Wait as long as a decision that is near says; how many seconds that was."""
    assert isinstance(decision.outcome, Waiting), "only what waits is near"
    time.sleep(decision.outcome.retry_after)
    return decision.outcome.retry_after
