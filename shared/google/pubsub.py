"""Publishing a message: over REST, because the client library brings a background thread and a gRPC stack."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.google.session import Session
from shared.json_types import JsonValue


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
    data = base64.b64encode(json.dumps(publication.data).encode()).decode()
    message = {"data": data, "attributes": dict(publication.attributes)}
    answer = session.post("pubsub", f"v1/{publication.topic}:publish", {"messages": [message]}, _tells_ids)
    ids = answer.get("messageIds") or [""]
    return str(ids[0])


def _tells_ids(answer: Any) -> bool:
    """The ids of the messages, or nothing: something else is not the service's."""
    return not answer or isinstance(answer.get("messageIds"), list)
