"""What was logged against what was counted: late, doubled, missing, forged."""

from __future__ import annotations

from typing import Any

from fleetgate.log.accounts import StepCount, StepLog, step_log
from fleetgate.log.answers import answers
from tests.support.logged import EXECUTION, change, entry

ONE, TWO, THREE = change("one"), change("two"), change("three")
# `callback` of an answer that was refused, and of one whose first try broke off.
LOST, BROKEN = "404 NOT_FOUND", "unknown: 404 NOT_FOUND"


def count(attempts: int, answered: int, changes: int, rows: int = 0, mode: str = "apply") -> StepCount:
    """What the result says of the clusters."""
    return StepCount("clusters", mode, attempts, answered, changes, rows)


def accounted(counted: StepCount, *entries: Any, closed: bool = False) -> StepLog:
    """What the log has of it, with these entries."""
    return step_log(counted, answers(entries, EXECUTION), closed)


def test_everything_is_there() -> None:
    """The changes of every answer, in order."""
    found = accounted(count(2, 2, 3), entry(attempt=1, changes=[ONE, TWO]), entry(attempt=2, changes=[THREE]))

    assert found.is_whole
    assert [ONE, TWO, THREE] == found.changes


def test_counts_are_those_of_the_result() -> None:
    """An execution of the release before lists its changes, and does not count answers."""
    row = {"name": "clusters", "mode": "apply", "attempts": 4}

    assert count(4, 3, 2, 1) == StepCount.of_row({**row, "answered": 3, "changes": 2, "rows": 1})
    assert count(4, 4, 2) == StepCount.of_row({**row, "changes": [ONE, TWO]})


def test_an_answer_that_is_missing_is_missed() -> None:
    """Even one that changed nothing: nobody can know."""
    found = accounted(count(2, 2, 1), entry(attempt=2, changes=[ONE]))

    assert (1, False) == (found.found, found.is_whole)


def test_a_killed_attempt_is_not_missed() -> None:
    """It has no line, and was not heard."""
    found = accounted(count(2, 1, 1), entry(attempt=2, changes=[ONE]))

    assert found.is_whole


def test_other_steps_and_modes_do_not_count() -> None:
    """The plan of a check is no change of an apply."""
    found = accounted(count(1, 1, 0), entry(mode="check", changes=[ONE]), entry("fleet", changes=[TWO]))

    assert (0, []) == (found.found, found.changes)


def test_a_message_that_came_twice_was_worked_on_twice() -> None:
    """Both invocations really made their changes, and both answers were accepted: the second was kept for nobody."""
    twins = (
        entry(invocation="aaaaaaaa", changes=[ONE]),
        entry(invocation="bbbbbbbb", after=0.2, changes=[TWO]),
    )

    found = accounted(count(1, 1, 1), *twins)

    assert (True, [ONE, TWO], []) == (found.is_whole, found.changes, found.unheard)


def test_a_twin_whose_answer_was_refused_is_told_apart() -> None:
    """Its changes were made, and the workflow has not heard of them."""
    found = accounted(
        count(1, 1, 1), entry(changes=[ONE]), entry(invocation="bbbbbbbb", callback=LOST, changes=[TWO])
    )

    assert (True, [ONE], [TWO]) == (found.is_whole, found.changes, found.unheard)


def test_the_line_of_a_twin_does_not_stand_for_the_one_that_was_heard() -> None:
    """It changed nothing; the heard one, whose line is lost, made the two changes that were counted."""
    found = accounted(count(1, 1, 2), entry(invocation="bbbbbbbb", changes=[]))

    assert (0, False) == (found.found, found.is_whole)


def test_a_plan_that_was_made_twice_is_one_plan() -> None:
    """In mode check the changes are planned ones; that of the answer that came first was heard."""
    found = accounted(
        count(1, 1, 1, mode="check"),
        entry(mode="check", invocation="bbbbbbbb", after=1, changes=[ONE]),
        entry(mode="check", invocation="aaaaaaaa", changes=[ONE]),
        entry(mode="check", invocation="cccccccc", callback=LOST, changes=[TWO]),
    )

    assert (True, [ONE], []) == (found.is_whole, found.changes, found.unheard)


def test_an_answer_that_broke_off_may_have_been_heard() -> None:
    """Its function cannot know. Every attempt has a line, so no other can be the one that was heard."""
    found = accounted(count(2, 2, 2), entry(changes=[ONE], callback=BROKEN), entry(attempt=2, changes=[TWO]))

    assert (True, [ONE, TWO], []) == (found.is_whole, found.changes, found.unheard)


def test_an_answer_that_was_refused_fills_no_gap() -> None:
    """Though it is the last one: the one that broke off was heard."""
    found = accounted(count(2, 1, 1), entry(changes=[ONE], callback=BROKEN), entry(attempt=2, callback=LOST))

    assert (True, [ONE]) == (found.is_whole, found.changes)


def test_it_does_not_stand_for_a_line_that_may_still_come() -> None:
    """Until nobody waits any more."""
    counted, line = count(2, 1, 0), entry(attempt=1, callback=BROKEN)

    assert not accounted(counted, line).is_whole
    assert accounted(counted, line, closed=True).is_whole


def test_traffic_is_that_of_the_last_answer() -> None:
    """Every attempt asks for all rules again."""
    rows = [{"ok": False}], [{"ok": True}, {"ok": True}]
    found = accounted(count(2, 2, 0, 2), entry(traffic=rows[0]), entry(attempt=2, traffic=rows[1]))

    assert (True, rows[1]) == (found.is_whole, found.last["traffic"])


def test_of_two_answers_to_the_last_message_the_first_was_heard() -> None:
    """The second one asked a moment later, and was answered better."""
    early, late = [{"ok": False}], [{"ok": True}]
    found = accounted(
        count(1, 1, 0, 1),
        entry(invocation="bbbbbbbb", after=2, traffic=late),
        entry(invocation="cccccccc", after=1, traffic=early),
    )

    assert early == found.last["traffic"]


def test_fewer_rows_than_were_counted_are_a_gap() -> None:
    """The last answer is that of a twin."""
    found = accounted(count(1, 1, 0, 3), entry(traffic=[{"ok": True}]))

    assert not found.is_whole


class TestForgedLines:
    """Who may publish on a step's topic can have a function log lines with this execution in their labels."""

    def test_traffic_and_plans_are_of_accepted_answers_alone(self) -> None:
        """No forger has an endpoint of the execution."""
        forged = entry(attempt=2, callback=LOST, traffic=[{"ok": True}], changes=[TWO])

        found = accounted(count(2, 1, 1, 1), entry(traffic=[{"ok": False}], changes=[ONE]), forged)

        assert ([{"ok": False}], [ONE]) == (found.last["traffic"], found.changes)

    def test_an_attempt_that_never_was_is_nobodys(self) -> None:
        """Whatever its callback says."""
        found = accounted(count(1, 1, 1), entry(changes=[ONE]), entry(attempt=7, changes=[TWO]))

        assert ([ONE], []) == (found.changes, found.unheard)

    def test_they_do_not_make_an_incomplete_log_whole(self) -> None:
        """The line of the second attempt is lost."""
        forged = entry(attempt=2, callback=LOST, changes=[TWO])

        found = accounted(count(3, 3, 2), entry(changes=[ONE]), entry(attempt=3), forged, closed=True)

        assert (2, [ONE], [TWO]) == (found.found, found.changes, found.unheard)
