"""What runs Fleetgate's own document, and the functions that answer it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.workflow_host import begin, error_of, evaluate, execute, faults, host, result
from tests.workflows.functions import EVENT, SOURCE, VARIABLES, Functions, Script

__all__ = ["begin", "error_of", "evaluate", "execute", "faults", "host", "result"]


@pytest.fixture
def deploy(host: Any, result: Any) -> Callable[..., tuple[Any, Functions]]:
    """Run the document to its end: the result, and what the functions were asked."""

    def run(script: Script) -> tuple[Any, Functions]:
        functions = Functions(host, script)
        host.answer, host.variables = functions, VARIABLES
        return result(SOURCE, EVENT), functions

    return run
