"""Makes a function's requirements.txt from the lock: the pins of its imports and of their dependencies.

The lock is uv's: after each pin come its hashes and what requires it (`# via …`), which is the graph of dependencies.
Versions are chosen in the lock alone, so a function runs what the tests ran.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Imported module → its distribution. The longest matching name decides.
DISTRIBUTIONS = {
    "cloudevents": "cloudevents",
    "functions_framework": "functions-framework",
    "google.auth": "google-auth",
    "google.cloud.container_v1": "google-cloud-container",
    "google.cloud.gkehub_v1": "google-cloud-gke-hub",
    "google.protobuf": "protobuf",
    "kubernetes": "kubernetes",
    "pydantic": "pydantic",
    "pydantic_core": "pydantic-core",
    "requests": "requests",
    "urllib3": "urllib3",
}
SERVER = "functions-framework"  # imports the archive, and serves it
HEAD = "# From requirements.lock; made by `fleetgate package`. Install with --no-deps --require-hashes.\n"


class NotLocked(Exception):
    """An import has no known distribution, or the lock does not pin it."""


@dataclass(frozen=True)
class Pin:
    """One entry of the lock: its text (version, marker, hashes), and the names that require it."""

    name: str
    text: str
    needed_by: frozenset[str]


def pins(lock: str) -> dict[str, Pin]:
    """The entries of a lock by name."""
    starts = [each.start() for each in re.finditer(r"^[a-z0-9]", lock, re.MULTILINE)]
    entries = (lock[one:other] for one, other in zip(starts, [*starts[1:], len(lock)], strict=True))
    return {pin.name: pin for pin in map(_pin, entries)}


def _pin(entry: str) -> Pin:
    lines = entry.splitlines()
    text = "".join(f"{line}\n" for line in lines if line and not line.lstrip().startswith("#"))
    comments = " ".join(line.strip(" #") for line in lines if line.startswith("    #"))
    names = re.findall(r"[a-z0-9][a-z0-9._-]*", comments.removeprefix("via"))
    return Pin(re.split(r"[=\[ ]", entry, maxsplit=1)[0], text, frozenset(names))


def requirements_of(lock: str, imports: Iterable[str]) -> str:
    """The requirements.txt for code with these imports, and for the server that runs it.

    Raises:
        NotLocked: an import has no known distribution, or the lock does not pin it.
    """
    locked = pins(lock)
    wanted = {SERVER} | {_distribution(name) for name in imports}
    if missing := sorted(wanted - set(locked)):
        raise NotLocked(f"the lock does not pin {', '.join(missing)}")
    while more := {pin.name for pin in locked.values() if pin.needed_by & wanted} - wanted:
        wanted |= more
    return HEAD + "".join(locked[name].text for name in sorted(wanted))


def _distribution(imported: str) -> str:
    name = imported
    while name not in DISTRIBUTIONS:
        name, _, rest = name.rpartition(".")
        if not rest:
            raise NotLocked(f"no distribution is known to hold {imported}")
    return DISTRIBUTIONS[name]
