"""A deploy that runs out of time says why, and once that is mended, the next one succeeds."""

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


def test_what_runs_out_of_time_tells_the_cause() -> None:
    """The report's first diagnosis is the cause, with evidence and the command; the event carries it too. So does that
    of a verify, which has no spec to go by."""
    outcome = run(STORE, prepare=_deny, visit=_mend)
    failed, mended, verified = outcome.reports
    cause, given_up = failed.diagnoses
    (event,) = outcome.events

    assert ("failed", "done") == (failed.outcome, mended.outcome)
    assert ("FIREWALL_CLOSED", "verification") == (cause.code, cause.step)
    assert "deny-all" == cause.evidence["rule"]["name"]
    assert "gcloud compute firewall-rules update deny-all --project=fleetgate-demo --disabled" == cause.fix
    assert "TOOK_TOO_LONG" == given_up.code
    told = json.loads(base64.b64decode(event["data"]))
    assert ["FIREWALL_CLOSED"] == [each["code"] for each in told["diagnoses"]]
    assert [] == mended.diagnoses
    assert "failed" == verified.outcome
    assert [("FIREWALL_CLOSED", cause.fix), ("TOOK_TOO_LONG", given_up.fix)] == [
        (each.code, each.fix) for each in verified.diagnoses
    ]
