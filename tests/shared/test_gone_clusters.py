"""A cluster that is deleted by hand during a deploy ends it with the reason, long before its budgets are over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from shared import errors
from shared.gone_clusters import BEGUN, require
from shared.step.error_outcomes import outcome_of
from tests.support.google_server import GoogleServer
from tests.support.live import NOW, environment


def context(waited: float, mode: str = "apply") -> Any:
    """A step that has been asked for so long."""
    message = SimpleNamespace(mode=mode, began=NOW - waited)
    return SimpleNamespace(message=message, session=SimpleNamespace(now=NOW), wanted=environment())


@pytest.mark.parametrize(
    ("waited", "mode", "there"),
    [
        (BEGUN + 1, "check", []),
        (BEGUN - 1, "apply", []),
        (BEGUN + 1, "apply", ["gke-west-1", "gke-east-1"]),
    ],
)
def test_a_cluster_may_not_be_made_yet(waited: float, mode: str, there: list[str]) -> None:
    """In a check none is; and a deploy may wait for one of the same name to be deleted."""
    require(context(waited, mode), there)


def test_a_cluster_that_was_made_is_missed(google: GoogleServer) -> None:
    """By its name, and the fix makes it anew."""
    with pytest.raises(errors.ClusterGone) as gone:
        require(context(BEGUN + 1), ["gke-west-1"])
    told = outcome_of(gone.value, google.settings(), 1).wire()

    assert ("blocked", "CLUSTER_GONE") == (told["outcome"], told["code"])
    assert "gke-east-1" in told["cause"] and "publish the request again" in told["fix"]
