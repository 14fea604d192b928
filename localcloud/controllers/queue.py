"""A controller's work queue: what there is to look at, each thing once, and again after a fault.

A controller that writes is told of its own writes; so a change only notes a key, and the look happens once, at the
same moment of the clock, after whoever is writing has finished. A look that fails is one key's fault alone: it is
logged with its traceback, told as a Warning event where there is an object, and made again after a pause that
doubles. What each number is follows client-go's default for controllers [documented: k8s.io/client-go
util/workqueue, DefaultTypedControllerRateLimiter: 5 ms doubling to 1000 s for an item; 10 a second after 100].
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from localcloud.kubernetes import KubernetesApi
from localcloud.time.clock import Timer
from localcloud.wire.messages import Json
from localcloud.world import World

FIRST_PAUSE = 0.005  # seconds
LONGEST_PAUSE = 1000.0  # seconds
BURST = (
    100  # looks in a row at one key, each called for at once; what goes on beyond that is two writers at odds
)
LONGEST_MESSAGE = 1024  # characters of an event's [documented: pkg/apis/core/validation, NoteLengthLimit]
SPACING = 0.1  # seconds until the first look after a burst

_REMEMBERED = 100  # keys, before those are forgotten that need not be remembered

_log = logging.getLogger(__name__)


class TryAgain(Exception):
    """Raised by a look that could not do all it was to do, for a reason that it has told itself."""


@dataclass(frozen=True)
class Subject:
    """The object that a key is about, in the cluster that has it."""

    api: KubernetesApi
    item: Json


Key = TypeVar("Key", bound=Hashable)


class Queue(Generic[Key]):
    """The keys that wait to be looked at. `name` is the controller's, as logs and events show it.

    `subject` gives the object that a key is about, for the event that tells of a fault.
    """

    def __init__(
        self,
        world: World,
        name: str,
        look: Callable[[Key], None],
        subject: Callable[[Key], Subject | None] = lambda key: None,
    ) -> None:
        self._world = world
        self._name = name
        self._look = look
        self._subject = subject
        self._waiting: dict[Key, Timer] = {}
        self._failures: dict[Key, int] = {}
        # When each key was looked at last, and how many looks in a row were each called for at the moment of the
        # one before.
        self._looked: dict[Key, tuple[float | None, int]] = {}

    def add(self, key: Key) -> None:
        """There is something to look at. A look that waits out its pause is made at once."""
        waiting = self._waiting.get(key)
        if waiting is not None:
            if waiting.when <= self._world.clock.now or key not in self._failures:
                return
            waiting.cancel()
        self._wait(key, self._spacing(key))

    def failures(self, key: Key) -> int:
        """How often looking at `key` has failed since it last succeeded."""
        return self._failures.get(key, 0)

    def _wait(self, key: Key, seconds: float) -> None:
        self._waiting[key] = self._world.clock.after(seconds, lambda: self._process(key))

    def _spacing(self, key: Key) -> float:
        """A pause that grows while looking at `key` calls for the next look over and over, so that time goes on."""
        if len(self._looked) > _REMEMBERED + 2 * len(self._waiting):
            self._forget()
        looked, row = self._looked.get(key, (None, 0))
        row = row + 1 if looked == self._world.clock.now else 0
        self._looked[key] = self._world.clock.now, row
        return min(SPACING * 2.0 ** min(row - BURST, 32), LONGEST_PAUSE) if row >= BURST else 0

    def _forget(self) -> None:
        """Forget the looks that no later one can follow at their moment: those of keys that do not wait."""
        now = self._world.clock.now
        self._looked = {
            key: (looked, row)
            for key, (looked, row) in self._looked.items()
            if key in self._waiting or looked == now
        }

    def _process(self, key: Key) -> None:
        del self._waiting[key]
        self._looked[key] = self._world.clock.now, self._looked.get(key, (None, 0))[1]
        try:
            self._look(key)
        except TryAgain:
            self._retry(key)
        except Exception as fault:
            if not self._world.clock.outlives_faults:
                raise
            self._tell(key, fault, self._retry(key))
        else:
            self._failures.pop(key, None)

    def _retry(self, key: Key) -> float:
        """Look again after a pause, whose length is given back; what the failed look itself has caused waits, too."""
        if key in self._waiting:
            self._waiting.pop(key).cancel()
        failed = self._failures.get(key, 0)
        self._failures[key] = failed + 1
        pause = min(FIRST_PAUSE * 2.0 ** min(failed, 32), LONGEST_PAUSE)
        self._wait(key, pause)
        return pause

    def _tell(self, key: Key, fault: Exception, pause: float) -> None:
        words = f"{type(fault).__name__}: {fault}"
        _log.error("%s: looking at %s failed, next try in %g s", self._name, key, pause, exc_info=fault)
        try:
            if subject := self._subject(key):
                subject.api.record_event(
                    subject.item, "Warning", "ReconcileError", words[:LONGEST_MESSAGE], self._name
                )
        except Exception:
            _log.exception("%s: the event about %s could not be written", self._name, key)
