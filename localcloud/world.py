"""All there is, in one place: time, ids, resources, projects, work under way. Services and controllers are given this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.clock import EPOCH, Clock
from localcloud.ids import Ids
from localcloud.ledger import Ledger
from localcloud.projects import Projects
from localcloud.store import Store
from localcloud.timing import Timing


@dataclass
class World:
    """Google's side of the wire.

    `base_url` is where the services are reached (`http://127.0.0.1:PORT`), known once the edge listens.
    """

    seed: int
    clock: Clock
    ids: Ids
    timing: Timing
    ledger: Ledger
    store: Store
    projects: Projects
    base_url: str = ""

    @classmethod
    def create(cls, seed: int = 0, start: float = EPOCH, timings: Mapping[str, float] | None = None) -> World:
        """An empty world. `timings` overrides typical seconds of the timing table."""
        clock = Clock(start)
        timing = Timing(seed, overrides=timings or {})
        return cls(seed, clock, Ids(seed), timing, Ledger(clock, timing), Store(), Projects())
