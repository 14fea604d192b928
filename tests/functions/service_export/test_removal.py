"""The exports' removal: stage after stage, and what it leaves alone. Decisions are pure; looks go over plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.service_export import removal as export_removal
from functions.service_export.removal import PATIENCE, Seen, decide
from shared.exports.withdrawal import Held
from shared.labels import OWNER
from shared.objects import body
from shared.step.outcome import Decision, Done, Waiting
from tests.support.live import NOW, born, one_cluster, service_import, stamp

Json = dict[str, Any]

WEST, EAST = "locations/us-west1/memberships/gke-west-1", "locations/us-east1/memberships/gke-east-1"


def held(kind: str, name: str = "store", going: float | None = None, **fields: Any) -> Held:
    """A live object; `going` is for how many seconds it has been being deleted."""
    live = born(body("store", kind, name, "" if kind == "Namespace" else "store", **fields))
    if going is not None:
        live["metadata"]["deletionTimestamp"] = stamp(NOW - going)
    return Held(one_cluster(), live)


def imported(*clusters: str, name: str = "store") -> Held:
    return Held(one_cluster(), {"kind": "ServiceImport", **service_import(name, *clusters)})


def seen(**fields: Any) -> Seen:
    """What a request of two minutes ago finds."""
    return replace(Seen("store", NOW - 120), **fields)


def deleted(decision: Decision) -> list[str]:
    assert {"delete"} >= {each.verb for each in decision.changes}
    return [each.resource.split("/", 6)[6] for each in decision.changes]


def waits(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def test_exports_go_alone_and_first() -> None:
    """Whatever else there is waits until nothing of them is left; one that is going already is not deleted again."""
    every = (held("ServiceExport"), held("ServiceExport", "late", going=5.0))
    decision = decide(None, seen(exports=every, spaces=(held("Namespace"),)), NOW)

    assert ["ServiceExport/store/store"] == deleted(decision)
    assert ("ExportsWithdrawing", 36.0) == (waits(decision).reason, waits(decision).retry_after)


@pytest.mark.parametrize(
    "left", [{"imports": (imported("us-west1/gke-west-1"),)}, {"backends": ("gkemcs-store-store",)}]
)
def test_imports_and_backend_services_are_waited_for(left: Json) -> None:
    """Nothing is deleted meanwhile, and the message names what is still there."""
    decision = decide(None, seen(**left, spaces=(held("Namespace"),)), NOW)

    assert [] == deleted(decision)
    assert "store" in waits(decision).message.partition(": ")[2]
    assert 9.0 == waits(decision).retry_after  # 7.5 % of what the request has waited


def test_services_go_then_their_endpoint_groups_then_the_namespace() -> None:
    """Services and Deployments are looked for again at once; groups and namespaces take their time."""
    workloads = decide(None, seen(workloads=(held("Service"), held("Deployment"))), NOW)
    group = Held(
        one_cluster(), {**held("Service", "neg", going=4.0).object, "kind": "ServiceNetworkEndpointGroup"}
    )
    groups = decide(None, seen(groups=(group,), spaces=(held("Namespace"),)), NOW)
    spaces = decide(None, seen(spaces=(held("Namespace"),)), NOW)

    assert (["Service/store/store", "Deployment/store/store"], None) == (
        deleted(workloads),
        workloads.outcome,
    )
    assert ([], "Deleting") == (deleted(groups), waits(groups).reason)
    assert (["Namespace/store"], 6.0) == (deleted(spaces), waits(spaces).retry_after)


def test_a_namespace_that_does_not_go_says_what_it_waits_for() -> None:
    """Its own conditions do [documented]; those that do not hold say nothing."""
    stuck = held("Namespace", going=700.0)
    stuck.object["status"] = {
        "conditions": [
            {
                "type": "NamespaceContentRemaining",
                "status": "True",
                "message": "Some resources are remaining",
            },
            {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content deleted"},
        ]
    }
    wait = waits(decide(None, seen(spaces=(stuck,)), NOW))
    assert (
        wait.message
        == "Namespace store in cluster gke-west-1 is being deleted (Some resources are remaining)"
    )


def test_a_namespace_with_somebody_elses_things_is_left_and_noted() -> None:
    """It does not keep the step from being done."""
    space = held("Namespace")
    decision = decide(None, seen(spaces=(space,), kept={space.resource: "configmaps/notes"}), NOW)

    assert [] == deleted(decision)
    assert (
        Done(outputs={"left": [{"resource": space.resource, "why": "it holds configmaps/notes"}]})
        == decision.outcome
    )


@pytest.mark.parametrize(("waited", "patient"), [(PATIENCE - 1, True), (PATIENCE, False)])
def test_a_cluster_that_does_not_answer_is_waited_for_and_then_told(waited: float, patient: bool) -> None:
    """One that is being deleted is told at once: it will not answer any more."""
    silent = replace(
        seen(silent={"gke-east-1": "no answer"}, closed={"old": "is STOPPING"}), asked=NOW - waited
    )
    outcome = decide(None, silent, NOW).outcome
    rows = [{"resource": "old", "why": "is STOPPING"}, {"resource": "gke-east-1", "why": "no answer"}]

    if patient:
        assert isinstance(outcome, Waiting)
        assert ("ClusterSilent", True) == (outcome.reason, "gke-east-1" in outcome.message)
    else:
        assert Done(outputs={"unheard": rows}) == outcome


def test_nothing_left_is_done() -> None:
    """Without a word."""
    assert Decision(Done()) == decide(None, seen(), NOW)


# -- what counts as ours, and as on its way out


@pytest.mark.parametrize(
    ("cluster", "export", "expected"),
    [({}, {}, False), ({OWNER: "store"}, {}, True), ({}, {OWNER: "store"}, True), ({}, {OWNER: "b"}, False)],
)
def test_exports_of_ours_go_and_all_of_a_cluster_of_ours(cluster: Json, export: Json, expected: bool) -> None:
    """A cluster takes its controllers along: endpoint groups of whatever it still exports would stay."""
    live = {"metadata": {"name": "s", "namespace": "n", "labels": export}}
    assert expected == export_removal._goes(Held(replace(one_cluster(), labels=cluster), live), "store")


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
    assert expected == export_removal._lists_too_much(both, alive, asked)
