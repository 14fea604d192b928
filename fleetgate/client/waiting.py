"""Waits for an environment to be verified or removed, whoever requested it.

What counts is what the last request came to: an environment still serves after a deploy that was refused, but that is
not what somebody waits for.
"""

from __future__ import annotations

from fleetgate.client.environments import State, summary_of
from fleetgate.client.errors import BAD_USAGE, FAILED, ClientError
from fleetgate.client.following import attempts
from fleetgate.client.pauses import Watch
from fleetgate.client.target import Target
from fleetgate.report import EXIT

UNDONE = ("blocked", "failed", "leaked", "abandoned")


def wait_for(target: Target, name: str, goal: str, limit: float | None, watch: Watch | None = None) -> str:
    """Wait at most `limit` seconds. Returns a message.

    Raises:
        ClientError: the environment ended in another phase, was too slow, or does not exist.
    """
    for attempt in attempts(watch or Watch(), limit):
        with attempt:
            state = _state(target, name, goal)
            if state is None or state.last_request == goal:
                return f"{name} is {goal}"
            if _is_hopeless(state, goal):
                raise _undone(state)
    raise ClientError(
        f"{name} is not {goal} after {limit:g} s.", f"`fleetgate status {name}` shows what it waits for."
    )


def _state(target: Target, name: str, goal: str) -> State | None:
    """The environment's state; None if it does not exist and its removal is the goal."""
    try:
        return summary_of(target, name)
    except ClientError as error:
        if goal == "removed" and error.exit_status == BAD_USAGE:
            return None
        raise


def _is_hopeless(state: State, goal: str) -> bool:
    """Whether the goal can no longer be reached. After an end without a failure another request may still reach it."""
    is_asked = (state.action == "teardown") == (goal == "removed")
    return state.last_request in UNDONE and (is_asked or goal == "verified")


def _undone(state: State) -> ClientError:
    code = f" ({state.code})" if state.code else ""
    again = f"`fleetgate status {state.name}` shows more; publish the request again when the cause is fixed."
    return ClientError(
        f"{state.name} is {state.last_request}{code}.", again, EXIT.get(state.last_request, FAILED)
    )
