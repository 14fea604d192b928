"""Alerts (monitoring v3 projects.alerts): what policies with a condition on the log raise, entry by entry.

An entry that a policy's filter lets through opens an alert. While that is open, further entries with the same extracted
labels belong to it. It closes when none has come for the policy's `autoClose` [documented: AlertStrategy, LogMatch].
Entries are looked at when somebody asks for alerts or changes policies, in the order in which they were received: no
timer is set, and an alert bears the times that it would have had. Conditions on metrics raise nothing: nothing is
measured here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from localcloud.logging.entries import ENTRIES, Received
from localcloud.logging.matching import compile_query
from localcloud.monitoring.extractors import extracted
from localcloud.monitoring.service import POLICIES, refuse_selection, service
from localcloud.resources import project_path
from localcloud.service import Call, paged
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import Part, World

USUAL, MOST = 50, 1000  # alerts of a page [documented: alerts.list]
AUTO_CLOSE = 7 * 86400.0  # seconds, where a policy says nothing [documented: alerting/log-based-incidents]


@dataclass
class Alert:
    """An alert of one policy and one set of extracted labels; `last` is when the last of its entries was received."""

    resource: Json
    opened: float
    last: float
    auto_close: float

    def shown(self, now: float) -> Json:
        """The alert as it is at `now`."""
        closes = self.last + self.auto_close
        if now < closes:
            return {**self.resource, "state": "OPEN"}
        return {**self.resource, "state": "CLOSED", "closeTime": rfc3339(closes)}


@dataclass
class Alerts:
    """The alerts of every project, by name, and until when entries have been looked at."""

    world: World
    _all: dict[str, Alert] = field(default_factory=dict)
    _looked: dict[str, float] = field(default_factory=dict)

    def of(self, project: str) -> list[Json]:
        """Those of a project (`projects/P`), the newest first [documented: alerts.list]."""
        self.catch_up(project)
        found = [each for name, each in self._all.items() if name.startswith(f"{project}/")]
        newest_first = sorted(found, key=lambda each: -each.opened)
        return [each.shown(self.world.clock.now) for each in newest_first]

    def catch_up(self, project: str) -> None:
        """Look at what has been received since the last time, by the policies as they are.

        Whoever changes a policy of the project calls it before.
        """
        now, since = self.world.clock.now, self._looked.get(project, 0.0)
        self._looked[project] = now
        policies = list(self._watching(project))
        received = self.world[ENTRIES].received(project.split("/")[1], since, now) if policies else []
        for each in received:
            for policy in policies:
                self._look(policy, each)

    def _watching(self, project: str) -> Iterator[Json]:
        for policy in self.world.store[POLICIES].list(f"{project}/alertPolicies/"):
            if policy["enabled"] and "conditionMatchedLog" in policy["conditions"][0]:
                yield policy

    def _look(self, policy: Json, received: Received) -> None:
        match = policy["conditions"][0]["conditionMatchedLog"]
        if not compile_query(match["filter"])(received.entry):
            return
        labels = extracted(match.get("labelExtractors", {}), received.entry)
        open_ = [each for each in self._all.values() if _is_of(each, policy, labels, received.when)]
        if open_:
            open_[0].last = received.when
        else:
            self._open(policy, labels, received)

    def _open(self, policy: Json, labels: Json, received: Received) -> None:
        project = policy["name"].partition("/alertPolicies/")[0]
        digest = hashlib.sha256(f"{policy['name']} {received.entry['insertId']} {received.when}".encode())
        name = f"{project}/alerts/{int(digest.hexdigest()[:15], 16)}"
        snapshot = {
            key: policy[key] for key in ("name", "displayName", "userLabels", "severity") if key in policy
        }
        resource = {
            "name": name,
            "openTime": rfc3339(received.when),
            "resource": received.entry["resource"],
            "log": {"extractedLabels": labels} if labels else {},
            "policy": snapshot,
        }
        closing = policy.get("alertStrategy", {}).get("autoClose", "")
        after = float(closing.removesuffix("s")) if closing else AUTO_CLOSE
        self._all[name] = Alert(resource, received.when, received.when, after)


ALERTS: Part[Alerts] = Part("Cloud Monitoring's alerts", Alerts)


@service.on("monitoring.projects.alerts.list")
def list_alerts(call: Call) -> Json:
    """The alerts of a project, open and closed."""
    refuse_selection(call)
    size = call.query("pageSize", "0")
    if not size.lstrip("-").isdecimal():
        raise invalid("Invalid page size.")  # words [inferred]
    found = call.world[ALERTS].of(project_path(call))
    asked = (
        int(size) if int(size) > 0 else USUAL
    )  # "If not set to a positive number, at most 50" [documented]
    return paged("alerts", found, min(asked, MOST), call.query("pageToken", "0")) | {"totalSize": len(found)}


@service.on("monitoring.projects.alerts.get")
def get(call: Call) -> Json:
    """One alert."""
    name = f"{project_path(call)}/alerts/{call.params['alertsId']}"
    for each in call.world[ALERTS].of(project_path(call)):
        if each["name"] == name:
            return each
    raise Refused("NOT_FOUND", f"Alert not found: {name}")  # words [inferred]


def _is_of(alert: Alert, policy: Json, labels: Json, when: float) -> bool:
    same = (alert.resource["policy"]["name"], alert.resource["log"].get("extractedLabels", {}))
    return same == (policy["name"], labels) and when < alert.last + alert.auto_close
