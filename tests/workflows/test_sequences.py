"""The sequences of `workflows/environment.yaml` that go by a name: teardown, verify, extend, sweep."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.functions import CLAIMED, answers, blocked, waiting

PLACE = {"project": "p", "network": "default", "gateway": "store/gateway", "disableApis": False}


def claimed(action: str, **outputs: Any) -> dict[str, Any]:
    """A claim that was made for another action than deploy."""
    told = {"name": "store", "action": action, "generation": "1-77", "topics": CLAIMED["outputs"]["topics"]}
    return {"outcome": "done", "outputs": told | {"place": PLACE} | outputs}


def test_a_teardown_goes_stage_by_stage(deploy: Any) -> None:
    """Each begins when the one before is gone: what would be orphaned goes before what holds it."""
    result, functions = deploy(answers(claim=claimed("teardown")))
    asked = [(each["mode"], each["step"]) for _, each in functions.messages]

    assert asked == [
        ("begin", "environment"),
        ("destroy", "gateway"),
        ("destroy", "service_export"),
        ("destroy", "fleet"),
        ("destroy", "clusters"),
        ("destroy", "subnets"),
        ("destroy", "verification"),
        ("settle", "environment"),
    ]
    assert (result["outcome"], result["action"]) == ("done", "teardown")


@pytest.mark.parametrize("stage", ["gateway", "service_export", "fleet", "clusters", "subnets"])
def test_nothing_is_touched_after_a_stage_that_is_held_up(deploy: Any, stage: str) -> None:
    """What is left can still be removed in order."""
    result, functions = deploy(answers(claim=claimed("teardown"), **{f"{stage}_destroy": blocked("HELD")}))

    assert [each["step"] for _, each in functions.messages][-2:] == [stage, "environment"]
    assert (result["outcome"], result["code"]) == ("blocked", "HELD")
    assert functions.asked("environment", "settle")[0]["ending"]["phase"] == stage


def test_every_step_of_a_teardown_knows_the_place(deploy: Any) -> None:
    """It has no environment to go by."""
    result, functions = deploy(answers(claim=claimed("teardown")))
    stages = [each for _, each in functions.messages if each["mode"] == "destroy"]

    assert [each["place"] for each in stages] == [PLACE] * 6
    assert [each["environment"] for each in stages] == [None] * 6
    assert functions.messages[-2][0] == "projects/p/topics/fleetgate-verification-default"
    assert "place" not in result


def test_the_inventory_reaches_whoever_is_asked_after_it_was_taken(deploy: Any) -> None:
    """The gateway step itself, once the Gateway is gone, and the audit."""
    first = {**waiting("GatewayDeleting", 5), "outputs": {"inventory": ["a", "b"]}}
    script = answers(claim=claimed("teardown"), gateway_destroy=[first, {"outcome": "done"}])
    result, functions = deploy(script)

    assert [each["inventory"] for each in functions.asked("gateway", "destroy")] == [None, ["a", "b"]]
    assert functions.asked("verification", "destroy")[0]["inventory"] == ["a", "b"]
    assert "inventory" not in result


def test_leaks_are_in_the_result_and_in_the_ending(deploy: Any) -> None:
    """Whoever listens learns what is left."""
    leaks = [{"resource": "projects/p/global/urlMaps/x", "why": "its name", "fix": "gcloud …"}]
    foreign = [{"resource": "projects/p/global/urlMaps/y", "why": "another network"}]
    outputs = {"leaks": leaks, "foreign": foreign}
    audit = {"outcome": "failed", "code": "LEAKED", "cause": "c", "fix": "f", "outputs": outputs}
    result, functions = deploy(answers(claim=claimed("teardown"), verification_destroy=audit))

    assert (result["outcome"], result["code"]) == ("failed", "LEAKED")
    assert (result["leaks"], result["foreign"]) == (leaks, foreign)
    assert functions.asked("environment", "settle")[0]["ending"]["leaks"] == leaks


def test_verify_is_verification_alone(deploy: Any) -> None:
    """Under the claim that holds."""
    result, functions = deploy(answers(claim=claimed("verify", generation="1-5")))
    (asked,) = functions.asked("verification")

    assert len(functions.messages) == 3
    assert (asked["place"], asked["claim"]["generation"]) == (PLACE, "1-5")
    assert result["outcome"] == "done"


@pytest.mark.parametrize("action", ["extend", "sweep"])
def test_what_the_claim_has_done_needs_no_sequence(deploy: Any, action: str) -> None:
    """Its outputs are the result."""
    result, functions = deploy(answers(claim=claimed(action, lease={"expires": 7})))

    assert [each["mode"] for _, each in functions.messages] == ["begin", "settle"]
    assert (result["outcome"], result["lease"]) == ("done", {"expires": 7})


def test_a_teardown_whose_anchor_is_not_given_back_is_not_done(deploy: Any) -> None:
    """The anchor says that something may be billed; the workflow tells why it is still there."""
    script = answers(claim=claimed("teardown"), environment_settle=blocked("PERMISSION_DENIED"))
    result, functions = deploy(script)
    (event,) = functions.events

    assert (result["outcome"], result["code"]) == ("blocked", "PERMISSION_DENIED")
    assert event["ce-type"] == "dev.fleetgate.environment.blocked"


def test_a_teardown_whose_settling_crashed_is_not_done(deploy: Any) -> None:
    """Nobody knows whether the anchor is still there."""
    result, functions = deploy(answers(claim=claimed("teardown"), environment_settle={"outcome": "waiting"}))
    (event,) = functions.events

    assert (result["outcome"], result["code"]) == ("failed", "NOT_SETTLED")
    assert event["ce-type"] == "dev.fleetgate.environment.failed"


def test_a_teardown_that_takes_too_long_is_not_looked_into(deploy: Any) -> None:
    """What is left says itself what holds it."""
    script = answers(claim=claimed("teardown"), fleet_destroy=waiting("Deleting", 100))
    result, functions = deploy(script)

    assert result["code"] == "TOOK_TOO_LONG"
    assert functions.asked("verification", "diagnose") == []


def test_nothing_is_told_of_a_sweep_that_could_not_be_settled(deploy: Any) -> None:
    """There is nothing to tell."""
    script = answers(claim=claimed("sweep"), environment_settle=blocked("PERMISSION_DENIED"))
    result, functions = deploy(script)

    assert (result["outcome"], functions.events) == ("done", [])


@pytest.mark.parametrize("quiet", [True, False])
def test_a_quiet_verify_is_settled_as_one(deploy: Any, quiet: bool) -> None:
    """The settling publishes its ending only if what serves has changed. The result says nothing of it."""
    script = answers(claim=claimed("verify", **({"quiet": True} if quiet else {})))
    result, functions = deploy(script)

    assert functions.asked("environment", "settle")[0]["ending"].get("quiet", False) is quiet
    assert "quiet" not in result


def test_a_quiet_verify_warns_nobody_while_it_waits(deploy: Any) -> None:
    """A warning that lasts would come with every turn of the monitor."""
    warning = {"code": "W", "cause": "c", "fix": "f"}
    waits = {**waiting("Unreachable", 5), "warnings": [warning]}
    script = answers(claim=claimed("verify", quiet=True), verification_apply=[waits, {"outcome": "done"}])
    _, functions = deploy(script)

    assert functions.events == []


@pytest.mark.parametrize(("accept", "changes", "asked"), [
    ("never", 1, 0), ("changed", 0, 0), ("changed", 1, 1), ("always", 0, 1),
])  # fmt: skip
def test_a_deploy_is_accepted_when_it_is_due(deploy: Any, accept: str, changes: int, asked: int) -> None:
    """After check and before the first change. If it is not, the settling gets the spec, and accepts it."""
    told = {**CLAIMED, "outputs": {**CLAIMED["outputs"], "accept": accept, "origin": "git"}}
    planned = {"outcome": "done", "changes": changes}
    result, functions = deploy(answers(claim=told, clusters_check=planned))
    modes = [each["mode"] for _, each in functions.messages]
    (settled,) = functions.asked("environment", "settle")

    assert modes.count("accept") == asked
    if asked:
        assert modes.index("accept") == 6 == modes.index("apply") - 1
        (message,) = functions.asked("environment", "accept")
        assert (message["environment"], message["origin"]) == ({"name": "store"}, "git")
    assert settled["environment"] == ({"name": "store"} if accept != "never" and not asked else None)
    assert not {"accept", "origin"} & set(result)


@pytest.mark.parametrize("answer", [blocked("FLEET_IN_USE"), {"outcome": "superseded", "message": "m"}])
def test_nothing_is_changed_unless_it_is_accepted(deploy: Any, answer: dict[str, Any]) -> None:
    """Another request, or another environment, was there meanwhile."""
    told = {**CLAIMED, "outputs": {**CLAIMED["outputs"], "accept": "always"}}
    result, functions = deploy(answers(claim=told, environment_accept=answer))

    assert [each["mode"] for _, each in functions.messages if each["mode"] in ("apply", "accept")] == [
        "accept"
    ]
    assert result["outcome"] == answer["outcome"]
    assert functions.asked("environment", "settle")[0]["ending"]["phase"] == "accept"
