"""What is in an archive, and that nothing else is: the bytes depend on the code and the lock alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.packaging.archive import archive_of, steps
from fleetgate.packaging.closure import Unresolved, closure_of
from fleetgate.packaging.command import ROOT
from fleetgate.packaging.requirements import NotLocked, pins, requirements_of

STEPS = ("clusters", "environment", "fleet", "gateway", "service_export", "subnets", "verification")
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def names(requirements: str) -> set[str]:
    """The libraries that it pins."""
    return set(re.findall(r"^([a-z0-9-]+)==", requirements, re.MULTILINE))


def copy_of_the_code(folder: Path) -> Path:
    """The code and the lock elsewhere: newer files, other modes, and what running them leaves."""
    for part in ("functions", "shared"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", folder)
    for path in (folder / "shared").glob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    tree(folder, {"shared/__pycache__/errors.cpython-311.pyc": "x", "functions/fleet/.main.py.swp": "x"})
    return folder


@pytest.mark.parametrize("step", STEPS)
def test_the_same_code_gives_the_same_bytes_in_another_folder(step: str, tmp_path: Path) -> None:
    """Neither times nor modes nor leftovers of a run are in them."""
    assert archive_of(ROOT, step).content == archive_of(copy_of_the_code(tmp_path), step).content


def test_every_function_has_an_archive() -> None:
    """None is forgotten."""
    assert list(STEPS) == steps(ROOT)


def test_entries_are_sorted_plain_files_of_one_time_and_mode(tmp_path: Path) -> None:
    """And every one is text to be read, compiled by whoever deploys it."""
    path = archive_of(ROOT, "fleet").write(tmp_path)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    assert sorted(entry.filename for entry in entries) == [entry.filename for entry in entries]
    assert {((1980, 1, 1, 0, 0, 0), 0o100644, zipfile.ZIP_STORED)} == {
        (entry.date_time, entry.external_attr >> 16, entry.compress_type) for entry in entries
    }
    assert {".py", ".txt"} == {Path(entry.filename).suffix for entry in entries}


def test_an_archive_holds_its_own_function_and_no_other() -> None:
    """Of shared/ what it may import, the packages above that, and nothing of the others."""
    files = set(archive_of(ROOT, "subnets").files)
    own = {path.relative_to(ROOT).as_posix() for path in (ROOT / "functions" / "subnets").glob("*.py")}
    assert {"functions/__init__.py", *own} == {name for name in files if name.startswith("functions/")}
    assert {"main.py", "requirements.txt", "shared/__init__.py"} <= files
    assert "shared/google/cluster_writer.py" not in files


def test_only_who_writes_to_an_api_carries_its_client() -> None:
    """Reads are made over plain HTTP. Requirements follow the code; the server is always among them."""
    carried = {step: names(archive_of(ROOT, step).requirements) for step in STEPS}
    assert {"gateway", "service_export"} == {step for step in STEPS if "kubernetes" in carried[step]}
    assert {"clusters", "fleet"} == {step for step in STEPS if "google-cloud-gke-hub" in carried[step]}
    assert {"clusters"} == {step for step in STEPS if "google-cloud-container" in carried[step]}
    assert set() == {step for step in STEPS if not {"functions-framework", "pydantic"} <= carried[step]}
    strangers = {"typer", "rich", "lark", "pytest", "google-api-python-client", "fleetgate"}
    strangers |= {"google-cloud-pubsub", "google-cloud-workflows"}  # gRPC is for the command line
    assert set() == strangers & set().union(*carried.values())


def test_there_are_four_sets_of_requirements() -> None:
    """`make prove` lets pip install one of each."""
    sets = {archive_of(ROOT, step).requirements for step in STEPS}
    assert {
        archive_of(ROOT, step).requirements for step in ("subnets", "fleet", "clusters", "gateway")
    } == sets


def test_starting_loads_neither_client_libraries_nor_the_spec() -> None:
    """They are slow to import (see `make bench`); only who reads requests has the spec at once."""
    imports = "; ".join(f"import functions.{step}.main" for step in STEPS if step != "environment")
    code = f"import sys; {imports}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set() == {"grpc", "google.api_core", "kubernetes", "shared.spec"} & set(done.stdout.split())


def test_imports_in_functions_count_and_those_for_type_checkers_do_not(tmp_path: Path) -> None:
    """A module that is loaded late is loaded all the same."""
    root = tree(
        tmp_path,
        {
            "functions/one/main.py": "from __future__ import annotations\nimport shared.step\n",
            "functions/__init__.py": "",
            "functions/one/__init__.py": "",
            "shared/__init__.py": "",
            "shared/step.py": """
import json
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import never
    from shared import checkers
else:
    import otherwise
def late():
    from shared.deep import something
    from requests.adapters import HTTPAdapter
""",
            "shared/deep/__init__.py": "something = 1\n",
            "shared/checkers.py": "",
        },
    )
    closure = closure_of(root, "functions.one.main")
    assert ("otherwise", "requests.adapters.HTTPAdapter") == closure.imports
    assert {"shared/__init__.py", "shared/step.py", "shared/deep/__init__.py"} == {
        file for file in closure.files if file.startswith("shared")
    }


@pytest.mark.parametrize("line", ["import shared.absent", "from . import other"])
def test_what_cannot_be_followed_is_refused(line: str, tmp_path: Path) -> None:
    """Rather than left out of the archive."""
    files = {"functions/__init__.py": "", "functions/one/__init__.py": "", "functions/one/main.py": line}
    with pytest.raises(Unresolved):
        closure_of(tree(tmp_path, {**files, "shared/__init__.py": ""}), "functions.one.main")


def test_every_pin_keeps_its_hashes_and_brings_what_it_needs() -> None:
    """The graph is the lock's own, followed to its end."""
    text = requirements_of(LOCK, ["requests.adapters.HTTPAdapter"])
    assert {"requests", "urllib3", "idna", "certifi", "charset-normalizer"} <= names(text)
    assert {"flask", "werkzeug", "markupsafe"} <= names(text)  # the server's
    assert set() == names(text) & {"google-auth", "pydantic", "kubernetes"}
    locked = pins(LOCK)
    assert all(locked[name].text in text and "--hash=sha256:" in locked[name].text for name in names(text))


@pytest.mark.parametrize("imported", ["numpy", "google.cloud.storage", "kubernetes"])
def test_an_import_that_nothing_pins_is_refused(imported: str) -> None:
    """Of no known distribution, or of one that the lock lacks."""
    without = LOCK.replace("\nkubernetes==", "\nsomething-else==")
    with pytest.raises(NotLocked):
        requirements_of(without, [imported])


def test_the_command_writes_what_it_says(tmp_path: Path) -> None:
    """Path, digest and size of each archive; nothing but the steps that were named."""
    done = CliRunner().invoke(app, ["package", "fleet", "subnets", "--out", str(tmp_path), "-o", "json"])
    told = json.loads(done.stdout)
    found = [
        {
            "step": path.stem,
            "path": str(path),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size": path.stat().st_size,
        }
        for path in sorted(tmp_path.iterdir())
    ]
    assert (0, found) == (done.exit_code, told)
    assert ["fleet", "subnets"] == [each["step"] for each in told]


def test_the_command_refuses_a_step_that_nobody_serves(tmp_path: Path) -> None:
    """And names those there are, writing nothing."""
    done = CliRunner().invoke(app, ["package", "subnet", "--out", str(tmp_path)])
    assert 64 == done.exit_code
    assert "there are clusters, environment, fleet" in done.stderr
    assert [] == list(tmp_path.iterdir())
