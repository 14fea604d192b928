"""What a person reads: whole at 80 columns and at 120, in colour and without."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from fleetgate.report import Incomplete, Outcome, Report, Warned
from fleetgate.screens import hint, show
from fleetgate.terminal import Terminal
from tests.fleetgate.reports import HOST, a_report, row

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def rendered(report: Report, width: int = 80, colour: bool = False) -> str:
    """The report as it would be on such a terminal."""
    file = io.StringIO()
    show(report, Terminal(file=file, width=width, colour=colour))
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_of_the_matrix_is_cut(width: int) -> None:
    """Each VIP with its region, each request, who answered it where."""
    text = rendered(a_report(), width)

    lines = [line.rstrip() for line in text.splitlines()]
    assert "…" not in text
    assert "  10.138.7.171 in us-west1 (ephemeral)" in lines
    assert "  10.162.0.250 in northamerica-northeast1 (static)" in lines
    words = " ".join(text.split())
    assert 2 == words.count("✓ GET store.example.internal/west gke-west-1 in us-west1-a")
    assert all(len(line) <= width for line in lines if "GET" in line)


def test_the_headline_and_the_figures_say_what_it_came_to() -> None:
    """Verified, how fast against the critical path, how many calls."""
    text = rendered(a_report())

    assert "✓ store deploy: verified\n" in text
    assert (
        "981 s simulated; the platform's critical path is 961 s (ratio 1.021); 4.6 s on this machine" in text
    )
    assert "117 invocations; 625 API calls, 55 of them changes: compute 500, gkehub 125" in text


def test_a_wrong_row_says_what_was_wanted_and_by_which_rule() -> None:
    """503 where a cluster should have answered, with the header that was sent."""
    words = " ".join(rendered(a_report("blocked"), 160).split())

    row = "✗ GET store.example.internal/beta with x-store-channel: beta HTTP 503, not gke-west-1 as"
    assert f"{row} store-route[0] PathPrefix /beta says" in words


@pytest.mark.parametrize("width", [120, 200])
def test_a_row_has_its_port_and_what_was_not_sent_says_why(width: int) -> None:
    """A listener's port is its own row; what another rule takes is no answer that failed to come."""
    sent = row("10.138.7.171", "us-west1", "/a", "gke-west-1").model_copy(update={"port": 8080})
    note = {"verdict": "not sent", "note": "not sent: r[0] PathPrefix / comes before it", "status": None}
    unsent = row("10.138.7.171", "us-west1", "/b", None).model_copy(update=note)
    words = " ".join(rendered(a_report().model_copy(update={"traffic": [sent, unsent]}), width).split())

    assert f"GET {HOST}:8080/a gke-west-1" in words
    assert "store-route[0] PathPrefix /b" in words and "comes before it" in words and "no answer" not in words


def test_a_diagnosis_is_printed_letter_by_letter() -> None:
    """What looks like markup is part of somebody's words."""
    text = rendered(a_report("blocked"))

    assert "✗ store deploy: blocked\n" in text
    assert "BAD_SPEC (subnets): [red] is no colour of <b>clusters[0]</b> [/x]\n" in text
    assert "  clusters[0].location: [mars] is nowhere\n    fix: Give a zone.\n" in text
    assert "  fix: gcloud compute networks list --filter='name=[default]'\n" in text


def test_a_warning_is_told_under_whatever_outcome() -> None:
    """With the step that warns, letter by letter, and its fix."""
    warned = Warned(code="W", cause="[x] may be refused.", fix="delete [x]", step="subnets")
    text = rendered(a_report().model_copy(update={"warnings": [warned]}))

    assert "✓ store deploy: verified\nwarning W (subnets): [x] may be refused.\n  fix: delete [x]\n" in text


@pytest.mark.parametrize("outcome", ["done", "blocked"])
def test_colour_adds_nothing_but_colour(outcome: Outcome) -> None:
    """The same text, with escape sequences in it."""
    plain, coloured = rendered(a_report(outcome)), rendered(a_report(outcome), colour=True)

    assert plain == ESCAPE.sub("", coloured) != coloured
    assert "\x1b" not in plain


def test_what_only_the_local_cloud_knows_is_left_out_elsewhere() -> None:
    """On Google Cloud there is neither simulated time nor a critical path."""
    report = a_report()
    report.simulated_seconds = report.critical_path_seconds = None

    text = rendered(report)
    assert "simulated" not in text and "critical" not in text


def test_a_report_that_lacks_something_says_what_why_and_what_to_do() -> None:
    """It is no failure: the headline stays."""
    gap = Incomplete(have=88, of=91, reason="The log of [p] may not be read.", fix="Ask who owns [p].")
    text = rendered(a_report().model_copy(update={"incomplete": gap}))

    assert "✓ store deploy: verified" in text
    assert "incomplete: 88 of 91 answers are in the log" in text
    assert gap.reason in text and f"fix: {gap.fix}" in text
    assert "incomplete" not in rendered(a_report())


def test_hints_follow_success_alone() -> None:
    """Each is a command with the spec that was run."""
    file = io.StringIO()
    console = Terminal(file=file, width=40)
    hint(a_report("failed"), Path("my[1].yaml"), console)
    assert "" == file.getvalue()

    hint(a_report(), Path("my[1].yaml"), console)
    assert 3 == file.getvalue().count("try: fleetgate local run my[1].yaml --")
