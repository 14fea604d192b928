"""`make demo`: one message, two VIPs, three rules, and a report that says what happened."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path

import pytest

from fleetgate.local.installation import ROOT
from fleetgate.screens import hint, show
from fleetgate.terminal import Terminal
from tests.acceptance.runs import Outcome

README = ROOT / "README.md"

pytestmark = pytest.mark.xdist_group("tutorial")


@pytest.fixture
def deployed(tutorial: Outcome) -> Outcome:
    """The tutorial's environment."""
    return tutorial


def test_every_rule_is_answered_through_every_vip_by_the_right_cluster(deployed: Outcome) -> None:
    """/west by gke-west-1 and /east by gke-east-1 through both VIPs, the rest by the VIP's own region."""
    answered = {(row.region, row.rule.rsplit(" ", 1)[-1]): row.served_by for row in deployed.report.traffic}

    assert "done" == deployed.report.outcome
    assert {
        ("us-west1", "/west"): "gke-west-1",
        ("us-east1", "/west"): "gke-west-1",
        ("us-west1", "/east"): "gke-east-1",
        ("us-east1", "/east"): "gke-east-1",
        ("us-west1", "/"): "gke-west-1",
        ("us-east1", "/"): "gke-east-1",
    } == answered
    assert all(row.ok for row in deployed.report.traffic)


def test_there_is_one_vip_in_each_region(deployed: Outcome) -> None:
    """From the ordinary subnet of the region, not from the proxy-only one."""
    found = {address.region: address.address.split(".")[:2] for address in deployed.report.addresses}

    assert {"us-west1": ["10", "138"], "us-east1": ["10", "142"]} == found


def test_the_ending_is_published_as_a_cloud_event(deployed: Outcome) -> None:
    """Once, as verified, with CloudEvents attributes."""
    assert 1 == len(deployed.events)
    attributes = deployed.events[0]["attributes"]
    assert "dev.fleetgate.environment.verified" == attributes["ce-type"]
    assert "1.0" == attributes["ce-specversion"]


def test_the_critical_path_is_the_longest_chain_of_the_operations(deployed: Outcome) -> None:
    """What the table and the spec foretell is what the operations of the run add up to."""
    report = deployed.report
    ends: dict[int, float] = {}
    for work in report.operations:
        begins = max((ends[before] for before in work.after if before in ends), default=0.0)
        ends[work.id] = begins + work.end - work.start
    anchors = {work.id for work in report.operations if "/addresses/fleetgate-" in work.resource}
    longest = max(end for id_, end in ends.items() if id_ not in anchors)

    assert report.critical_path_seconds is not None
    assert pytest.approx(longest, abs=0.5) == report.critical_path_seconds


def test_no_work_begins_before_what_it_waited_for_has_ended(deployed: Outcome) -> None:
    """The `after` of each operation is true."""
    ends = {work.id: work.end for work in deployed.report.operations}
    for work in deployed.report.operations:
        for before in work.after:
            assert ends.get(before, 0.0) <= work.start + 0.01, work


def test_steps_run_side_by_side(deployed: Outcome) -> None:
    """The five steps of apply overlap; verification comes after them."""
    steps = {(step.mode, step.name): step for step in deployed.report.steps}
    apply = [step for (mode, name), step in steps.items() if mode == "apply" and name != "verification"]

    assert 5 == len(apply)
    for one, other in itertools.combinations(apply, 2):
        assert one.start < other.end and other.start < one.end
    assert steps["apply", "verification"].start >= max(step.end for step in apply)


def test_the_functions_count_the_calls_that_the_cloud_saw(deployed: Outcome) -> None:
    """What the report says of API calls is what was on the wire."""
    seen: dict[str, int] = {}
    for call in deployed.calls:
        if call.caller.instance and call.service not in ("pubsub", "workflowexecutions"):
            seen[call.service] = seen.get(call.service, 0) + 1
    told = dict(deployed.report.api_calls.by_service)
    told["compute"] = told.get("compute", 0)

    assert told == {k: v for k, v in seen.items()} | {"compute": seen["compute"]}
    assert len(deployed.mutations()) == deployed.report.api_calls.mutations


def test_each_function_has_an_identity_of_its_own(deployed: Outcome) -> None:
    """Seven functions, seven service accounts, and no call without one."""
    callers = {call.caller.identity.split("@")[0] for call in deployed.calls if call.caller.instance}

    assert {
        "fleetgate-clusters", "fleetgate-environment", "fleetgate-fleet", "fleetgate-gateway",
        "fleetgate-service-export", "fleetgate-subnets", "fleetgate-verification",
    } == callers  # fmt: skip


def test_the_readme_shows_what_the_demo_prints(deployed: Outcome) -> None:
    """To the letter, but for the figures of its last lines."""
    shown = re.search(r"```text\n(✓ store deploy.*?)\n```", README.read_text("utf-8"), re.DOTALL)
    file = io.StringIO()
    terminal = Terminal(width=120, file=file)
    show(deployed.report, terminal)
    hint(deployed.report, Path("examples/store.yaml"), terminal)

    assert shown is not None
    assert _timeless(shown[1]) == _timeless(file.getvalue().strip("\n"))


def _timeless(text: str) -> str:
    """`text` with the figures of its last lines masked: each change of an estimate moves them a little."""
    lines = (line.rstrip() for line in text.splitlines())
    figures = ("simulated", "invocations")
    return "\n".join(
        re.sub(r"\d+", "N", line) if any(word in line for word in figures) else line for line in lines
    )
