"""A project whose Cloud Logging is asked, and entries as a function's lines become them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.logging.entries import ENTRIES, EntryFault
from localcloud.logging.lines import write_lines
from localcloud.wire.messages import Json
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

SERVICE = f"projects/{PROJECT}/locations/us-central1/services/orders"
REVISION = "orders-00001-abc"
LIST = "logging/v2/entries:list"
SOON = 10.0  # seconds: more than ingestion takes


@dataclass
class Log:
    """Prints lines in the project, and lists its entries."""

    services: Services

    def print(self, *lines: str | Json, stream: str = "stdout", seconds: float = SOON) -> None:
        """Let an instance print these lines at once, then let `seconds` pass."""
        texts = [each if isinstance(each, str) else json.dumps(each) for each in lines]
        write_lines(self.services.world, SERVICE, REVISION, "orders-000", stream, texts)
        self.services.wait(seconds)

    def plan(self, fault: EntryFault) -> None:
        """Plan what becomes of entries."""
        self.services.world[ENTRIES].faults.append(fault)

    def page(self, **body: Any) -> Json:
        """A page of the project's entries."""
        return self.services.ok("POST", LIST, {"resourceNames": [f"projects/{PROJECT}"], **body})

    def entries(self, filter: str = "", **body: Any) -> list[Json]:
        """The first page's entries."""
        found: list[Json] = self.page(filter=filter, **body).get("entries", [])
        return found

    def messages(self, filter: str = "", **body: Any) -> list[str]:
        """What these entries say."""
        return [
            each.get("textPayload") or each["jsonPayload"]["message"] for each in self.entries(filter, **body)
        ]

    def refusal(self, **body: Any) -> tuple[int, str, str]:
        """How a list is refused."""
        return self.services.refusal("POST", LIST, {"resourceNames": [f"projects/{PROJECT}"], **body})


@pytest.fixture
def log() -> Log:
    """The log of a project of its own."""
    return Log(Services(a_world("logging")))
