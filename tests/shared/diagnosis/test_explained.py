"""A deploy that waits for long says why within minutes, and once that is mended, the next one succeeds."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from tests.acceptance.runs import STORE, Outcome, run

pytestmark = pytest.mark.xdist_group("diagnosis")

NAME = "projects/fleetgate-demo/global/firewalls/deny-all"
COMPUTE = "https://www.googleapis.com/compute/v1/"
RULE: dict[str, Any] = {
    "name": "deny-all",
    "network": f"{COMPUTE}projects/fleetgate-demo/global/networks/default",
    "selfLink": f"{COMPUTE}{NAME}",
    "direction": "INGRESS",
    "priority": 100,
    "denied": [{"IPProtocol": "all"}],
    "sourceRanges": ["0.0.0.0/0"],
}


def _deny(local: LocalRun) -> None:
    local.cloud.world.store["compute.firewalls"].put(NAME, RULE)


async def _mend(local: LocalRun, outcome: Outcome) -> None:
    local.cloud.world.store["compute.firewalls"].change(NAME, disabled=True)
    outcome.reports.append(await local.deploy(STORE))
    local.cloud.world.store["compute.firewalls"].change(NAME, disabled=False)
    outcome.reports.append(await local.act({"action": "verify", "name": "store"}))


@pytest.mark.long
def test_what_waits_too_long_tells_the_cause() -> None:
    """At the bound of its reason, long before its time is up, with evidence and the command, in the event too.
    So does a verify, which has no spec to go by."""
    outcome = run(STORE, prepare=_deny, visit=_mend)
    blocked, mended, verified = outcome.reports
    (cause,) = blocked.diagnoses
    (event,) = outcome.events
    began = next(each.start for each in blocked.steps if each.name == "verification" and each.mode == "apply")

    assert ("blocked", "done") == (blocked.outcome, mended.outcome)
    assert ("FIREWALL_CLOSED", "verification") == (cause.code, cause.step)
    assert "deny-all" == cause.evidence["rule"]["name"]
    assert "gcloud compute firewall-rules update deny-all --project=fleetgate-demo --disabled" == cause.fix
    assert (blocked.simulated_seconds or 0) - began <= 300
    told = json.loads(base64.b64decode(event["data"]))
    assert ["FIREWALL_CLOSED"] == [each["code"] for each in told["diagnoses"]]
    assert [] == mended.diagnoses
    assert ("blocked", cause.fix) == (verified.outcome, verified.diagnoses[0].fix)
    assert ["FIREWALL_CLOSED"] == [each.code for each in verified.diagnoses]
    assert (verified.simulated_seconds or 0) <= 300
