"""The answers to the requests of one row, and what they show: which backends have answered, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from functions.verification import confidence
from functions.verification.expectation import Backend, FleetCluster, Row
from functions.verification.probe import Answer
from functions.verification.proof import SeenShare


@dataclass
class Tally:
    """What has been answered so far. `names` has the cluster of every answer, in their order; `fault` and `detail` are
    of the first answer that was wrong, and `answer` is that one, or the last.
    """

    row: Row
    is_identified: bool  # whether answers name their cluster
    names: list[str] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)
    answer: Answer = field(default_factory=Answer)
    requests: int = 0
    fault: str = ""
    detail: str = ""
    weights: tuple[SeenShare, ...] = ()

    def count(self, answer: Answer, fault: str, detail: str = "") -> None:
        """Take in one answer."""
        self.requests += 1
        self.answer, self.fault, self.detail = answer, fault, detail
        name = answer.served_by or ""
        self.names.append(name)
        if answer.zone:
            self.zones.setdefault(name, answer.zone)

    @property
    def seen(self) -> Counter[str]:
        """How many answers came from each cluster."""
        return Counter(name for name in self.names if name)

    def clusters(self, backend: Backend) -> tuple[FleetCluster, ...]:
        """The clusters that have to answer for a backend: of one that is far, those of a region that has answered; all
        of them as long as none has."""
        if not backend.is_far:
            return backend.clusters
        regions = {each.region for each in backend.clusters if each.name in self.seen}
        return tuple(each for each in backend.clusters if not regions or each.region in regions)

    def unseen(self) -> Iterator[tuple[Backend, FleetCluster]]:
        """The backends and their clusters that have not answered, but should have."""
        if not self.is_identified:
            return
        for backend in self.row.backends:
            for cluster in self.clusters(backend):
                if cluster.name not in self.seen:
                    yield backend, cluster

    def least(self, alarm: float) -> int:
        """Requests after which every backend has answered but for a chance of `alarm`, if its clusters have equally
        many endpoints."""
        shares = [(each.share, len(self.clusters(each))) for each in self.row.backends]
        every = sum(count for _, count in shares)
        if not every:
            return 1
        return max(confidence.needed(share / count, alarm / every) for share, count in shares if count)

    @property
    def blends(self) -> bool:
        """Whether a backend may not have answered although all clusters have: answers do not tell it apart."""
        return not self.is_identified or any(len(each.backends) > 1 for each in self.groups())

    def groups(self) -> list[Group]:
        """The backends by what tells them apart: those that have a cluster in common are one group.

        Their clusters' shares depend on how many endpoints each has and on what zones proxies prefer; that of the
        group is the sum of weights, whatever these are.
        """
        found: list[Group] = []
        for backend in self.row.backends:
            mine = Group((backend,))
            apart = [each for each in found if not each.names & mine.names]
            for each in found:
                if each.names & mine.names:
                    mine = Group((*each.backends, *mine.backends))
            found = [*apart, mine]
        return found

    @property
    def shares(self) -> tuple[SeenShare, ...]:
        """What the answers say of weights; nothing if there is nothing to tell apart."""
        groups = self.groups() if self.is_identified else []
        if len(groups) < 2:
            return ()
        seen = self.seen
        return tuple(
            SeenShare(
                tuple(one.name for one in each.backends),
                tuple(sorted(each.names)),
                each.share,
                sum(seen[name] for name in each.names),
                confidence.DEVIATION,
            )
            for each in groups
        )


@dataclass(frozen=True)
class Group:
    """Backends that answers do not tell apart."""

    backends: tuple[Backend, ...]

    @property
    def names(self) -> set[str]:
        """The names of their clusters."""
        return {one.name for each in self.backends for one in each.clusters}

    @property
    def share(self) -> float:
        """Of the rule's requests."""
        return min(1.0, sum(each.share for each in self.backends))
