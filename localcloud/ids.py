"""Ids as Google hands them out, but from a seed: the same run gives the same ids.

Every id is remembered, so that a dump can leave out what is chance.
"""

from __future__ import annotations

import random
import uuid
import zlib


class Ids:
    """Seeded ids; `issued` holds every one that was given out."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"ids/{seed}")  # noqa: S311  # not for secrets
        # Apart, so that how many accounts or alerts there are changes no other id.
        self._accounts = random.Random(f"ids/accounts/{seed}")  # noqa: S311  # not for secrets
        self._alerts = random.Random(f"ids/alerts/{seed}")  # noqa: S311  # not for secrets
        self.issued: set[str] = set()

    def uid(self) -> str:
        """A UUID."""
        return self._remember(str(uuid.UUID(int=self._random.getrandbits(128), version=4)))

    def number(self) -> str:
        """A 64-bit id as compute and Pub/Sub print it: decimal digits."""
        return self._remember(str(self._random.randrange(10**18, 9 * 10**18)))

    def account(self) -> str:
        """The number of a service account: 21 digits, the first a 1 [observed]."""
        return self._remember(str(self._accounts.randrange(10**20, 2 * 10**20)))

    def alert(self) -> str:
        """The number of an alert policy, or of a condition in one."""
        return self._remember(str(self._alerts.randrange(10**18, 9 * 10**18)))

    def hex(self, digits: int) -> str:
        """A short lower-case hexadecimal id."""
        return self._remember(f"{self._random.getrandbits(4 * digits):0{digits}x}")

    def operation(self, now: float) -> str:
        """An operation's id: `operation-<ms>-<hex>…` [observed]."""
        return self._remember(f"operation-{int(now * 1000)}-{self.hex(13)}-{self.hex(8)}-{self.hex(8)}")

    def _remember(self, value: str) -> str:
        self.issued.add(value)
        return value


def keyed_uid(text: str) -> str:
    """A UUID that depends on `text` alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def keyed(text: str, bound: int) -> int:
    """A number below `bound` that depends on `text` alone: allocation must not depend on who came first."""
    return zlib.crc32(text.encode()) % bound
