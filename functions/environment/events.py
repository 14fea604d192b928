"""Endings as CloudEvents, in the binary mode of the Pub/Sub protocol binding: attributes `ce-*`, data in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.google.pubsub import Publication
from shared.step.step import Context

TYPE = "dev.fleetgate.environment."  # and the ending


@dataclass(frozen=True)
class EventFactory:
    """Makes the events that one execution publishes: the topic they go to, and the workflow that it is one of."""

    topic: str
    workflow: str
    execution: str

    @classmethod
    def of(cls, context: Context) -> EventFactory:
        """The execution that a message comes from."""
        settings = context.settings
        return cls(settings.events_topic, settings.workflow, context.message.claim.execution)

    def event(self, ending: str, data: Mapping[str, object], now: float, about: str = "") -> Publication:
        """The event of an ending at `now`, unix seconds.

        Its id is the ending's and that of what it is `about` (the execution, unless said otherwise), so that a
        listener can tell a message that was delivered twice.
        """
        name = str(data.get("environment", ""))
        attributes = {
            "ce-specversion": "1.0",
            "ce-type": TYPE + ending,
            "ce-source": f"//workflowexecutions.googleapis.com/{self.workflow}/executions/{self.execution}",
            "ce-id": f"{about or self.execution}-{ending}",
            "ce-time": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
            "content-type": "application/json",
        }
        return Publication(self.topic, data, attributes | ({"ce-subject": name} if name else {}))
