"""Entries of the logs of each project: what is written, when it can be read, and what goes wrong on the way.

An entry is kept when it is written, and can be read when it has been received, by `logging.ingestion` of the timing
table. No timer is set for that: a log that nobody reads changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from localcloud.logging.matching import compile_query, moment
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import Part, World

LARGEST = 256 * 1024  # bytes of an entry; a larger one is dropped [documented: logging/quotas, LogEntry size]
FUTURE = 86400.0  # seconds that an entry may be ahead [documented: WriteLogEntriesRequest.entries]
RETENTION = 30 * 86400.0  # seconds that the bucket _Default keeps entries [documented: logging/quotas]


@dataclass(frozen=True)
class Received:
    """An entry that has been, or will be, received at `when` (unix seconds).

    `number` is the order of writing. A `double` is listed, although there is an entry of its insertId and timestamp.
    """

    when: float
    number: int
    entry: Json
    double: bool = False

    @cached_property
    def key(self) -> tuple[str, str]:
        """What entries are listed by: of one time, by insertId [documented: ListLogEntriesRequest.order_by]."""
        return moment(self.entry["timestamp"]).isoformat(timespec="microseconds"), self.entry["insertId"]


@dataclass(frozen=True)
class Late:
    """The entry is received `seconds` later than it would have been."""

    seconds: float

    def apply(self, received: Received) -> Sequence[Received]:
        """What is received instead."""
        return [replace(received, when=received.when + self.seconds)]


@dataclass(frozen=True)
class Doubled:
    """The entry comes once more, `seconds` later, with the same insertId and timestamp, and lists show both.

    Google removes such a double from a single query result [documented: LogEntry.insert_id]; that it slips through,
    as from one page to the next, is the fault.
    """

    seconds: float = 0.0

    def apply(self, received: Received) -> Sequence[Received]:
        """What is received instead."""
        return [received, replace(received, when=received.when + self.seconds, double=True)]


@dataclass(frozen=True)
class Never:
    """The entry is lost."""

    def apply(self, received: Received) -> Sequence[Received]:
        """What is received instead."""
        return []


@dataclass
class EntryFault:
    """What becomes of the entries that `query`, in the Logging query language, lets through.

    `nth` picks one of them, counted from 1; None means each.
    """

    query: str
    effect: Late | Doubled | Never
    nth: int | None = 1
    seen: int = field(default=0, init=False)

    def picks(self, entry: Json) -> bool:
        """Whether an entry that is written now is meant; each that matches is counted."""
        if not compile_query(self.query)(entry):
            return False
        self.seen += 1
        return self.nth in (None, self.seen)


class Entries:
    """All entries, by project. `faults` are what tests have planned: of several that pick an entry the first counts.

    The next `empty_pages` answers of a list have no entries, but a token: the search had no time to find any, and goes
    on with that [documented: ListLogEntriesResponse.next_page_token].
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, list[Received]] = {}
        self._count = 0
        self.faults: list[EntryFault] = []
        self.empty_pages = 0

    def write(self, project: str, log: str, entry: Json, when: float | None = None) -> None:
        """Write an entry of a project (by id) to one of its logs, such as `run.googleapis.com/stdout`.

        One that is too large, older than what is kept, or too far ahead is dropped.

        Args:
            project: the project's id.
            log: the log's id, not encoded.
            entry: the resource, the payload, and what else the entry brings: severity, labels, insertId, timestamp.
            when: the moment it is about, in unix seconds; now, unless the entry says.
        """
        now = self._world.clock.now
        stamp = now if when is None else when
        whole = {
            "logName": f"projects/{project}/logs/{log.replace('/', '%2F')}",
            "timestamp": rfc3339(stamp),
        } | entry
        whole.setdefault("insertId", self._insert_id(stamp))
        if len(json.dumps(whole).encode()) > LARGEST or not _is_of_these_days(whole, now):
            return
        delay = self._world.timing.draw("logging.ingestion", whole["insertId"])
        received = Received(max(now, stamp) + delay, self._count, whole)
        self._keep(project, self._met(received))

    def read(self, project: str) -> list[Received]:
        """The entries of a project (by id) that have been received, with the moment of receipt.

        Of entries with the same insertId and timestamp there is one [documented: LogEntry.insert_id].
        """
        now = self._world.clock.now
        found: dict[tuple[tuple[str, str], bool], Received] = {}
        for each in self._kept.get(project, []):
            if each.when <= now < each.when + RETENTION:
                found.setdefault((each.key, each.double), each)
        return list(found.values())

    def received(self, project: str, after: float, until: float) -> list[Received]:
        """What has been received of a project (by id) since `after`, up to `until`, in that order."""
        found = [each for each in self._kept.get(project, []) if after < each.when <= until]
        return sorted(found, key=lambda each: (each.when, each.number))

    def has_no_time(self) -> bool:
        """Whether the search that is under way finds nothing for want of time; each asking uses up one such search."""
        if self.empty_pages:
            self.empty_pages -= 1
            return True
        return False

    def _met(self, received: Received) -> Sequence[Received]:
        due = [fault for fault in self.faults if fault.picks(received.entry)]
        return due[0].effect.apply(received) if due else [received]

    def _keep(self, project: str, received: Sequence[Received]) -> None:
        kept = self._kept.setdefault(project, [])
        kept.extend(
            replace(each, entry={**each.entry, "receiveTimestamp": rfc3339(each.when)}) for each in received
        )

    def _insert_id(self, stamp: float) -> str:
        """Seconds and microseconds of the time, and chance, in hexadecimal [observed: entries of Cloud Run]."""
        self._count += 1
        chance = hashlib.sha256(f"{self._world.seed}|{self._count}".encode()).hexdigest()[:8]
        return f"{int(stamp):08x}{round(stamp % 1 * 1e6):08x}{chance}"


def _is_of_these_days(entry: Json, now: float) -> bool:
    """Whether its time is within what is kept, and at most a day ahead; a year of three digits is no time at all."""
    try:
        return -RETENTION <= moment(entry["timestamp"]).timestamp() - now <= FUTURE
    except (ValueError, OverflowError):
        return False


ENTRIES: Part[Entries] = Part("Cloud Logging's entries", Entries)
