"""The runner, from the event to the callback, with a step that a test writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.google.pubsub import Publication
from shared.step.outcome import Blocked, Change, Decision, Done, Waiting
from shared.step.run import run
from shared.step.step import Context, Step
from tests.support.google_server import NOW, GoogleServer, refusal

Event = Callable[..., dict[str, Any]]
WAIT = Waiting(reason="Making", message="soon", retry_after=10)
MADE = Change("create", "projects/p/thing")


class Toy:
    """A step that remembers what was done with it: `decisions` one a look, `trouble` raised by act."""

    def __init__(self, *decisions: Decision, trouble: Exception | None = None, looks: Any = None) -> None:
        self.decisions, self.trouble, self.looks = list(decisions), trouble, looks
        self.seen: list[float] = []
        self.acted: list[Change] = []
        self.step: Step[None] = Step("subnets", self.observe, self.decide, self.act)

    def observe(self, context: Context) -> None:
        if self.looks:
            self.looks(context)

    def decide(self, wanted: Any, observed: None, now: float) -> Decision:
        self.seen.append(now)
        return self.decisions[min(len(self.seen), len(self.decisions)) - 1]

    def act(self, context: Context, change: Change) -> None:
        if self.trouble:
            raise self.trouble
        self.acted.append(change)


def answer(google: GoogleServer) -> Any:
    """The one answer that was sent."""
    (sent,) = google.posted("/callbacks/")
    return sent


def api_error(kind: type[errors.ApiError]) -> errors.ApiError:
    return kind("compute", "POST", "projects/p/thing", 0, "", "because")


def test_changes_begin_and_the_outcome_is_answered(anchored: GoogleServer, event: Event) -> None:
    """observe, fence, decide, act, answer."""
    toy = Toy(Decision(WAIT, [MADE]))
    run(event(), toy.step)
    told = answer(anchored)

    assert (told["nonce"], told["outcome"], told["retryAfter"]) == ("n-1", "waiting", 10)
    assert told["changes"] == [MADE.wire()]
    assert told["calls"] == {"total": 1, "mutations": 0, "byService": {"compute": 1}}
    assert toy.acted == [MADE]
    assert toy.seen == [NOW]


def test_a_check_changes_nothing_and_shows_everything(anchored: GoogleServer, event: Event) -> None:
    """Waiting is no fault of the request: planned is done."""
    later = Change("create", "projects/p/other")
    toy = Toy(Decision(WAIT, [MADE], later=[later]))
    run(event(mode="check"), toy.step)

    assert answer(anchored)["outcome"] == "done"
    assert answer(anchored)["changes"] == [MADE.wire(), later.wire()]
    assert toy.acted == []


def test_a_check_refuses_what_apply_would(anchored: GoogleServer, event: Event) -> None:
    """The same decision."""
    run(event(mode="check"), Toy(Decision(Blocked(code="C", cause="c", fix="f"))).step)

    assert (answer(anchored)["outcome"], answer(anchored)["code"]) == ("blocked", "C")


def test_a_check_that_meets_a_broken_api_is_asked_again(anchored: GoogleServer, event: Event) -> None:
    """It has not been checked."""

    def fails(context: Context) -> None:
        raise api_error(errors.Transient)

    run(event(mode="check"), Toy(Decision(Done()), looks=fails).step)

    assert (answer(anchored)["outcome"], answer(anchored)["reason"]) == ("waiting", "Transient")


def test_what_takes_effect_at_once_is_looked_at_at_once(anchored: GoogleServer, event: Event) -> None:
    """done is observed: the second look sees it."""
    toy = Toy(Decision(None, [MADE]), Decision(Done(outputs={"a": 1})))
    run(event(), toy.step)

    assert answer(anchored)["outcome"] == "done"
    assert answer(anchored)["outputs"] == {"a": 1}
    assert len(toy.seen) == 2


def test_looking_again_has_an_end(anchored: GoogleServer, event: Event) -> None:
    """Three rounds, then the workflow waits."""
    toy = Toy(Decision(None, [MADE]))
    run(event(), toy.step)

    assert (answer(anchored)["outcome"], len(toy.acted)) == ("waiting", 3)


@pytest.mark.parametrize("kind", [errors.AlreadyExists, errors.Conflict, errors.NotFound])
def test_a_world_that_changed_is_looked_at_again(
    anchored: GoogleServer, event: Event, kind: type[errors.ApiError]
) -> None:
    """What exists by now may be ours; what was not done is not told as a change."""
    toy = Toy(Decision(WAIT, [MADE]), Decision(Done()), trouble=api_error(kind))
    run(event(), toy.step)

    assert answer(anchored)["outcome"] == "done"
    assert answer(anchored)["changes"] == []


def test_changes_before_a_trouble_are_told(anchored: GoogleServer, event: Event) -> None:
    """They have been made."""

    def act(context: Context, change: Change) -> None:
        if change.resource == "second":
            raise api_error(errors.PermissionDenied)

    toy = Toy(Decision(WAIT, [MADE, Change("create", "second"), Change("create", "third")]))
    run(event(), Step("subnets", toy.observe, toy.decide, act))

    assert (answer(anchored)["outcome"], answer(anchored)["code"]) == ("blocked", "PERMISSION_DENIED")
    assert answer(anchored)["changes"] == [MADE.wire()]


def test_another_claim_stops_everything(anchored: GoogleServer, event: Event) -> None:
    """The fence stands between looking and acting."""
    toy = Toy(Decision(WAIT, [MADE]))
    anchored.addresses["fleetgate-store"]["labels"]["fleetgate-generation"] = "9999999999999-1"
    run(event(), toy.step)

    assert answer(anchored)["outcome"] == "superseded"
    assert toy.acted == []


def test_no_anchor_stops_everything_too(google: GoogleServer, event: Event) -> None:
    """The environment was torn down meanwhile."""
    toy = Toy(Decision(WAIT, [MADE]))
    run(event(), toy.step)

    assert (answer(google)["outcome"], toy.acted) == ("superseded", [])


def test_the_fence_is_read_after_the_world(anchored: GoogleServer, event: Event) -> None:
    """A claim that comes while a step looks around is seen before it acts."""

    def claims(context: Context) -> None:
        anchored.addresses["fleetgate-store"]["labels"]["fleetgate-execution"] = "another"

    toy = Toy(Decision(WAIT, [MADE]), looks=claims)
    run(event(), toy.step)

    assert (answer(anchored)["outcome"], toy.acted) == ("superseded", [])


def test_nothing_is_changed_after_the_deadline(anchored: GoogleServer, event: Event) -> None:
    """A message that comes late finds the workflow asking again."""
    toy = Toy(Decision(WAIT, [MADE]))
    anchored.now = NOW + 91
    run(event(), toy.step)

    assert (answer(anchored)["outcome"], answer(anchored)["reason"]) == ("waiting", "MessageExpired")
    assert toy.acted == []


def test_the_deadline_holds_between_two_changes(anchored: GoogleServer, event: Event) -> None:
    """Every answer tells the time."""

    def act(context: Context, change: Change) -> None:
        anchored.now = NOW + 91
        with pytest.raises(errors.NotFound):
            context.session.get("compute", "projects/p/anything")

    toy = Toy(Decision(WAIT, [MADE, Change("create", "second")]))
    run(event(), Step("subnets", toy.observe, toy.decide, act))

    assert answer(anchored)["reason"] == "MessageExpired"
    assert answer(anchored)["changes"] == [MADE.wire()]


def test_publications_go_out_after_the_changes(anchored: GoogleServer, event: Event) -> None:
    """And only with the outcome that they tell of."""
    told = Publication("projects/p/topics/t", {"a": 1}, {})
    run(event(), Toy(Decision(None, [MADE], publications=[told]), Decision(Done(), publications=[told])).step)

    assert anchored.published() == [{"data": {"a": 1}}]


def test_a_wrong_callback_gets_no_token(anchored: GoogleServer, event: Event) -> None:
    """Nothing is asked, nothing is sent."""
    run(event(callback=anchored.callback("other-execution")), Toy(Decision(Done())).step)

    assert anchored.requests == []


@pytest.mark.parametrize("fields", [{"step": "clusters"}, {"mode": "demolish"}, {"schema": 9}])
def test_a_message_for_somebody_else_is_acknowledged_and_left(
    anchored: GoogleServer, event: Event, fields: dict[str, Any]
) -> None:
    """Eventarc must not deliver it again."""
    run(event(**fields), Toy(Decision(Done())).step)

    assert anchored.requests == []


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (409, 1), (429, 1), (403, 1), (503, 2)])
def test_an_answer_that_is_not_taken_is_let_go(
    anchored: GoogleServer, event: Event, status: int, tries: int
) -> None:
    """The execution has ended, or somebody was faster; only a broken line is tried once more."""
    path = anchored.callback().removeprefix(f"http://{anchored.host}")
    anchored.answers[f"POST {path}"] = refusal(status, "", "no")
    run(event(), Toy(Decision(Done())).step)

    assert len(anchored.posted("/callbacks/")) == tries


def test_a_fault_of_ours_is_answered_too(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """The workflow need not wait for a timeout; the log has the place."""
    run(event(), Toy(Decision(WAIT, [MADE]), trouble=ZeroDivisionError("oops")).step)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert (answer(anchored)["outcome"], answer(anchored)["code"]) == ("failed", "INTERNAL")
    assert [line["severity"] for line in lines] == ["ERROR", "ERROR"]
    assert "test_run.py" in lines[0]["stack"]


def test_a_call_is_one_line_of_json_without_spec_or_token(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """Severity, labels to find it by, what was answered and whether it arrived."""
    run(event(), Toy(Decision(WAIT, [MADE])).step)
    out = capsys.readouterr().out
    (line,) = [json.loads(each) for each in out.splitlines()]

    assert line["severity"] == "INFO"
    assert line["callback"] == "sent"
    assert line["logging.googleapis.com/labels"]["environment"] == "store"
    assert line["answer"]["calls"]["byService"] == {"compute": 1}
    assert "secret-token" not in out
    assert "hostnames" not in out


@pytest.mark.parametrize(
    ("ending", "severity"),
    [("done", "INFO"), ("superseded", "INFO"), ("blocked", "WARNING"), ("failed", "ERROR")],
)
def test_a_settlement_is_as_grave_as_what_it_settles(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str], ending: str, severity: str
) -> None:
    """Alerts look for its line, which has the ending's code and nothing that quotes the spec."""
    told = {"action": "deploy", "outcome": ending, "code": "TOOK_TOO_LONG", "cause": "shop.example.internal"}
    run(event(ending=told), Toy(Decision(Done())).step)
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]

    assert line["severity"] == severity
    assert line["ending"] == {"action": "deploy", "outcome": ending, "code": "TOOK_TOO_LONG"}
