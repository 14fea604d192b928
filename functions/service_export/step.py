"""Service export: namespaces, the sample app, Services and ServiceExports, in every cluster as soon as it serves.

An import appears in every cluster of the fleet that has the namespace, so each cluster gets all of them
[documented, multi-cluster Services]. The export's kind comes to a cluster minutes after multi-cluster
Services are enabled; what does not need it is applied before. Done is when the config cluster's imports
list exactly the memberships that export: only then can a route find its backends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from functions.service_export.awaited import awaited, wait_for_services, warnings
from functions.service_export.blockers import blocker
from functions.service_export.differences import differences
from functions.service_export.observed import ObservedExports, observe
from functions.service_export.waits import wait_for_imports, wait_to_change
from shared.changes.objects import ObjectChange
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import SpecStep

if TYPE_CHECKING:
    from shared.spec import Environment


def decide(wanted: Environment, observed: ObservedExports, now: float) -> Decision:
    """What to apply where, and what is waited for."""
    if stop := blocker(wanted, observed, now):
        return Decision(stop)
    lacking = awaited(wanted, observed.contents, observed.asked or now, now)
    ready, later, waits = list[ObjectChange](), list[ObjectChange](), list[Waiting]()
    for cluster in wanted.clusters:
        if cluster.name in observed.passed_over:
            continue
        for change in differences(wanted, cluster, observed.contents.get(cluster.name)):
            wait = wait_to_change(change, cluster.name, observed, now)
            (later if wait else ready).append(change)
            waits += [wait] if wait else []
    if lacking:
        waits.append(wait_for_services(wanted, lacking, now))
    if waits:
        first = min(waits, key=lambda each: each.retry_after)
        return Decision(replace(first, warnings=warnings(wanted, lacking)), ready, later)
    if observed.to_prune:
        return observed.to_prune.decide(now)
    if missing := [each for each in wanted.services if not observed.is_imported(wanted, each)]:
        return Decision(wait_for_imports(wanted, observed, missing, now, bool(ready)), ready)
    return Decision(None, ready) if ready else Decision(Done())


SERVICE_EXPORT = SpecStep("service_export", observe, decide)
