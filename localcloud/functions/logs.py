"""What functions print, for whoever watches the cloud. Cloud Logging has it as entries (`localcloud/logging`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LogEntry:
    """One line. `payload` is the line's JSON object, or {"message": text}."""

    when: float
    function: str
    instance: str
    payload: dict[str, Any]


@dataclass
class Logs:
    """All entries so far, and who wants each as it comes."""

    entries: list[LogEntry] = field(default_factory=list)
    listeners: list[Callable[[LogEntry], None]] = field(default_factory=list)
    _read: dict[Path, int] = field(default_factory=dict)

    def collect(self, file: Path, when: float, function: str, instance: str) -> list[str]:
        """Take in what an instance has printed to `file` since the last time; the lines."""
        if not file.exists():
            return []
        with file.open("rb") as stream:
            stream.seek(self._read.get(file, 0))
            text = stream.read()
        self._read[file] = self._read.get(file, 0) + len(text)
        lines = text.decode("utf-8", "replace").splitlines()
        for line in lines:
            self.add(LogEntry(when, function, instance, payload(line)))
        return lines

    def add(self, entry: LogEntry) -> None:
        """Take in an entry; one of the platform's own has no instance."""
        self.entries.append(entry)
        for listener in self.listeners:
            listener(entry)


def payload(line: str) -> dict[str, Any]:
    """A line as an entry's payload."""
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"message": line}
