"""The runner, from the event to the callback, with a step that a test writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.google.pubsub import Publication
from shared.google.session import Session
from shared.json_types import JsonValue
from shared.step.outcome import Blocked, Decision, Done, Waiting
from shared.step.run import run
from shared.step.step import Context, Step
from tests.support.changes import ScriptedChange
from tests.support.google_server import NOW, Answer, GoogleServer, refusal
from tests.support.rows import last_lines, with_rows

Event = Callable[..., dict[str, Any]]
Rows = Callable[[], Any]
WAIT = Waiting(reason="Making", message="soon", retry_after=10)


def change(resource: str = "projects/p/thing", trouble: Exception | None = None) -> ScriptedChange:
    """A change that meets `trouble`, if there is any."""

    def meets(session: Session) -> None:
        if trouble:
            raise trouble

    return ScriptedChange(resource, meets)


def told(*changes: ScriptedChange) -> list[dict[str, JsonValue]]:
    """As the answer carries them."""
    return [each.describe().wire() for each in changes]


class Toy:
    """A step that remembers what was done with it: `decisions` one a look."""

    def __init__(self, *decisions: Decision, looks: Callable[[Context], None] = lambda context: None) -> None:
        self.decisions, self.looks = list(decisions), looks
        self.decided: list[float] = []
        self.step: Step[None] = Step("subnets", self.observe, self.decide, frozenset({"check", "apply"}))

    def observe(self, context: Context) -> None:
        self.looks(context)

    def decide(self, observed: None, now: float) -> Decision:
        self.decided.append(now)
        return self.decisions[min(len(self.decided), len(self.decisions)) - 1]


def answer(google: GoogleServer) -> Any:
    """The one answer that was sent."""
    (sent,) = google.posted("/callbacks/")
    return sent


@pytest.fixture
def changes(google: GoogleServer, capsys: pytest.CaptureFixture[str]) -> Rows:
    """The changes of the one answer that was sent."""
    return lambda: with_rows(answer(google), last_lines(capsys))["changes"]


def api_error(kind: type[errors.ApiError]) -> errors.ApiError:
    return kind("compute", "POST", "projects/p/thing", 0, "", "because")


def test_changes_begin_and_the_outcome_is_answered(
    anchored: GoogleServer, event: Event, changes: Rows
) -> None:
    """observe, fence, decide, perform, answer."""
    made = change()
    toy = Toy(Decision(WAIT, [made]))
    run(event(), toy.step)
    heard = answer(anchored)

    assert (heard["nonce"], heard["outcome"], heard["retryAfter"]) == ("n-1", "waiting", 10)
    assert changes() == told(made)
    assert heard["calls"] == {"total": 1, "mutations": 0, "byService": {"compute": 1}}
    assert made.performed == ["projects/p/thing"]
    assert toy.decided == [NOW]


def test_a_check_changes_nothing_and_shows_everything(
    anchored: GoogleServer, event: Event, changes: Rows
) -> None:
    """Waiting is no fault of the request: planned is done."""
    now, later = change(), change("projects/p/other")
    run(event(mode="check"), Toy(Decision(WAIT, [now], later=[later])).step)

    assert answer(anchored)["outcome"] == "done"
    assert changes() == told(now, later)
    assert (now.performed, later.performed) == ([], [])


def test_a_check_refuses_what_apply_would(anchored: GoogleServer, event: Event) -> None:
    """The same decision."""
    run(event(mode="check"), Toy(Decision(Blocked(code="C", cause="c", fix="f"))).step)

    assert (answer(anchored)["outcome"], answer(anchored)["code"]) == ("blocked", "C")


def test_a_check_reads_no_anchor(google: GoogleServer, event: Event) -> None:
    """It changes nothing, and begins while the claim is being written."""
    run(event(mode="check"), Toy(Decision(WAIT, [change()])).step)

    assert answer(google)["outcome"] == "done"
    assert answer(google)["calls"]["total"] == 0


@pytest.mark.parametrize(("holder", "outcome"), [("9999999999999-1", "superseded"), ("1-1", "blocked")])
def test_a_check_tells_no_faults_if_a_newer_request_is_there(
    anchored: GoogleServer, event: Event, holder: str, outcome: str
) -> None:
    """An older one is about to be taken over from."""
    anchored.addresses["fleetgate-store"]["labels"]["fleetgate-generation"] = holder
    run(event(mode="check"), Toy(Decision(Blocked(code="C", cause="c", fix="f"))).step)

    assert answer(anchored)["outcome"] == outcome


def test_a_check_tells_its_faults_if_nobody_can_say_who_holds_the_anchor(
    google: GoogleServer, event: Event
) -> None:
    """They are faults whoever does."""
    google.answers["GET /compute/v1/projects/hub/regions/us-west1/addresses/fleetgate-store"] = 503, {}
    run(event(mode="check"), Toy(Decision(Blocked(code="C", cause="c", fix="f"))).step)

    assert answer(google)["outcome"] == "blocked"


def test_a_check_that_meets_a_broken_api_is_asked_again(anchored: GoogleServer, event: Event) -> None:
    """It has not been checked."""

    def fails(context: Context) -> None:
        raise api_error(errors.Transient)

    run(event(mode="check"), Toy(Decision(Done()), looks=fails).step)

    assert (answer(anchored)["outcome"], answer(anchored)["reason"]) == ("waiting", "Transient")


def test_what_takes_effect_at_once_is_looked_at_at_once(anchored: GoogleServer, event: Event) -> None:
    """done is observed: the second look sees it."""
    toy = Toy(Decision(None, [change()]), Decision(Done(outputs={"a": 1})))
    run(event(), toy.step)

    assert answer(anchored)["outcome"] == "done"
    assert answer(anchored)["outputs"] == {"a": 1}
    assert len(toy.decided) == 2


def test_looking_again_has_an_end(anchored: GoogleServer, event: Event) -> None:
    """Three rounds, then the workflow waits."""
    made = change()
    run(event(), Toy(Decision(None, [made])).step)

    assert (answer(anchored)["outcome"], len(made.performed)) == ("waiting", 3)


@pytest.mark.parametrize("kind", [errors.AlreadyExists, errors.Conflict, errors.NotFound])
def test_a_world_that_changed_is_looked_at_again(
    anchored: GoogleServer, event: Event, kind: type[errors.ApiError], changes: Rows
) -> None:
    """What exists by now may be ours; what was not done is not told as a change."""
    toy = Toy(Decision(WAIT, [change(trouble=api_error(kind))]), Decision(Done()))
    run(event(), toy.step)

    assert answer(anchored)["outcome"] == "done"
    assert changes() == []


def test_a_change_that_is_refused_again_and_again_is_told(anchored: GoogleServer, event: Event) -> None:
    """If it never passes, time runs out on it: then this is the only word of the cause."""
    run(event(), Toy(Decision(WAIT, [change(trouble=api_error(errors.NotFound))])).step)

    told = answer(anchored)
    assert (told["outcome"], told["reason"]) == ("waiting", "Changed")
    assert str(api_error(errors.NotFound)) in told["message"]


def test_changes_before_a_trouble_are_told(anchored: GoogleServer, event: Event, changes: Rows) -> None:
    """They have been made."""
    first, third = change("first"), change("third")
    denied = change("second", trouble=api_error(errors.PermissionDenied))
    run(event(), Toy(Decision(WAIT, [first, denied, third])).step)

    assert (answer(anchored)["outcome"], answer(anchored)["code"]) == ("blocked", "PERMISSION_DENIED")
    assert changes() == told(first)
    assert third.performed == []


def test_another_claim_stops_everything(anchored: GoogleServer, event: Event) -> None:
    """The fence stands between looking and changing."""
    made = change()
    toy = Toy(Decision(WAIT, [made]))
    anchored.addresses["fleetgate-store"]["labels"]["fleetgate-generation"] = "9999999999999-1"
    run(event(), toy.step)

    assert answer(anchored)["outcome"] == "superseded"
    assert made.performed == []


def test_no_anchor_stops_everything_too(google: GoogleServer, event: Event) -> None:
    """The environment was torn down meanwhile."""
    made = change()
    toy = Toy(Decision(WAIT, [made]))
    run(event(), toy.step)

    assert (answer(google)["outcome"], made.performed) == ("superseded", [])


def test_the_fence_is_read_after_the_world(anchored: GoogleServer, event: Event) -> None:
    """A claim that comes while a step looks around is seen before it acts."""

    def claims(context: Context) -> None:
        anchored.addresses["fleetgate-store"]["labels"]["fleetgate-execution"] = "another"

    made = change()
    toy = Toy(Decision(WAIT, [made]), looks=claims)
    run(event(), toy.step)

    assert (answer(anchored)["outcome"], made.performed) == ("superseded", [])


def test_nothing_is_begun_after_the_deadline(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message that comes late finds the workflow asking again: nobody listens to an answer."""
    made = change()
    toy = Toy(Decision(WAIT, [made]))
    anchored.now = NOW + 91
    run(event(), toy.step)

    (line,) = last_lines(capsys)
    assert (line["answer"]["reason"], line["callback"], made.performed) == ("MessageExpired", "expired", [])
    assert anchored.posted("/callbacks/") == []


def test_the_deadline_holds_between_two_changes(anchored: GoogleServer, event: Event, changes: Rows) -> None:
    """And when it has almost come, there is still time for the answer."""

    def meets(session: Session) -> None:
        anchored.now = NOW + 88
        with pytest.raises(errors.NotFound):
            session.get("compute", "projects/p/anything")

    slow, late = ScriptedChange("first", meets), change("second")
    run(event(), Toy(Decision(WAIT, [slow, late])).step)

    assert answer(anchored)["reason"] == "MessageExpired"
    assert changes() == told(slow)
    assert late.performed == []


def test_publications_go_out_after_the_changes(anchored: GoogleServer, event: Event) -> None:
    """And only with the outcome that they tell of."""
    publication = Publication("projects/p/topics/t", {"a": 1}, {})
    run(
        event(),
        Toy(
            Decision(None, [change()], publications=[publication]),
            Decision(Done(), publications=[publication]),
        ).step,
    )

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


@pytest.mark.parametrize(
    ("answers", "logged"),
    [
        ([refusal(404, "NOT_FOUND", "no")], "404 NOT_FOUND"),
        ([refusal(503, "UNAVAILABLE", "no"), refusal(404, "NOT_FOUND", "no")], "unknown: 404 NOT_FOUND"),
        ([refusal(503, "UNAVAILABLE", "no")] * 2, "unknown: 503 UNAVAILABLE"),
        ([refusal(503, "UNAVAILABLE", "no"), (200, {})], "sent"),
    ],
)
def test_the_log_says_what_came_of_sending_the_answer(
    anchored: GoogleServer,
    event: Event,
    capsys: pytest.CaptureFixture[str],
    answers: list[Answer],
    logged: str,
) -> None:
    """A first try that broke off may have arrived, even if the second one is refused: the answer may be heard."""
    path, tries = anchored.callback().removeprefix(f"http://{anchored.host}"), iter(answers)
    anchored.answers[f"POST {path}"] = lambda *_: next(tries)
    run(event(), Toy(Decision(Done())).step)

    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert line["callback"] == logged


def test_a_fault_of_ours_is_answered_too(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """The workflow need not wait for a timeout; the log has the place."""
    run(event(), Toy(Decision(WAIT, [change(trouble=ZeroDivisionError("oops"))])).step)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert (answer(anchored)["outcome"], answer(anchored)["code"]) == ("failed", "INTERNAL")
    assert [line["severity"] for line in lines] == ["ERROR", "ERROR"]
    assert "test_run.py" in lines[0]["stack"]


def test_a_call_is_one_line_of_json_without_spec_or_token(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """Severity, labels to find it by, what was answered and whether it arrived."""
    run(event(), Toy(Decision(WAIT, [change()])).step)
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


@pytest.mark.parametrize("kind", [errors.Busy, errors.InUse])
def test_what_cannot_be_changed_now_keeps_nothing_else(
    anchored: GoogleServer, event: Event, kind: type[errors.ApiError], changes: Rows
) -> None:
    """The others are begun, and the first refusal is answered."""
    held, other = change("held", trouble=api_error(kind)), change("other")
    run(event(), Toy(Decision(WAIT, [held, other])).step)

    assert answer(anchored)["outcome"] == "waiting"
    assert changes() == told(other)


def test_what_was_declined_is_noted_for_the_next_look(anchored: GoogleServer, event: Event) -> None:
    """So that it is not tried again in the same call, and can be told."""
    tried: list[dict[str, str]] = []
    declined = change("optional", trouble=errors.Declined("it is used"))
    decisions = Decision(None, [change("other"), declined]), Decision(Done())
    run(event(), Toy(*decisions, looks=lambda context: tried.append(dict(context.tried))).step)

    assert tried == [{}, {"other": "", "optional": "it is used"}]
    assert answer(anchored)["outcome"] == "done"
