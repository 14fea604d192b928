"""The report of a run: the stable format of `report.json` and of `-o json`.

It is made from the execution's result and from what the functions logged. A local run adds what only the local cloud
knows (`criticalPathSeconds`, `operations`, `workflowSteps`, `seed`); these are null or empty on Google Cloud.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Outcome = Literal["done", "blocked", "failed", "superseded", "stale", "leaked"]


class Shape(BaseModel):
    """camelCase on the wire; fields that a newer workflow adds are kept."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")


class WorkflowSteps(Shape):
    """Billed steps of the execution, by Google's two kinds."""

    internal: int
    external: int


class ApiCalls(Shape):
    """Calls on resource APIs, as the functions counted them, without publishes and callbacks."""

    total: int = 0
    mutations: int = 0
    by_service: dict[str, int] = Field(default_factory=dict)


class Operation(Shape):
    """Work of the platform, in seconds from the request; `after` are ids of the operations it waited for."""

    id: int
    resource: str
    kind: str
    start: float
    end: float
    after: list[int] = Field(default_factory=list)


class Wait(Shape):
    """Seconds spent waiting for one reason."""

    reason: str
    seconds: float


class Change(Shape):
    """A change that was made."""

    verb: str
    resource: str
    field: str | None = None
    before: Any = None
    after: Any = None


class Step(Shape):
    """One step of the sequence, in seconds from the request.

    Of its `attempts`, `answered` were heard by the workflow; of these, `logged` are in the log with everything.
    `unheard` are changes by invocations whose answer was not heard: of a message that came twice, or too late.
    """

    name: str
    mode: str = "apply"
    outcome: str = ""
    start: float
    end: float
    attempts: int
    answered: int = 0
    logged: int = 0
    waits: list[Wait] = Field(default_factory=list)
    changes: list[Change] = Field(default_factory=list)
    unheard: list[Change] = Field(default_factory=list)


class Address(Shape):
    """A VIP."""

    region: str
    address: str
    kind: str


class AnsweringCluster(Shape):
    """A cluster that a rule leads to, and how many answers came from it; `note` says why there are none."""

    cluster: str
    answers: int = 0
    zone: str | None = None
    note: str | None = None


class SampledShare(Shape):
    """Backends that answers tell apart from the rule's others: the share that the weights give them, and their answers.

    `within` is the deviation of the share that the sample would have shown, 99 times in a hundred.
    """

    backends: list[str]
    clusters: list[str]
    share: float
    answers: int
    within: float | None = None


class Traffic(Shape):
    """One row of the matrix VIP × port × hostname × rule: what was asked, who answered, and the verdict.

    `verdict` is `proven`, `not sent`, or a word for what is wrong; `unseen` are sentences about what answers cannot
    show of the rule. `served_by`, `zone`, `status` and `ms` are of the last answer.
    """

    vip: str
    region: str
    port: int = 80
    hostname: str
    rule: str
    method: str = "GET"
    path: str
    headers: dict[str, str] = Field(default_factory=dict)
    expected: list[str]
    preferred: list[str]
    requests: int | None = None
    clusters: list[AnsweringCluster] = Field(default_factory=list)
    weights: list[SampledShare] = Field(default_factory=list)
    served_by: str | None = None
    zone: str | None = None
    status: int | None = None
    ms: float | None = None
    verdict: str | None = None
    unseen: list[str] = Field(default_factory=list)
    note: str | None = None
    ok: bool


class ReportedFault(Shape):
    """A fault of a request: its path, what is wrong, and how to fix it."""

    path: str
    fault: str
    fix: str


class Diagnosis(Shape):
    """Why an environment is not as wanted, and one fix."""

    code: str
    cause: str
    fix: str
    resource: str | None = None
    step: str | None = None
    evidence: Any = None
    faults: list[ReportedFault] = Field(default_factory=list)


class Warned(Shape):
    """What a step warns of, and one fix. The outcome does not depend on it."""

    code: str
    cause: str
    fix: str
    step: str | None = None


class Incomplete(Shape):
    """What the report lacks: the log has the lines of `have` of the `of` answers; why, and one fix."""

    have: int
    of: int
    reason: str
    fix: str


class Report(Shape):
    """One action on one environment. `incomplete` is None if the log had everything that the result counts."""

    environment: str
    action: str
    outcome: Outcome
    seed: int | None = None
    simulated_seconds: float | None = None
    critical_path_seconds: float | None = None
    wall_seconds: float
    invocations: int = 0
    workflow_steps: WorkflowSteps | None = None
    api_calls: ApiCalls = Field(default_factory=ApiCalls)
    operations: list[Operation] = Field(default_factory=list)
    steps: list[Step] = Field(default_factory=list)
    addresses: list[Address] = Field(default_factory=list)
    traffic: list[Traffic] = Field(default_factory=list)
    leaks: list[Any] = Field(default_factory=list)
    foreign: list[Any] = Field(default_factory=list)
    diagnoses: list[Diagnosis] = Field(default_factory=list)
    warnings: list[Warned] = Field(default_factory=list)
    incomplete: Incomplete | None = None

    def wire(self) -> dict[str, Any]:
        """The documented JSON."""
        return self.model_dump(by_alias=True, mode="json")


# Exit status by outcome; changes pending (2) and bad usage (64) are the commands' own.
EXIT = {"done": 0, "superseded": 0, "blocked": 3, "failed": 4, "leaked": 5, "stale": 6}
