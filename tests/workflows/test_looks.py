"""What waits for one reason for long is looked into, and what a waiting step warns of is published at once."""

from __future__ import annotations

from typing import Any

import pytest

from fleetgate.results import invocations_of
from tests.workflows.functions import CLAIMED, answers, blocked, rows, waiting

PLACE = {"project": "p", "network": "default"}
CLAIM = {"outcome": "done", "outputs": {**CLAIMED["outputs"], "place": PLACE}}
FOUND = {**blocked("FIREWALL_CLOSED"), "outputs": {"diagnoses": [{"code": "FIREWALL_CLOSED"}]}}
STUCK = {**waiting("GatewayPending", 40), "lookAfter": 100}


def test_what_explains_a_wait_ends_the_step(deploy: Any) -> None:
    """At the bound of its reason, and long before its budget; the reason has the step's name."""
    result, functions = deploy(answers(claim=CLAIM, gateway_apply=STUCK, verification_look=FOUND))
    (look,) = functions.asked("verification", "look")
    gateway = rows(result, "apply")["gateway"]

    assert (result["outcome"], result["code"]) == ("blocked", "FIREWALL_CLOSED")
    assert [each["step"] for each in result["reasons"]] == ["gateway"]
    assert result["diagnoses"] == [{"code": "FIREWALL_CLOSED"}]
    assert (look["about"], look["environment"], look["place"]) == ("GatewayPending", {"name": "store"}, PLACE)
    assert 100 <= gateway["end"] - gateway["start"] < 160


def test_what_nothing_explains_goes_on_and_is_looked_into_less_and_less(deploy: Any) -> None:
    """Each time when it has waited twice as long; until its time is up, which is the last resort."""
    result, functions = deploy(answers(claim=CLAIM, gateway_apply=STUCK))
    looks = functions.asked("verification", "look")

    assert result["code"] == "TOOK_TOO_LONG"
    assert [each["attempt"] for each in looks] == [*range(1, len(looks) + 1)]
    assert 5 <= len(looks) <= 7  # 5,400 s in doublings of 100


def test_looks_are_counted_in_a_row_of_their_own(deploy: Any) -> None:
    """They are invocations, and their calls are calls."""
    over = [STUCK, STUCK, STUCK, STUCK, {"outcome": "done"}]
    script = answers(claim=CLAIM, gateway_apply=over, verification_apply=over)
    result, functions = deploy(script)
    (row,) = [each for each in result["steps"] if each["mode"] == "look"]

    assert (result["outcome"], row["attempts"], row["answered"]) == ("done", 2, 2)
    assert invocations_of(result) == len(functions.messages) + len(functions.woken)
    assert row["calls"]["total"] == 4


@pytest.mark.parametrize(
    "answer", [None, {"outcome": "waiting", "reason": "Transient", "message": "m", "retryAfter": 9}]
)
def test_a_look_that_is_not_answered_ends_nothing(deploy: Any, answer: Any) -> None:
    """Whatever keeps it from being answered, the step goes on."""
    over = [STUCK, STUCK, STUCK, STUCK, {"outcome": "done"}]
    result, _ = deploy(answers(claim=CLAIM, gateway_apply=over, verification_look=answer))

    assert result["outcome"] == "done"


def test_without_a_claim_nothing_is_looked_into(deploy: Any) -> None:
    """There is no environment yet."""
    held = {**waiting("AnchorReleasing", 40), "lookAfter": 100}
    _, functions = deploy(answers(claim=held, verification_look=FOUND))

    assert functions.asked("verification", "look") == []


def test_what_a_waiting_step_warns_of_is_published_once(deploy: Any) -> None:
    """The event says what, and how to mend it, while there is time for it."""
    row = {"step": "service_export", "code": "SERVICE_MISSING", "cause": "c", "fix": "f"}
    warns = {**waiting("ServiceMissing", 40), "warnings": [row]}
    result, functions = deploy(answers(claim=CLAIM, service_export_apply=[warns, warns, {"outcome": "done"}]))
    (event,) = functions.events

    assert event["ce-type"] == "dev.fleetgate.environment.warned"
    assert event["ce-id"] == "e1-service_export-warned"
    assert (event["data"]["environment"], event["data"]["warnings"]) == ("store", [row])
    assert (result["outcome"], "warnings" in result) == ("done", False)
