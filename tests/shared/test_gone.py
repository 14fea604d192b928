"""What is deleted by hand during a deploy ends it with the reason, long before its budgets are over."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared import errors
from shared import gone as gone_module
from shared.gone import BEGUN, LATE, require_clusters, require_config_cluster, require_features
from shared.google.gkehub import INGRESS, MCS
from shared.step.error_outcomes import outcome_of
from tests.support.google_server import GoogleServer
from tests.support.live import NOW, environment, one_cluster

WEST, EAST = one_cluster(), replace(one_cluster(), name="gke-east-1")
BOTH = {"gke-west-1": WEST, "gke-east-1": EAST}


def context(waited: float, mode: str = "apply") -> Any:
    """A step that has been asked for so long."""
    message = SimpleNamespace(mode=mode, began=NOW - waited)
    return SimpleNamespace(message=message, session=SimpleNamespace(now=NOW), wanted=environment())


@pytest.mark.parametrize(
    ("waited", "mode", "there"),
    [(BEGUN + 1, "check", {}), (BEGUN - 1, "apply", {}), (BEGUN + 1, "apply", BOTH)],
)
def test_a_cluster_may_not_be_made_yet(waited: float, mode: str, there: Any) -> None:
    """In a check none is; and a deploy may wait for one of the same name to be deleted."""
    require_clusters(context(waited, mode), there)
    if not there:
        require_config_cluster(context(waited, mode))


def test_a_cluster_that_was_made_is_missed(google: GoogleServer) -> None:
    """By its name, and the fix makes it anew."""
    with pytest.raises(errors.Gone) as gone:
        require_clusters(context(BEGUN + 1), {"gke-west-1": replace(WEST, membership="")})
    told = outcome_of(gone.value, google.settings(), 1).wire()

    assert ("blocked", "DELETED_MEANWHILE") == (told["outcome"], told["code"])
    assert "cluster gke-east-1, the membership of cluster gke-west-1 in project" in told["cause"]
    assert "publish the request again" in told["fix"]
    with pytest.raises(errors.Gone, match="gke-west-1"):
        require_config_cluster(context(BEGUN + 1))


@pytest.mark.parametrize(
    ("waited", "there", "missed"),
    [(LATE - 1, set(), ""), (LATE + 1, {MCS, INGRESS}, ""), (LATE + 1, {INGRESS}, MCS)],
)
def test_a_feature_that_was_disabled_is_missed(
    waited: float, there: set[str], missed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a deploy is late: a look costs a call."""
    monkeypatch.setattr(gone_module, "features", lambda *_: there)
    if missed:
        with pytest.raises(errors.Gone, match=missed):
            require_features(context(waited))
    else:
        require_features(context(waited))
