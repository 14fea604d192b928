"""report.json has the documented shape; report.html is one file that says the same to a person."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from fleetgate.pages import html_of, write_reports
from fleetgate.report import EXIT, Incomplete, Report
from tests.fleetgate.reports import a_report

# The documented keys (docs/cli.md); a key may have more beside it only where it is a list's.
TOP = {
    *("environment", "action", "outcome", "seed", "simulatedSeconds", "criticalPathSeconds", "wallSeconds"),
    *("invocations", "workflowSteps", "apiCalls", "operations", "steps", "addresses", "traffic"),
    *("leaks", "foreign", "diagnoses", "warnings", "incomplete"),
}
INNER = {
    "operations": {"resource", "kind", "start", "end", "after"},
    "steps": {"name", "start", "end", "attempts", "answered", "logged", "waits", "changes", "unheard"},
    "addresses": {"region", "address", "kind"},
    "traffic": {
        *("vip", "region", "port", "hostname", "rule", "method", "path", "headers", "expected", "preferred"),
        *("requests", "clusters", "weights", "servedBy", "zone", "status", "ms", "verdict", "unseen", "ok"),
    },
    "diagnoses": {"code", "resource", "cause", "evidence", "fix"},
    "warnings": {"code", "step", "cause", "fix"},
}


class Page(HTMLParser):
    """The text and the elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Some text."""
        self.text += f" {data}"


def test_the_json_has_the_documented_keys() -> None:
    """All of them at the top, and at least them in what is listed."""
    wire = a_report("blocked").wire()

    assert set(wire) == TOP
    assert {"total", "mutations", "byService"} == set(wire["apiCalls"])
    assert {"internal", "external"} == set(wire["workflowSteps"])
    for name, keys in INNER.items():
        assert all(keys <= set(each) for each in wire[name]), name
    assert {"reason", "seconds"} == set(wire["steps"][0]["waits"][0])
    assert {"verb", "resource", "field", "before", "after"} == set(wire["steps"][0]["changes"][0])


def test_a_report_is_read_back_as_it_was_written() -> None:
    """And what a newer workflow adds is kept."""
    wire = a_report("blocked").wire()

    assert wire == Report.model_validate(wire).wire()
    assert "new" == Report.model_validate({**wire, "novelty": "new"}).wire()["novelty"]


def test_every_outcome_has_its_exit_status() -> None:
    """As documented; 2 and 64 are the commands' own."""
    assert {"done": 0, "superseded": 0, "blocked": 3, "failed": 4, "leaked": 5, "stale": 6} == EXIT


def test_both_files_are_written(tmp_path: Path) -> None:
    """One report is an object, several are a list; the folder is made."""
    one, two = tmp_path / "new" / "one", tmp_path / "two"
    write_reports([a_report()], one)
    write_reports([a_report(), a_report()], two)

    assert a_report().wire() == json.loads((one / "report.json").read_text("utf-8"))
    assert [a_report().wire()] * 2 == json.loads((two / "report.json").read_text("utf-8"))
    assert {"report.html", "report.json"} == {path.name for path in one.iterdir()}


def test_the_page_is_one_file() -> None:
    """It loads nothing from anywhere and runs nothing."""
    html = html_of([a_report("blocked")])

    page = Page(html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe"}
    assert not [attrs for _, attrs in page.tags if "src" in attrs or "href" in attrs]
    assert "url(" not in html and "@import" not in html


def test_the_page_says_what_the_report_says() -> None:
    """Outcome, time, traffic, steps, and a bar for each piece of work."""
    page = Page(html_of([a_report()]))

    text = " ".join(page.text.split())
    for words in (
        "store: deploy done",
        "981 s simulated",
        "961 s critical path",
        "1.021 ratio",
        "117 invocations",
    ):
        assert words in text
    for words in (
        "10.138.7.171",
        "GET /beta",
        "gke-west-1",
        "ClusterProvisioning 415 s",
        "create clusters/gke-west-1",
    ):
        assert words in text
    bars = [str(attrs["style"]) for tag, attrs in page.tags if tag == "i"]
    assert ["left:1.02%;width:41.79%", "left:42.80%;width:1.02%"] == bars


def test_the_page_says_what_the_report_lacks() -> None:
    """At the top, and at the step."""
    gap = Incomplete(have=7, of=8, reason="A line did not come.", fix="Read <it> later.")
    report = a_report()
    report.steps[0].answered, report.steps[0].logged = 8, 7
    text = " ".join(Page(html_of([report.model_copy(update={"incomplete": gap})])).text.split())

    assert "incomplete: 7 of 8 answers are in the log A line did not come. Fix: Read <it> later." in text
    assert "8 (7 of 8 answers are in the log)" in text


def test_foreign_words_are_no_html() -> None:
    """A cause may quote anything."""
    html = html_of([a_report("blocked")])

    assert "<b>clusters" not in html
    assert "[red] is no colour of <b>clusters[0]</b> [/x]" in Page(html).text.replace("  ", " ")
    assert "Warning: ODD (subnets) <i>may</i> be [x] Fix: Look." in " ".join(Page(html).text.split())


def test_several_reports_are_on_one_page() -> None:
    """One after another, named once in the title."""
    html = html_of([a_report(), a_report()])

    assert 2 == html.count("<h1>")
    assert ["Fleetgate: store"] == re.findall("<title>(.*)</title>", html)
