"""The message that the workflow publishes to a step's topic, parsed from its CloudEvent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import BadMessage
from shared.json_types import Json
from shared.step.packed import unpack
from shared.step.tally import Tally

_EXECUTION = re.compile(r"[A-Za-z0-9-]{1,64}")
_WORD = re.compile(r"[a-z0-9-]{1,63}")

SCHEMA = 2  # of the messages that this version of the workflow sends
WAKE = "wake"  # the mode of a message that asks for nothing
SCHEDULED = "scheduled"  # the mode of a message that the scheduler publishes, and no execution
SCHEDULED_ACTIONS = ("sweep", "monitor")
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
# A running execution keeps its revision of the workflow while functions are replaced: the previous schema is valid too.
SCHEMAS = range(max(1, SCHEMA - 1), SCHEMA + 1)


@dataclass(frozen=True)
class Claim:
    """A request's claim on an environment. In mode begin only `execution` is known yet.

    Until `quiet_from` (unix seconds) functions of the claim before may act; 0 if it disturbed nobody. `writing` is the
    operation that writes the claim on the anchor, "" if none is known.
    """

    name: str
    generation: str
    execution: str
    quiet_from: float = 0.0
    writing: str = ""


@dataclass(frozen=True)
class Place:
    """Where an environment is, from its anchor: a teardown cannot observe it once half of it is gone.

    `gateway` is `namespace/name`, or None if unknown. `network` is "" if unknown. `probe` says in one word how an
    answer names its cluster. `disable_apis`: the request wants the APIs disabled at the end. `regions` are those in
    which the environment may have something, or None if nobody knows: then it may be anywhere. Not `located` is one
    that may be in another project too: its anchor is lost.

    A verification compares the environment with the spec of hash `spec`, which its Gateway in cluster `config` bears;
    `deploying` is the execution that is at work on the environment, "" if none is.
    """

    project: str
    network: str
    subnetwork: str | None = None
    gateway: str | None = None
    probe: str | None = None
    disable_apis: bool = False
    regions: tuple[str, ...] | None = None
    located: bool = True
    spec: str = ""
    config: str = ""
    deploying: str = ""

    def wire(self) -> Json:
        """As the claim's answer and the messages carry it."""
        fields: Json = {"project": self.project, "network": self.network, "disableApis": self.disable_apis}
        names = ("subnetwork", "gateway", "probe", "spec", "config", "deploying")
        optional = {name: getattr(self, name) for name in names}
        known: Json = {} if self.regions is None else {"regions": list(self.regions)}
        known |= {} if self.located else {"located": False}
        return fields | known | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True)
class RawRequest:
    """A request as the user published it: `data` unparsed, `publish_time` in RFC 3339."""

    data: bytes
    message_id: str
    publish_time: str


@dataclass(frozen=True)
class Message:
    """One attempt of one step. Nothing is changed after `deadline`; `sent` is when the workflow sent it, and `began`
    when it sent the first to this step in this phase (unix seconds).

    `environment` is the spec with all defaults, `origin` who keeps it. It is None in begin, claim and destroy, in
    settle unless the deploy is still to be accepted, and in every mode of a request that has only a name (teardown,
    verify). A `place` comes with all but begin and claim. `request` comes with these two, `ending` with settle.
    `inventory` names the parts of the load balancer, None until the gateway step has listed them. `audit` is the last
    verdict of the audit: {verdict, since}. `about` comes with look: the reason of waiting whose cause is looked for.
    `environment` and `inventory` come packed, but with schema 1. `tally` counts the answers before; a workflow
    that does not send it adds up by itself.
    """

    step: str
    mode: str
    attempt: int
    nonce: str
    callback: str
    deadline: float
    claim: Claim
    sent: float
    began: float
    environment: Json | None = None
    request: RawRequest | None = None
    origin: str | None = None
    ending: Json | None = None
    place: Place | None = None
    inventory: Sequence[str] | None = None
    audit: Json | None = None
    about: str = ""
    tally: Tally | None = None
    schema: int = SCHEMA


def is_wake(event: object) -> bool:
    """Whether the data of a CloudEvent brings a message that asks for nothing: an instance has started for it."""
    try:
        return bool(_fields(event).get("mode") == WAKE)
    except BadMessage:
        return False


def scheduled_request(event: object) -> RawRequest | None:
    """The request in a message of the scheduler; None if the message is another one. Nobody waits for its answer."""
    try:
        fields = _fields(event)
        if fields.get("mode") != SCHEDULED or fields["action"] not in SCHEDULED_ACTIONS:
            return None
        published = event["message"]  # type: ignore[index]
        data = json.dumps({"action": fields["action"]}).encode()
        return RawRequest(data, str(published["messageId"]), str(published["publishTime"]))
    except (BadMessage, *MALFORMED):
        return None


def parse(event: object) -> Message:
    """The message in the data of a Pub/Sub CloudEvent (`messagePublished`: `message.data` is base64).

    Raises:
        BadMessage: it is no message of a known schema.
    """
    try:
        return _message(_fields(event))
    except MALFORMED as error:
        raise _bad(error) from error


def _fields(event: object) -> Mapping[str, Any]:
    try:
        fields: Mapping[str, Any] = json.loads(base64.b64decode(event["message"]["data"]))  # type: ignore[index]
        if fields["schema"] not in SCHEMAS:
            raise BadMessage(f"schema {fields['schema']} is not one of {list(SCHEMAS)}")
        fields.get("mode")
        return fields
    except MALFORMED as error:
        raise _bad(error) from error


def _bad(error: Exception) -> BadMessage:
    return BadMessage(f"not a message of the step protocol: {type(error).__name__}: {error}")


def _message(fields: Mapping[str, Any]) -> Message:
    claim, sent = fields["claim"], float(fields["sent"])
    _demand(_EXECUTION, "execution", claim["execution"])
    return Message(
        step=fields["step"],
        mode=fields["mode"],
        attempt=int(fields["attempt"]),
        nonce=fields["nonce"],
        callback=fields["callback"],
        deadline=float(fields["deadline"]),
        claim=_claim(claim),
        sent=sent,
        began=float(fields.get("began") or sent),  # schema 1 may lack it: then the step is not late
        environment=_unpacked(fields.get("environment"), dict),
        request=_raw_request(fields["request"]) if fields.get("request") else None,
        origin=fields.get("origin") or None,
        ending=fields.get("ending") or None,
        place=_place(fields["place"]) if fields.get("place") else None,
        inventory=_unpacked(fields.get("inventory"), list),
        audit=fields.get("audit") or None,
        about=str(fields.get("about") or ""),
        tally=Tally.of(fields["tally"]) if fields.get("tally") else None,
        schema=fields["schema"],
    )


def _claim(claim: Mapping[str, Any]) -> Claim:
    quiet, writing = float(claim.get("quietFrom") or 0.0), claim.get("writing") or ""
    if writing:
        _demand(_WORD, "writing", writing)
    return Claim(claim.get("name") or "", claim.get("generation") or "", claim["execution"], quiet, writing)


def _unpacked(value: Any, kind: type) -> Any:
    """A packed field, or one of schema 1 as it is."""
    if value is None:
        return None
    found = unpack(value) if isinstance(value, str) else value
    if not isinstance(found, kind):
        raise BadMessage(f"a field is {type(found).__name__}, not {kind.__name__}")
    return found


def _place(place: Mapping[str, Any]) -> Place:
    for name in ("project", "network", "subnetwork"):
        if place.get(name):
            _demand(_WORD, name, place[name])
    regions = place.get("regions")
    return Place(
        project=place["project"],
        network=place["network"],
        subnetwork=place.get("subnetwork"),
        gateway=place.get("gateway"),
        probe=place.get("probe"),
        disable_apis=bool(place.get("disableApis")),
        regions=None if regions is None else tuple(regions),
        located=place.get("located", True),
        spec=place.get("spec", ""),
        config=place.get("config", ""),
        deploying=place.get("deploying", ""),
    )


def _demand(form: re.Pattern[str], name: str, value: str) -> None:
    """Check the form of a value that becomes a part of URLs, so that it cannot change where they lead."""
    if not form.fullmatch(value):
        raise BadMessage(f"{value[:100]!r} is not a valid {name}")


def _raw_request(request: Mapping[str, Any]) -> RawRequest:
    """Data that is no base64 is what somebody wrote who started an execution by hand: it is judged as it is."""
    text = request.get("data") or ""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = text.encode()
    return RawRequest(data, str(request["messageId"]), str(request["publishTime"]))
