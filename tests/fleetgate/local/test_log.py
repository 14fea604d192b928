"""The report of a local run, from the lines of its log: late, doubled, never, refused, forged. Time does not count."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from fleetgate.report import EXIT, Report
from localcloud.faults.call_faults import Denied, Fault, Matcher
from localcloud.logging.entries import ENTRIES, Doubled, EntryFault, Late, Never
from tests.acceptance.runs import STORE

pytestmark = pytest.mark.xdist_group("local-log")  # one cloud for all of them
Json = dict[str, Any]

VERIFY = {"action": "verify", "name": "store"}
PROVEN = 'labels.step="verification" AND jsonPayload.callback="sent"'
CHANGES = {
    "subnets": 2, "clusters": 2, "fleet": 3, "service_export": 11, "gateway": 3, "verification": 0,
}  # fmt: skip
PERMISSION = "logging.logEntries.list"
SETTLED = 'labels.mode="settle"'


@dataclass
class Standing:
    """A local cloud in which the tutorial's environment stands."""

    loop: asyncio.Runner
    local: LocalRun
    deployed: Report

    def verify(self, *faults: EntryFault, limit: float = 60.0, calls: Sequence[Fault] = ()) -> Report:
        """The report of a verification whose log meets these faults."""
        entries = self.local.cloud.world[ENTRIES]
        entries.faults[:] = faults
        self.local.log_limit = limit
        for fault in calls:
            self.local.cloud.faults.plan(fault)
        try:
            return self.loop.run(self.local.act(VERIFY))
        finally:
            entries.faults.clear()

    @property
    def now(self) -> float:
        """Simulated time."""
        return self.local.cloud.world.clock.now


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    """With a log that gave every line of the deploy twice, and one in three of them late."""
    with asyncio.Runner() as loop:
        local = LocalRun(seed=0)
        loop.run(local.__aenter__())
        try:
            entries = local.cloud.world[ENTRIES]
            entries.faults[:] = [
                EntryFault('labels.step="clusters"', Late(20.0), nth=None),
                EntryFault("severity>=DEFAULT", Doubled(3.0), nth=None),
            ]
            yield Standing(loop, local, loop.run(local.deploy(STORE)))
        finally:
            loop.run(local.__aexit__())


def without_wall(report: Report) -> Json:
    """What two runs have in common."""
    return {**report.wire(), "wallSeconds": 0}


def test_lines_that_come_late_or_twice_change_nothing(standing: Standing) -> None:
    """Neither the rows nor the time that the request took, which ends with its execution."""
    report = standing.deployed

    assert ("done", None) == (report.outcome, report.incomplete)
    applied = {each.name: len(each.changes) for each in report.steps if each.mode == "apply"}
    assert CHANGES == applied
    assert [[]] * len(report.steps) == [each.unheard for each in report.steps]
    assert 6 == len(report.traffic)
    assert report.simulated_seconds == pytest.approx(max(each.end for each in report.steps), abs=2)


def test_a_line_that_comes_late_is_waited_for(standing: Standing) -> None:
    """In simulated time, after the end of the execution."""
    at_once, before = standing.verify(), standing.now
    late = standing.verify(EntryFault(PROVEN, Late(30.0), nth=None))

    assert at_once.simulated_seconds is not None and late.simulated_seconds is not None
    assert late.simulated_seconds == pytest.approx(at_once.simulated_seconds, abs=1)
    assert standing.now - before > 30
    assert (None, 6) == (late.incomplete, len(late.traffic))


def test_pages_without_entries_are_not_the_end(standing: Standing) -> None:
    """Cloud Logging had not the time to look everywhere."""
    entries = standing.local.cloud.world[ENTRIES]
    entries.empty_pages = 3

    assert standing.verify().incomplete is None
    assert 0 == entries.empty_pages


def test_a_line_that_never_comes_is_told(standing: Standing) -> None:
    """The outcome, and with it the exit status, is that of the request; the worst rows are in the result."""
    report = standing.verify(EntryFault(SETTLED, Never()), limit=5.0)

    assert ("done", 0) == (report.outcome, EXIT[report.outcome])
    assert report.incomplete is not None
    total = sum(each.answered for each in report.steps)
    assert (total - 1, total) == (report.incomplete.have, report.incomplete.of)
    assert "did not come within 5 s" in report.incomplete.reason
    assert ["settle"] == [each.mode for each in report.steps if each.logged < each.answered]


def test_a_log_that_is_sent_elsewhere_is_told(standing: Standing) -> None:
    """Nothing of it can be read here."""
    report = standing.verify(EntryFault("severity>=DEFAULT", Never(), nth=None), limit=5.0)

    assert ("done", 0) == (report.outcome, report.incomplete and report.incomplete.have)
    assert report.incomplete and "a sink excludes them" in report.incomplete.reason


def test_a_log_that_may_not_be_read_is_told_at_once(standing: Standing) -> None:
    """With the permission, and who can grant it."""
    before = standing.now
    report = standing.verify(calls=[Fault(Matcher(method="logging.entries.list"), Denied(PERMISSION))])

    assert report.simulated_seconds is not None and report.incomplete is not None
    assert standing.now - before == pytest.approx(report.simulated_seconds, abs=1)
    assert PERMISSION in report.incomplete.reason
    assert "roles/logging.viewer" in report.incomplete.fix


def test_a_forged_message_does_not_get_into_the_report(standing: Standing) -> None:
    """Who may publish on a step's topic, and knows execution and claim, has the function log what he likes."""
    local = standing.local
    cloud, topic = local.cloud, local.installation.topic("verification-default")
    broker, published = cloud.broker, list[Json]()

    def forge(message: Json) -> None:
        """The message of the workflow, once more, with an endpoint of nobody's."""
        fields = json.loads(base64.b64decode(message["data"]))
        if published or fields["step"] != "verification" or fields["mode"] != "apply":
            return
        published.append(fields)
        forged = {**fields, "callback": f"{fields['callback'].rpartition('/')[0]}/forged", "nonce": "n"}
        data = base64.b64encode(json.dumps(forged).encode()).decode()
        broker.publish(topic, {"data": data, "attributes": {}})

    broker.listen(topic, forge)
    report = standing.verify(EntryFault(SETTLED, Late(30.0)))  # so that the forged line is there first

    assert published, "no message was forged"
    lines = [each.payload for each in cloud.functions.logs.entries if each.payload.get("attempt")]
    forged = [each for each in lines if str(each.get("callback", "")).startswith("404")]
    assert forged and forged[0]["traffic"], "the forged message was not worked on"
    assert (None, 6) == (report.incomplete, len(report.traffic))
    assert [[]] * len(report.steps) == [each.unheard for each in report.steps]
