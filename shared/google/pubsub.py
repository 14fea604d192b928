"""Publishing a message: over REST, because the client library brings a background thread and a gRPC stack."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.google.session import Session
from shared.json_types import JsonValue

# Messages a call: 1,000 are allowed, of 10 MB [documented: pubsub/quotas]; ours have some 100 bytes.
BATCH = 500


@dataclass(frozen=True)
class Publication:
    """A message to publish. `topic` is `projects/P/topics/T`; `data` becomes JSON."""

    topic: str
    data: Mapping[str, JsonValue]
    attributes: Mapping[str, str] = field(default_factory=dict)


def publish(session: Session, publication: Publication) -> str:
    """Publish one message; its id, or "" where the answer has none: the message is published all the same.

    Raises:
        NotFound: there is no such topic.
    """
    return publish_all(session, [publication])[0]


def publish_all(session: Session, publications: Sequence[Publication]) -> list[str]:
    """Publish messages, many in a call; their ids by topic, or "" for each where an answer has none.

    Raises:
        NotFound: there is no such topic.
    """
    ids: list[str] = []
    for topic in dict.fromkeys(each.topic for each in publications):
        mine = [_wire(each) for each in publications if each.topic == topic]
        for first in range(0, len(mine), BATCH):
            ids += _publish(session, topic, mine[first : first + BATCH])
    return ids


def _wire(publication: Publication) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(publication.data).encode()).decode()
    return {"data": data, "attributes": dict(publication.attributes)}


def _publish(session: Session, topic: str, messages: list[dict[str, Any]]) -> list[str]:
    answer = session.post("pubsub", f"v1/{topic}:publish", {"messages": messages}, _tells_ids)
    return [str(each) for each in answer.get("messageIds") or [""] * len(messages)]


def _tells_ids(answer: Any) -> bool:
    """The ids of the messages, or nothing: something else is not the service's."""
    return not answer or isinstance(answer.get("messageIds"), list)
