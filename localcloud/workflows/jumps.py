"""Where `next` may lead.

A step of the same list or of a list around it, but not out of a loop [inferred] or a parallel branch
[inferred]; `end` and `return` not in a parallel branch [inferred]; `break` and `continue` in a loop alone
[documented: iteration], where `continue` also ends a parallel branch [documented: parallel steps].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from localcloud.workflows import document as model

Report = Callable[[str, str], None]  # (message, step)


@dataclass(frozen=True)
class _Reach:
    """What a jump can reach from a block."""

    steps: frozenset[str] = frozenset()
    loop: bool = False
    iteration: bool = False
    branch: bool = False

    def allows(self, target: str) -> bool:
        if target in ("break", "continue"):
            return self.loop if target == "break" else self.iteration
        return not self.branch if target == "end" else target in self.steps


def check_jumps(block: model.Block, report: Report) -> None:
    """Report every jump of a routine that leads nowhere."""
    _check_block(block, _Reach(), report)


def _check_block(block: model.Block, around: _Reach, report: Report) -> None:
    reach = replace(around, steps=around.steps | block.index.keys())
    for step in block.steps:
        _check_step(step, reach, report)


def _check_step(step: model.Step, reach: _Reach, report: Report) -> None:
    if step.next is not None and not reach.allows(step.next):
        report(f"next step '{step.next}' not found", step.name)
    if isinstance(step.body, model.Return) and reach.branch:
        report("return is not allowed in a parallel branch", step.name)
    match step.body:
        case model.For():
            inside = _Reach(loop=True, iteration=True, branch=reach.branch)
            _check_block(step.body.block, inside, report)
        case model.Parallel():
            inside = _Reach(iteration=True, branch=True)
            for block in model.blocks_of(step.body):
                _check_block(block, inside, report)
        case _:
            for block in model.blocks_of(step.body):
                _check_block(block, reach, report)
