"""The stages in which exports and what they need are removed, at a teardown and when a spec is pruned.

Network endpoint groups can only be deleted by the controllers of their own cluster [observed], and only once no
backend service uses them. So exports go first, everywhere; then, with the imports and their backend services gone,
the Services, whose groups go with them; the namespaces last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from functions.service_export.survey import BACKEND, LATE, Survey
from shared import gcloud
from shared.google.compute import path_of
from shared.google.gkehub import member_key
from shared.google.resource import Resource
from shared.live_objects import LiveObject, deletions, held, is_own
from shared.objects import Key, is_ours
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Decision, Waiting
from shared.step.stages import Stage

if TYPE_CHECKING:
    from shared.google import wire

WITHDRAWN = 60.0  # typical seconds until imports of a withdrawn export are gone [inferred]
DELETED = 10.0  # typical seconds until any other object is gone [inferred]


@dataclass(frozen=True)
class Exports:
    """Exports that are to go. `asked` is when the request was published, unix seconds."""

    objects: Sequence[LiveObject]
    asked: float


@dataclass(frozen=True)
class Traces:
    """What exports leave for a while, by name: imports, backend services. `asked` is as of `Exports`.

    `abandoned` are parts that only a person can delete, in the order in which they can go.
    """

    names: Sequence[str]
    asked: float
    abandoned: Sequence[Resource] = ()


def find_exports(survey: Survey) -> Exports | None:
    """Exports of ours, and every one of a cluster that is ours: when it goes, its endpoint groups would stay."""
    found = [
        each
        for each in survey.exports
        if _is_to_go(each, survey.environment)
        and survey.goes(each)
        and not survey.is_left_to_its_cluster(each)
    ]
    return Exports(found, survey.asked) if found else None


def find_imports(survey: Survey) -> Traces | None:
    """Imports that list what is exported no more. Those that nobody brings up to date go with their namespaces."""
    asked = {member_key(each.membership) for each in survey.answering}
    late = [each for each in survey.imports if _lists_too_much(each, survey.exported, asked)]
    return Traces(_names(late), survey.asked) if late and not survey.is_abandoned else None


def find_backend_services(survey: Survey) -> Traces | None:
    """Backend services that outlive their exports.

    They are not looked at while a cluster cannot be asked: it may export what they belong to.
    """
    if survey.unanswered or survey.unreachable:
        return None
    found = survey.orphaned_backend_services
    if not found:
        return None
    abandoned = tuple(_parts(found)) if survey.is_abandoned else ()
    return Traces([each["name"] for each in found], survey.asked, abandoned)


def find_workloads(survey: Survey) -> Sequence[LiveObject] | None:
    """Services and Deployments."""
    found = [each for each in survey.workloads() if survey.goes(each)]
    return [each for each in found if not survey.is_left_to_its_cluster(each)] or None


def find_endpoint_groups(survey: Survey) -> Sequence[LiveObject] | None:
    """Endpoint groups of Services that are gone."""
    return [each for each in survey.endpoint_groups() if each.is_being_deleted] or None


def find_namespaces(survey: Survey) -> Sequence[LiveObject] | None:
    """Namespaces in which nobody else has anything.

    One that something holds goes with its cluster, if that is ours; elsewhere it is waited for.
    """
    found = [
        each for each in survey.namespaces if survey.goes(each) and not survey.is_left_to_its_cluster(each)
    ]
    return [each for each in found if each.path not in survey.kept_namespaces] or None


def withdraw(found: Exports, now: float) -> Decision:
    """Delete the exports. Nothing tells since when one is withdrawn: the first look is reckoned from its deletion."""
    changes = deletions(found.objects)
    if stop := None if changes else held(found.objects, now):
        return Decision(stop)
    text = f"exports are being withdrawn: {', '.join(_names(found.objects))}"
    return Decision(_wait_for_withdrawal(text, None if changes else found.asked, now), changes)


def wait_for_traces(found: Traces, now: float) -> Decision:
    """Wait until what the exports made is gone; if nobody removes it, a person must."""
    if found.abandoned:
        return Decision(_orphaned(found))
    text = f"still imported, or behind a backend service: {', '.join(found.names)}"
    return Decision(_wait_for_withdrawal(text, found.asked, now))


def delete_workloads(found: Sequence[LiveObject], now: float) -> Decision:
    """Delete what is not going yet, and look again at once: most goes at once."""
    if changes := deletions(found):
        return Decision(None, changes)
    return Decision(held(found, now) or _wait_for_deletion(found, now))


def delete_namespaces(found: Sequence[LiveObject], now: float) -> Decision:
    """Delete what is not going yet; emptying a namespace takes its time."""
    if changes := deletions(found):
        return Decision(_wait_for_deletion(found, now), changes)
    return Decision(held(found, now) or _wait_for_deletion(found, now))


def wait_until_deleted(found: Sequence[LiveObject], now: float) -> Decision:
    """Wait for what is going already."""
    return Decision(_wait_for_deletion(found, now))


STAGES = (
    Stage("exports", find_exports, withdraw),
    Stage("imports", find_imports, wait_for_traces),
    Stage("backend services", find_backend_services, wait_for_traces),
    Stage("workloads", find_workloads, delete_workloads),
    Stage("endpoint groups", find_endpoint_groups, wait_until_deleted),
    Stage("namespaces", find_namespaces, delete_namespaces),
)


def _is_to_go(export: LiveObject, environment: str) -> bool:
    return is_own(export.cluster, environment) or is_ours(export.body, environment)


def _lists_too_much(one: LiveObject, exported: Collection[Key], asked: set[str]) -> bool:
    """Whether an import lists a cluster that was asked, and exports nothing of its name any more."""
    listed = {member_key(each["cluster"]) for each in one.body.get("status", {}).get("clusters", ())}
    return any((member, one.namespace, one.name) not in exported for member in listed & asked)


def _parts(found: Iterable[wire.Resource]) -> Iterator[Resource]:
    """Backend services and their own health checks, in the order in which they can be deleted."""
    links: list[Any] = [link for each in found for link in cast(Any, each).get("healthChecks", ())]
    checks = dict.fromkeys(map(path_of, links))
    yield from (Resource("backendServices", path_of(each["selfLink"])) for each in found)
    yield from (Resource("healthChecks", each) for each in checks if f"/{BACKEND}" in each)


def _names(found: Iterable[LiveObject]) -> list[str]:
    return [f"{each.namespace}/{each.name} in {each.cluster.name}" for each in found]


def _orphaned(found: Traces) -> Blocked:
    """While the clusters are there: their own controllers remove the endpoint groups once nothing uses these."""
    late = (
        f"multi-cluster Services, if they are still enabled, have not removed it for {LATE / 60:.0f} minutes"
    )
    rows = [
        {"resource": each.path, "why": f"its Service is exported no more; {late}", "fix": gcloud.delete(each)}
        for each in found.abandoned
    ]
    return Blocked(
        code="EXPORTS_LEFT",
        cause=f"Of exports that are gone there still is {', '.join(each.tail for each in found.abandoned)}; {late}.",
        fix=f"{rows[0]['fix']}, and so on for each part in this order; then publish the request again.",
        outputs={"leaks": rows},
    )


def _wait_for_withdrawal(text: str, since: float | None, now: float) -> Waiting:
    seconds = remaining(now, since, WITHDRAWN)
    return Waiting(reason="ExportsWithdrawing", message=text, retry_after=seconds)


def _wait_for_deletion(found: Sequence[LiveObject], now: float) -> Waiting:
    """What is being deleted, and what it says itself about why it is not gone."""
    since = min((each.deletion_began for each in found if each.is_being_deleted), default=None)
    text = "; ".join(f"{each.words} is being deleted{each.conditions}" for each in found)
    return Waiting(reason="Deleting", message=text, retry_after=remaining(now, since, DELETED))
