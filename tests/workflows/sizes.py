"""Answers as large as they get, for environments of any size: made as the functions make them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from shared.spec import parse_environment
from shared.step.answer import CARRIED_LIMIT, LIMIT, LIMITS, answer
from shared.step.message import Claim
from shared.step.message import Message as StepMessage
from shared.step.outcome import Blocked, Done, Failed, Outcome, Waiting
from shared.step.packed import pack
from tests.support.changes import ScriptedChange
from tests.support.projects import PROJECT
from tests.support.sizes import ZONES, sized
from tests.workflows.functions import CLAIMED, Message, Script

CALLS = {
    "total": 1_000,
    "mutations": 100,
    "byService": dict.fromkeys(("compute", "container", "gkehub", "kubernetes", "serviceusage"), 200),
}
WORDS = "Something that takes long to say. " * 100


def answered(message: Message, outcome: Outcome, changes: int = 0) -> dict[str, Any]:
    """What a function would answer, below its limit; `changes` is how many it made."""
    claim = Claim("", "", "e")
    asked = StepMessage(
        message["step"], message["mode"], message["attempt"], message["nonce"], "c", 0.0, claim, 0.0, 0.0
    )
    made = [
        ScriptedChange(f"projects/{PROJECT}/locations/l/clusters/c/{number}") for number in range(changes)
    ]
    content = answer(asked, outcome, made, CALLS).content
    limit = CARRIED_LIMIT if "inventory" in content.get("outputs", {}) else LIMITS.get(message["step"], LIMIT)
    assert len(json.dumps(content)) <= limit
    return content


def parts(number: int) -> list[str]:
    """Names of a load balancer's parts: they have hashes at their ends, which do not pack."""
    return [
        f"projects/{PROJECT}/global/backendServices/gkemcg1-store-store-{random.Random(at).getrandbits(48):012x}-8080"
        for at in range(number)
    ]


class Sized:
    """Answers for an environment of so many clusters and services.

    Every step waits `turns` times for each of two reasons, with much to tell, before it is done.
    """

    def __init__(self, clusters: int, services: int, turns: int = 3) -> None:
        self.clusters, self.services, self.turns = clusters, services, turns
        spec = {**sized(clusters, services), "project": PROJECT}
        self.environment = parse_environment(spec, project=PROJECT).wire()
        self.regions = min(clusters, len(ZONES))

    def claim(self, message: Message) -> dict[str, Any]:
        """The claim of a deploy."""
        outputs = {**CLAIMED["outputs"], "environment": pack(self.environment)}
        return answered(message, Done(outputs=outputs))

    def claim_to_remove(self, message: Message) -> dict[str, Any]:
        """The claim of a teardown."""
        place = {"project": PROJECT, "network": "default", "gateway": "store/gateway", "disableApis": False}
        outputs = {k: v for k, v in CLAIMED["outputs"].items() if k != "environment"}
        return answered(message, Done(outputs={**outputs, "action": "teardown", "place": place}))

    def deploy(self, message: Message) -> dict[str, Any]:
        """Of any step of a deploy that ends well."""
        if message["mode"] in ("begin", "claim"):
            return self.claim(message)
        return self._told(message, self._outputs(message))

    def teardown(self, message: Message) -> dict[str, Any]:
        """Of any step of a teardown that ends with leaks."""
        if message["mode"] in ("begin", "claim"):
            return self.claim_to_remove(message)
        found = {"resource": f"projects/{PROJECT}/" + "r" * 80, "why": "w" * 80, "fix": "f" * 200}
        outputs: dict[str, Any] = {}
        if message["step"] == "gateway":
            outputs = {"inventory": pack(parts(20 + 10 * self.regions + 4 * self.services))}
        if message["step"] == "verification":
            every: Sequence[Any] = [found] * self.clusters * self.services
            outputs = {
                "leaks": every,
                "foreign": every,
                "unknown": every,
                "audit": {"verdict": "leaking", "since": 7.0},
            }
            if message["attempt"] > 2 * self.turns:
                return answered(message, Failed(code="LEAKED", cause=WORDS, fix=WORDS, outputs=outputs))
        return self._told(message, outputs)

    def refused(self, message: Message) -> dict[str, Any]:
        """Of a deploy that every step refuses in the check."""
        if message["mode"] != "check":
            return self.deploy(message)
        faults = [
            {"path": f"clusters[{n}]", "fault": "f" * 50, "fix": "x" * 50} for n in range(self.clusters)
        ]
        return answered(message, Blocked(code="REQUEST_REFUSED", cause=WORDS, fix=WORDS, faults=faults))

    def _told(self, message: Message, outputs: dict[str, Any]) -> dict[str, Any]:
        changes = self.clusters * self.services
        if message["attempt"] <= 2 * self.turns and message["mode"] in ("apply", "destroy"):
            reason = f"Reason{message['attempt'] % 2}"
            told: Outcome = Waiting(reason=reason, message=WORDS, retry_after=5.0, outputs=outputs)
        else:
            told = Done(outputs=outputs)
        return answered(message, told, changes)

    def _outputs(self, message: Message) -> dict[str, Any]:
        if message["step"] == "gateway" and message["mode"] == "apply":
            row = {"region": "australia-southeast1", "address": "10.138.100.100", "kind": "ephemeral"}
            return {"addresses": [row] * self.regions}
        if message["step"] == "verification":
            probe: dict[str, Any] = {"vip": "10.138.100.100", "pad": "x" * 480, "ok": True}
            names = [each["name"] for each in self.environment["clusters"]]
            summary = {"requests": 9, "right": 9, "wrong": 0, "clusters": names}
            return {"traffic": [probe] * self.regions * self.services * 2, "summary": summary}
        return {}


def script_of(clusters: int, services: int, story: str) -> Script:
    """The answers of one of the stories above."""
    script: Script = getattr(Sized(clusters, services), story)
    return script
