"""Endings as CloudEvents, in the binary mode of the Pub/Sub protocol binding: attributes `ce-*`, data in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.google.pubsub import Publication
from shared.json_types import JsonValue
from shared.step.step import Context
from shared.visible import visible, visible_value

TYPE = "dev.fleetgate.environment."  # and the ending


@dataclass(frozen=True)
class EventFactory:
    """Makes the events of one execution of the workflow; they are published on `topic`.

    `execution` is "" for what the scheduler asks for: then the source is the workflow.
    """

    topic: str
    workflow: str
    execution: str

    @classmethod
    def of(cls, context: Context) -> EventFactory:
        """The factory for the execution that sent a message."""
        settings = context.settings
        return cls(settings.events_topic, settings.workflow, context.message.claim.execution)

    def event(self, ending: str, data: Mapping[str, JsonValue], now: float, about: str = "") -> Publication:
        """The event of an ending at `now`, unix seconds.

        Its id is made of the ending and of `about` (by default the execution), so that a subscriber can recognise
        a message that was delivered twice.
        """
        data = visible_value(dict(data))
        source = f"//workflowexecutions.googleapis.com/{self.workflow}"
        name = str(data.get("environment", ""))
        attributes = {
            "ce-specversion": "1.0",
            "ce-type": TYPE + ending,
            "ce-source": f"{source}/executions/{self.execution}" if self.execution else source,
            "ce-id": f"{visible(about or self.execution)}-{ending}",
            "ce-time": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
            "content-type": "application/json",
        }
        return Publication(self.topic, data, attributes | ({"ce-subject": name} if name else {}))
