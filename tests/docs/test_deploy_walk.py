"""docs/deploy.md is walked line by line, and docs/operate.md while the environment stands."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, ROOT, fences, table
from tests.docs.walk import Line, Walk, lines, walking

PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("deploy.md", "operate.md")}
DEPLOY, OPERATE = (list(lines(name, text)) for name, text in PAGES.items())
TEARDOWN = next(place for place, each in enumerate(DEPLOY) if each.command.startswith("git rm"))
STORY = [*DEPLOY[:TEARDOWN], *OPERATE, *DEPLOY[TEARDOWN:]]
FIELD = re.compile(r"`(?:jsonPayload\.)?(\w+)`")


def walked(folder: Path, story: list[Line]) -> tuple[list[str], list[dict[str, Any]]]:
    """What each request into the VPC was answered, and the functions' log, after a walk in which every line worked."""
    answers: list[str] = []

    async def go() -> list[dict[str, Any]]:
        async with walking(folder) as walk:
            for line in story:
                answer = await _taken(walk, line)
                if line.command.startswith("curl "):
                    answers.append(json.loads(answer)["cluster_name"])
            assert [] == walk.at_work()
            return [entry.payload for entry in walk.cloud.functions.logs.entries]

    return answers, asyncio.run(go())


async def _taken(walk: Walk, line: Line) -> str:
    status, output, errors = await walk.take(line)
    assert 0 == status, f"{line.page}: {line.command}: {output}{errors}"
    for shown in line.shown:
        assert set(shown.split()) <= set(f"{output} {errors}".split()), f"{line.page}: {line.command}"
    return output


def test_a_person_gets_from_an_empty_project_to_an_environment_and_back(tmp_path: Path) -> None:
    """Whatever can be served without gcloud works, and prints what the page shows; so does what is said of the log."""
    answers, log = walked(tmp_path, [each for each in STORY if not each.is_gcloud])

    assert ["gke-west-1", "gke-east-1", "gke-east-1"] == answers
    [settled] = [each for each in log if each["message"] == "environment done" and "ending" in each][:1]
    told = set(FIELD.findall(" ".join(row[0] for row in table(PAGES["operate.md"], "field"))))
    fields = set(settled) - {"changes"}  # these are rows
    assert told - {"labels"} | {"logging.googleapis.com/labels"} == fields
    row = next(row[1] for row in table(PAGES["operate.md"], "field") if row[0] == "`labels`")
    assert set(FIELD.findall(row)) == set(settled["logging.googleapis.com/labels"])


@pytest.mark.judge
@pytest.mark.long
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_so_do_the_lines_with_gcloud(tmp_path: Path) -> None:
    """All of both pages, in the order in which a person reads them."""
    walked(tmp_path, STORY)


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_run_is_listed_with_the_reason(name: str) -> None:
    """Every line of the list is on the page, once in the list, and has a reason."""
    listed = [row[0].strip("`") for row in table(PAGES[name], "line")]

    assert set(listed) == {each.command for each in STORY if each.page == name and each.listed}
    assert len(set(listed)) == len(listed)
    assert all(row[1] for row in table(PAGES[name], "line"))


def test_the_variables_that_are_given_exist() -> None:
    """Those in the files and on the command lines of the page."""
    text = (ROOT / "terraform-bootstrap" / "variables.tf").read_text("utf-8")
    declared = set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
    files = [each for each in fences(PAGES["deploy.md"]) if each.file.endswith(".tfvars")]
    given = {found[1] for file in files for line in file.lines if (found := re.match(r"(\w+) +=", line))}
    told = {name for each in DEPLOY for name in re.findall(r"-var=(\w+)=", each.command)}

    assert given and told
    assert given | told <= declared


@pytest.mark.parametrize("page", sorted(each.name for each in DOCS.glob("*.md")))
def test_links_lead_somewhere(page: str) -> None:
    """To files that are there, and to headings that the page has."""
    text = (DOCS / page).read_text("utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
        file = (DOCS / target).resolve() if target else DOCS / page
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
