"""One resource as a list shows it, whatever API it is of: what an audit finds, and what a command can remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.google.compute import path_of


@dataclass(frozen=True)
class Resource:
    """One resource: the collection it is in, its full name (`projects/P/…`), and what the API says of it.

    `network` and `location` (a zone, a region, or "" for what is global) are short names. `cluster` is the full name
    of the cluster behind a membership; `uses` are full names of resources that it refers to.
    """

    kind: str
    path: str
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    network: str = ""
    location: str = ""
    cluster: str = ""
    uses: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its short name."""
        return self.path.rpartition("/")[2]

    @property
    def tail(self) -> str:
        """Its name without the project, which some call by id and some by number."""
        return tail_of(self.path)


def tail_of(path: str) -> str:
    """What follows the project in a full name or a link, in any of its forms."""
    return path_of(path).removeprefix("projects/").partition("/")[2]
