"""A local cloud with Fleetgate's functions in it, and the part of the workflow that asks any of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import yaml

from localcloud.pubsub.broker import Delivery
from localcloud.workflows.callbacks import CallbackRequest, Callbacks
from localcloud.workflows.run import State
from shared.spec import parse_environment
from shared.step.packed import pack
from tests.support.live import EXAMPLE
from tests.support.local_cloud import call, cloud_with_fleetgate, let_pass, put_anchor
from tests.support.paths import ROOT
from tests.support.projects import PROJECT
from tests.support.rows import lines_of, with_rows

Json = dict[str, Any]

GENERATION = "1767599990000-77"
UNKIND = Delivery(copies=2, shuffle=2.0)

# A `main` that asks the steps of one phase, and nothing before or after; all else is the product's own document.
MAIN = """
params: [asked]
steps:
  - begin:
      assign:
        - run: ${new_run()}
        - run.claim.name: ${asked.name}
        - run.claim.generation: ${asked.generation}
        - claimed: ${map.merge(run.claimed, asked.claimed)}
  - ask:
      call: ask_all
      args:
        phase: ${asked.phase}
        claim: ${run.claim}
        claimed: ${claimed}
        looks: ${run.looks}
        carried: ${run.outputs}
      result: told
  - end_of_execution: {return: "${with_phase(run, asked.phase, told)}"}
"""
DOCUMENT: Json = yaml.safe_load((ROOT / "workflows" / "environment.yaml").read_text("utf-8"))
SOURCE = json.dumps({**DOCUMENT, "main": yaml.safe_load(MAIN)})
(TABLE,) = (step["table"]["return"] for step in DOCUMENT["phases_of_actions"]["steps"])


def row_of(step: str, mode: str) -> Json:
    """The row of a step in the workflow's table: its name, budget and patience."""
    phases = [phase for action in TABLE["actions"].values() for phase in action if phase["mode"] == mode]
    return next(row for phase in phases for row in phase["steps"] if row["name"] == step)


@contextmanager
def listening() -> Iterator[list[Json]]:
    """The answers that the workflow reads meanwhile: of those to one message, the first.

    A message that is delivered twice is answered twice; the second answer is refused, or kept for nobody.
    """
    answers: list[Json] = []
    endpoints = set[str]()
    send = Callbacks.send

    def listened(callbacks: Callbacks, request: CallbackRequest) -> int:
        status = send(callbacks, request)
        if status == 200 and request.url not in endpoints:
            endpoints.add(request.url)
            answers.append(json.loads(request.body))
        return status

    with patch.object(Callbacks, "send", listened):
        yield answers


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
        self._block = cloud_with_fleetgate(self.steps, seed=self.seed, delivery=self.delivery)
        self.installation = await self._block.__aenter__()
        self.cloud = self.installation.cloud
        account = f"fleetgate-workflow@{PROJECT}.iam.gserviceaccount.com"
        prefix = {"FLEETGATE_TOPIC_PREFIX": self.installation.topic("")}
        self.cloud.executions.deploy(self.installation.workflow, SOURCE, account, prefix)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._block.__aexit__(*error)

    async def ask(
        self, *steps: str, mode: str = "apply", once: bool = False, settle: float = 60.0
    ) -> dict[str, list[Json]]:
        """Every answer of each of `steps`, in order, once all are through and nothing is on its way any more.

        The answers have their rows. `settle` is how many seconds later that is.
        """
        rows = [row_of(step, mode) for step in steps]
        if once:
            rows = [{**row, "budget": 0} for row in rows]
        argument = {**self._request(mode), "phase": {"name": mode, "mode": mode, "steps": rows}}
        with listening() as heard:
            execution = self.cloud.executions.start(self.installation.workflow, json.dumps(argument))
            put_anchor(self.installation, GENERATION, execution.id)
            await self.cloud.run_until(lambda: execution.ended is not None and self.cloud.schedule.idle)
            await self.let_pass(settle)
        assert execution.run.state is State.SUCCEEDED, execution.run.error
        answers = {step: self._with_rows(heard, step, execution.id) for step in steps}
        read = {row["name"]: row["attempts"] for row in json.loads(execution.run.result or "{}")["steps"]}
        assert read == {step: len(each) for step, each in answers.items()}
        return answers

    def _with_rows(self, heard: list[Json], step: str, execution: str) -> list[Json]:
        """The answers of a step that were heard, in order: one an attempt."""
        lines = [entry.payload for entry in self.cloud.functions.logs.entries]
        mine = [each for each in heard if each["step"] == step]
        return [
            with_rows(each, lines_of(lines, execution, step, attempt)) for attempt, each in enumerate(mine, 1)
        ]

    async def let_pass(self, seconds: float) -> None:
        """Let time pass, and what then runs come to its end."""
        await let_pass(self.cloud, seconds, to_the_end=True)

    def call(self, method: str, path: str, body: Json | None = None, **query: str) -> Json:
        """What a person's own call of an API is answered; `path` begins with the service's name."""
        return call(self.cloud, method, path, body, **query)

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

    def _request(self, mode: str) -> Json:
        """Who asks, and what a claim would have said of the environment."""
        environment = parse_environment({**self.document, "project": PROJECT}, project=PROJECT)
        asked = {"name": environment.name, "generation": GENERATION}
        if mode != "destroy":
            return {**asked, "claimed": {"environment": pack(environment.wire())}}
        gateway = f"{environment.gateway.namespace}/{environment.gateway.name}"
        place = {"project": PROJECT, "network": environment.network, "gateway": gateway}
        return {**asked, "claimed": {"place": {**place, "disableApis": self.disable_apis}}}
