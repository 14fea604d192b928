"""The pure parts of the protocol: outcomes, answers, estimates, messages, the callback, the fence."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import errors
from shared.anchor import Anchor
from shared.settings import Settings
from shared.spec import parse_environment
from shared.step import callback, fence
from shared.step.answer import LIMIT, LIMITS, answer, shortened
from shared.step.change import Description
from shared.step.error_outcomes import outcome_of
from shared.step.estimate import closely, remaining
from shared.step.message import Message, parse
from shared.step.outcome import Blocked, Decision, Done, Failed, Superseded, Waiting, Warned
from shared.step.packed import PACKED_LIMIT, pack, unpack
from tests.support.changes import ScriptedChange
from tests.support.google_server import EXECUTION, NUMBER, GoogleServer
from tests.support.messages import GENERATION
from tests.support.projects import PROJECT
from tests.support.sizes import sized

Make = Callable[..., Message]


def anchor_of(generation: str, execution: str) -> Anchor:
    values = {"fleetgate-generation": generation, "fleetgate-execution": execution}
    return Anchor("store", "projects/hub/…", values, "", "RESERVED", "", "")


def packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw)).decode()


class TestOutcomes:
    def test_each_says_what_the_workflow_needs(self) -> None:
        """Names and fields of the wire."""
        assert Done(outputs={"a": 1}).wire() == {"outcome": "done", "outputs": {"a": 1}}
        assert Waiting(reason="R", message="m", retry_after=1.234).wire() == {
            "outcome": "waiting",
            "reason": "R",
            "message": "m",
            "retryAfter": 1.2,
        }
        assert Failed(code="C", cause="c", fix="f").wire() == {
            "outcome": "failed",
            "code": "C",
            "cause": "c",
            "fix": "f",
        }
        assert Blocked(code="C", cause="c", fix="f", faults=[{"path": "p"}]).wire()["faults"] == [
            {"path": "p"}
        ]
        assert Superseded(message="m").wire() == {"outcome": "superseded", "message": "m"}

    def test_any_may_warn(self) -> None:
        """Of what is not wrong yet."""
        warned = Warned(code="W", cause="c", fix="f")
        assert Done(warnings=[warned]).wire() == {
            "outcome": "done",
            "warnings": [{"code": "W", "cause": "c", "fix": "f"}],
        }

    def test_a_description_shows_what_there_is_to_show(self) -> None:
        """Only an update tells a field, and what it was and becomes."""
        assert Description("update", "r", "ttl", "1h", "2h").wire() == {
            "verb": "update",
            "resource": "r",
            "field": "ttl",
            "before": "1h",
            "after": "2h",
        }
        assert Description("create", "r").wire() == {"verb": "create", "resource": "r"}

    def test_a_step_that_cannot_go_on_changes_nothing(self) -> None:
        """blocked, failed and superseded come without changes; nothing to do comes with an outcome."""
        with pytest.raises(ValueError, match="changes nothing"):
            Decision(Blocked(code="C", cause="c", fix="f"), [ScriptedChange("r")])
        with pytest.raises(ValueError, match="needs an outcome"):
            Decision(None)


class TestAnswers:
    def test_an_answer_carries_nonce_outcome_and_counts(self, message: Make) -> None:
        """As the protocol says; the rows are kept for the log."""
        calls = {"total": 1, "mutations": 1, "byService": {}}
        told = answer(message(), Done(), [ScriptedChange("r")], calls)

        assert (told.content["nonce"], told.content["step"], told.content["outcome"]) == (
            "n-1",
            "subnets",
            "done",
        )
        assert (told.content["changes"], told.content["rows"], told.content["calls"]) == (1, 0, calls)
        assert told.rows == {"changes": [{"verb": "create", "resource": "r"}]}

    def test_a_warning_says_which_step_warns_and_is_short(self, message: Make) -> None:
        """It stands beside those of other steps, with what is visible of its words."""
        warned = Warned(code="W", cause="\x1b[31m" + "c" * 900, fix="f")
        (told,) = answer(message(), Done(warnings=[warned]), [], {}).content["warnings"]

        assert (told["step"], told["code"], told["fix"]) == ("subnets", "W", "f")
        assert told["cause"].endswith("c…") and "\x1b" not in told["cause"]

    def test_the_workflow_of_an_earlier_release_gets_its_list_of_changes(self, message: Make) -> None:
        """An execution that began under it goes on under it."""
        told = answer(message(schema=1), Done(), [ScriptedChange("r")], {})

        assert told.content["changes"] == [{"verb": "create", "resource": "r"}]

    @pytest.mark.parametrize(
        ("step", "limit"), [("subnets", LIMIT), ("verification", LIMITS["verification"])]
    )
    @pytest.mark.parametrize("character", ["x", "é", "\U0001f600", "\x00", '"'])
    def test_a_flood_of_words_is_cut(self, message: Make, step: str, limit: int, character: str) -> None:
        """A cause is a sentence, not a log. A character may take twelve bytes of JSON."""
        text, calls = character * 50_000, {"total": 1_000, "byService": dict.fromkeys("abcde", 200)}
        failed = Failed(code="C", cause=text, fix=text, faults=[{"path": "p", "fault": text, "fix": text}])
        told = answer(message(step=step), failed, [], calls).content

        assert len(json.dumps(told).encode()) <= limit
        assert told["cause"].endswith("…")

    def test_what_the_next_step_needs_is_never_left_out(self, message: Make) -> None:
        """Rows and words go before it; what is too large with it alone is a failure that says so."""
        rows = [{"ok": True, "pad": "x" * 100}] * 100
        some, many = (
            answer(
                message(),
                Waiting(
                    reason="R", message="m", retry_after=1, outputs={"inventory": "x" * size, "rows": rows}
                ),
                [],
                {},
            )
            for size in (20_000, 24_000)
        )

        assert some.content["outputs"] == {"inventory": "x" * 20_000, "rows": []}
        assert some.content["omitted"] == {"rows": 100}
        assert (many.content["outcome"], many.content["code"]) == ("failed", "ANSWER_TOO_LARGE")
        assert "24,000 can be carried" in many.content["cause"]

    def test_a_value_that_cannot_be_packed_is_the_same_failure(self, google: GoogleServer) -> None:
        """Wherever a step packs it."""
        with pytest.raises(errors.TooLarge) as refused:
            pack([f"projects/p/{uuid.uuid4()}" for _ in range(1_000)])

        assert outcome_of(refused.value, google.settings(), 1).wire()["code"] == "ANSWER_TOO_LARGE"

    @given(
        st.lists(st.fixed_dictionaries({"ok": st.booleans(), "text": st.text(max_size=300)}), max_size=120),
        st.lists(st.text(max_size=200), max_size=60),
        st.sampled_from([LIMIT, *LIMITS.values()]),
    )
    def test_a_shortened_answer_fits(self, rows: list[Any], names: list[str], limit: int) -> None:
        """Whatever is in it, and what was left out is said."""
        told = shortened(
            {"outcome": "done", "outputs": {"traffic": rows, "summary": {"names": names}}}, limit
        )
        left_out = told.get("omitted", {})

        assert len(json.dumps(told).encode()) <= limit
        assert len(told["outputs"]["traffic"]) + left_out.get("traffic", 0) == len(rows)
        assert len(told["outputs"]["summary"]["names"]) + left_out.get("names", 0) == len(names)

    @given(st.lists(st.booleans(), min_size=50, max_size=300))
    def test_failing_rows_are_the_last_to_go(self, verdicts: list[bool]) -> None:
        """A good row is only kept when every failing one is."""
        rows = [{"ok": ok, "pad": "x" * 100} for ok in verdicts]
        kept = shortened({"outputs": {"traffic": rows}})["outputs"]["traffic"]
        failing = [row for row in rows if not row["ok"]]

        assert sum(not row["ok"] for row in kept) == min(len(failing), len(kept))

    def test_a_small_answer_is_left_as_it_is(self) -> None:
        """Order of rows included."""
        whole = {"outputs": {"traffic": [{"ok": True}, {"ok": False}]}}

        assert shortened(whole) == whole


class TestPacked:
    @given(
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    )
    def test_a_value_comes_out_as_it_went_in(self, value: Any) -> None:
        """Of any kind that JSON has."""
        assert unpack(pack(value)) == value

    def test_a_spec_takes_a_tenth(self) -> None:
        """Fifty clusters and nine services, in an answer below its limit."""
        spec = parse_environment({**sized(50, 9), "project": PROJECT}, project=PROJECT).wire()

        assert len(json.dumps(spec)) > 10_000
        assert len(pack(spec)) < LIMIT - 500

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "e30=",
            "no base64 at all!",
            "é",
            "x" * (PACKED_LIMIT + 1),
            packed(b"{}")[:-8],
            packed(b"{}" + b" " * 300_000),
            packed(b"[" * 100_000),
            packed(b"not JSON"),
            packed(b"9" * 5_000),
            base64.b64encode(zlib.compress(b"{}") + b"more").decode(),
        ],
    )
    def test_a_hostile_text_is_no_message(self, event: Any, text: str) -> None:
        """Neither base64 nor zlib nor JSON, cut off, with more behind it, or far larger than it looks."""
        for field in ("environment", "inventory"):
            with pytest.raises(errors.BadMessage):
                parse(event(**{field: text}))

    @pytest.mark.parametrize(
        "fields", [{"environment": pack([1])}, {"inventory": pack({"a": 1})}, {"environment": 7}]
    )
    def test_a_field_of_another_kind_is_no_message(self, event: Any, fields: Any) -> None:
        """An environment is a map, an inventory a list."""
        with pytest.raises(errors.BadMessage):
            parse(event(**fields))

    def test_fields_of_schema_1_are_as_they_are(self, event: Any) -> None:
        """An execution of the earlier release sends them so."""
        got = parse(event(schema=1, environment={"name": "store"}, inventory=["a"]))

        assert (got.environment, got.inventory) == ({"name": "store"}, ["a"])


class TestEstimates:
    @pytest.mark.parametrize(
        ("elapsed", "seconds"),
        [(None, 180), (0, 180), (100, 80), (179, 13.425), (200, 15), (790, 59.25), (10, 170)],
    )
    def test_a_wait_is_what_is_left_then_a_share_of_what_has_passed(
        self, elapsed: Any, seconds: float
    ) -> None:
        """Of something that usually takes 300 s."""
        since = None if elapsed is None else 1000.0 - elapsed

        assert remaining(1000.0, since, 300) == pytest.approx(seconds)

    @given(st.floats(1, 600), st.floats(0.6, 3))
    def test_an_end_is_seen_soon_and_with_few_looks(self, typical: float, times: float) -> None:
        """Whatever lasts at least as long as the quickest of its kind, and up to three times as long as usual."""
        end, now, looks = times * typical, 0.0, 0
        while now < end:
            now, looks = now + remaining(now, 0.0, typical), looks + 1

        assert now - end <= max(5, 0.08 * end)
        assert looks <= 30

    @given(st.floats(20, 300), st.floats(0.5, 3))
    def test_what_the_path_waits_for_is_seen_sooner(self, typical: float, times: float) -> None:
        """Near its usual time within some 2 % of what it took; on a slow day within the share of every wait."""
        end, now, looks = times * typical, 0.0, 0
        while now < end:
            now, looks = now + closely(now, 0.0, typical, first=0.35), looks + 1

        assert now - end <= (max(0.75, 0.016 * end) if times < 2.4 else max(5, 0.08 * end))
        assert looks <= 160


class TestMessages:
    def test_a_message_is_read_from_the_event(self, message: Make) -> None:
        """Base64 and JSON off."""
        got = message(attempt=3)

        assert (got.step, got.mode, got.attempt) == ("subnets", "apply", 3)
        assert got.claim.generation == GENERATION
        assert got.environment is not None and got.environment["name"] == "store"

    def test_a_claims_request_is_what_the_user_wrote(self, message: Make) -> None:
        """Undecoded but for base64; no data at all is an empty request."""
        asked = {"data": "eyI", "messageId": "7", "publishTime": "t"}

        written, empty = (message(request={**asked, "data": data}).request for data in ("e30=", None))
        assert written is not None and written.data == b"{}"
        by_hand = message(request={**asked, "data": "{}"}).request
        assert by_hand is not None and by_hand.data == b"{}"
        assert empty is not None and empty.data == b""

    @pytest.mark.parametrize(
        "event",
        [None, b"bytes", {}, {"message": {}}, {"message": {"data": "e30="}}, {"message": {"data": "!"}}],
    )
    def test_what_is_no_message_is_refused(self, event: object) -> None:
        """Attributes without data, other JSON, no JSON."""
        with pytest.raises(errors.BadMessage):
            parse(event)

    def test_a_schema_of_the_future_is_refused(self, event: Any) -> None:
        """It may mean anything."""
        with pytest.raises(errors.BadMessage, match="schema 4"):
            parse(event(schema=4))


class TestCallback:
    @pytest.mark.parametrize("project", [NUMBER, "hub"])
    def test_the_workflows_own_callback_is_accepted(
        self, google: GoogleServer, message: Make, project: str
    ) -> None:
        """Of this project by its number or its id, of this location, workflow and execution."""
        callback.check(message(callback=google.callback(project=project)), google.settings(), NUMBER)

    @pytest.mark.parametrize(
        "change",
        [
            (NUMBER, "999999999999"),
            ("us-west1", "us-east1"),
            ("workflows/fleetgate", "workflows/other"),
            (EXECUTION, "99999999-2222-4333-8444-555555555555"),
            ("http://", "https://"),
            ("/workflowexecutions/", "@evil.example/workflowexecutions/"),
            ("/callbacks/cb-1", "/callbacks/cb-1/../../x"),
            ("/callbacks/cb-1", "/callbacks/"),
            ("/callbacks/cb-1", "/callbacks/cb-1?x=1"),
            ("/callbacks/cb-1", "/callbacks/cb-1\n"),
        ],
    )
    def test_any_other_is_refused(self, google: GoogleServer, message: Make, change: tuple[str, str]) -> None:
        """Before a token is sent to it."""
        url = google.callback().replace(*change)
        assert url != google.callback()

        with pytest.raises(errors.CallbackRefused):
            callback.check(message(callback=url), google.settings(), NUMBER)

    def test_googles_own_endpoint_is_what_is_expected_without_overrides(
        self, google: GoogleServer, message: Make
    ) -> None:
        """https://workflowexecutions.googleapis.com/v1/projects/PROJECT/…"""
        variables = {k: v for k, v in google.environment().items() if "OVERRIDES" not in k}
        settings = Settings.from_env(variables)
        place = f"v1/projects/{NUMBER}/locations/us-west1/workflows/fleetgate/executions/{EXECUTION}"
        url = f"https://workflowexecutions.googleapis.com/{place}/callbacks/0a1b"

        callback.check(message(callback=url), settings, NUMBER)


class TestFence:
    def test_the_claim_that_the_anchor_bears_passes(self, message: Make) -> None:
        """Generation and execution."""
        fence.check_claim(anchor_of(GENERATION, EXECUTION), message())

    @pytest.mark.parametrize("held", [("1767599990001-1", EXECUTION), (GENERATION, "another"), ("", "")])
    def test_any_other_claim_is_superseded(self, message: Make, held: tuple[str, str]) -> None:
        """A newer request, or another execution of the same."""
        with pytest.raises(errors.Superseded):
            fence.check_claim(anchor_of(*held), message())

    def test_without_an_anchor_only_a_teardown_goes_on(self, message: Make) -> None:
        """It works by marks."""
        fence.check_claim(None, message(mode="destroy"))
        with pytest.raises(errors.Superseded, match="no anchor"):
            fence.check_claim(None, message(mode="apply"))
