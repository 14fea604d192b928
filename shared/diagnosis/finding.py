"""What a rule finds: a cause that a person, or the next deploy, can fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.diagnosis.case import Case
from shared.json_types import Json


@dataclass(frozen=True)
class Finding:
    """One cause. `code` is stable; `evidence` quotes the APIs; `fix` is one command."""

    code: str
    resource: str
    cause: str
    evidence: Any
    fix: str

    def wire(self) -> Json:
        """As report and outputs carry it."""
        return {
            "code": self.code,
            "resource": self.resource,
            "cause": self.cause,
            "evidence": self.evidence,
            "fix": self.fix,
        }


Rule = Callable[[Case], Iterator[Finding]]
