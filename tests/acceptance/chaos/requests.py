"""What a storm publishes: requests of every action, and messages that are no requests."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.acceptance.crashes import deploying
from tests.acceptance.runs import store

Json = dict[str, Any]

SPREAD = 1500.0  # seconds within which requests are published
CLAIMED = 8.0  # seconds within which an undisturbed request has claimed its environment
LEASE, EXTENSION, REFUSED_LEASE = (
    10 * 86400,
    15 * 86400,
    20 * 86400,
)  # seconds: longer than any storm, so that no sweep ends what stands


def _document(**changes: Any) -> Json:
    return store(ttl="10d", **changes)


def _without_rule_of_east() -> Json:
    """The rule for the east goes, the service stays."""
    document = _document()
    document["routes"][0]["rules"] = [
        rule for rule in document["routes"][0]["rules"] if rule["backendRefs"][0]["name"] != "store-east-1"
    ]
    return document


DEPLOYS: dict[str, Json] = {
    "store": deploying(_document()),
    "health check": deploying(_document(healthCheck={"requestPath": "/healthz"})),
    "one rule less": deploying(_without_rule_of_east()),
}
# Check refuses it: its ranges are taken in a network in auto mode. So its lease and spec must never take effect.
REFUSED = deploying(store(ttl="20d", proxyRanges={"us-west1": "10.128.0.0/23", "us-east1": "10.130.0.0/23"}))
CLAIMS = DEPLOYS | {"teardown": {"action": "teardown", "name": "store"}}
GHOST = "teardown of another"
REQUESTS = CLAIMS | {
    "extend": {"action": "extend", "name": "store", "ttl": "15d"},
    "sweep": {"action": "sweep"},
    "verify": {"action": "verify", "name": "store"},
    "plan": {"action": "plan", "environment": DEPLOYS["store"]["environment"]},
    "drill": {"action": "drill", "name": "store", "region": "us-west1"},
    "refused": REFUSED,
    GHOST: {"action": "teardown", "name": "ghost"},
}
# Each is refused, whatever the rest of it says: a request that was broken on its way, or made to break its reader.
HOSTILE: dict[str, bytes] = {
    "half a request": json.dumps(DEPLOYS["store"]).encode()[:200],
    "bytes": b"\xff\xfe{\x00",
    "deep nesting": b'{"action": "teardown", "name": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a lone surrogate": b'{"action": "teardown", "name": "\\ud800"}',
    "escape characters": b'{"action": "teardown", "name": "store\\u001b[2J\\u202e"}',
    "a long integer": b'{"action": "teardown", "name": "store", "expires": ' + b"9" * 5000 + b"}",
    "a name twice": b'{"action": "teardown", "name": "ghost", "name": "store"}',
    "an empty key": b'{"action": "teardown", "name": "store", "": 1}',
    "NaN": b'{"action": "teardown", "name": "store", "expires": NaN}',
    "no such action": b'{"action": "destroy", "name": "store"}',
    "a list": b'[{"action": "teardown", "name": "store"}]',
    "a number": b"7",
    "nothing": b"",
}

Published = tuple[float, str]  # when (seconds from the storm's beginning), and which of REQUESTS


def draw(chance: random.Random, soon: random.Random) -> tuple[Published, ...]:
    """A deploy at once, up to three requests of any kind after it, and sometimes one while it is being claimed."""
    times = sorted(chance.uniform(0, SPREAD) for _ in range(chance.randrange(4)))
    later = [(when, chance.choice(list(REQUESTS))) for when in times]
    first = (0.0, chance.choice(list(DEPLOYS)))
    return (first, *sorted([*_soon(soon), *later]))


def _soon(chance: random.Random) -> Iterator[Published]:
    """With one seed in four a request that meets the first one's anchor about when it is created and labelled."""
    if chance.randrange(4) == 0:
        yield chance.uniform(0.5, CLAIMED), chance.choice(list(REQUESTS))


def body(name: str) -> bytes:
    """The data of the message."""
    return json.dumps(REQUESTS[name]).encode()
