"""The page on architecture shows the layers that the contracts hold, and leads to places that there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = {each["containers"][0]: each["layers"] for each in CONTRACTS if each["type"] == "layers"}


def names(layer: str) -> set[str]:
    """The packages of one layer."""
    return {each.strip() for each in layer.split("|")}


@pytest.mark.parametrize("container", LAYERS)
def test_the_page_shows_the_layers_of_the_contract(container: str) -> None:
    """Top to bottom, each with the same packages."""
    (block,) = re.findall(rf"```layers {re.escape(container)}\n(.*?)```", PAGE, re.DOTALL)

    assert [names(each) for each in LAYERS[container]] == [names(each) for each in block.splitlines()]


def test_every_place_it_leads_to_is_there() -> None:
    """Paths in backticks, placeholders filled in with a step and a service."""
    named = re.findall(r"`((?:functions|shared|localcloud|fleetgate|workflows|docs)/[^`*]*)`", PAGE)
    paths = {each.replace("<step>", "subnets").replace("<service>", "compute") for each in named}

    assert len(paths) > 15
    assert [] == sorted(each for each in paths if not (ROOT / each).exists())


def test_every_package_of_the_code_is_on_the_page() -> None:
    """A room that nobody tells of is not found."""
    shown = {name for layers in LAYERS.values() for layer in layers for name in names(layer)}
    packages = {
        each.parent.name for root in ("shared", "localcloud") for each in (ROOT / root).glob("*/__init__.py")
    }

    assert packages <= shown
