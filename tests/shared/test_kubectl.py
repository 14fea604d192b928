"""Commands of kubectl that a person can run: each names the kind as its cluster does."""

from __future__ import annotations

import pytest

from shared import kubectl
from shared.google.cluster_reader import NEG, PATHS
from tests.support.live import one_cluster


@pytest.mark.parametrize("kind", sorted(PATHS.keys() - {NEG, "GatewayClass"}))
def test_a_kind_is_named_by_its_plural_and_group(kind: str) -> None:
    """As the API's path has them; the core group has no name."""
    path = PATHS[kind].replace("/namespaces/{namespace}", "").split("/")
    group = f".{path[2]}" if path[1] == "apis" and path[2] != "apps" else ""
    told = kubectl.deletion("p", one_cluster(), kind, "n", "x")

    plain = (
        f"kubectl delete {path[-1]}{group} x --namespace=n",
        f"kubectl delete {path[-1]} x --namespace=n",
    )
    assert told.rpartition(" && ")[2] in plain
    assert told.rpartition(" && ")[2].replace("delete", "patch", 1) in kubectl.release(
        "p", one_cluster(), kind, "n", "x"
    )
