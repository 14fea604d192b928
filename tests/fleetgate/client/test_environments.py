"""Environments as their anchors and executions tell, and waiting for them."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest

from fleetgate.client.environments import all_states, state_of
from fleetgate.client.errors import BAD_USAGE, ClientError
from fleetgate.client.screens import duration, lease, serving, show_all, show_one
from fleetgate.client.target import Target
from fleetgate.client.waiting import wait_for
from fleetgate.terminal import Terminal
from tests.fleetgate.client.conftest import (
    EXECUTIONS,
    FakeTime,
    add_anchor,
    add_unlabelled,
    execution,
    result,
)
from tests.support.google_server import NOW, GoogleServer

ADDRESS = {"region": "us-west1", "address": "10.138.0.5", "kind": "ephemeral"}


def ran(google: GoogleServer, **fields: Any) -> None:
    """What the anchor's execution shows."""
    google.answers[f"GET {EXECUTIONS}/x-1"] = execution("x-1", "m-1", **fields)


@pytest.mark.parametrize(
    ("action", "fields", "phase"),
    [
        ("deploy", {}, "deploying"),
        ("teardown", {}, "removing"),
        ("deploy", {"state": "QUEUED"}, "deploying"),
        ("deploy", {"result": result()}, "verified"),
        ("teardown", {"result": result()}, "removed"),
        ("deploy", {"result": result("blocked", code="NO_VERIFIER")}, "blocked"),
        ("deploy", {"state": "CANCELLED"}, "failed"),
        ("deploy", None, "abandoned"),
    ],
)
def test_a_phase_is_what_the_execution_is_at_or_came_to(
    google: GoogleServer, here: Target, action: str, fields: dict[str, Any] | None, phase: str
) -> None:
    """An execution that nobody knows any more has abandoned its environment."""
    add_anchor(google, action=action)
    if fields is not None:
        ran(google, **fields)

    assert [phase] == [each.phase for each in all_states(here)]


def test_executions_are_read_side_by_side(google: GoogleServer, here: Target) -> None:
    """Two hundred environments take one list and a read each; two of these reads meet in the server."""
    for number in range(200):
        add_anchor(google, f"env-{number}")
    both = threading.Barrier(2, timeout=10)
    waiting = iter([both, both])

    def meets(method: str, path: str) -> None:
        if "/executions/" in path and (barrier := next(waiting, None)):
            barrier.wait()

    google.before = meets

    assert len(all_states(here)) == 200
    assert len(google.requests) == 201


@pytest.mark.parametrize(
    ("fields", "phase"),
    [({}, "claiming"), ({"state": "FAILED"}, "failed"), ({"result": result("blocked")}, "blocked")],
)
def test_an_environment_that_is_being_claimed_is_shown(
    google: GoogleServer, here: Target, fields: dict[str, Any], phase: str
) -> None:
    """Its anchor has no labels yet; what it says of its claim is in its description."""
    add_unlabelled(google)
    ran(google, **fields)

    (shown,) = all_states(here)
    assert (phase, "", "shop-prod", "x-1") == (shown.phase, shown.action, shown.project, shown.execution)
    assert None is shown.expires


def test_a_tombstone_is_shown_to_who_asks_for_it(google: GoogleServer, here: Target) -> None:
    """And nobody waits for it, or can name it."""
    add_anchor(google, action="tombstone")
    ran(google, result=result())

    assert [] == all_states(here)
    assert ["removed"] == [each.phase for each in all_states(here, ended=True)]
    assert "store is removed" == wait_for(here, "store", "removed", 1.0)
    with pytest.raises(ClientError, match="store"):
        state_of(here, "store")


def refused(google: GoogleServer, **labels: str) -> None:
    """A deploy that check has refused, of an environment that another execution had deployed."""
    values = {"accepted": "1767500000000-7", "accepted-by": "x-0", **labels}
    add_anchor(google, **values)
    ran(google, result=result("blocked", code="ADDRESS_MISSING", action="deploy"))
    google.answers[f"GET {EXECUTIONS}/x-0"] = execution("x-0", "m-0", result=result(action="deploy"))


def test_a_refused_deploy_is_the_last_request_and_no_phase(google: GoogleServer, here: Target) -> None:
    """What was verified still serves; the screens and the JSON tell both."""
    refused(google, serving=f"verified-{int(NOW) - 180}")

    (state,) = all_states(here)
    told = state.wire()
    assert ("verified", "blocked", "ADDRESS_MISSING") == (state.phase, told["lastRequest"], told["code"])
    assert {"state": "verified", "since": "2026-01-05T07:57:00Z"} == told["serving"]
    file = io.StringIO()
    show_one(state, Terminal(width=120, file=file))
    assert "verified 3 min ago · last request: blocked (ADDRESS_MISSING)" in file.getvalue()
    show_all([state], Terminal(width=160, file=file))
    assert "verified   verified 3 min ago   blocked (ADDRESS_MISSING)" in file.getvalue()


def test_while_it_is_checked_a_deploy_is_the_phase(google: GoogleServer, here: Target) -> None:
    """Who waits for it must not hear of the one before."""
    refused(google)
    ran(google)

    assert [("deploying", "deploying")] == [(each.phase, each.last_request) for each in all_states(here)]


def test_waiting_is_for_the_last_request(google: GoogleServer, here: Target, fake_time: FakeTime) -> None:
    """That the environment still serves is not what somebody waits for."""
    refused(google)

    with pytest.raises(ClientError, match=r"store is blocked \(ADDRESS_MISSING\)"):
        wait_for(here, "store", "verified", None, fake_time.watch())


def test_what_is_broken_says_since_when(google: GoogleServer, here: Target) -> None:
    """A later verify has found it so; without any proof nothing is said."""
    add_anchor(google, serving=f"broken-{int(NOW) - 180}")
    add_anchor(google, "books")
    ran(google, result=result())

    books, broken = all_states(here)
    assert ("broken since 2026-01-05T07:57:00Z", "not proven yet") == (serving(broken), serving(books))
    assert None is books.wire()["serving"]


def test_one_list_and_one_execution_each_show_every_environment(google: GoogleServer, here: Target) -> None:
    """Addresses that only look like anchors are none."""
    ran(google, result=result())
    add_anchor(google, "store")
    add_anchor(google, "books", project="books_2dprod")
    google.add_address(name="fleetgate-stranger", labels={})

    assert [("books", "books-prod"), ("store", "shop-prod")] == [
        (s.name, s.project) for s in all_states(here)
    ]
    assert 3 == len(google.requests)


def test_a_lease_is_told_from_the_servers_now(google: GoogleServer, here: Target) -> None:
    """Before its end, after it, and where it has none."""
    ran(google, result=result())
    for name, end in (("a", NOW + 8 * 3600 + 59), ("b", NOW - 90), ("c", None)):
        add_anchor(google, name, **({"expires": str(int(end))} if end else {}))

    states = all_states(here)

    assert ["in 8 h", "1 min 30 s ago", "no end"] == [lease(state) for state in states]
    assert [28859, -90, None] == [state.wire()["secondsLeft"] for state in states]
    assert ["2026-01-05T16:00:59Z", None] == [states[n].wire()["expires"] for n in (0, 2)]


def test_one_environment_has_its_addresses_and_what_it_waits_for(google: GoogleServer, here: Target) -> None:
    """The addresses are the last that were told, though the execution at work has told none yet."""
    add_anchor(google, gateway="store_2fgw", network="default")
    ran(google, status={"currentSteps": [{"routine": "attempt", "step": "listen"}]})
    google.answers[f"GET {EXECUTIONS}/x-1/callbacks"] = {
        "callbacks": [{"name": "a", "waiters": "1"}, {"name": "b", "waiters": "0"}]
    }
    others = [execution("x-0", result=result(environment="books", addresses=[{**ADDRESS, "address": "1.1.1.1"}])),
              execution("x-2", result=result(addresses=[ADDRESS]))]  # fmt: skip
    google.answers[f"GET {EXECUTIONS}"] = {"executions": others}

    state = state_of(here, "store")

    assert ([ADDRESS], "1 answer of steps; asking a step", "store/gw") == (
        state.addresses, state.waits_for, state.gateway,
    )  # fmt: skip
    assert {"name", "phase", "addresses", "waitsFor", "executionState", "secondsLeft"} <= set(state.wire())
    assert "now" not in json.loads(json.dumps(state.wire()))


def test_an_unknown_environment_names_those_there_are(google: GoogleServer, here: Target) -> None:
    """Or says that there is none."""
    with pytest.raises(ClientError) as told:
        state_of(here, "store")
    assert ("There is no environment store.", BAD_USAGE) == (told.value.cause, told.value.exit_status)
    assert "There is none" in told.value.fix

    for name in ("books", "arts"):
        add_anchor(google, name)
    with pytest.raises(ClientError) as told:
        state_of(here, "store")
    assert "There are: arts, books." == told.value.fix


def test_the_screens_show_what_there_is(google: GoogleServer, here: Target) -> None:
    """A row for each; every field of one, and none that is empty."""
    add_anchor(google, expires=str(int(NOW + 7200)))
    ran(google, result=result("blocked", code="NO_VERIFIER", addresses=[ADDRESS]))
    file = io.StringIO()
    terminal = Terminal(width=120, file=file)

    show_all(all_states(here), terminal)
    show_one(state_of(here, "store"), terminal)

    lines = [line.split() for line in file.getvalue().splitlines()]
    assert "store blocked not proven yet in 2 h 10 min ago shop-prod" == " ".join(lines[1])
    assert ["phase", "blocked", "(NO_VERIFIER)"] in lines
    assert ["addresses", "10.138.0.5", "in", "us-west1"] in lines
    assert not any(line[:1] in (["gateway"], ["waits"]) for line in lines)


def test_durations_have_two_units() -> None:
    """The two that matter."""
    spans = {0: "0 s", 59: "59 s", 3600: "1 h", 3725: "1 h 2 min", 93_600: "1 d 2 h", -61: "1 min 1 s"}

    assert spans == {seconds: duration(seconds) for seconds in spans}


def test_waiting_ends_when_it_has_come_about(google: GoogleServer, here: Target, fake_time: FakeTime) -> None:
    """Whoever asked for it; an environment that is gone is removed."""
    add_anchor(google)
    ran(google)
    fake_time.then = lambda count: ran(google, result=result()) if count == 3 else None
    assert "store is verified" == wait_for(here, "store", "verified", None, fake_time.watch())

    google.addresses.clear()
    assert "store is removed" == wait_for(here, "store", "removed", None, fake_time.watch())
    assert 3 == len(fake_time.pauses)


@pytest.mark.parametrize(
    ("goal", "action", "outcome", "status"),
    [
        ("verified", "deploy", "blocked", 3),
        ("verified", "deploy", "failed", 4),
        ("removed", "teardown", "leaked", 5),
    ],
)
def test_waiting_for_what_has_failed_ends_as_that_did(
    google: GoogleServer, here: Target, fake_time: FakeTime, goal: str, action: str, outcome: str, status: int
) -> None:
    """With its exit status."""
    add_anchor(google, action=action)
    code = "LEAKED" if outcome == "leaked" else "OTHER"
    ran(google, result=result("failed" if outcome == "leaked" else outcome, code=code))

    with pytest.raises(ClientError, match=rf"store is {outcome} \({code}\)") as told:
        wait_for(here, "store", goal, None, fake_time.watch())

    assert (status, []) == (told.value.exit_status, fake_time.pauses)


def test_waiting_has_a_limit_if_one_is_given(google: GoogleServer, here: Target, fake_time: FakeTime) -> None:
    """A verified environment is not removed by waiting for it."""
    add_anchor(google)
    ran(google, result=result())

    with pytest.raises(ClientError, match="not removed after 30 s") as told:
        wait_for(here, "store", "removed", 30.0, fake_time.watch())

    assert 4 == told.value.exit_status
    assert 25 < fake_time.now <= 30


@pytest.mark.parametrize("value", ["9" * 63, "\u00b2", "253402300800", "-5", "soon"])
def test_labels_that_are_no_moments_do_not_stop_the_list(
    google: GoogleServer, here: Target, value: str
) -> None:
    """Somebody has written them; the environment is shown without an end."""
    add_anchor(google, expires=value, generation=f"{value}-1")
    ran(google, result=result("done", addresses=[ADDRESS]))
    terminal = Terminal(width=120, file=io.StringIO())

    (state,) = all_states(here)
    show_all([state], terminal)
    show_one(state_of(here, "store"), terminal)
    assert state.wire()["expires"] is None
