"""Waiting for an environment to be verified or removed, whoever asked for that."""

from __future__ import annotations

from fleetgate.client.environments import State, glance
from fleetgate.client.errors import BAD_USAGE, FAILED, ClientError
from fleetgate.client.following import patiently
from fleetgate.client.pauses import Watch
from fleetgate.client.target import Target
from fleetgate.report import EXIT

UNDONE = ("blocked", "failed", "leaked", "abandoned")


def wait_for(target: Target, name: str, goal: str, limit: float | None, watch: Watch | None = None) -> str:
    """Wait at most `limit` seconds; what has come about, in words.

    Raises:
        ClientError: it cannot come about, or did not in time; it is not known whether it will, for there is no
            such environment.
    """
    for look in patiently(watch or Watch(), limit):
        with look:
            state = _state(target, name, goal)
            if state is None or state.phase == goal:
                return f"{name} is {goal}"
            if _is_hopeless(state, goal):
                raise _undone(state)
    raise ClientError(
        f"{name} is not {goal} after {limit:g} s.", f"`fleetgate status {name}` tells what it waits for."
    )


def _state(target: Target, name: str, goal: str) -> State | None:
    """The environment's; none at all is what waiting for its removal comes to."""
    try:
        return glance(target, name)
    except ClientError as error:
        if goal == "removed" and error.exit_status == BAD_USAGE:
            return None
        raise


def _is_hopeless(state: State, goal: str) -> bool:
    """Whether what was asked for has ended otherwise; an end that is no failure may yet be followed by another."""
    is_asked = (state.action == "teardown") == (goal == "removed")
    return state.phase in UNDONE and (is_asked or goal == "verified")


def _undone(state: State) -> ClientError:
    code = f" ({state.code})" if state.code else ""
    again = f"`fleetgate status {state.name}` tells more; publish the request again once the cause is gone."
    return ClientError(f"{state.name} is {state.phase}{code}.", again, EXIT.get(state.phase, FAILED))
