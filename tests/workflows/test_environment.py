"""`workflows/environment.yaml`, run by the interpreter against functions that answer as each test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleetgate.report import ApiCalls
from fleetgate.results import calls_of, invocations_of
from localcloud.workflows.errors import error_map, http_error
from localcloud.workflows.host import CallResult
from tests.workflows.functions import (
    CLAIMED,
    EVENT,
    SOURCE,
    VARIABLES,
    Functions,
    Message,
    answers,
    blocked,
    rows,
    waiting,
)


def test_steps_are_asked_phase_by_phase(deploy: Any) -> None:
    """begin → check → apply → verification → settle; within a phase side by side."""
    result, functions = deploy(answers())
    asked = [(each["mode"], each["step"]) for _, each in functions.messages]

    assert (result["outcome"], result["environment"], result["generation"]) == ("done", "store", "1-77")
    assert asked[0] == ("begin", "environment")
    five = {"subnets", "clusters", "fleet", "service_export", "gateway"}
    assert {step for mode, step in asked[1:6] if mode == "check"} == five
    assert {step for mode, step in asked[6:11] if mode == "apply"} == five
    assert asked[11:] == [("apply", "verification"), ("settle", "environment")]


def test_the_result_counts_what_was_asked_and_called(deploy: Any) -> None:
    """13 invocations, each with the calls that its answer tells, and one function that was woken."""
    result, functions = deploy(answers())

    assert (invocations_of(result), len(functions.woken)) == (14, 1)
    assert calls_of(result) == ApiCalls(total=26, mutations=13, by_service={"compute": 26})
    assert [row["attempts"] for row in result["steps"]] == [1] * 13


def test_topics_are_the_steps_own_but_where_the_claim_says_otherwise(deploy: Any) -> None:
    """Verification happens where the network is."""
    _, functions = deploy(answers())
    topics = {each["step"]: topic for topic, each in functions.messages}

    assert topics["service_export"] == "projects/p/topics/fleetgate-service-export"
    assert topics["verification"] == "projects/p/topics/fleetgate-verification-default"


def test_the_request_travels_raw_and_to_the_claim_alone(deploy: Any) -> None:
    """The workflow does not read it; steps get the normalised environment."""
    _, functions = deploy(answers())
    claim, settle = functions.messages[0][1], functions.messages[-1][1]

    assert claim["request"] == EVENT["data"]["message"]
    assert [each["request"] for _, each in functions.messages[1:]] == [None] * 12
    assert {each["environment"]["name"] for each in functions.asked("gateway")} == {"store"}
    assert settle["environment"] is None


@pytest.mark.parametrize("step", ["service_export_check", "clusters_apply", "verification_apply"])
def test_only_the_claim_decides_what_the_request_is(deploy: Any, step: str) -> None:
    """No other step's outputs change the action, the spec, the place or a topic: each works under the claim."""
    rogue = {
        "action": "teardown",
        "name": "other",
        "generation": "9-9",
        "environment": {"name": "other"},
        "place": {"project": "other", "network": "other"},
        "topics": {"clusters": "projects/p/topics/other", "gateway": "projects/p/topics/other"},
    }
    result, functions = deploy(answers(**{step: {"outcome": "done", "outputs": rogue}}))
    steps = [message for _, message in functions.messages[1:-1]]
    settle = functions.messages[-1][1]

    assert {"store"} == {each["environment"]["name"] for each in steps}
    assert [None] * len(steps) == [each["place"] for each in steps]
    assert "projects/p/topics/other" not in {topic for topic, _ in functions.messages}
    assert {("store", "1-77")} == {(each["claim"]["name"], each["claim"]["generation"]) for each in steps}
    assert "deploy" == settle["ending"]["action"] == result["action"]
    assert ("store", "1-77") == (result["environment"], result["generation"])


def test_a_waiting_step_is_asked_again_when_it_said(deploy: Any) -> None:
    """retryAfter is slept, and equal reasons in a row are one wait."""
    script = answers(clusters_apply=[waiting("Creating", 180), waiting("Creating", 10), {"outcome": "done"}])
    result, functions = deploy(script)
    row = rows(result, "apply")["clusters"]

    assert row["attempts"] == 3
    assert row["waits"] == [{"reason": "Creating", "seconds": 190}]
    assert row["end"] - row["start"] == pytest.approx(193)
    assert [each["attempt"] for each in functions.asked("clusters")] == [1, 2, 3]


def test_waits_are_one_for_each_reason(deploy: Any) -> None:
    """In the order in which the reasons came: a step has few reasons, and may wait a thousand times."""
    script = answers(fleet_apply=[waiting("A", 5), waiting("B", 6), waiting("A", 7), {"outcome": "done"}])
    result, _ = deploy(script)

    assert rows(result, "apply")["fleet"]["waits"] == [
        {"reason": "A", "seconds": 12},
        {"reason": "B", "seconds": 6},
    ]


def test_each_attempt_has_its_own_endpoint_nonce_and_deadline(deploy: Any) -> None:
    """An endpoint may keep a late answer to an earlier attempt."""
    _, functions = deploy(answers(fleet_apply=[waiting("A", 5), {"outcome": "done"}]))
    first, second = functions.asked("fleet")

    assert first["callback"] != second["callback"]
    assert first["nonce"] != second["nonce"]
    assert second["deadline"] - first["deadline"] == pytest.approx(6)


def test_an_answer_with_another_nonce_is_ignored(deploy: Any, host: Any) -> None:
    """It is not the answer to this message."""

    def script(message: Message) -> Any:
        if (message["step"], message["mode"]) == ("subnets", "apply"):
            host.after(0.5, lambda: forged.post(message["callback"], {"nonce": "x", "outcome": "failed"}))
        return answers()(message)

    forged = Functions(host, script)
    result, _ = deploy(script)

    assert result["outcome"] == "done"
    assert rows(result, "apply")["subnets"]["attempts"] == 1


def test_silence_is_a_wait_and_another_attempt(deploy: Any) -> None:
    """After 90 s, with the reason NoAnswer."""
    result, _ = deploy(answers(gateway_apply=[None, {"outcome": "done"}]))
    row = rows(result, "apply")["gateway"]

    assert row["attempts"] == 2
    assert row["waits"] == [{"reason": "NoAnswer", "seconds": 90}]
    assert calls_of(result).total == 26  # of the attempt that was not answered nobody knows


@pytest.fixture
def publish_failing(host: Any, result: Any) -> Callable[[Any, int], Any]:
    """Run the document with a first message to the fleet step whose publish ends with this error, as often as asked."""

    def run(error: Any, times: int) -> Any:
        functions, failed = Functions(host, answers()), list[str]()

        def publish(name: str, arguments: dict[str, Any]) -> CallResult:
            if arguments["topic"].endswith("fleetgate-fleet") and len(failed) < times:
                failed.append(name)
                return CallResult.failure(error)
            return functions(name, arguments)

        host.answer, host.variables = publish, VARIABLES
        return result(SOURCE, EVENT)

    return run


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (http_error(500, {}, {"error": {"status": "INTERNAL"}}), 1),
        (http_error(503, {}, None), 40),
        (http_error(408, {}, "<html>"), 40),
        (http_error(499, {}, {"error": {"status": "CANCELLED"}}), 40),
        (error_map("ConnectionError", "connection reset by peer"), 40),
    ],
)
def test_a_message_that_cannot_be_published_is_a_wait(publish_failing: Any, error: Any, times: int) -> None:
    """Pub/Sub's bad moments end no request, however long they last."""
    run = publish_failing(error, times)

    assert "done" == run["outcome"]
    assert {"NotSent"} == {wait["reason"] for row in run["steps"] for wait in row["waits"]}


def test_a_publish_that_is_forbidden_blocks_the_request(publish_failing: Any) -> None:
    """Waiting would not help; who lacks what is told."""
    run = publish_failing(http_error(403, {}, {"error": {"status": "PERMISSION_DENIED"}}), 100)

    assert ("blocked", "PERMISSION_DENIED") == (run["outcome"], run["code"])
    assert run["cause"] == (
        "fleetgate-workflow@p.iam.gserviceaccount.com lacks pubsub.topics.publish on projects/p/topics/fleetgate-fleet."
    )


def test_a_publish_that_is_refused_otherwise_fails_the_request(publish_failing: Any) -> None:
    """What the API says is the cause."""
    run = publish_failing(http_error(404, {}, {"error": {"status": "NOT_FOUND"}}), 100)

    assert ("failed", "WORKFLOW_ERROR") == (run["outcome"], run["code"])


def test_a_function_that_never_answers_blocks_the_request(deploy: Any) -> None:
    """It does not run, or may not answer; the workflow cannot tell which, and its log does."""
    result, functions = deploy(answers(subnets_apply=None))

    assert (result["outcome"], result["code"]) == ("blocked", "NO_ANSWER")
    assert len(functions.asked("subnets")) == 14
    assert "fleetgate-subnets@p.iam.gserviceaccount.com lacks workflows.callbacks.send" in result["cause"]
    assert functions.asked("verification", "diagnose") == []


def test_a_function_is_named_after_its_topic(deploy: Any) -> None:
    """There is a verification function for each network; they share one service account."""
    result, _ = deploy(answers(verification_apply=None))

    assert (result["outcome"], result["code"]) == ("blocked", "NO_ANSWER")
    assert "fleetgate-verification@p.iam.gserviceaccount.com lacks" in result["cause"]
    assert "the log of function fleetgate-verification-default, which" in result["fix"]


@pytest.mark.parametrize(
    ("special", "diagnosed"),
    [
        ({"gateway_apply": waiting("Programming", 100)}, True),
        ({"gateway_check": waiting("Transient", 100)}, True),
        ({"claim": waiting("AnchorReleasing", 100)}, False),
        ({"gateway_apply": blocked("GATEWAY_FOREIGN")}, False),
    ],
)
def test_what_takes_too_long_is_looked_into(deploy: Any, special: Any, diagnosed: bool) -> None:
    """What is found is told; the verdict stays. What is blocked has said why."""
    found = {"outcome": "blocked", "code": "C", "cause": "c", "fix": "f", "outputs": {"diagnoses": ["d"]}}
    result, functions = deploy(answers(verification_diagnose=found, **special))
    (settle,) = functions.asked("environment", "settle")

    assert len(functions.asked("verification", "diagnose")) == int(diagnosed)
    assert settle["ending"].get("diagnoses") == (["d"] if diagnosed else None)
    assert result["code"] == ("TOOK_TOO_LONG" if "waiting" in str(special) else "GATEWAY_FOREIGN")


def test_a_function_that_falls_silent_took_too_long(deploy: Any) -> None:
    """It could answer before."""
    result, _ = deploy(answers(subnets_apply=[waiting("ProxySubnetCreating", 100), None]))

    assert (result["outcome"], result["code"]) == ("failed", "TOOK_TOO_LONG")


def test_verification_is_awaited_longer(deploy: Any) -> None:
    """A VPC's first connection may stall for a minute."""
    result, _ = deploy(answers(verification_apply=[None, {"outcome": "done"}]))

    assert rows(result, "apply")["verification"]["waits"] == [{"reason": "NoAnswer", "seconds": 240}]


def test_a_blocked_step_stops_the_others_at_their_next_attempt(deploy: Any) -> None:
    """Workflows itself would let them run on."""
    script = answers(subnets_apply=blocked("RANGE_REFUSED"), clusters_apply=waiting("Creating", 180))
    result, functions = deploy(script)
    applied = rows(result, "apply")

    assert (result["outcome"], result["code"]) == ("blocked", "RANGE_REFUSED")
    assert applied["clusters"]["outcome"] == "stopped"
    assert applied["clusters"]["attempts"] == 1
    assert functions.asked("verification") == []


def test_in_check_all_reasons_are_gathered(deploy: Any) -> None:
    """A refused request says everything that is wrong with it, and nothing is applied."""
    script = answers(
        subnets_check=blocked("RANGE_REFUSED"),
        fleet_check=[waiting("Transient", 4), blocked("API_DISABLED")],
    )
    result, functions = deploy(script)

    assert (result["outcome"], result["code"]) == ("blocked", "RANGE_REFUSED")
    assert [(each["step"], each["code"]) for each in result["reasons"]] == [
        ("subnets", "RANGE_REFUSED"),
        ("fleet", "API_DISABLED"),
    ]
    assert functions.asked("subnets") == []
    assert functions.asked("environment", "settle")[0]["ending"]["phase"] == "check"


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        (("blocked", "failed"), "failed"),
        (("failed", "superseded"), "superseded"),
        (("superseded", "blocked"), "superseded"),
    ],
)
def test_the_worst_outcome_of_a_phase_is_its_verdict(deploy: Any, outcomes: Any, worst: str) -> None:
    """superseded before failed before blocked."""
    first, second = ({"outcome": each, "code": "C", "cause": "c", "fix": "f"} for each in outcomes)
    result, _ = deploy(answers(subnets_check=first, gateway_check=second))

    assert result["outcome"] == worst


def test_a_claim_that_is_refused_is_settled_at_once(deploy: Any) -> None:
    """The ending tells what was wrong, under the name that the claim could make out."""
    refused = {
        **blocked("FLEET_IN_USE"),
        "outputs": {"name": "store", "action": "deploy", "generation": "1-77"},
    }
    result, functions = deploy(answers(claim=refused))
    (settle,) = functions.asked("environment", "settle")

    assert [each["mode"] for _, each in functions.messages] == ["begin", "settle"]
    known = {"name": "store", "generation": "1-77", "execution": "e1"}
    assert settle["claim"] == {**known, "quietFrom": None, "writing": None}
    assert (settle["ending"]["outcome"], settle["ending"]["code"]) == ("blocked", "FLEET_IN_USE")
    assert (result["outcome"], result["fix"]) == ("blocked", "mend it")


def test_until_when_others_may_act_travels_in_every_message(deploy: Any) -> None:
    """From the claim's answer on; it is no part of what the execution tells."""
    claimed = {"outcome": "done", "outputs": {**CLAIMED["outputs"], "quietFrom": 1767600022.0}}
    result, functions = deploy(answers(claim=claimed))
    told = [each["claim"]["quietFrom"] for _, each in functions.messages]

    assert [None, *[1767600022.0] * (len(told) - 1)] == told
    assert "quietFrom" not in result


def test_a_step_that_never_gets_there_fails_with_what_it_last_said(deploy: Any) -> None:
    """Each step has a budget."""
    result, _ = deploy(answers(subnets_apply=waiting("ProxySubnetCreating", 100)))

    assert (result["outcome"], result["code"]) == ("failed", "TOOK_TOO_LONG")
    assert "1200 s" in result["cause"]
    assert "ProxySubnetCreating!" in result["cause"]


def test_outputs_end_in_the_result(deploy: Any) -> None:
    """What a step hands over needs no word in the document."""
    script = answers(
        gateway_apply={"outcome": "done", "outputs": {"addresses": [{"region": "us-west1"}]}},
        verification_apply={
            "outcome": "done",
            "outputs": {"traffic": [{"ok": True}], "summary": {"rows": 1}},
        },
    )
    result, functions = deploy(script)
    ending = functions.asked("environment", "settle")[0]["ending"]

    assert result["addresses"] == [{"region": "us-west1"}]
    assert result["traffic"] == [{"ok": True}]
    assert (ending["addresses"], ending["summary"]) == ([{"region": "us-west1"}], {"rows": 1})
    assert result["environment"] == "store"
    assert "topics" not in result


def test_what_steps_warn_of_is_told_in_the_result_and_in_the_ending(deploy: Any) -> None:
    """Of each step, what its last answer warned of: what it no longer warns of is over."""
    first, last = ({"step": step, "code": "W", "cause": "c", "fix": "f"} for step in ("subnets", "clusters"))
    over = {"outcome": "done", "warnings": [{**first, "code": "OVER"}]}
    script = answers(
        subnets_check=over,
        subnets_apply=[
            {**waiting("A", 5), "warnings": [{**first, "code": "OVER"}]},
            {"outcome": "done", "warnings": [first]},
        ],
        clusters_check={"outcome": "done", "warnings": [{**last, "code": "OVER"}]},
        clusters_apply={"outcome": "done", "warnings": [last]},
        gateway_check=over,
    )
    result, functions = deploy(script)
    ending = functions.asked("environment", "settle")[0]["ending"]

    assert result["warnings"] == ending["warnings"] == [first, last]
    assert result["outcome"] == "done"
    assert all("warnings" not in each for each in result["steps"])


def test_a_refusal_tells_what_other_steps_warn_of(deploy: Any) -> None:
    """They were asked side by side; a reason is no warning."""
    warned = {"step": "subnets", "code": "W", "cause": "c", "fix": "f"}
    script = answers(
        subnets_check={"outcome": "done", "warnings": [warned]},
        clusters_check={**blocked("B"), "warnings": [{**warned, "step": "clusters"}]},
    )
    result, _ = deploy(script)

    assert [each["step"] for each in result["warnings"]] == ["subnets", "clusters"]
    assert "warnings" not in result["reasons"][0]


def test_a_row_counts_the_changes_of_all_answers_that_were_heard(deploy: Any) -> None:
    """Of traffic, the last answer's rows: each is about all of it."""
    script = answers(
        clusters_apply=[{**waiting("Creating", 5), "changes": 3}, None, {"outcome": "done", "changes": 1}],
        verification_apply=[
            {**waiting("A", 5), "rows": 20, "omitted": {"traffic": 12}},
            {"outcome": "done", "rows": 18},
        ],
    )
    result, _ = deploy(script)
    clusters, verification = (rows(result, "apply")[name] for name in ("clusters", "verification"))

    assert (clusters["attempts"], clusters["answered"], clusters["changes"]) == (3, 2, 4)
    assert (verification["answered"], verification["rows"], verification["omitted"]) == (2, 18, {})


def test_the_ending_is_published_by_the_workflow_where_settle_cannot(deploy: Any) -> None:
    """Whoever listens for the end hears of it."""
    result, functions = deploy(answers(environment_settle=blocked("PERMISSION_DENIED")))
    (event,) = functions.events

    assert result["outcome"] == "done"
    assert event["ce-type"] == "dev.fleetgate.environment.verified"
    assert event["ce-source"].endswith("projects/p/locations/us-west1/workflows/fleetgate/executions/e1")
    assert (event["data"]["environment"], event["data"]["execution"]) == ("store", "e1")
    assert [(each["step"], each["code"]) for each in result["reasons"]] == [
        ("environment", "PERMISSION_DENIED")
    ]
    assert rows(result, "settle")["environment"]["outcome"] == "blocked"


def test_an_ending_that_nobody_may_tell_fails_the_execution(host: Any, error_of: Any) -> None:
    """For that there is an alert. Its error has the result, with the reasons of both."""
    functions = Functions(host, answers(environment_settle=blocked("PERMISSION_DENIED")))

    def publish(name: str, arguments: dict[str, Any]) -> CallResult:
        if arguments["topic"].endswith("fleetgate-events"):
            return CallResult.failure(http_error(403, {}, None))
        return functions(name, arguments)

    host.answer, host.variables = publish, VARIABLES
    error = error_of(SOURCE, EVENT)

    assert (error["tags"], error["result"]["outcome"]) == (["EndingNotTold"], "done")
    assert "lacks pubsub.topics.publish" in error["message"]
    assert [(each["step"], each["code"]) for each in error["result"]["reasons"]] == [
        ("environment", "PERMISSION_DENIED"),
        ("workflow", "PERMISSION_DENIED"),
    ]


def test_a_crash_is_an_ending_too(deploy: Any) -> None:
    """An answer that is no answer of the protocol ends the sequence, not the story.

    The steps beside it are stopped, and what they did is counted.
    """
    clusters = [{**waiting("Creating", 10), "changes": 3}] * 9
    result, functions = deploy(answers(gateway_apply={"outcome": "waiting"}, clusters_apply=clusters))
    beside = rows(result, "apply")["clusters"]
    assert (beside["outcome"], beside["attempts"], beside["changes"]) == ("stopped", 1, 3)
    (settle,) = functions.asked("environment", "settle")

    assert (result["outcome"], result["code"]) == ("failed", "WORKFLOW_ERROR")
    assert settle["ending"]["phase"] == "apply"
    assert settle["ending"]["outcome"] == "failed"


def test_a_crash_of_the_settling_changes_no_ending(deploy: Any) -> None:
    """The workflow publishes it, and why it had to is in the result."""
    result, functions = deploy(answers(environment_settle={"outcome": "waiting"}))
    (event,) = functions.events

    assert (result["outcome"], event["ce-type"]) == ("done", "dev.fleetgate.environment.verified")
    assert [(each["step"], each["code"]) for each in result["reasons"]] == [("environment", "WORKFLOW_ERROR")]
