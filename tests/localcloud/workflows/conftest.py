"""What runs a document in a test of the engine."""

from __future__ import annotations

from tests.support.workflow_host import begin, error_of, evaluate, execute, faults, host, result

__all__ = ["begin", "error_of", "evaluate", "execute", "faults", "host", "result"]
