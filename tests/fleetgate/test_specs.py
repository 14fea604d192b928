"""Spec files: every fault names its line, and no file is more than a file with faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetgate.specs import read_environment
from shared.spec import Fault, InvalidEnvironment
from tests.support.hidden import hidden_in
from tests.support.paths import ROOT
from tests.support.projects import PROJECT

BEGINNING = "name: store\nclusters:\n  - {name: c, location: us-west1-a}\n"
STORE = (ROOT / "examples" / "store.yaml").read_text("utf-8")


def faults_of(path: Path, text: str | bytes) -> list[Fault]:
    """Every fault of a file with this text; none if it describes an environment."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        read_environment(path, PROJECT)
    except InvalidEnvironment as invalid:
        return invalid.faults
    return []


@pytest.mark.parametrize(
    ("more", "path", "place", "words"),
    [
        ("name: other\n", "name", (4, 1), "the key 'name' is there twice: in line 1, too"),
        ("gateway:\n  name: a\n  name: b\n", "gateway.name", (6, 3), "twice: in line 5"),
        ("x: &x {a: 1}\ngateway: {<<: *x, <<: *x}\n", 'gateway["<<"]', (5, 19), "twice"),
        ("ttl: 2026-02-30\n", "ttl", (4, 1), "'2026-02-30' is no timestamp"),
        ("ttl: 2026-02-28\n", "ttl", (4, 1), "2026-02-28 is read as a date"),
        (f"ttl: {'9' * 5000}\n", "ttl", (4, 1), "a number has 5000 digits"),
        ("ttl: !!int abc\n", "ttl", (4, 1), "'abc' is no int"),
        ("ttl: !!float abc\n", "ttl", (4, 1), "'abc' is no float"),
        ("ttl: !!bool abc\n", "ttl", (4, 1), "'abc' is no bool"),
        ('ttl: "\\ud800"\n', "ttl", (4, 1), "U+D800"),
        ('ttl: "\\e[31m"\n', "ttl", (4, 1), "U+001B"),
        ("ttl: \u202e8h\n", "ttl", (4, 1), "U+202E"),
        ("'': 1\n", '[""]', (4, 1), "a key is empty"),
        ("gateway:\n  ? 7\n  : 1\n", "gateway", (4, 1), "a key is not text"),
        (f"gateway:\n  regions: {'[' * 40}{']' * 40}\n", None, (5, 34), "within each other"),
        ("services:\n  - name: x\n", "services[0].port", (5, 5), "port is missing"),
        ("gateway:\n  addresses:\n    us-west9: a\n", "gateway.addresses.us-west9", (6, 5), "not a region"),
        ('ttl: "\\UFFFFFFFF"\n', ".", (4, 9), "the escape is of no character"),
        ("ttl: \x1b[31m\n", ".", (4, 6), "U+001B may not be there"),
        ("ttl: *x\n", ".", (4, 6), "undefined alias"),
        ("a: b: c\n", ".", (4, 5), "mapping values are not allowed"),
        ("? [a]\n: 1\n", ".", (4, 3), "unhashable key"),
        ("a: " + "[" * 900, ".", (4, 904), "nests without end"),
        ("---\nname: other\n", ".", (4, 1), "another document"),
    ],
)
def test_a_fault_names_its_line_and_its_column(
    tmp_path: Path, more: str, path: str | None, place: tuple[int, int], words: str
) -> None:
    """Of the key, of the entry of a list, of what lacks something, or of what is no YAML."""
    found = [each for each in faults_of(tmp_path / "spec.yaml", BEGINNING + more) if words in each.fault]
    assert [(each.path, each.line, each.column) for each in found] == [(path or found[0].path, *place)]


def test_bytes_that_are_no_text_are_found_by_their_place(tmp_path: Path) -> None:
    """As an editor shows it."""
    (found,) = faults_of(tmp_path / "spec.yaml", BEGINNING.encode() + b"ttl: \xff\n")
    assert (found.line, found.column) == (4, 6)
    assert "is not UTF-8" in found.fault


def test_an_octal_number_is_still_one(tmp_path: Path) -> None:
    """Only numbers that nobody means are left unread."""
    text = (
        BEGINNING
        + "services: [{name: x, port: 0o17, selector: {a: b}}, {name: y, port: 010, selector: {a: b}}]\n"
    )
    found = faults_of(
        tmp_path / "spec.yaml", text + "routes: [{name: r, rules: [{backendRefs: [{name: y, port: 8}]}]}]\n"
    )
    assert [each.path for each in found] == ["services[0].port"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(STORE)),
    st.integers(0, 40),
    st.text(st.characters(codec=None), max_size=6)
    | st.sampled_from(
        ["!!int ", "!!timestamp ", "&a ", "*a", "<<: *a\n", '"\\ud800"', "? ", "- ", "'': ", "9" * 5000]
    ),
)
def test_whatever_a_file_says_it_is_an_environment_or_faults(
    tmp_path: Path, start: int, gone: int, put: str
) -> None:
    """A spec with a piece taken out and another put in: never a traceback, never a fault that acts on a terminal."""
    for each in faults_of(tmp_path / "spec.yaml", STORE[:start] + put + STORE[start + gone :]):
        for text in (each.path, each.fault, each.fix):
            assert text and hidden_in(text, allowed="") == []
        assert each.line > 0 or each.path == "." or "repeat" in each.fault
