"""The requests that Fleetgate accepts: an action, and an environment or its name."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from shared.labels import LAST_SECOND
from shared.spec.fault_messages import fault_of, shown
from shared.spec.faults import WHOLE, Fault, InvalidEnvironment, InvalidRequest, listed, nearest
from shared.spec.model import Environment
from shared.spec.part import Part
from shared.spec.plain import number, odd_parts
from shared.spec.reading import parse_environment
from shared.spec.values import LABEL, Flag, Region, Ttl
from shared.visible import visible

MAX_REQUEST = 65_536  # bytes, five times the limit of an environment; a larger request is not even parsed

GENERATION = r"^[a-z0-9_-]+$"  # what a label may have

Existing = Annotated[
    str, Field(pattern=LABEL, max_length=53, description="Name of the environment.", examples=["store"])
]


class Deploy(Part):
    """Deploy, or converge: also the answer to drift."""

    action: Literal["deploy"]
    environment: Environment = Field(description="What is wanted.", examples=[{"name": "store"}])
    origin: Literal["git"] | None = Field(
        None, description="git, if a repository keeps the spec.", examples=["git"]
    )


class Plan(Part):
    """What deploy would do; changes nothing."""

    action: Literal["plan"]
    environment: Environment = Field(description="What would be wanted.", examples=[{"name": "store"}])


class Verify(Part):
    """Prove it again."""

    action: Literal["verify"]
    name: Existing
    quiet: Flag = Field(False, description="Publish no ending, only an event if what serves has changed.")


class Extend(Part):
    """Let the lease end so much later than now."""

    action: Literal["extend"]
    name: Existing
    ttl: Ttl = Field(description="From now, 30m to 30d.", examples=["8h"])


class Teardown(Part):
    """Remove everything that bears the environment's mark."""

    action: Literal["teardown"]
    name: Existing
    expires: Annotated[int, Field(strict=True, ge=0, le=LAST_SECOND)] | None = Field(
        None,
        description="Only if the lease still ends then (unix seconds): so that an extension in between wins.",
    )
    generation: Annotated[str, Field(pattern=GENERATION, max_length=63)] | None = Field(
        None, description="Only if this is still the newest claim: so that a deploy in between wins."
    )
    disable_apis: Flag = Field(False, description="Disable the tutorial's APIs as well, at the very end.")

    @property
    def is_conditional(self) -> bool:
        """Whether it comes from the sweep, and depends on what the sweep read."""
        return self.expires is not None or self.generation is not None


class Sweep(Part):
    """Tear down what has outlived its lease, and take old tombstones away; the scheduler asks for it."""

    action: Literal["sweep"]
    final: Flag = Field(
        False, description="Take every tombstone away at once, and nothing else: before Fleetgate is removed."
    )


class Monitor(Part):
    """Prove again what every environment has served; the scheduler asks for it."""

    action: Literal["monitor"]


class Drill(Part):
    """Rehearse the loss of a region."""

    action: Literal["drill"]
    name: Existing
    region: Region = Field(description="The region to lose.", examples=["us-west1"])


Request = Deploy | Plan | Verify | Extend | Teardown | Sweep | Monitor | Drill
ACTIONS: dict[str, type[Request]] = {
    "deploy": Deploy,
    "plan": Plan,
    "verify": Verify,
    "extend": Extend,
    "teardown": Teardown,
    "sweep": Sweep,
    "monitor": Monitor,
    "drill": Drill,
}


def parse_request(data: bytes, *, project: str) -> Request:
    """The request in a message's data; `project` as in `parse_environment`.

    Raises:
        InvalidRequest: with every fault, those of the environment under `environment`.
    """
    document = _object(data)
    action = document.get("action")
    kind = ACTIONS.get(action) if isinstance(action, str) else None
    if kind is None:
        raise InvalidRequest([_no_such_action(document)])
    faults: list[Fault] = []
    if "environment" in document and "environment" in kind.model_fields:
        document, faults = _with_environment(document, project)
    try:
        request = kind.model_validate(document)
    except ValidationError as refused:
        faults = [fault_of(error, kind) for error in refused.errors(include_url=False)] + faults
    if faults:
        raise InvalidRequest(faults)
    return request


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_REQUEST:
        fix = "apply in Kubernetes directly what is not needed here; an environment has at most 12,000 bytes"
        raise InvalidRequest(
            [Fault(WHOLE, f"the message has {len(data)} bytes; at most {MAX_REQUEST} are read", fix)]
        )
    try:
        document = json.loads(data, parse_int=number, object_pairs_hook=_once_each)
    except InvalidRequest:
        raise
    except RecursionError:
        fault = "the message nests without end"
        raise InvalidRequest([Fault(WHOLE, fault, "take out what is not needed")]) from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError
        fix = 'publish one JSON object, such as {"action": "verify", "name": "store"}'
        raise InvalidRequest([Fault(WHOLE, f"the message is not JSON: {error}", fix)]) from None
    if odd := odd_parts(document):
        raise InvalidRequest(odd)
    if not isinstance(document, dict):
        fix = 'write {"action": …} around it'
        raise InvalidRequest([Fault(WHOLE, f"{shown(document)} is not an object", fix)])
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless it has a key twice: readers disagree about which of the two counts.

    Raises:
        InvalidRequest: it has.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            fault = f"the key {visible(key)!r} is twice in one object"
            raise InvalidRequest([Fault(WHOLE, fault, "leave it once")])
        found[key] = value
    return found


def _no_such_action(document: dict[str, Any]) -> Fault:
    if "action" not in document:
        deployable = "environment" in document or "clusters" in document
        fix = 'add "action": "deploy"' if deployable else f"add action: {listed(ACTIONS)}"
        return Fault("action", "action is missing", fix)
    near = nearest(document["action"], ACTIONS)
    fault = f"{shown(document['action'])!r} is not an action"
    return Fault("action", fault, f"write {near or listed(ACTIONS)}")


def _with_environment(document: dict[str, Any], project: str) -> tuple[dict[str, Any], list[Fault]]:
    """The document with its environment parsed. An invalid environment becomes an empty one, and its faults."""
    try:
        environment = parse_environment(document["environment"], project=project)
    except InvalidEnvironment as invalid:
        empty = Environment.model_construct()
        return {**document, "environment": empty}, [fault.under("environment") for fault in invalid.faults]
    return {**document, "environment": environment}, []
