"""What holds for every test: an environment that nobody else has touched; and the summary of the proofs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields
from functools import partialmethod
from unittest.mock import patch

import hypothesis
import pytest

from localcloud.contested import Contested
from localcloud.workflows.dialect import Dialect
from tests.support.environment import clean
from tests.support.proofs import ProofReport

OF_PYTEST = {"PYTEST_CURRENT_TEST"}

hypothesis.settings.register_profile("patient", deadline=None)  # no test asserts wall time
hypothesis.settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options that the whole suite passes with, as without them."""
    parser.addoption(
        "--contested",
        action="store_true",
        help="local clouds that say nothing else behave in the other way where Google's pages contradict each other",
    )
    parser.addoption(
        "--both-sides",
        action="store_true",
        help="`and` and `or` in workflows evaluate both sides in every local cloud that says nothing else",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let the large proofs tell what they came to, and clouds have the dialect that is asked for."""
    if config.getoption("--both-sides"):
        patch.object(Dialect, "__init__", partialmethod(Dialect.__init__, both_sides=True)).start()
    if config.getoption("--contested"):
        other = {each.name: not each.default for each in fields(Contested)}
        patch.object(Contested, "__init__", partialmethod(Contested.__init__, **other)).start()
    config.pluginmanager.register(ProofReport(config))


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of who started the tests, and a home folder of their own."""
    before = dict(os.environ)
    clean(os.environ, tmp_path_factory.mktemp("home"))
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _environment_is_left_as_it_was() -> Iterator[None]:
    """A test that changes a variable for good would change the tests after it."""
    before = dict(os.environ)
    yield
    changed = {name for name, _ in before.items() ^ os.environ.items()} - OF_PYTEST
    assert set() == changed, f"the test has changed {sorted(changed)} for the tests after it"
