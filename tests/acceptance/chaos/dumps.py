"""Dumps of storms compared: the state that the newest request makes, whatever came before it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from shared import labels
from shared.google import importer
from tests.acceptance.crashes import difference
from tests.support.dumps import standing

Json = dict[str, Any]
# What of the anchor tells when requests were published and proven: the lease's end, the newest claim, the first claim.
MOMENTS = re.compile(
    r'(fleetgate-expires": "|fleetgate-generation": "|fleetgate-serving": "verified-|first claimed by )[^"]*'
)
# What tells which requests came before the newest, or were refused after it; and that a controller is about to delete
# something of its own: the endpoint group of a Service that was deleted by hand stays as long as the new Service of
# that name uses it.
PASSING = (
    *(labels.BEGAN, labels.EXTENDED, labels.QUIET, labels.ASKED),
    *(labels.ACCEPTED, labels.ACCEPTED_BY, labels.ACCEPTED_ACTION),
    "deletionGracePeriodSeconds",
)


def without_importer(dump: Json) -> Json:
    """Without the importer's grant: others use the feature, so it stays if a deploy lived long enough to make it."""
    projects = {
        name: {**each, "policy": {**each["policy"], "bindings": _without_role(each["policy"]["bindings"])}}
        for name, each in dump["projects"].items()
    }
    effective = {
        name: {**each, "held": _without_role(each["held"])}
        for name, each in dump["resources"]["iam.effective"].items()
    }
    return {**dump, "projects": projects, "resources": {**dump["resources"], "iam.effective": effective}}


def _without_role(bindings: list[Json]) -> list[Json]:
    return [each for each in bindings if each["role"] != importer.ROLE]


def comparable(dump: Json) -> Json:
    """Without tombstones, and without what is passing."""
    text = MOMENTS.sub(r"\1then", json.dumps(standing(dump)))
    return _without_keys(json.loads(text), lambda key: key in PASSING)


def unlike(expected: Json, found: Json, *, taken_over: bool) -> str:
    """Where two such dumps differ, or "".

    An anchor names the regions of the spec, all of them. Only a claim that has `taken_over` one without labels from
    another claim cannot know where that one has been, and then names none.
    """
    if taken_over and labels.REGION not in json.dumps(found):
        expected = _without_regions(expected)
    return difference(expected, found)


def _without_regions(dump: Json) -> Json:
    return _without_keys(dump, lambda key: key.startswith(labels.REGION))


def _without_keys(dump: Json, is_left_out: Callable[[str], bool]) -> Json:
    def kept(part: Json) -> Json:
        return {key: value for key, value in part.items() if not is_left_out(key)}

    loaded: Json = json.loads(json.dumps(dump), object_hook=kept)
    return loaded
