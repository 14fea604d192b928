"""Projects as v1 and v3 show them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localcloud.wire.messages import Json
from localcloud.world import World

Ask = Callable[..., tuple[int, Json]]


def test_v1_shows_the_number_as_a_string(world: World, ask: Ask) -> None:
    """What `gcloud projects describe` reads."""
    number = world.projects.get("shop").number
    status, shown = ask("GET", "v1/projects/shop")
    assert (status, shown["projectNumber"], shown["lifecycleState"]) == (200, number, "ACTIVE")


def test_v3_is_named_by_number_and_found_by_either(world: World, ask: Ask) -> None:
    """What the client libraries read."""
    number = world.projects.get("shop").number
    by_id, by_number = ask("GET", "v3/projects/shop")[1], ask("GET", f"v3/projects/{number}")[1]
    assert by_id == by_number
    assert (by_id["name"], by_id["projectId"], by_id["state"]) == (f"projects/{number}", "shop", "ACTIVE")


@pytest.mark.parametrize("path", ["v1/projects/none", "v3/projects/none"])
def test_a_project_that_is_not_there_is_403(ask: Ask, path: str) -> None:
    """Not 404: Google does not say whether it exists."""
    status, answer = ask("GET", path)
    assert (status, answer["error"]["message"]) == (403, "The caller does not have permission")


def test_projects_can_be_listed_and_searched(world: World, ask: Ask) -> None:
    """By id, in v1's filter and v3's query."""
    world.projects.create("other")
    assert [p["projectId"] for p in ask("GET", "v1/projects")[1]["projects"]] == ["other", "shop"]
    assert [p["projectId"] for p in ask("GET", "v1/projects", filter="projectId=shop")[1]["projects"]] == [
        "shop"
    ]
    found = ask("GET", "v3/projects:search", query="id:other state:ACTIVE")[1]["projects"]
    assert [p["projectId"] for p in found] == ["other"]


def test_a_search_without_match_is_empty(ask: Ask) -> None:
    """An empty list is left out."""
    assert ask("GET", "v3/projects:search", query="id:none") == (200, {})


def test_a_query_that_cannot_be_read_is_refused(ask: Ask) -> None:
    """400, not everything."""
    assert ask("GET", "v3/projects:search", query="shop")[0] == 400
