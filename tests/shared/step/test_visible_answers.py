"""Of what clusters, backends and requests say, an answer and the log have only what can be seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.step.answer import LIMIT, answer
from shared.step.log import log_answer, log_error, log_refused
from shared.step.message import Message
from shared.step.outcome import Blocked, Done, Failed, Outcome, Superseded, Waiting
from tests.support.changes import ScriptedChange
from tests.support.hidden import EVERY, hidden_in

Make = Callable[..., Message]
CALLS = {"total": 1, "mutations": 0, "byService": {}}
ROW = {"path": EVERY, "ok": False, EVERY: [{"name": EVERY}]}
OUTCOMES: list[Outcome] = [
    Done(outputs={"traffic": [ROW], "addresses": [{"address": EVERY}]}),
    Waiting(reason="Making", message=EVERY, retry_after=1),
    Blocked(code="C", cause=EVERY, fix=EVERY, faults=[{"path": EVERY, "fault": EVERY, "fix": EVERY}]),
    Failed(code="C", cause=f"a{EVERY}", fix=f"b{EVERY}", outputs={"diagnoses": [{"evidence": EVERY}]}),
    Superseded(message=EVERY),
]


def texts(value: Any) -> list[str]:
    """Every text of a JSON value, keys too."""
    if isinstance(value, dict):
        return [each for pair in value.items() for part in pair for each in texts(part)]
    if isinstance(value, list):
        return [each for part in value for each in texts(part)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: each.name)
def test_no_hidden_character_gets_into_an_answer(message: Make, outcome: Outcome) -> None:
    """In no text of it, and no key; as JSON it is as short as it has to be."""
    told = answer(message(), outcome, [ScriptedChange(EVERY)], CALLS)
    heard = json.loads(json.dumps(told.content))

    assert texts(heard)
    assert [each for text in texts(heard) for each in hidden_in(text, allowed="")] == []
    assert len(json.dumps(told.content)) <= LIMIT


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: each.name)
def test_no_hidden_character_gets_into_the_log(
    message: Make, outcome: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither by what was answered, nor by its rows, nor by errors; each line is a line."""
    asked = message(claim={"name": EVERY, "generation": EVERY, "execution": "e-1"})
    log_answer(asked, answer(asked, outcome, [ScriptedChange(EVERY)], CALLS), EVERY)
    log_refused(ValueError(EVERY))
    try:
        raise ValueError(EVERY)
    except ValueError as error:
        log_error(asked, error)

    lines = [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]
    assert len(lines) == 3
    assert hidden_in(lines[-1].pop("stack")) == []  # lines of our own code
    assert [each for text in texts(lines) for each in hidden_in(text, allowed="")] == []


def test_numbers_that_json_does_not_have_are_told_as_text(message: Make) -> None:
    """A cluster's answer may have had them; the callback's library refuses to send them."""
    told = answer(
        message(), Done(outputs={"a": float("nan"), "b": [2**70], "c": True, "d": 2**53}), [], CALLS
    )

    assert json.loads(json.dumps(told.content, allow_nan=False))["outputs"] == {
        "a": "nan",
        "b": ["0x400000000000000000"],
        "c": True,
        "d": 2**53,
    }
