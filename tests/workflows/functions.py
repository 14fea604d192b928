"""Functions in the place of the real ones: they answer the workflow as each test says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from localcloud.workflows.callbacks import CallbackRequest
from localcloud.workflows.host import CallResult
from shared.step.tally import Tally, tallied
from tests.support.paths import ROOT

SOURCE = (ROOT / "workflows" / "environment.yaml").read_text()
EVENT = {
    "data": {
        "message": {"data": "eyJ9", "messageId": "77", "publishTime": "2026-01-05T10:00:00.123Z"},
        "subscription": "s",
    }
}
VARIABLES = {
    "FLEETGATE_TOPIC_PREFIX": "projects/p/topics/fleetgate-",
    "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": "e1",
    "GOOGLE_CLOUD_PROJECT_ID": "p",
    "GOOGLE_CLOUD_LOCATION": "us-west1",
    "GOOGLE_CLOUD_WORKFLOW_ID": "fleetgate",
    "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": "fleetgate-workflow@p.iam.gserviceaccount.com",
}
CLAIMED: dict[str, Any] = {
    "outcome": "done",
    "outputs": {
        "name": "store",
        "action": "deploy",
        "generation": "1-77",
        "environment": {"name": "store"},
        "topics": {"verification": "projects/p/topics/fleetgate-verification-default"},
    },
}
CALLS = {"total": 2, "mutations": 1, "byService": {"compute": 2}}
SETTLED_TOPIC = "projects/p/topics/fleetgate-events"

Message = dict[str, Any]
Script = Callable[[Message], Any]


class Functions:
    """Every function at once: `script` gives the answer to a message; None is silence."""

    def __init__(self, host: Any, script: Script) -> None:
        self.host, self.script = host, script
        self.messages: list[tuple[str, Message]] = []
        self.events: list[dict[str, Any]] = []
        self.woken: list[tuple[str, float]] = []

    def __call__(self, name: str, arguments: dict[str, Any]) -> CallResult:
        """A publish."""
        assert name == "googleapis.pubsub.v1.projects.topics.publish"
        published = arguments["body"]["messages"][0]
        data = json.loads(base64.b64decode(published["data"]))
        if arguments["topic"] == SETTLED_TOPIC:
            self.events.append({**published["attributes"], "data": data})
        elif data["mode"] == "wake":
            self.woken.append((arguments["topic"], self.host.now))
        else:
            self.messages.append((arguments["topic"], data))
            self._answer(data)
        return CallResult.ok({"messageIds": ["1"]})

    def asked(self, step: str, mode: str = "apply") -> list[Message]:
        """The messages that a step got in a mode."""
        return [each for _, each in self.messages if (each["step"], each["mode"]) == (step, mode)]

    def _answer(self, message: Message) -> None:
        told = self.script(message)
        if told is None:
            return
        full = {
            "schema": 2,
            "nonce": message["nonce"],
            "step": message["step"],
            "changes": 0,
            "rows": 0,
            "calls": CALLS,
        }
        answer = self._tallied(message, full | told)
        self.host.after(1.0, lambda: self.post(message["callback"], answer))

    def _tallied(self, message: Message, told: Any) -> Any:
        """As a function adds it up; not what is no answer of the protocol."""
        if "tally" in told:
            return told
        if told["outcome"] == "waiting" and "retryAfter" not in told:
            return {**told, "tally": message["tally"]}
        return tallied(Tally.of(message["tally"]), message["attempt"], told)

    def post(self, url: str, answer: Any) -> None:
        """A POST to a callback."""
        headers = {"content-type": "application/json"}
        body = json.dumps(answer).encode()
        self.host.callbacks.send(CallbackRequest("POST", url, {}, headers, body, self.host.now))


def answers(**special: Any) -> Script:
    """`done` everywhere but where `special` says otherwise: step_mode → an answer, or one an attempt."""

    def script(message: Message) -> Any:
        if message["mode"] in ("begin", "claim"):
            told = special.get(message["mode"], special.get("claim", CLAIMED))
        else:
            told = special.get(f"{message['step']}_{message['mode']}", {"outcome": "done"})
        if isinstance(told, list):
            return told[min(message["attempt"], len(told)) - 1]
        return told(message) if callable(told) else told

    return script


def waiting(reason: str, seconds: float) -> dict[str, Any]:
    return {"outcome": "waiting", "reason": reason, "message": f"{reason}!", "retryAfter": seconds}


def blocked(code: str) -> dict[str, Any]:
    return {"outcome": "blocked", "code": code, "cause": f"{code} is so", "fix": "mend it"}


def rows(result: Any, mode: str) -> dict[str, Any]:
    return {row["name"]: row for row in result["steps"] if row["mode"] == mode}
