"""The filters and orders that lists of executions take."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json

_TERM = re.compile(r'\s*([\w.-]+)\s*(!=|<=|>=|=|<|>|:)\s*("(?:[^"\\]|\\.)*"|[^\s"]+)\s*')
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ":": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# How lists of executions may be filtered and ordered [documented: executions.list].
FIELDS = {
    "executionid": lambda item: item["name"].rsplit("/", 1)[-1],
    "state": lambda item: item["state"],
    "createtime": lambda item: item.get("createTime", ""),
    "starttime": lambda item: item.get("startTime", ""),
    "endtime": lambda item: item.get("endTime", ""),
    "workflowrevisionid": lambda item: item["workflowRevisionId"],
}


def matching(items: list[Json], text: str) -> list[Json]:
    """The items that a filter of terms joined by AND lets through, such as `state="ACTIVE" AND labels.k="v"`.

    Raises:
        Refused: INVALID_ARGUMENT, no such filter; OR and brackets are not understood here.
    """
    terms = re.split(r"\s+AND\s+", text.strip()) if text.strip() else []
    for term in terms:
        match = _TERM.fullmatch(term)
        if match is None:
            raise invalid(f"Invalid filter: {text}")
        name, sign, value = match.groups()
        read = _reader(name)
        items = [item for item in items if _COMPARE[sign](read(item), value.strip('"'))]
    return items


def ordered(items: list[Json], text: str) -> list[Json]:
    """The items in the order that `text` asks for, such as `startTime desc, state`.

    Raises:
        Refused: INVALID_ARGUMENT, a field that lists cannot be ordered by.
    """
    for part in reversed([part.strip() for part in text.split(",") if part.strip()]):
        name, _, direction = part.partition(" ")
        items = sorted(items, key=_reader(name), reverse=direction.strip().lower() == "desc")
    return items


def _reader(name: str) -> Callable[[Json], str]:
    head, _, label = name.partition(".")
    if head in ("label", "labels") and label:
        return lambda item: str(item.get("labels", {}).get(label, ""))
    reader = FIELDS.get(name.lower())
    if reader is None:
        raise invalid(f"Invalid field '{name}' in filter or order.")
    return reader
