"""Service export: namespaces, the sample app, Services and ServiceExports, in every cluster as soon as it serves.

An import appears in every cluster of the fleet that has the namespace, so each cluster gets all of them
[documented, multi-cluster Services]. The export's kind comes to a cluster minutes after multi-cluster
Services are enabled; what does not need it is applied before. Done is when the config cluster's imports
list exactly the memberships that export: only then can a route find its backends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from functions.service_export.awaited import awaited, wait_for_services, warnings
from functions.service_export.blockers import blocker
from functions.service_export.differences import differences
from functions.service_export.observed import ObservedExports, look_again, observe
from functions.service_export.waits import wait_for_imports, wait_to_change
from shared.changes.objects import ObjectChange
from shared.step.nearby import LONGEST
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context, SpecStep

if TYPE_CHECKING:
    from shared.spec import Environment


@dataclass(frozen=True)
class Missing:
    """A change that has to be made in a cluster, and what it waits for, if for anything."""

    cluster: str
    change: ObjectChange
    wait: Waiting | None

    @property
    def is_near(self) -> bool:
        """Whether it waits for the kind, which is due."""
        wait = self.wait
        return bool(wait and wait.reason == "ServiceExportUnknown" and wait.retry_after <= LONGEST)


def decide(wanted: Environment, observed: ObservedExports, now: float) -> Decision:
    """What to apply where, and what is waited for."""
    if stop := blocker(wanted, observed, now):
        return Decision(stop)
    lacking = awaited(wanted, observed.contents, observed.asked or now, now)
    missing = list(_missing(wanted, observed, now))
    ready = [each.change for each in missing if each.wait is None]
    later = [each.change for each in missing if each.wait]
    waits = [each.wait for each in missing if each.wait]
    if lacking:
        waits.append(wait_for_services(wanted, lacking, now))
    if waits:
        first = min(waits, key=lambda each: each.retry_after)
        told = replace(first, warnings=warnings(wanted, lacking))
        return Decision(told, ready, later, near=_near(observed, missing))
    if observed.to_prune:
        return observed.to_prune.decide(now)
    if services := [each for each in wanted.services if not observed.is_imported(wanted, each)]:
        return Decision(wait_for_imports(wanted, observed, services, now, bool(ready)), ready)
    return Decision(None, ready) if ready else Decision(Done())


SERVICE_EXPORT = SpecStep("service_export", observe, decide)


def _missing(wanted: Environment, observed: ObservedExports, now: float) -> Iterator[Missing]:
    """All changes, whether or not they can be made now."""
    for cluster in wanted.clusters:
        if cluster.name in observed.passed_over:
            continue
        for change in differences(wanted, cluster, observed.contents.get(cluster.name)):
            yield Missing(cluster.name, change, wait_to_change(change, cluster.name, observed, now))


def _near(
    observed: ObservedExports, missing: Iterable[Missing]
) -> Callable[[Context], ObservedExports] | None:
    """How to look again within the call, if a cluster is about to know the kind."""
    changed = {each.cluster for each in missing if each.wait is None}
    expectant = {each.cluster for each in missing if each.is_near} - changed
    return partial(look_again, observed, changed, expectant) if expectant else None
