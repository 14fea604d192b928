"""A local cloud with Fleetgate's functions in it, and a small workflow that sees any of them through."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from fleetgate.local.installation import APIS, PRELOAD, Installation
from localcloud.cloud import LocalCloud, Settings
from localcloud.pubsub.broker import Delivery
from localcloud.wire.messages import Caller, Request
from localcloud.workflows.run import State
from shared.spec import parse_environment
from tests.support.live import EXAMPLE, PROJECT

Json = dict[str, Any]

GENERATION = "1767599990000-77"
UNKIND = Delivery(copies=2, shuffle=2.0)

# Asks every step of `messages`, side by side: once, or until it answers something other than "waiting".
WORKFLOW = """
main:
  params: [asked]
  steps:
    - begin: {assign: [{answers: {}}]}
    - side_by_side:
        parallel:
          shared: [answers]
          for:
            value: message
            in: ${asked.messages}
            steps:
              - see:
                  call: see_through
                  args: {message: "${message}", once: "${asked.once}"}
                  result: heard
              - keep: {assign: [{"answers[message.step]": "${heard}"}]}
    - finish: {return: "${answers}"}

see_through:
  params: [message, once]
  steps:
    - begin:
        assign:
          - heard: []
          - message.claim.execution: ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")}
    - open:
        call: events.create_callback_endpoint
        args: {http_callback_method: POST}
        result: endpoint
    - address:
        assign:
          - message.callback: ${endpoint.url}
          - message.nonce: ${uuid.generate()}
          - message.deadline: ${sys.now() + 90}
          - message.attempt: ${len(heard) + 1}
    - send:
        call: googleapis.pubsub.v1.projects.topics.publish
        args:
          topic: ${"projects/PROJECT/topics/fleetgate-" + text.replace_all(message.step, "_", "-")}
          body: {messages: [{data: "${base64.encode(json.encode(message))}"}]}
    - listen:
        call: events.await_callback
        args: {callback: "${endpoint}", timeout: 90}
        result: got
    - keep: {assign: [{answer: "${got.http_request.body}"}, {heard: "${list.concat(heard, answer)}"}]}
    - hand_on:
        switch:
          - condition: ${"outputs" in answer and "inventory" in answer.outputs}
            assign: [{message.inventory: "${answer.outputs.inventory}"}]
    - enough:
        switch:
          - condition: ${once or answer.outcome != "waiting"}
            return: ${heard}
    - pause:
        call: sys.sleep
        args: {seconds: "${answer.retryAfter}"}
        next: open
""".replace("PROJECT", PROJECT)


@dataclass
class Bench:
    """A cloud with the functions of `steps`, while it is entered. `document` is the environment's.

    `disable_apis` is what a destroy is told of the tutorial's last step.
    """

    steps: tuple[str, ...] = ("clusters", "fleet", "service_export")
    delivery: Delivery = field(default_factory=Delivery)
    seed: int = 0
    document: Json = field(default_factory=lambda: EXAMPLE)
    disable_apis: bool = False

    async def __aenter__(self) -> Bench:
        self.cloud = LocalCloud(Settings(seed=self.seed, delivery=self.delivery, preload=PRELOAD))
        await self.cloud.__aenter__()
        self.installation = Installation(self.cloud, PROJECT, project=PROJECT)
        self.cloud.create_project(PROJECT, APIS)
        self.installation._make_networks("auto")
        for step in self.steps:
            self.installation._deploy(step, step.replace("_", "-"))
        account = f"fleetgate-workflow@{PROJECT}.iam.gserviceaccount.com"
        self.cloud.executions.deploy(self.installation.workflow, WORKFLOW, account)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.cloud.__aexit__(*error)

    async def ask(
        self, *steps: str, mode: str = "apply", once: bool = False, settle: float = 60.0
    ) -> dict[str, list[Json]]:
        """Every answer of each of `steps`, in order, once all are through and nothing is on its way any more.

        `settle` is how many seconds later that is.
        """
        messages = [self._message(step, mode) for step in steps]
        argument = json.dumps({"messages": messages, "once": once})
        execution = self.cloud.executions.start(self.installation.workflow, argument)
        self._put_anchor(execution.id)
        await self.cloud.run_until(lambda: execution.ended is not None and self.cloud.schedule.idle)
        assert execution.run.state is State.SUCCEEDED, execution.run.error
        await self.let_pass(settle)
        answers: dict[str, list[Json]] = json.loads(execution.run.result or "{}")
        return answers

    async def let_pass(self, seconds: float) -> None:
        """Let time pass, and what then runs come to its end."""
        clock = self.cloud.world.clock
        until = clock.now + seconds
        clock.at(until, lambda: None)
        await self.cloud.run_until(lambda: clock.now >= until and self.cloud.schedule.idle)

    def call(self, method: str, path: str, body: Json | None = None, **query: str) -> Json:
        """What a person's own call of an API is answered; `path` begins with the service's name."""
        payload = json.dumps(body).encode() if body is not None else b""
        values = {key: [value] for key, value in query.items()}
        request = Request(method, f"/{path}", values, {}, payload, Caller("user@example.com"))
        response = self.cloud.answer(request)
        assert response.status == 200, response.body
        answer: Json = json.loads(response.body)
        return answer

    async def create_cluster(self, name: str, location: str, **fields: Any) -> None:
        """Somebody's cluster, RUNNING."""
        path = f"container/v1/projects/{PROJECT}/locations/{location}/clusters"
        self.call("POST", path, {"cluster": {"name": name, "initialNodeCount": 3, **fields}})
        await self.let_pass(600.0)

    def resources(self) -> Json:
        """All that there is, but for the anchor that `ask` puts there."""
        dump = self.cloud.dump()
        dump["resources"].pop("compute.addresses", None)
        return dump

    def changed(self) -> list[tuple[str, str]]:
        """Method and resource of every change that the functions made."""
        apart = ("pubsub", "workflowexecutions")
        made = [
            each
            for each in self.cloud.log.calls
            if each.mutation and each.status < 400 and each.caller.instance
        ]
        return [(each.method, each.resource) for each in made if each.service not in apart]

    def _message(self, step: str, mode: str) -> Json:
        environment = parse_environment({**self.document, "project": PROJECT}, project=PROJECT)
        claim = {"name": environment.name, "generation": GENERATION, "execution": ""}
        asked = {"schema": 1, "step": step, "mode": mode, "claim": claim}
        if mode != "destroy":
            return {**asked, "environment": environment.wire()}
        gateway = f"{environment.gateway.namespace}/{environment.gateway.name}"
        place = {"project": PROJECT, "network": environment.network, "gateway": gateway}
        return {**asked, "place": {**place, "disableApis": self.disable_apis}}

    def _put_anchor(self, execution: str) -> None:
        """The anchor as the environment function leaves it, held by this execution."""
        name = f"projects/{PROJECT}/regions/{self.installation.region}/addresses/fleetgate-store"
        held = {
            "fleetgate-env": "store",
            "fleetgate-generation": GENERATION,
            "fleetgate-execution": execution,
        }
        anchor = {"name": "fleetgate-store", "selfLink": f"https://www.googleapis.com/compute/v1/{name}"}
        self.cloud.world.store["compute.addresses"].put(
            name, {**anchor, "labels": held, "status": "RESERVED"}
        )
