"""Broken answers, as a client meets them on the wire: each kind is what its name says."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
from collections.abc import Callable

import pytest

from localcloud.cloud import LocalCloud, Settings
from localcloud.faults.broken_answers import KINDS, Broken
from localcloud.faults.call_faults import Fault, Matcher
from localcloud.time.clock import http_date

TOPIC = "projects/shop/topics/orders"
GOOD = {"name": TOPIC}


class Told:
    """An answer: what of it could be read."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        answer = connection.getresponse()
        self.status, self.headers, self.whole = answer.status, answer.headers, True
        try:
            self.body = answer.read()
        except http.client.IncompleteRead as broken:
            self.body, self.whole = broken.partial, False


def asked(kind: str, after: bool = True) -> tuple[Told, bool]:
    """What a call is told whose answer is broken in this way, and whether it took effect."""

    async def scene() -> tuple[Told, bool]:
        async with LocalCloud(Settings(faults=[Fault(Matcher(), Broken(kind, after))])) as cloud:
            cloud.create_project("shop", ["pubsub.googleapis.com"])
            told = await asyncio.to_thread(ask, cloud)
            return told, TOPIC in cloud.world.store["pubsub.topics"]

    def ask(cloud: LocalCloud) -> Told:
        connection = http.client.HTTPConnection(cloud.world.base_url.removeprefix("http://"), timeout=10)
        headers = {"authorization": f"Bearer {cloud.user_token()}"}
        connection.request("PUT", f"/pubsub/v1/{TOPIC}", b"{}", headers)
        try:
            return Told(connection)
        finally:
            connection.close()

    return asyncio.run(scene())


def is_cut(told: Told) -> bool:
    return not told.whole and 0 < len(told.body) < len(json.dumps(GOOD))


def is_no_gzip(told: Told) -> bool:
    with pytest.raises((OSError, EOFError, gzip.zlib.error)):  # type: ignore[attr-defined]
        gzip.decompress(told.body)
    return told.headers["content-encoding"] == "gzip"


def is_json_of(value: object) -> Callable[[Told], bool]:
    return lambda told: told.status == 200 and json.loads(told.body) == value


def is_page(status: int) -> Callable[[Told], bool]:
    return lambda told: told.status == status and told.body.startswith(b"<!DOCTYPE html>")


LOOKS: dict[str, Callable[[Told], bool]] = {
    "broken off": is_cut,
    "wrong length": lambda told: told.whole and len(told.body) == len(json.dumps(GOOD)) // 2,
    "bad gzip": is_no_gzip,
    "unreadable Date": lambda told: "25:61" in told.headers["date"] and json.loads(told.body) == GOOD,
    "empty body": lambda told: (told.status, told.body) == (200, b""),
    "HTML with 200": is_page(200),
    "HTML with 404": is_page(404),
    "HTML with 502": is_page(502),
    "408": is_page(408),
    "499": lambda told: told.status == 499 and json.loads(told.body)["error"]["status"] == "CANCELLED",
    "redirect": lambda told: told.status == 302 and told.headers["location"].startswith("http://192.0.2.1/"),
    "foreign JSON": is_json_of({"status": "ok"}),
    "an array": is_json_of([{"name": "x"}]),
    "a string": is_json_of("ok"),
    "NaN": lambda told: told.body == b'{"name": NaN}',
    "invalid UTF-8": lambda told: b"\xff" in told.body,
    "nested too deep": lambda told: told.body.count(b"{") > 10_000,
    "huge": lambda told: len(told.body) > 20_000_000,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_what_its_name_says(kind: str) -> None:
    """And the call took effect."""
    told, happened = asked(kind)

    assert LOOKS[kind](told), (told.status, told.body[:100])
    assert happened
    assert kind == "unreadable Date" or http_date(0)[-3:] == told.headers["date"][-3:]


@pytest.mark.parametrize("kind", ["broken off", "HTML with 502", "redirect", "huge"])
def test_a_call_that_never_came_there_has_no_effect(kind: str) -> None:
    """Something before the service has answered."""
    assert not asked(kind, after=False)[1]
