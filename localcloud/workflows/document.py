"""A deployed workflow: routines, steps, and what each step does.

Built by `parsing`, checked and completed (which names are local to which body) by `scopes` and `checks`;
afterwards nobody changes it, so that many executions share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from localcloud.workflows.expressions import Node


@dataclass(frozen=True)
class Assignment:
    """`target: value`; the target is a name, or a chain of members and indexes that begins with one."""

    target: Node
    value: Node


@dataclass(frozen=True)
class Assign:
    """Assignments, in order."""

    assignments: tuple[Assignment, ...]


@dataclass(frozen=True)
class Call:
    """A function, connector or sub-workflow called with named arguments; the result goes to a variable."""

    function: str
    arguments: tuple[tuple[str, Node], ...]
    result: Node | None


@dataclass(frozen=True)
class Case:
    """One condition of a switch, and the nameless step to run when it is the first that holds."""

    condition: Node
    step: Step


@dataclass(frozen=True)
class Switch:
    """Conditions, in order."""

    cases: tuple[Case, ...]


@dataclass
class For:
    """A loop over `items` (a list), or over `bounds` (two numbers, both included)."""

    value: str
    index: str | None
    items: Node | None
    bounds: Node | None
    block: Block
    names: set[str] = field(default_factory=set)

    @property
    def variables(self) -> set[str]:
        """The loop's own variables."""
        return {self.value, self.index} if self.index else {self.value}


@dataclass
class Branch:
    """One named branch of a parallel step."""

    name: str
    block: Block
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Parallel:
    """Branches, or the iterations of one loop, side by side."""

    branches: tuple[Branch, ...]
    loop: For | None
    shared: tuple[str, ...]
    concurrency_limit: Node | None


@dataclass(frozen=True)
class Retry:
    """A retry policy: one expression, or its parts."""

    policy: Node | None
    predicate: Node | None
    max_retries: Node | None
    backoff: Node | None


@dataclass
class Except:
    """What is done with an error."""

    name: str | None
    block: Block
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Try:
    """A body (steps, or one nameless step) with a retry policy and a handler."""

    block: Block
    retry: Retry | None
    handler: Except | None


@dataclass(frozen=True)
class Raise:
    """An error: a string or a map."""

    error: Node


@dataclass(frozen=True)
class Return:
    """The end of the routine, with a value."""

    value: Node


@dataclass(frozen=True)
class Steps:
    """Steps under one name."""

    block: Block


Body = Assign | Call | Switch | For | Parallel | Try | Raise | Return | Steps | None


@dataclass(frozen=True)
class Step:
    """One step. `body` is None when it only jumps; `next` is a step's name, end, break or continue."""

    name: str
    body: Body
    next: str | None
    line: int
    column: int


@dataclass(frozen=True)
class Block:
    """Steps in order. A body of one nameless step is a block whose step bears its owner's name."""

    steps: tuple[Step, ...]
    index: dict[str, int]

    @classmethod
    def of(cls, steps: list[Step], named: bool = True) -> Block:
        """The block of `steps`; only named steps can be jumped to."""
        return cls(tuple(steps), {step.name: at for at, step in enumerate(steps)} if named else {})


@dataclass(frozen=True)
class Param:
    """A parameter, required unless it has a default."""

    name: str
    default: Node | None = None


@dataclass
class Routine:
    """`main` or a sub-workflow."""

    name: str
    params: tuple[Param, ...]
    block: Block
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Document:
    """All routines of a source, by name."""

    routines: dict[str, Routine]

    @property
    def main(self) -> Routine:
        """Where an execution begins."""
        return self.routines["main"]


def blocks_of(body: Body) -> Iterator[Block]:
    """The blocks directly inside a step's body."""
    match body:
        case Switch(cases):
            yield from (Block.of([case.step], named=False) for case in cases)
        case For() | Steps():
            yield body.block
        case Parallel(branches, loop):
            yield from (branch.block for branch in branches)
            if loop:
                yield loop.block
        case Try(block, _, handler):
            yield block
            if handler:
                yield handler.block


def steps_within(block: Block) -> Iterator[Step]:
    """Every step of a block, at any depth."""
    for step in block.steps:
        yield step
        for inner in blocks_of(step.body):
            yield from steps_within(inner)
