"""The answer to one attempt, and how it is kept small.

The workflow holds every answer in 512 KB of variables [documented, Workflows quotas], so an answer has at most 16 KB. A
larger one loses rows of its lists, good rows before failing ones, the longest list first. `omitted` says how many rows
of which list were left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.json_types import Json
from shared.step.change import Change
from shared.step.message import Message
from shared.step.outcome import Outcome

LIMIT = 16_000  # bytes of JSON
TEXT_LIMIT = 1_500  # characters of a message, a cause or a fix
ALWAYS_LOGGED = ("changes", "traffic")


@dataclass(frozen=True)
class Answer:
    """What one attempt tells: `content` is sent to the workflow, `rows` are logged.

    Rows are the changes, the requests that were sent, and every other list that `content` does not hold whole.
    """

    content: Json
    rows: Mapping[str, Sequence[Any]]

    @property
    def counts(self) -> Json:
        """How many changes there are, and how many rows of traffic."""
        return {"changes": len(self.rows["changes"]), "rows": len(self.rows.get("traffic", ()))}

    @property
    def quotes_a_request(self) -> bool:
        """Whether the message quotes a request that was sent."""
        return "traffic" in self.rows


def answer(message: Message, outcome: Outcome, changes: Sequence[Change], calls: Json) -> Answer:
    """The answer to `message`, within the limit."""
    fields = outcome.wire()
    fields |= {k: _cut(fields[k]) for k in ("message", "cause", "fix") if k in fields}
    whole = {
        "schema": 1,
        "nonce": message.nonce,
        "step": message.step,
        **fields,
        "changes": [change.describe().wire() for change in changes],
        "calls": calls,
    }
    content = trimmed(whole)
    lists = {name.removeprefix("outputs."): rows for name, rows in _lists(whole).items()}
    cut = {name.removeprefix("outputs.") for name in content.get("omitted", ())}
    return Answer(content, {k: v for k, v in lists.items() if k in cut or k in ALWAYS_LOGGED})


def trimmed(whole: Json, limit: int = LIMIT) -> Json:
    """`whole`, without rows of its lists until it fits; failing rows (`ok` false) are left out last."""
    lists = _lists(whole)
    kept = {name: len(rows) for name, rows in lists.items()}
    answer = whole
    while _size(answer) > limit and any(kept.values()):
        longest = max(kept, key=lambda name: _size(lists[name][: kept[name]]))
        kept[longest] -= max(1, kept[longest] // 8)
        answer = _with(whole, {name: rows[: kept[name]] for name, rows in lists.items()}, lists)
    return answer


def _lists(whole: Json) -> dict[str, list[Any]]:
    found = {name: value for name, value in whole.items() if isinstance(value, list)}
    found |= {f"outputs.{k}": v for k, v in whole.get("outputs", {}).items() if isinstance(v, list)}
    return {name: sorted(rows, key=_is_good) for name, rows in found.items()}


def _is_good(row: Any) -> bool:
    return not (isinstance(row, dict) and row.get("ok") is False)


def _with(whole: Json, kept: dict[str, list[Any]], lists: dict[str, list[Any]]) -> Json:
    outputs = {k: kept.get(f"outputs.{k}", v) for k, v in whole.get("outputs", {}).items()}
    rows = {k: kept.get(k, v) for k, v in whole.items()}
    omitted = {
        name: len(lists[name]) - len(rest) for name, rest in kept.items() if len(rest) < len(lists[name])
    }
    return rows | ({"outputs": outputs} if outputs else {}) | ({"omitted": omitted} if omitted else {})


def _size(value: Any) -> int:
    return len(json.dumps(value).encode())


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
