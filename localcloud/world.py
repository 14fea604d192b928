"""All there is, in one place: time, ids, resources, projects, work under way, and what each service adds to it.

A service brings its part along: a `Part` beside the class that it holds names it and says how it is made. So a
world knows no service, and a service finds its part, typed, in whatever world it is called in:

    BROKER = Part("pubsub.broker", lambda world: Broker(world, world[DELIVERY]))

    world[BROKER].publish(topic, message)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from localcloud.ids import Ids
from localcloud.projects import Projects
from localcloud.store import Store
from localcloud.time.clock import EPOCH, Clock
from localcloud.time.ledger import Ledger
from localcloud.time.timing import Timing

T = TypeVar("T")


class Part(Generic[T]):
    """Names what a service keeps in a world, and its type.

    `make` makes it when somebody first asks for it; without it, it is there only if somebody has put it there.
    """

    def __init__(self, name: str, make: Callable[[World], T] | None = None) -> None:
        self.name = name
        self._make = make

    def made_for(self, world: World) -> T:
        """The part of a world that has none yet.

        Raises:
            LookupError: nobody has put one there, and it does not make itself.
        """
        if self._make is None:
            raise LookupError(f"this world was made without {self.name}")
        return self._make(world)


@dataclass
class World:
    """Google's side of the wire.

    `draw` gives a duration of a kind of the timing table, for what happens too often to be told apart by name.
    `base_url` is where the services are reached (`http://127.0.0.1:PORT`), known once the edge listens; `folder`
    is where files may be put that go with the cloud.
    """

    seed: int
    clock: Clock
    ids: Ids
    timing: Timing
    ledger: Ledger
    store: Store
    projects: Projects
    draw: Callable[[str], float]
    base_url: str = ""
    folder: Path = field(default_factory=Path)
    _parts: dict[Part[Any], Any] = field(default_factory=dict)

    @classmethod
    def create(cls, seed: int = 0, start: float = EPOCH, timings: Mapping[str, float] | None = None) -> World:
        """An empty world. `timings` overrides typical seconds of the timing table."""
        clock = Clock(start)
        timing = Timing(seed, overrides=timings or {})
        ledger = Ledger(clock, timing)
        return cls(seed, clock, Ids(seed), timing, ledger, Store(), Projects(), draw=timing.typical)

    def __getitem__(self, part: Part[T]) -> T:
        """A service's part of this world, made now if need be.

        Raises:
            LookupError: this world has none.
        """
        if part not in self._parts:
            self._parts[part] = part.made_for(self)
        return cast("T", self._parts[part])

    def __setitem__(self, part: Part[T], value: T) -> None:
        self._parts[part] = value
