"""What must not be in the code at all, and what of it is pinned."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.paths import ROOT

OFF = re.compile(
    r"CERT_NONE|_create_unverified|disable_warnings|verify_ssl|InsecureRequestWarning|assert_hostname"
)
# What lets a text become code, or a program.
RUNS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "system",
    "popen",
    "Popen",
    "check_output",
    "load",
    "loads",
    "full_load",
}
SAFE = {"json"}  # its `load` and `loads` make data


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Every call in what is deployed and in the command, with its place."""
    return [
        (f"{name}:{node.lineno}", node)
        for name, text in sources("functions", "shared", "fleetgate")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
    ]


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """Each file of what is deployed, and its text."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def test_nothing_is_sent_with_verification_off() -> None:
    """There is no such switch in functions, nor in the command; `verify` is nobody's argument."""
    switches = [name for name, text in sources("functions", "shared", "fleetgate") if OFF.search(text)]
    names = {"verify", "check_hostname", "cert_reqs"}
    arguments = [place for place, call in calls() if names & {each.arg for each in call.keywords}]
    assert (switches, arguments) == ([], [])


def test_functions_run_no_text() -> None:
    """Neither as Python nor as a program, nor is anything unpacked that could be either."""
    deployed = ("functions/", "shared/")
    found = [place for place, call in calls() if place.startswith(deployed) and _runs(call.func)]
    assert found == []


def _runs(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        owner = called.value.id if isinstance(called.value, ast.Name) else ""
        return called.attr in RUNS - {"compile"} and owner not in SAFE
    return isinstance(called, ast.Name) and called.id in RUNS


def test_there_are_no_keys() -> None:
    """In no file of the repository; identities come from the metadata server alone."""
    secret = re.compile(
        rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\"private_key\"\s*:|AIza[0-9A-Za-z_-]{35}|ya29\.[\w-]{20,}"
    )
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("no repository")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert [str(path) for path in files if path.is_file() and secret.search(path.read_bytes())] == []
    credentials = ("GOOGLE_APPLICATION_CREDENTIALS", "from_service_account", "google.auth.default")
    assert [
        name for name, text in sources("functions", "shared") if any(each in text for each in credentials)
    ] == []


def test_every_dependency_is_pinned_by_its_hash() -> None:
    """Those of the repository; archives have theirs of it."""
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(pinned) > 20
    assert [line for line in pinned if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:", line)] == []
