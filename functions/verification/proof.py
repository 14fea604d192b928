"""What was proven of one rule at one address and port: the row that reports, screens and the log have.

It is the only shape in which traffic leaves this function. Read it first if you show rows, and write no other.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.verification.expectation import Row
from shared.json_types import Json

PROVEN = "proven"  # the verdict of a row in which nothing is wrong


@dataclass(frozen=True)
class SeenCluster:
    """A cluster and how many answers came from it. `note` says why there are none, or what is wrong, if it is known."""

    cluster: str
    answers: int
    zone: str | None = None
    note: str = ""

    def wire(self) -> Json:
        """As the report has it."""
        found: Json = {"cluster": self.cluster, "answers": self.answers, "zone": self.zone}
        return found | ({"note": self.note} if self.note else {})


@dataclass(frozen=True)
class SeenShare:
    """Backends that can be told apart from the rule's others: the share that weights give them, and their answers.

    `within` is the deviation of the share that the sample would have shown (`confidence.py`).
    """

    backends: tuple[str, ...]
    clusters: tuple[str, ...]
    share: float
    answers: int
    within: float

    def wire(self) -> Json:
        """As the report has it."""
        return {
            "backends": list(self.backends),
            "clusters": list(self.clusters),
            "share": round(self.share, 4),
            "answers": self.answers,
            "within": round(self.within, 4),
        }


@dataclass(frozen=True)
class ProofRow:
    """One row. `fault` is a word for what is wrong, "" if nothing is; `note` tells it to a person, or why nothing was
    sent. `unseen` are sentences, each about something of the rule that answers cannot show.

    `served_by`, `zone`, `status` and `ms` are of the last answer, the wrong one if there is one.
    """

    row: Row
    fault: str = ""
    note: str = ""
    requests: int = 0
    clusters: tuple[SeenCluster, ...] = ()
    weights: tuple[SeenShare, ...] = ()
    unseen: tuple[str, ...] = ()
    served_by: str | None = None
    zone: str | None = None
    status: int | None = None
    ms: int | None = None

    @property
    def verdict(self) -> str:
        """`proven`; the word for what is wrong; or `not sent`."""
        if self.row.request is None:
            return "not sent"
        return self.fault or PROVEN

    def wire(self) -> Json:
        """As the report has it; `weights`, `unseen` and `note` only if there are any."""
        row, request = self.row, self.row.request
        shown: Json = {
            "vip": row.vip.address,
            "region": row.vip.region,
            "port": row.port,
            "hostname": request.host if request else row.hostname,
            "rule": row.rule,
            "method": request.method if request else "GET",
            "path": request.target if request else "",
            "headers": dict(request.headers) if request else {},
            "expected": list(row.expected),
            "preferred": list(row.preferred),
            "requests": self.requests,
            "clusters": [each.wire() for each in self.clusters],
            "servedBy": self.served_by,
            "zone": self.zone,
            "status": self.status,
            "ms": self.ms,
            "verdict": self.verdict,
            "ok": not self.fault,
        }
        more = {
            "weights": [each.wire() for each in self.weights],
            "unseen": list(self.unseen),
            "note": self.note,
        }
        return shown | {name: value for name, value in more.items() if value}
