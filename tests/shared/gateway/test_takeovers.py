"""Which requests of ours a foreign route takes: all of an equal match if it is older, a part with a narrower one."""

from __future__ import annotations

from typing import Any

import pytest

from shared.gateway.takeovers import takeovers

HOST = "store.example.internal"
GATEWAY = {"name": "gateway"}


def route(
    name: str, born: str | None, *matches: Any, hosts: Any = (HOST,), parent: Any = None
) -> dict[str, Any]:
    """A route with one rule a match; None is a rule without any."""
    rules = [{"matches": [each]} if each is not None else {} for each in matches]
    meta = {"name": name, "namespace": "store", "creationTimestamp": born}
    return {
        "metadata": meta,
        "spec": {"parentRefs": [parent or GATEWAY], "hostnames": list(hosts), "rules": rules},
    }


def prefix(value: str, **more: Any) -> dict[str, Any]:
    return {"path": {"type": "PathPrefix", "value": value}, **more}


def exact(value: str) -> dict[str, Any]:
    return {"path": {"type": "Exact", "value": value}}


def beta(name: str = "X-Beta") -> dict[str, Any]:
    return {"headers": [{"name": name, "value": "1"}]}


@pytest.mark.parametrize(
    ("mine", "other", "taken"),
    [
        (prefix("/west"), prefix("/west"), [True]),
        (prefix("/west"), prefix("/western"), []),
        (prefix("/west"), prefix("/west/a"), [False]),
        (prefix("/west"), exact("/west"), [False]),
        (exact("/west"), prefix("/west"), []),
        (exact("/west"), exact("/west"), [True]),
        (prefix("/west"), prefix("/"), []),
        (None, None, [True]),
        (None, prefix("/"), [True]),
        (prefix("/", **beta()), prefix("/"), []),
        (prefix("/"), prefix("/", **beta()), [False]),
        (prefix("/", **beta()), prefix("/", **beta("x-beta")), [True]),
        (prefix("/"), {"path": {"type": "RegularExpression", "value": "/.*"}}, []),
    ],
)
def test_equal_matches_are_taken_whole_and_narrower_ones_in_part(mine: Any, other: Any, taken: Any) -> None:
    """By an older route."""
    ours, theirs = route("ours", "2026-01-02", mine), route("theirs", "2026-01-01", other)

    assert [each.whole for each in takeovers([ours], [theirs], "gateway", "store")] == taken


@pytest.mark.parametrize(
    ("ours", "theirs", "name", "taken"),
    [
        ("2026-01-02", "2026-01-01", "theirs", True),
        ("2026-01-01", "2026-01-02", "theirs", False),
        (None, "2026-01-02", "theirs", True),  # ours is yet to be made
        ("2026-01-01", "2026-01-01", "a", True),
        ("2026-01-01", "2026-01-01", "z", False),
    ],
)
def test_of_two_equal_matches_the_older_route_counts(ours: Any, theirs: Any, name: str, taken: bool) -> None:
    """Of two of the same second, the one whose name sorts first [documented: HTTPRoute]."""
    found = takeovers([route("ours", ours, None)], [route(name, theirs, None)], "gateway", "store")

    assert bool(found) == taken


@pytest.mark.parametrize(
    ("mine", "other", "taken"),
    [
        ([HOST], ["other.example.internal"], []),
        (["*.example.internal"], [HOST], ["host store.example.internal"]),
        ([], [HOST], ["host store.example.internal"]),
        ([HOST], [], []),
        ([HOST], ["*.example.internal"], []),
        (["*.example.internal"], ["*.a.example.internal"], ["host *.a.example.internal"]),
    ],
)
def test_the_most_specific_hostname_takes_its_requests(mine: Any, other: Any, taken: Any) -> None:
    """Whichever route is older."""
    ours, theirs = (
        route("ours", "2026-01-01", None, hosts=mine),
        route("theirs", "2026-01-02", None, hosts=other),
    )
    found = takeovers([ours], [theirs], "gateway", "store")

    assert [each.requests for each in found] == taken
    assert not any(each.whole for each in found)


@pytest.mark.parametrize(
    "parent",
    [{"name": "other"}, {"name": "gateway", "namespace": "b"}, {"name": "gateway", "kind": "Service"}],
)
def test_a_route_of_another_gateway_takes_nothing(parent: Any) -> None:
    """Only what names ours as its parent."""
    theirs = route("theirs", "2026-01-01", None, parent=parent)

    assert takeovers([route("ours", "2026-01-02", None)], [theirs], "gateway", "store") == []
