"""Environments, read from their anchors: one regional list, and the execution that each anchor names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from fleetgate.client.errors import unknown_environment
from fleetgate.client.executions import Execution, newest_first, open_callbacks, read
from fleetgate.client.target import Target
from fleetgate.results import LEAKED
from shared import anchor, labels
from shared.anchor import Anchor, Serving
from shared.google.side_by_side import side_by_side

# What an anchor's action is called while its execution runs; an anchor without labels has none.
UNDER_WAY = {
    "": "claiming",
    "deploy": "deploying",
    "teardown": "removing",
    "claim": "claiming",
    "tombstone": "removed",
    "release": "being released",
    "drill": "drilling",
}
DONE = {
    "deploy": "verified",
    "verify": "verified",
    "teardown": "removed",
    "tombstone": "removed",
    "drill": "drilled",
}


@dataclass(frozen=True)
class State:
    """One environment. Times are unix seconds by the server's clock; `expires` is None for one without an end.

    `phase` is its current or last phase, and `serving` what the last proof of its traffic found. A deploy that was
    refused is no phase of it, and changes nothing: `last_request` is what the newest claim came to. `generation`,
    `execution`, `outcome`, `code` are of that claim, and `waits_for` describes what its execution is doing. `addresses`
    are those of the last result that has any; they are only read for a single environment.
    """

    name: str
    phase: str
    action: str
    project: str
    network: str
    gateway: str
    expires: int | None
    asked: float
    now: float
    generation: str
    execution: str
    execution_state: str
    serving: Serving | None = None
    last_request: str = ""
    outcome: str = ""
    code: str = ""
    waits_for: str = ""
    addresses: list[dict[str, Any]] = field(default_factory=list)

    def wire(self) -> dict[str, Any]:
        """The documented JSON: camelCase, times as RFC 3339."""
        fields = asdict(self)
        fields["expires"] = moment(self.expires)
        fields["secondsLeft"] = None if self.expires is None else round(self.expires - self.now)
        fields["asked"] = moment(self.asked)
        fields["executionState"] = fields.pop("execution_state")
        fields["waitsFor"] = fields.pop("waits_for")
        fields["lastRequest"] = fields.pop("last_request")
        fields["serving"] = self.serving and {
            "state": self.serving.state,
            "since": moment(self.serving.moment),
        }
        del fields["now"]
        return fields


def all_states(target: Target, ended: bool = False) -> list[State]:
    """Every environment, by name; with `ended` also those of which only a tombstone is left.

    Each takes a read of its execution, which go side by side: one after the other, two hundred take half a minute.
    """
    found = _anchors(target, ended)
    executions = side_by_side(target.session, found, lambda each: _execution(target, each))
    return [_state(target, *each) for each in zip(found, executions, strict=True)]


def state_of(target: Target, name: str) -> State:
    """One environment, with its addresses and what it waits for.

    Raises:
        ClientError: there is none of that name.
    """
    found = anchor_of(target, name)
    execution = _execution(target, found)
    waits_for = _waits_for(target, execution) if execution else ""
    addresses = _addresses(target, name, execution)
    return _state(target, found, execution, waits_for=waits_for, addresses=addresses)


def summary_of(target: Target, name: str) -> State:
    """One environment, with the fields that the list of all environments has.

    Raises:
        ClientError: there is none of that name.
    """
    found = anchor_of(target, name)
    return _state(target, found, _execution(target, found))


def anchor_of(target: Target, name: str) -> Anchor:
    """The anchor of environment `name`.

    Raises:
        ClientError: there is none of that name.
    """
    found = _anchors(target)
    for each in found:
        if each.name == name:
            return each
    raise unknown_environment(name, (each.name for each in found))


def _anchors(target: Target, ended: bool = False) -> list[Anchor]:
    ours = [each for each in anchor.read_all(target.session) if each.is_ours]
    return sorted((each for each in ours if ended or each.stands), key=lambda each: each.name)


def _execution(target: Target, found: Anchor) -> Execution | None:
    return read(target, found.execution) if found.execution else None


def _state(target: Target, found: Anchor, execution: Execution | None, **more: Any) -> State:
    values = found.labels
    action = values.get(labels.ACTION, "")
    result = execution.result if execution else {}
    last_request = _phase(action, execution)
    is_refused = not found.is_accepted and not (execution and execution.is_alive)
    return State(
        name=found.name,
        phase=_phase_before(target, found) if is_refused else last_request,
        serving=found.serving,
        last_request=last_request,
        action=action,
        project=_text(values, labels.PROJECT),
        network=_text(values, labels.NETWORK),
        gateway=_text(values, labels.GATEWAY),
        expires=found.expires,
        asked=labels.asked_at(found.generation),
        now=target.session.now,
        generation=found.generation,
        execution=found.execution,
        execution_state=execution.state if execution else "",
        outcome=str(result.get("outcome", "")),
        code=str(result.get("code", "")),
        **more,
    )


def _phase_before(target: Target, found: Anchor) -> str:
    """What the request came to whose lease, spec and place the anchor has."""
    execution = read(target, found.accepted_by) if found.accepted_by else None
    return _phase(str(execution.result.get("action", "")) if execution else "", execution)


def _phase(action: str, execution: Execution | None) -> str:
    if execution is None:
        return "abandoned"  # the anchor's execution no longer exists, or never did
    if execution.is_alive:
        return UNDER_WAY.get(action, action)
    if execution.result.get("code") == LEAKED:
        return "leaked"
    outcome = str(execution.result.get("outcome") or "failed")
    return DONE.get(action, "done") if outcome == "done" else outcome


def _waits_for(target: Target, execution: Execution) -> str:
    if not execution.is_alive:
        return ""
    answers = open_callbacks(target, execution.id)
    asked = [f"{answers} answer{'s' if answers != 1 else ''} of steps"] if answers else []
    busy = execution.busy_with()
    return "; ".join([*asked, *([busy] if busy else [])])


def _addresses(target: Target, name: str, execution: Execution | None) -> list[dict[str, Any]]:
    """The newest addresses in a result: of the anchor's execution, or of an earlier one."""
    for each in _candidates(target, execution):
        result = each.result
        if result.get("environment") == name and result.get("addresses"):
            addresses: list[dict[str, Any]] = result["addresses"]
            return addresses
    return []


def _candidates(target: Target, execution: Execution | None) -> Iterable[Execution]:
    if execution is not None:
        yield execution
    yield from newest_first(target)


def _text(values: Mapping[str, str], key: str) -> str:
    """The text that labels keep; its digest, if an earlier release found it too long to keep."""
    return labels.gathered(values, key) or values.get(key, "")


def moment(seconds: float | None) -> str | None:
    """Unix seconds as RFC 3339."""
    return (
        None
        if seconds is None
        else datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
    )
