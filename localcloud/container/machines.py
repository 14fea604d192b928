"""Machine types, and what of a node is left for pods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from localcloud.own_files import own


@cache
def defaults() -> dict[str, Any]:
    """`defaults.yaml`: what GKE fills in. Not to be changed by who reads it."""
    loaded: dict[str, Any] = own(Path(__file__).with_name("defaults.yaml"))
    return loaded


@dataclass(frozen=True)
class Machine:
    """A machine type's vCPUs and memory (MiB)."""

    cpus: int
    memory: int

    @property
    def allocatable_millicpus(self) -> int:
        """What is left of the vCPUs: 6 % of the first, 1 % of the second, 0.5 % of the next two, 0.25 % of
        others; shared-core machines have 940m [documented: GKE node sizes]."""
        reserved = 60 + 10 * (self.cpus > 1) + 5 * min(max(self.cpus - 2, 0), 2) + 2.5 * max(self.cpus - 4, 0)
        return int(self.cpus * 1000 - reserved)

    @property
    def allocatable_memory(self) -> int:
        """What is left of the memory (MiB): 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next
        8, 6 % of the next 112, and 100 MiB for eviction [documented: GKE node sizes]."""
        left, reserved = self.memory, 100.0
        for size, share in ((4096, 0.25), (4096, 0.2), (8192, 0.1), (114688, 0.06)):
            reserved += min(left, size) * share
            left = max(left - size, 0)
        return int(self.memory - reserved - left * 0.02)


@cache
def machine(name: str) -> Machine | None:
    """The machine type of this name, or None if there is none."""
    table = defaults()
    if name in table["sharedCore"]:
        return Machine(*table["sharedCore"][name])
    family, _, rest = name.partition("-")
    kind, _, size = rest.partition("-")
    row = table["machines"].get(family, {})
    if kind == "sizes" or kind not in row or not size.isdecimal() or int(size) not in row["sizes"]:
        return None
    return Machine(int(size), int(size) * row[kind])


def millicpus(name: str) -> int:
    """What pods may use of a node's vCPUs, in thousandths; a shared-core machine leaves 940 [documented]."""
    found = machine(name)
    if found is None:
        return 0
    return 940 if name in defaults()["sharedCore"] else found.allocatable_millicpus
