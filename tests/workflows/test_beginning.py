"""What comes before the first change: the claim in two parts, the check beside it, and functions that are woken."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from localcloud.workflows.host import CallResult
from tests.workflows.functions import (
    CLAIMED,
    EVENT,
    SOURCE,
    VARIABLES,
    Functions,
    Script,
    answers,
    blocked,
    rows,
)

OUTPUTS = CLAIMED["outputs"]
BEGUN: dict[str, Any] = {
    "outcome": "done",
    "outputs": {**OUTPUTS, "accept": "never", "writing": "operation-1"},
}
OWNED: dict[str, Any] = {"outcome": "done", "outputs": {**OUTPUTS, "accept": "always", "quietFrom": 7.0}}
LOST: dict[str, Any] = {"outcome": "superseded", "message": "a newer request"}
TOPIC = "projects/p/topics/fleetgate-"
MESSAGE: Any = EVENT["data"]["message"]


def begun(**special: Any) -> Script:
    """A claim that has begun when the check begins."""
    return answers(**{"begin": BEGUN, "claim": OWNED} | special)


def asked(functions: Functions) -> list[str]:
    """The modes of all messages, in order; the steps of a phase are one."""
    modes = [each["mode"] for _, each in functions.messages]
    return [mode for at, mode in enumerate(modes) if at == 0 or mode != modes[at - 1]]


def test_a_check_goes_on_while_the_claim_is_being_written(deploy: Any) -> None:
    """Each answer takes a second here: both take one together."""
    result, functions = deploy(begun())
    (claim,), check = functions.asked("environment", "claim"), functions.asked("clusters", "check")[0]

    assert (result["outcome"], claim["sent"]) == ("done", check["sent"])
    assert claim["claim"]["writing"] == "operation-1"
    assert claim["request"] and not claim["environment"]
    assert "writing" not in result


def test_what_the_whole_claim_says_counts(deploy: Any) -> None:
    """What is to be accepted, and from when on nobody else acts, is not known before."""
    _, functions = deploy(begun())
    applied = functions.asked("clusters", "apply")[0]

    assert (applied["claim"]["quietFrom"], applied["claim"]["writing"]) == (7.0, None)
    assert asked(functions).count("accept") == 1


def test_nothing_is_accepted_or_changed_before_the_claim_is_done(deploy: Any) -> None:
    """However soon the check is over."""
    waits = {"outcome": "waiting", "reason": "WritePending", "message": "m", "retryAfter": 50}
    result, functions = deploy(begun(claim=[waits, OWNED]))
    (last, accept) = functions.asked("environment", "claim")[1], functions.asked("environment", "accept")[0]

    assert result["outcome"] == "done"
    assert accept["sent"] > last["sent"] > functions.asked("clusters", "check")[0]["sent"] + 50


@pytest.mark.parametrize("answer", [LOST, blocked("FLEET_IN_USE")])
@pytest.mark.parametrize("check", [{"outcome": "done"}, blocked("RANGE_TAKEN")])
def test_a_request_that_loses_the_claim_tells_that_and_no_faults(
    deploy: Any, answer: Any, check: Any
) -> None:
    """Nobody asks for what it wants any more. What was checked is counted."""
    result, functions = deploy(begun(claim=answer, clusters_check=check))
    ending = functions.asked("environment", "settle")[0]["ending"]

    assert {"apply", "accept"}.isdisjoint(asked(functions))
    assert result["outcome"] == answer["outcome"]
    assert "RANGE_TAKEN" not in json.dumps([ending, result["reasons"]])
    assert ending["phase"] == "claim"
    assert len(rows(result, "check")) == 5


def test_a_check_that_refuses_is_told_when_the_claim_is_done(deploy: Any) -> None:
    """Then it ends in its phase, as ever."""
    result, functions = deploy(begun(clusters_check=blocked("RANGE_TAKEN")))

    assert (result["outcome"], result["code"]) == ("blocked", "RANGE_TAKEN")
    assert functions.asked("environment", "settle")[0]["ending"]["phase"] == "check"


def request(data: bytes) -> Any:
    """The event of a message with this text."""
    message = {**MESSAGE, "data": base64.b64encode(data).decode()}
    return {"data": {"message": message, "subscription": "s"}}


@pytest.mark.parametrize(("data", "woken"), [
    (b'{"action": "deploy", "environment": {}}', ["clusters", "fleet", "gateway", "service-export", "subnets"]),
    (b'{"name": "s",\n "action" :"teardown"}', ["gateway"]),
    (b'{"action": "verify", "name": "s"}', []),
    (b"no request", []),
    (b"\xff\xfe", []),
])  # fmt: skip
def test_who_is_asked_after_the_claim_is_woken_with_it(
    host: Any, result: Any, data: bytes, woken: list[str]
) -> None:
    """Instances start side by side."""
    functions = Functions(host, answers(begin=LOST))
    host.answer, host.variables = functions, VARIABLES
    began = host.now
    result(SOURCE, request(data))

    assert sorted(functions.woken) == [(f"{TOPIC}{name}", began) for name in woken]


def test_who_comes_next_is_woken_before(deploy: Any) -> None:
    """The settling of a deploy comes a quarter of an hour after its claim: nobody waits for a start then."""
    _, functions = deploy(answers())
    ((topic, when),) = functions.woken

    assert topic == f"{TOPIC}environment"
    assert (
        when
        <= functions.asked("verification")[0]["sent"]
        < functions.asked("environment", "settle")[0]["sent"]
    )


def test_who_cannot_be_woken_is_asked_all_the_same(host: Any, result: Any) -> None:
    """It starts when it is asked."""
    functions = Functions(host, answers())

    def refuses(name: str, arguments: dict[str, Any]) -> CallResult:
        told = json.loads(base64.b64decode(arguments["body"]["messages"][0]["data"]))
        failed = {"tags": ["HttpError"], "code": 403, "message": "no"}
        return CallResult.failure(failed) if told.get("mode") == "wake" else functions(name, arguments)

    host.answer, host.variables = refuses, VARIABLES

    assert result(SOURCE, EVENT)["outcome"] == "done"
