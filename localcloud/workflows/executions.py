"""Executions on the cloud's clock: started by a call or an event, resumed by timers, calls and callbacks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localcloud.google_apis import GOOGLE_APIS
from localcloud.iam.tokens import TOKENS
from localcloud.time.clock import Timer
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.json_source import read_json
from localcloud.wire.messages import Json
from localcloud.workflows import definitions
from localcloud.workflows.callbacks import Callbacks, Wait
from localcloud.workflows.dialect import DIALECT
from localcloud.workflows.execution_log import ExecutionLog
from localcloud.workflows.host import CallResult
from localcloud.workflows.outbound import Outbound
from localcloud.workflows.run import Run, State
from localcloud.workflows.values import copied
from localcloud.world import Part, World

CONCURRENCY_LIMIT = 10_000  # active executions of a project in a region [documented: quotas]
ARGUMENT_LIMIT = 32 * 1024  # bytes, by the API [documented: quotas]
EVENT_LIMIT = 512 * 1024  # bytes, by an event [documented: quotas]


@dataclass
class Execution:
    """One execution. `settings` holds what its creator gave: labels, levels. Times are unix seconds."""

    id: str
    workflow: str
    revision: Json
    run: Run
    callbacks: Callbacks
    log: ExecutionLog
    argument: str | None
    settings: Json
    created: float
    ended: float | None = None

    @property
    def name(self) -> str:
        """Its full name, with the project's id."""
        return f"{self.workflow}/executions/{self.id}"

    @cached_property
    def event(self) -> str:
        """The id of the event that started it; "" if something else did. Who waits for it asks at every turn."""
        value = read_json(self.argument) if self.argument else None
        return str(value.get("id", "")) if isinstance(value, dict) else ""


class Executions:
    """All executions, by full name.

    They last as `draw` of the world says, and their calls are answered by its services.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Execution] = {}

    def deploy(
        self,
        name: str,
        source: str,
        service_account: str,
        environment: dict[str, str] | None = None,
        settings: Json | None = None,
    ) -> None:
        """Deploy a workflow (full name) without waiting; `service_account` is an e-mail address, `settings` are more
        fields of it.

        Raises:
            DeployError: the source has faults.
        """
        account = f"projects/{name.split('/')[1]}/serviceAccounts/{service_account}"
        fields = {"sourceContents": source, "serviceAccount": account, "userEnvVars": environment or {}}
        definitions.put(self._world, name, {**fields, **(settings or {})})

    def start(self, workflow: str, argument: str | None = None, settings: Json | None = None) -> Execution:
        """Start an execution of the workflow's newest revision; `argument` is JSON text.

        Raises:
            Refused: NOT_FOUND, no such workflow; INVALID_ARGUMENT, the argument is too long or no JSON.
        """
        _check_argument(argument, ARGUMENT_LIMIT)
        return self._start(workflow, argument, settings or {})

    def start_for_event(self, workflow: str, event: Json) -> Execution:
        """Start an execution whose argument is a CloudEvent; each delivery starts one.

        Google's "deduplication window to ensure exactly-once processing of events is 24 hours" [documented:
        trigger-workflow-eventarc]. Here there is none. That is stricter: a workflow that two executions of one event do
        not harm is not harmed by one.

        Raises:
            Refused: NOT_FOUND; INVALID_ARGUMENT, the event is too long.
        """
        argument = json.dumps(event)
        _check_argument(argument, EVENT_LIMIT)
        return self._start(workflow, argument, {})

    def _require_room(self, workflow: str) -> None:
        """Refuse one execution more than may be active: none is queued here, nor by Google when an event of Pub/Sub
        starts it [documented: troubleshooting, HTTP 429].
        """
        place = workflow.rpartition("/workflows/")[0] + "/"
        active = sum(
            each.run.state is State.ACTIVE and each.name.startswith(place) for each in self._all.values()
        )
        if active >= CONCURRENCY_LIMIT:
            raise Refused(
                "RESOURCE_EXHAUSTED", f"At most {CONCURRENCY_LIMIT} executions can be active at once."
            )

    def _start(self, workflow: str, argument: str | None, settings: Json) -> Execution:
        definition = definitions.workflow(self._world, workflow)
        self._require_room(workflow)
        labels = {**definition.get("labels", {}), **settings.get("labels", {})}
        id_ = self._world.ids.uid()
        host = ExecutionHost(self._world, definition, id_)
        value = read_json(argument) if argument is not None else None
        run = Run(definitions.document_of(definition), value, host, self._ended)
        execution = Execution(
            id_,
            workflow,
            definition,
            run,
            host.callbacks,
            host.written,
            argument,
            {**settings, "labels": labels},
            self._world.clock.now,
        )
        self._all[execution.name] = execution
        execution.log.started(argument)
        self._world.clock.after(self._world.draw("workflows.start"), lambda: _begin(run))
        return execution

    def _ended(self, run: Run) -> None:
        execution = next(execution for execution in self._all.values() if execution.run is run)
        execution.ended = self._world.clock.now
        execution.callbacks.close()
        execution.log.ended(run.state.value, run.result, run.error)

    def find(self, name: str) -> Execution | None:
        """The execution of this full name, the project by id or number, or None."""
        words = name.split("/")
        words[1] = self._world.projects.id_of(words[1])
        return self._all.get("/".join(words))

    def get(self, name: str) -> Execution:
        """The execution of this full name.

        Raises:
            Refused: NOT_FOUND.
        """
        found = self.find(name)
        if found is None:
            raise Refused("NOT_FOUND", f"Execution '{name}' was not found.")
        return found

    def of(self, workflow: str) -> list[Execution]:
        """Executions of a workflow (full name), the newest first."""
        return [execution for execution in reversed(self._all.values()) if execution.workflow == workflow]

    def of_event(self, workflow: str, event_id: str) -> list[Execution]:
        """Executions of a workflow (full name) that an event of this id started, the oldest first."""
        return [each for each in reversed(self.of(workflow)) if each.event == event_id]

    def cancel(self, name: str) -> Execution:
        """Cancel an execution; nothing of it runs any more.

        Raises:
            Refused: NOT_FOUND; FAILED_PRECONDITION, it has ended already [inferred].
        """
        execution = self.get(name)
        if execution.run.state is not State.ACTIVE:
            raise Refused("FAILED_PRECONDITION", f"Execution '{name}' is not active.")
        execution.run.cancel()
        return execution

    def forget(self, workflow: str) -> None:
        """Cancel and forget all executions of a workflow, as deleting it does [documented]."""
        for execution in self.of(workflow):
            execution.run.cancel()
            del self._all[execution.name]


EXECUTIONS: Part[Executions] = Part("Workflows' executions", Executions)


def _begin(run: Run) -> None:
    if run.state is State.ACTIVE:
        run.begin()


def _check_argument(argument: str | None, limit: int) -> None:
    if argument is None:
        return
    try:
        if len(argument.encode()) > limit:
            raise invalid(f"Execution argument exceeds the limit of {limit} bytes.")
        copied(read_json(argument))
    except ValueError:  # no Unicode, no JSON, or beyond the bounds
        raise invalid("Execution argument is not a valid JSON document.") from None


class ExecutionHost:
    """The cloud as one execution sees it."""

    def __init__(self, world: World, definition: Json, execution: str) -> None:
        self._world = world
        self._random = random.Random(f"workflows/{world.seed}/{execution}")  # noqa: S311  # not for secrets
        self._environment = _environment(world, definition, execution)
        identity = self._environment["GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME"]
        self._outbound = Outbound(world[GOOGLE_APIS], world[TOKENS], world.base_url, identity)
        self.callbacks = Callbacks(
            f"{execution_url(world, definition['name'], execution)}/callbacks", self._later
        )
        self.written = ExecutionLog(world, definition, execution)

    @property
    def now(self) -> float:
        """The cloud's time."""
        return self._world.clock.now

    @property
    def both_sides(self) -> bool:
        """What the cloud's dialect says."""
        return self._world[DIALECT].both_sides

    def after(self, seconds: float, then: Callable[[], None]) -> Timer:
        """A timer of the cloud's clock."""
        return self._world.clock.after(seconds, then)

    def uuid(self) -> str:
        """A seeded UUID."""
        return self._world.ids.uid()

    def shuffled(self, n: int) -> list[int]:
        """An order that the seed picks."""
        order = list(range(n))
        self._random.shuffle(order)
        return order

    def environment(self, name: str) -> str | None:
        """A built-in variable, or one of the workflow's own."""
        return self._environment.get(name)

    def log(self, severity: str, payload: object) -> None:
        """An entry of the workflow's log in Cloud Logging."""
        self.written.custom(severity, payload)

    def create_callback(self, method: str) -> str:
        """A new endpoint under this execution's URL."""
        return self.callbacks.create(method, self.uuid())

    def await_callback(self, url: str, then: Callable[[CallResult], None]) -> Wait:
        """The next request to an endpoint."""
        return self.callbacks.wait(url, then)

    def call(self, name: str, arguments: dict[str, Any], then: Callable[[CallResult], None]) -> None:
        """A request takes what a call takes, and is answered at its end."""
        self.after(self._world.draw("wire.call"), lambda: then(self._outbound.perform(name, arguments)))

    def _later(self, then: Callable[[], None]) -> Timer:
        return self.after(self._world.draw("workflows.callback"), then)


def execution_url(world: World, workflow: str, execution: str) -> str:
    """The URL of an execution; whether with the project's number or its id, the dialect says."""
    words = workflow.split("/")
    project = world.projects.get(words[1])
    words[1] = project.number if world[DIALECT].callback_project == "number" else project.id
    base = (
        f"{world.base_url}/workflowexecutions"
        if world.base_url
        else "https://workflowexecutions.googleapis.com"
    )
    return f"{base}/v1/{'/'.join(words)}/executions/{execution}"


def _environment(world: World, definition: Json, execution: str) -> dict[str, str]:
    """The built-in variables [documented: environment variables], and the workflow's own."""
    _, project_id, _, location, _, workflow = definition["name"].split("/")
    return {
        **definition.get("userEnvVars", {}),
        "GOOGLE_CLOUD_PROJECT_ID": project_id,
        "GOOGLE_CLOUD_PROJECT_NUMBER": world.projects.get(project_id).number,
        "GOOGLE_CLOUD_LOCATION": location,
        "GOOGLE_CLOUD_WORKFLOW_ID": workflow,
        "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": definition["revisionId"],
        "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": execution,
        "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": definition["serviceAccount"].rsplit("/", 1)[-1],
    }
