"""Tests do not depend on the variables of whoever starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environment import inherited
from tests.support.paths import ROOT

THEIRS = {
    "FLEETGATE_PROJECT": "theirs",
    "CLOUDSDK_CONFIG": "/nowhere",
    "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json",
    "GCE_METADATA_HOST": "metadata.example",
    "PUBSUB_EMULATOR_HOST": "emulator.example",
    "K_SERVICE": "theirs",
    "FUNCTION_TARGET": "theirs",
    "KUBECONFIG": "/nowhere",
    "NO_COLOR": "1",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "https_proxy": "http://proxy.example:3128",
}
UNAWARE = "test_no_variable_of_the_caller_is_seen"


def test_no_variable_of_the_caller_is_seen(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nor the caller's home folder."""
    assert [] == inherited(os.environ)
    assert tmp_path_factory.getbasetemp() in Path.home().parents


def test_the_test_above_holds_whatever_the_caller_has_set() -> None:
    """Told to a run of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"{__file__}::{UNAWARE}"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **THEIRS}, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_variable_that_is_the_callers_own_business_stays() -> None:
    """The path to programs, and pip's cache."""
    assert "PATH" in os.environ
    assert os.environ["PIP_CACHE_DIR"].endswith("pip")
