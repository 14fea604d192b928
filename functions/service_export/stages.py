"""The stages in which exports and what they need are removed, at a teardown and when a spec is pruned.

Network endpoint groups can only be deleted by the controllers of their own cluster [observed], and only once no
backend service uses them. So exports go first, everywhere; then, with the imports and their backend services gone,
the Services, whose groups go with them; the namespaces last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from functions.service_export.survey import Survey
from shared.google.gkehub import member_key
from shared.live_objects import LiveObject, deletions, is_own
from shared.objects import Key, is_ours
from shared.step.estimate import remaining
from shared.step.outcome import Decision, Waiting
from shared.step.stages import Stage

WITHDRAWN = 60.0  # typical seconds until imports of a withdrawn export are gone [inferred]
DELETED = 10.0  # typical seconds until any other object is gone [inferred]


@dataclass(frozen=True)
class Exports:
    """Exports that are to go. `asked` is when the request was published, unix seconds."""

    objects: Sequence[LiveObject]
    asked: float


@dataclass(frozen=True)
class Traces:
    """What exports leave for a while, by name: imports, backend services. `asked` is as of `Exports`."""

    names: Sequence[str]
    asked: float


def find_exports(survey: Survey) -> Exports | None:
    """Exports of ours, and every one of a cluster that is ours: when it goes, its endpoint groups would stay."""
    found = [each for each in survey.exports if _is_to_go(each, survey.environment) and survey.goes(each)]
    return Exports(found, survey.asked) if found else None


def find_imports(survey: Survey) -> Traces | None:
    """Imports that list what is exported no more."""
    asked = {member_key(each.membership) for each in survey.answering}
    late = [each for each in survey.imports if _lists_too_much(each, survey.exported, asked)]
    return Traces(_names(late), survey.asked) if late else None


def find_backend_services(survey: Survey) -> Traces | None:
    """Backend services that outlive their exports.

    They are not looked at while a cluster cannot be asked: it may export what they belong to.
    """
    if survey.unanswered or survey.unreachable:
        return None
    names = survey.orphaned_backend_services()
    return Traces(names, survey.asked) if names else None


def find_workloads(survey: Survey) -> Sequence[LiveObject] | None:
    """Services and Deployments."""
    return [each for each in survey.workloads() if survey.goes(each)] or None


def find_endpoint_groups(survey: Survey) -> Sequence[LiveObject] | None:
    """Endpoint groups of Services that are gone."""
    return [each for each in survey.endpoint_groups() if each.is_being_deleted] or None


def find_namespaces(survey: Survey) -> Sequence[LiveObject] | None:
    """Namespaces in which nobody else has anything.

    One that something holds goes with its cluster, if that is ours; elsewhere it is waited for.
    """
    found = [
        each
        for each in survey.namespaces
        if survey.goes(each) and not (is_own(each.cluster, survey.environment) and survey.is_given_up(each))
    ]
    return [each for each in found if each.path not in survey.kept_namespaces] or None


def withdraw(found: Exports, now: float) -> Decision:
    """Delete the exports. Nothing tells since when one is withdrawn: the first look is reckoned from its deletion."""
    changes = deletions(found.objects)
    text = f"exports are being withdrawn: {', '.join(_names(found.objects))}"
    return Decision(_wait_for_withdrawal(text, None if changes else found.asked, now), changes)


def wait_for_traces(found: Traces, now: float) -> Decision:
    """Wait until what the exports made is gone."""
    text = f"still imported, or behind a backend service: {', '.join(found.names)}"
    return Decision(_wait_for_withdrawal(text, found.asked, now))


def delete_workloads(found: Sequence[LiveObject], now: float) -> Decision:
    """Delete what is not going yet, and look again at once: most goes at once."""
    changes = deletions(found)
    return Decision(None, changes) if changes else wait_until_deleted(found, now)


def delete_namespaces(found: Sequence[LiveObject], now: float) -> Decision:
    """Delete what is not going yet; emptying a namespace takes its time."""
    return Decision(_wait_for_deletion(found, now), deletions(found))


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


def _names(found: Iterable[LiveObject]) -> list[str]:
    return [f"{each.namespace}/{each.name} in {each.cluster.name}" for each in found]


def _wait_for_withdrawal(text: str, since: float | None, now: float) -> Waiting:
    seconds = remaining(now, since, WITHDRAWN)
    return Waiting(reason="ExportsWithdrawing", message=text, retry_after=seconds)


def _wait_for_deletion(found: Sequence[LiveObject], now: float) -> Waiting:
    """What is being deleted, and what it says itself about why it is not gone."""
    since = min((each.deletion_began for each in found if each.is_being_deleted), default=None)
    text = "; ".join(f"{each.words} is being deleted{_rest(each)}" for each in found)
    return Waiting(reason="Deleting", message=text, retry_after=remaining(now, since, DELETED))


def _rest(each: LiveObject) -> str:
    """A namespace names what is left in it and the finalizers that hold that [documented: its conditions]."""
    conditions = each.body.get("status", {}).get("conditions", ())
    true = [one["message"] for one in conditions if one["status"] == "True" and one.get("message")]
    return f" ({'; '.join(true)})" if true and each.kind == "Namespace" else ""
