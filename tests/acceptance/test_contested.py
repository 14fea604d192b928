"""A region with a proxy-only subnet of regional load balancers: right whichever of Google's pages is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from localcloud.contested import Contested
from tests.acceptance.runs import run, store
from tests.acceptance.test_refusals import put_regional_proxy


@pytest.mark.long
@pytest.mark.parametrize("refused", [False, True])
def test_a_regional_proxy_subnet_is_warned_of_and_refused_soon_or_not_at_all(refused: bool) -> None:
    """The event warns at once. If Google refuses the subnet, the deploy ends within minutes, with both ways out."""
    warned: list[dict[str, Any]] = []

    def prepare(local: LocalRun) -> None:
        put_regional_proxy(local)
        local.cloud.broker.listen(local.installation.topic("events"), warned.append)

    outcome = run(store(), prepare=prepare, seed=1, contested=Contested(one_proxy_subnet=refused))
    report = outcome.report

    codes = [each.code for each in report.diagnoses]
    assert ("blocked" if refused else "done", ["SUBNET_IN_THE_WAY"] * refused) == (report.outcome, codes)
    assert not refused or (report.simulated_seconds or 0) < 180
    assert any(name.endswith("team-proxy") for name in outcome.dump["resources"]["compute.subnetworks"])
    first = json.loads(base64.b64decode(warned[0]["data"]))
    assert refused or ["SUBNET_CONTESTED"] == [each["code"] for each in first["warnings"]]
