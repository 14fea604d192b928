"""Dumps of a cloud compared: what "as it was before" means in every test.

Of an environment that has ended a tombstone stays, one reserved address, which is free of charge. So equal means: equal
but for tombstones; and exactly equal after a final sweep, which takes them away.
"""

from __future__ import annotations

from typing import Any

from fleetgate.local.run import LocalRun
from shared import labels
from shared.anchor import RELEASE, TOMBSTONE
from tests.support.local_cloud import let_pass

Json = dict[str, Any]
ADDRESSES = "compute.addresses"
FINAL = {"action": "sweep", "final": True}


async def left(local: LocalRun, before: Json) -> list[str]:
    """What is otherwise than `before`: but for tombstones as it is, and with them after a final sweep."""
    await let_pass(local.cloud, 60.0, to_the_end=True)
    if found := difference(before, standing(local.cloud.dump())):
        return found
    return await swept(local, before)


async def swept(local: LocalRun, before: Json) -> list[str]:
    """What is otherwise than `before` after a final sweep."""
    assert "done" == (await local.act(FINAL)).outcome
    await let_pass(local.cloud, 60.0, to_the_end=True)
    return difference(before, local.cloud.dump())


def standing(dump: Json) -> Json:
    """A dump without tombstones, and without the moment at which an anchor's environment was last proven."""
    addresses = dump["resources"].get(ADDRESSES, {})
    others = {name: _without_moment(each) for name, each in addresses.items() if not _has_ended(each)}
    resources = {kind: items for kind, items in dump["resources"].items() if kind != ADDRESSES}
    return {**dump, "resources": {**resources, **({ADDRESSES: others} if others else {})}}


def _has_ended(address: Json) -> bool:
    return address.get("labels", {}).get(labels.ACTION) in (TOMBSTONE, RELEASE)


def _without_moment(address: Json) -> Json:
    values = address.get("labels", {})
    if labels.SERVING not in values:
        return address
    return {**address, "labels": {**values, labels.SERVING: values[labels.SERVING].partition("-")[0]}}


def difference(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two dumps differ."""
    if one == other:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [each for key in keys for each in difference(one.get(key), other.get(key), f"{at}/{key}")]
    return [f"{at}: {one} became {other}"]
