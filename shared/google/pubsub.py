"""Publishing a message: over REST, because the client library brings a background thread and a gRPC stack."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.google.session import Session


@dataclass(frozen=True)
class Publication:
    """A message to publish. `topic` is `projects/P/topics/T`; `data` becomes JSON."""

    topic: str
    data: Mapping[str, Any]
    attributes: Mapping[str, str]


def publish(session: Session, publication: Publication) -> None:
    """Publish one message.

    Raises:
        ApiError: as the tree says.
    """
    data = base64.b64encode(json.dumps(publication.data).encode()).decode()
    message = {"data": data, "attributes": dict(publication.attributes)}
    session.post("pubsub", f"v1/{publication.topic}:publish", {"messages": [message]})
