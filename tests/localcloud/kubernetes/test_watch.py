"""Watches: what comes, in which order, as what, and when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable

import pytest

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Caller, Json, Request
from tests.localcloud.kubernetes.conftest import Call, stored

CONFIGS = "/api/v1/namespaces/shop/configmaps"


def config(name: str, namespace: str = "shop", **labels: str) -> Json:
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels}}


def watch(
    api: KubernetesApi, path: str, accept: str = "application/json", **query: object
) -> AsyncGenerator[bytes, None]:
    """The stream of a watch."""
    asked = {"watch": ["true"], **{name: [str(value)] for name, value in query.items()}}
    response = api.handle(Request("GET", path, asked, {"accept": accept}, b"", Caller("tester")))
    assert response.stream is not None
    return response.stream


def take(stream: AsyncGenerator[bytes, None], count: int, *between: Callable[[], object]) -> list[Json]:
    """`count` events; before the nth of them, `between[n]` is called."""

    async def run() -> list[Json]:
        found = []
        for i in range(count):
            coming = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if i < len(between):
                between[i]()
            found.append(json.loads(await asyncio.wait_for(coming, 2)))
        await stream.aclose()
        return found

    return asyncio.run(run())


def seen(events: list[Json]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def test_a_watch_without_a_version_begins_with_what_is_there(api: KubernetesApi) -> None:
    """Synthetic ADDED events, then changes as they are committed."""
    api.create("ConfigMap", config("a"))
    events = take(
        watch(api, CONFIGS),
        4,
        lambda: None,
        lambda: api.create("ConfigMap", config("b")),
        lambda: api.patch("ConfigMap", "shop", "a", {"data": {"x": "1"}}),
        lambda: api.delete("ConfigMap", "shop", "b"),
    )
    assert seen(events) == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


def test_a_watch_from_a_version_misses_nothing_since(api: KubernetesApi) -> None:
    """Everything after the version, nothing before it, nothing of other kinds or namespaces."""
    api.create("ConfigMap", config("a"))
    version = stored(api, "ConfigMap", "shop", "a")["metadata"]["resourceVersion"]
    api.create("Secret", config("s"))
    api.create("ConfigMap", config("d", "default"))
    api.create("ConfigMap", config("b"))
    api.delete("ConfigMap", "shop", "a")
    assert seen(take(watch(api, CONFIGS, resourceVersion=version), 2)) == [("ADDED", "b"), ("DELETED", "a")]


def test_an_object_that_leaves_the_selector_is_deleted_to_the_watcher(api: KubernetesApi) -> None:
    """And one that comes into it is added."""
    stream = watch(api, CONFIGS, labelSelector="on=yes", resourceVersion=str(_revision(api)))
    events = take(
        stream,
        3,
        lambda: api.create("ConfigMap", config("a", on="yes")),
        lambda: api.patch("ConfigMap", "shop", "a", {"metadata": {"labels": {"on": "no"}}}),
        lambda: api.patch("ConfigMap", "shop", "a", {"metadata": {"labels": {"on": "yes"}}}),
    )
    assert [event["type"] for event in events] == ["ADDED", "DELETED", "ADDED"]


def _revision(api: KubernetesApi) -> str:
    return str(api.create("Secret", config("marker"))["metadata"]["resourceVersion"])


def test_a_version_older_than_memory_is_expired(api: KubernetesApi) -> None:
    """One ERROR event with a 410 Status, then the end."""
    events = take(watch(api, CONFIGS, resourceVersion=1), 1)
    assert events[0]["type"] == "ERROR"
    assert events[0]["object"]["code"] == 410
    assert events[0]["object"]["reason"] == "Expired"
    assert events[0]["object"]["message"].startswith("too old resource version: 1 (")


def test_a_watch_ends_with_its_time_and_a_bookmark(api: KubernetesApi) -> None:
    """timeoutSeconds closes it; with bookmarks allowed the last line says how far it got."""

    async def run() -> list[Json]:
        stream = watch(api, CONFIGS, resourceVersion="0", timeoutSeconds="1", allowWatchBookmarks="true")
        return [json.loads(line) async for line in stream]

    events = asyncio.run(run())
    assert [event["type"] for event in events] == ["BOOKMARK"]
    assert events[0]["object"]["kind"] == "ConfigMap"


def test_a_streaming_list_marks_where_the_present_ends(api: KubernetesApi) -> None:
    """sendInitialEvents: what is there, then a bookmark with the annotation clients wait for."""
    api.create("ConfigMap", config("a"))
    stream = watch(api, CONFIGS, sendInitialEvents="true", allowWatchBookmarks="true")
    first, second = take(stream, 2)
    assert (first["type"], second["type"]) == ("ADDED", "BOOKMARK")
    assert second["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_can_show_tables(api: KubernetesApi) -> None:
    """As kubectl get -w asks for: columns come with the first event alone."""
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    api.create("ConfigMap", config("a"))
    api.create("ConfigMap", config("b"))
    first, second = (event["object"] for event in take(watch(api, CONFIGS, accept), 2))
    assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["columnDefinitions"] is None
    assert second["rows"][0]["cells"] == ["b", 0, "0s"]


@pytest.mark.parametrize("revision", ["x", "-1"])
def test_a_version_must_be_a_number(call: Call, revision: str) -> None:
    """400 for anything else."""
    assert call("GET", f"{CONFIGS}?watch=1&resourceVersion={revision}").status == 400
