"""The exports' removal: stage after stage, and what it leaves alone. Decisions are pure; looks go over plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.service_export import survey as survey_module
from functions.service_export.removal import PATIENCE, ObservedRemoval, decide
from functions.service_export.stages import (
    Exports,
    Traces,
    delete_namespaces,
    delete_workloads,
    find_backend_services,
    find_exports,
    find_imports,
    find_namespaces,
    wait_for_traces,
    wait_until_deleted,
    withdraw,
)
from functions.service_export.survey import LATE, Survey, everything
from shared.google.resource import Resource
from shared.labels import OWNER
from shared.live_objects import Answers, LiveObject
from shared.objects import body
from shared.step.outcome import Blocked, Decision, Done, Waiting
from tests.support.live import NOW, born, one_cluster, service_import, stamp
from tests.support.sessions import silent_session

Json = dict[str, Any]

ASKED = NOW - 120  # the request is two minutes old
BACKENDS = Resource("backendServices", "projects/p/global/backendServices/gkemcs-store-store")
CHECK = Resource("healthChecks", "projects/p/global/healthChecks/gkemcs-store-store")
BACKEND_SERVICE = {
    "name": "gkemcs-store-store",
    "selfLink": f"https://www.googleapis.com/compute/v1/{BACKENDS.path}",
    "healthChecks": [f"https://www.googleapis.com/compute/v1/{CHECK.path}"],
}
WEST, EAST = "locations/us-west1/memberships/gke-west-1", "locations/us-east1/memberships/gke-east-1"


def live(kind: str, name: str = "store", going: float | None = None, **fields: Any) -> LiveObject:
    """A live object; `going` is for how many seconds it has been being deleted."""
    shown = born(body("store", kind, name, "" if kind == "Namespace" else "store", **fields))
    if going is not None:
        shown["metadata"]["deletionTimestamp"] = stamp(NOW - going)
    return LiveObject(one_cluster(), shown)


def imported(*clusters: str, name: str = "store") -> LiveObject:
    return LiveObject(one_cluster(), {"kind": "ServiceImport", **service_import(name, *clusters)})


def survey(**fields: Any) -> Survey:
    """What the stages read, scripted."""
    return cast(
        Survey,
        SimpleNamespace(
            environment="store",
            asked=ASKED,
            goes=everything,
            **{"is_left_to_its_cluster": lambda _: False, "is_abandoned": False} | fields,
        ),
    )


def deleted(decision: Decision) -> list[str]:
    assert {"delete"} >= {each.describe().verb for each in decision.changes}
    return [each.describe().resource.split("/", 6)[6] for each in decision.changes]


def waits(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def test_exports_go_first() -> None:
    """One that is going already is not deleted again."""
    decision = withdraw(
        Exports((live("ServiceExport"), live("ServiceExport", "late", going=5.0)), ASKED), NOW
    )

    assert ["ServiceExport/store/store"] == deleted(decision)
    assert ("ExportsWithdrawing", 36.0) == (waits(decision).reason, waits(decision).retry_after)
    assert waits(decision).message == (
        "exports are being withdrawn: store/store in gke-west-1, store/late in gke-west-1"
    )


def test_what_exports_made_is_waited_for() -> None:
    """Nothing is deleted meanwhile, and the message names what is still there."""
    decision = wait_for_traces(Traces(("gkemcs-store-store",), ASKED), NOW)

    assert [] == deleted(decision)
    assert "still imported, or behind a backend service: gkemcs-store-store" == waits(decision).message
    assert 9.0 == waits(decision).retry_after  # 7.5 % of what the request has waited


def test_what_nobody_takes_back_is_left_to_a_person() -> None:
    """With the command of each part, in the order in which they can go; imports go with their namespaces."""
    stopped = wait_for_traces(Traces(("gkemcs-store-store",), ASKED, (BACKENDS, CHECK)), NOW).outcome
    both = imported("us-west1/gke-west-1")

    assert isinstance(stopped, Blocked)
    assert "EXPORTS_LEFT" == stopped.code
    assert [BACKENDS.path, CHECK.path] == [each["resource"] for each in stopped.outputs["leaks"]]
    assert "gcloud compute backend-services delete gkemcs-store-store --global --project=p" in stopped.fix
    asked = {"exported": set(), "answering": [replace(one_cluster(), membership=f"projects/p/{WEST}")]}
    assert find_imports(survey(imports=[both], is_abandoned=True, **asked)) is None


@pytest.mark.parametrize("decide_on", [delete_workloads, delete_namespaces])
def test_what_somebody_holds_is_left_to_a_person(decide_on: Callable[..., Decision]) -> None:
    """In a cluster that is not ours; with its holder, and the command that takes it off."""
    kind = "Service" if decide_on is delete_workloads else "Namespace"
    found = live(kind, going=700.0)
    found.body["metadata"]["finalizers"] = ["example.com/keeper"]
    stopped = decide_on((found,), NOW).outcome

    assert isinstance(stopped, Blocked)
    assert ("OBJECT_HELD", True) == (stopped.code, "(held by example.com/keeper)" in stopped.cause)
    command = "kubectl patch services store --namespace=store" if kind == "Service" else "kubectl describe"
    assert command in stopped.fix
    own = replace(one_cluster(), labels={OWNER: "store"})
    ours = Survey(silent_session(NOW), "p", "store", "", ASKED, NOW)
    assert ours.is_left_to_its_cluster(LiveObject(own, found.body))
    assert not ours.is_left_to_its_cluster(found)


@pytest.mark.parametrize(("waited", "abandoned"), [(LATE - 1, False), (LATE + 1, True)])
def test_multi_cluster_services_are_not_waited_for_for_ever(waited: float, abandoned: bool) -> None:
    """Since this step was asked first, however long the steps before it took."""
    found = Survey(silent_session(NOW), "p", "store", "", ASKED, NOW - waited)
    assert abandoned == found.is_abandoned


def test_services_go_then_their_endpoint_groups_then_the_namespace() -> None:
    """Services and Deployments are looked for again at once; groups and namespaces take their time."""
    workloads = delete_workloads((live("Service"), live("Deployment")), NOW)
    shown = {**live("Service", "neg", going=4.0).body, "kind": "ServiceNetworkEndpointGroup"}
    groups = wait_until_deleted((LiveObject(one_cluster(), shown),), NOW)
    spaces = delete_namespaces((live("Namespace"),), NOW)

    assert (["Service/store/store", "Deployment/store/store"], None) == (
        deleted(workloads),
        workloads.outcome,
    )
    assert ([], "Deleting") == (deleted(groups), waits(groups).reason)
    assert (["Namespace/store"], 6.0) == (deleted(spaces), waits(spaces).retry_after)


def test_a_service_that_is_held_is_waited_for() -> None:
    """It is not deleted again."""
    decision = delete_workloads((live("Service", going=4.0),), NOW)
    assert ([], "Deleting") == (deleted(decision), waits(decision).reason)


def test_a_namespace_that_does_not_go_says_what_it_waits_for() -> None:
    """Its own conditions do [documented]; those that do not hold say nothing."""
    stuck = live("Namespace", going=500.0)
    stuck.body["status"] = {
        "conditions": [
            {
                "type": "NamespaceContentRemaining",
                "status": "True",
                "message": "Some resources are remaining",
            },
            {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content deleted"},
        ]
    }
    wait = waits(delete_namespaces((stuck,), NOW))
    assert (
        wait.message
        == "Namespace store in cluster gke-west-1 is being deleted (Some resources are remaining)"
    )


def test_a_namespace_with_somebody_elses_things_is_left_and_noted() -> None:
    """It does not keep the step from being done."""
    space = live("Namespace")
    kept = {space.path: "configmaps/notes"}
    left = [{"resource": space.path, "why": "it holds configmaps/notes"}]

    assert find_namespaces(survey(namespaces=[space], kept_namespaces=kept)) is None
    assert [space] == find_namespaces(survey(namespaces=[space], kept_namespaces={}))
    assert Decision(Done(outputs={"left": left})) == decide(ObservedRemoval(ASKED, kept=kept), NOW)


@pytest.mark.parametrize(("waited", "patient"), [(PATIENCE - 1, True), (PATIENCE, False)])
def test_a_cluster_that_does_not_answer_is_waited_for_and_then_told(waited: float, patient: bool) -> None:
    """One that is being deleted is told at once: it will not answer any more."""
    observed = ObservedRemoval(
        NOW - waited, unanswered={"gke-east-1": "no answer"}, unreachable={"old": "is STOPPING"}
    )
    outcome = decide(observed, NOW).outcome
    rows = [{"resource": "old", "why": "is STOPPING"}, {"resource": "gke-east-1", "why": "no answer"}]

    if patient:
        assert isinstance(outcome, Waiting)
        assert ("ClusterSilent", True) == (outcome.reason, "gke-east-1" in outcome.message)
    else:
        assert Done(outputs={"unheard": rows}) == outcome


def test_nothing_left_is_done() -> None:
    """Without a word."""
    assert Decision(Done()) == decide(ObservedRemoval(ASKED), NOW)


# -- what counts as ours, and as on its way out


@pytest.mark.parametrize(
    ("cluster", "export", "expected"),
    [({}, {}, False), ({OWNER: "store"}, {}, True), ({}, {OWNER: "store"}, True), ({}, {OWNER: "b"}, False)],
)
def test_exports_of_ours_go_and_all_of_a_cluster_of_ours(cluster: Json, export: Json, expected: bool) -> None:
    """A cluster takes its controllers along: endpoint groups of whatever it still exports would stay."""
    shown = {"metadata": {"name": "s", "namespace": "n", "labels": export}}
    found = LiveObject(replace(one_cluster(), labels=cluster), shown)
    exports = find_exports(survey(exports=[found]))

    assert (Exports([found], ASKED) if expected else None) == exports


@pytest.mark.parametrize(
    ("alive", "asked", "expected"),
    [
        (set(), {WEST, EAST}, True),
        ({(WEST, "store", "store")}, {WEST, EAST}, True),
        ({(WEST, "store", "store"), (EAST, "store", "store")}, {WEST, EAST}, False),
        ({(WEST, "store", "store")}, {WEST}, False),  # nobody knows what the other one exports
        ({(WEST, "store", "other"), (EAST, "store", "other")}, {WEST, EAST}, True),
    ],
)
def test_an_import_is_on_its_way_while_it_lists_more_than_is_exported(
    alive: set[tuple[str, str, str]], asked: set[str], expected: bool
) -> None:
    """What somebody else's cluster still exports stays imported, and is not waited for."""
    both = imported("us-west1/gke-west-1", "us-east1/gke-east-1")
    answering = [replace(one_cluster(), membership=f"projects/p/{each}") for each in asked]
    found = find_imports(survey(imports=[both], exported=alive, answering=answering))

    assert (Traces(["store/store in gke-west-1"], ASKED) if expected else None) == found


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ({}, Traces(["gkemcs-store-store"], ASKED)),
        ({"is_abandoned": True}, Traces(["gkemcs-store-store"], ASKED, (BACKENDS, CHECK))),
        ({"unanswered": {"gke-east-1": "no"}}, None),
        ({"unreachable": {"old": "is STOPPING"}}, None),
    ],
)
def test_backend_services_are_only_looked_at_if_every_cluster_answered(
    reasons: Json, expected: Traces | None
) -> None:
    """A cluster that cannot be asked may export what they belong to."""
    asked: Json = {"unanswered": {}, "unreachable": {}} | reasons
    found = survey(orphaned_backend_services=[BACKEND_SERVICE], **asked)
    assert expected == find_backend_services(found)


def test_only_namespaces_that_would_be_deleted_are_searched_for_foreign_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that is being deleted already is waited for; one that stays costs no calls."""
    going, stays, free = live("Namespace", "going", going=5.0), live("Namespace", "stays"), live("Namespace")
    found = Survey(silent_session(), "p", "store", "", ASKED, NOW, goes=lambda each: each != stays)
    found.__dict__["_imports_and_namespaces"] = Answers((going, stays, free))
    monkeypatch.setattr(survey_module, "ClusterReader", lambda *_: None)
    monkeypatch.setattr(survey_module, "foreign_object_in", lambda *_: "configmaps/notes")

    assert {free.path: "configmaps/notes"} == found.kept_namespaces
