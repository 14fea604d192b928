"""The fleet on its way out: ingress, the grant, multi-cluster Services, then APIs; what others use stays."""

from __future__ import annotations

from typing import Any

from functions.fleet.changes import DisableApi, EnableServices, LeaveFeature, RevokeImporter
from functions.fleet.remaining import APIS, RemainingFleet
from functions.fleet.removal import decide
from functions.fleet.step import decide as decide_fleet
from functions.fleet.users import User
from shared import errors, labels
from shared.google import importer, projects, refusals, wire
from shared.google.gkehub import INGRESS, MCS, Membership
from shared.step.outcome import Decision, Done, Waiting
from tests.functions.fleet.test_fleet import observed
from tests.support.fleets import FEATURES, OURS, both, feature, member_path
from tests.support.live import NOW, environment
from tests.support.projects import PROJECT

INGRESS_API, MCS_API, DIRECTOR_API = APIS


def look(**fields: Any) -> Decision:
    """What is decided of a fleet that is all ours."""
    whole: dict[str, Any] = {"features": both(), "ours": frozenset({MCS, INGRESS})}
    return decide(RemainingFleet(PROJECT, **{**whole, **fields}), NOW)


def mcs_alone(**fields: Any) -> Decision:
    status = fields.pop("status", "ACTIVE")
    return look(features={MCS: feature(MCS, status=status)}, ours=frozenset({MCS}), **fields)


def changed(decision: Decision) -> list[tuple[str, str]]:
    described = [each.describe() for each in decision.changes]
    return [(each.verb, each.resource.rpartition("/")[2]) for each in described]


def reason(decision: Decision) -> str:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome.reason


def test_ingress_goes_first_and_is_seen_gone() -> None:
    """While it is being enabled, changed or disabled nothing is begun."""
    assert [("delete", INGRESS)] == changed(look())
    for status in ("ENABLING", "UPDATING", "DISABLING"):
        decision = look(features=both(status=status))
        assert ([], "FeatureDisabling") == (changed(decision), reason(decision))


def test_the_grant_goes_before_the_feature_that_bears_its_label() -> None:
    """It is seen gone within the same call; a grant that is not ours is not looked at."""
    first = mcs_alone(granted=["principal://importer"])

    assert Decision(None, [RevokeImporter(PROJECT, ["principal://importer"])]) == first
    assert [("delete", MCS)] == changed(mcs_alone())
    assert [] == changed(mcs_alone(granted=["principal://importer"], status="DISABLING"))


def test_what_is_not_ours_stays_and_is_no_concern_of_ours() -> None:
    """Features without our mark are done with at once."""
    assert Decision(Done()) == look(ours=frozenset())
    assert Decision(Done()) == look(features={}, ours=frozenset())


def test_what_others_use_stays_loses_our_labels_and_is_told() -> None:
    """With the grant that it needs. Labels of other people's stay; while it is changed, that is waited for."""
    user = User(member_path("gke-east-1"), "has ServiceExport shop/cart")
    whole = {**OURS, labels.IMPORTER: labels.GRANTED, "team": "search"}
    fields: dict[str, Any] = {"users": {MCS: [user]}, "granted": ["principal://importer"]}

    def shared(status: str) -> Decision:
        services = feature(MCS, status=status, labels=whole)
        return look(features={MCS: services}, ours=frozenset({MCS}), **fields)

    decision = shared("ACTIVE")
    (change,) = decision.changes
    assert LeaveFeature(f"{FEATURES}/{MCS}", whole) == change
    assert {"team": "search"} == change.describe().after
    assert "FeatureShared" == reason(decision)
    assert decision.outcome is not None
    (row,) = decision.outcome.outputs["shared"]
    assert f"{FEATURES}/{MCS}" == row["resource"]
    assert row["why"] == (
        f"it stays on, for others use it: {user.resource} has ServiceExport shop/cart"
        "; so does the importer's role, which it needs"
    )
    assert ([], "FeatureShared") == (changed(shared("UPDATING")), reason(shared("UPDATING")))
    assert [("delete", INGRESS)] == changed(look(users={MCS: [user]}))


def test_a_stale_membership_goes_while_its_tie_is_there() -> None:
    """The feature that ties it to us waits for it."""
    path = member_path("gke-west-1")
    ready, going = (Membership(path, state, NOW - 900, orphaned=True) for state in (True, False))

    assert [("delete", "gke-west-1")] == changed(look(stale=[ready]))
    assert ([], "MembershipDeleting") == (changed(look(stale=[going])), reason(look(stale=[going])))


def test_apis_are_disabled_last_and_a_refusal_is_told() -> None:
    """Each is tried once a call; what was begun is waited for, what was refused is not."""
    nothing: dict[str, Any] = {"features": {}, "ours": frozenset()}
    first = look(**nothing, apis=[INGRESS_API, DIRECTOR_API])
    begun = look(**nothing, apis=[INGRESS_API, DIRECTOR_API], tried={INGRESS_API: "", DIRECTOR_API: "used"})
    over = look(**nothing, apis=[DIRECTOR_API], tried={DIRECTOR_API: "used"})

    assert Decision(None, [DisableApi(PROJECT, INGRESS_API), DisableApi(PROJECT, DIRECTOR_API)]) == first
    assert ([], "ApiDisabling") == (changed(begun), reason(begun))
    rows = [
        {"api": INGRESS_API, "disabled": True, "why": ""},
        {"api": MCS_API, "disabled": True, "why": ""},
        {"api": DIRECTOR_API, "disabled": False, "why": "used"},
    ]
    assert Decision(Done(outputs={"apis": rows})) == over


def test_the_feature_tells_whether_the_grant_was_made_with_it() -> None:
    """Only then does it go with it."""
    for granted, label in ((False, {labels.IMPORTER: labels.GRANTED}), (True, {})):
        decision = decide_fleet(environment(), observed(features={}, granted=granted), NOW)
        (services,) = [each for each in decision.changes if isinstance(each, EnableServices)]

        assert OURS | label == services.labels


def test_a_feature_that_still_has_resources_is_waited_for() -> None:
    """Google's refusal is no fault of the request."""
    words = "Feature has associated resources that should be cleaned up before deletion."
    refusal = {"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": words}}

    assert isinstance(refusals.from_response("gkehub", "DELETE", "features/f", 400, refusal), errors.InUse)


def test_only_the_importer_loses_its_role() -> None:
    """Neither other members, nor other roles, nor conditional bindings are touched; the etag goes along."""
    gone, role = importer.importer_of(PROJECT, "123"), importer.ROLE
    others: list[wire.Binding] = [
        {"role": role, "members": [gone], "condition": {"expression": "true"}},
        {"role": "roles/viewer", "members": [gone]},
    ]
    policy: wire.Policy = {
        "etag": "e",
        "bindings": [{"role": role, "members": ["user:a@b.c", gone]}, *others],
    }
    alone: wire.Policy = {"etag": "e", "bindings": [{"role": role, "members": [gone]}, *others]}

    left = {"role": role, "members": ["user:a@b.c"]}
    assert {"etag": "e", "bindings": [left, *others]} == projects.without_members(policy, role, [gone])
    assert {"etag": "e", "bindings": others} == projects.without_members(alone, role, [gone])


def test_what_bears_no_mark_stays_and_is_told() -> None:
    """Nobody knows whose it is; the row has the command for who does."""
    row = {
        "resource": "roles/compute.networkViewer of principal://importer",
        "why": "… If nobody needs it: gcloud …",
    }
    assert Decision(Done(outputs={"shared": [row]})) == look(features={}, ours=frozenset(), undecided=[row])
