"""The tutorial's environment, deployed once for every test that only looks at it."""

from __future__ import annotations

import pytest

from tests.acceptance.runs import STORE, Outcome, run


@pytest.fixture(scope="session")
def tutorial() -> Outcome:
    """`examples/store.yaml` with seed 0, as `make demo` deploys it."""
    return run(STORE, seed=0)
