"""Sends as many requests as a proof takes, and says of each row what is proven.

Four rounds, each only if the one before found nothing wrong: every cluster answers for every row; those that did not
are looked up in the load balancer's own health checks; shares of weights are sampled; what answers do not tell apart is
asked for again. How many requests that takes is in `confidence.py` and `tally.py`; all are bounded, in number and in
time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from functions.verification import confidence
from functions.verification.expectation import Backend, FleetCluster, Row
from functions.verification.filters import unseen_filters, wrong_filter
from functions.verification.lanes import Lanes
from functions.verification.probe import AGENT, fault_of, send
from functions.verification.proof import ProofRow, SeenCluster, SeenShare
from functions.verification.tally import Tally

if TYPE_CHECKING:
    from shared.spec import Probe

# Seconds for all requests of an attempt. The function has 120 s (terraform-bootstrap/functions.tf), and reads the
# clusters before.
PATIENCE = 60.0
MAX_REQUESTS = 20_000  # of an attempt
MAX_SAMPLED = 3_000  # of these, for weights: at 20 ms each, one after the other, a minute

# Cluster → the states (`HEALTHY`) of the endpoints that a backend has there, as the load balancer sees them.
States = Mapping[str, list[str]]
ReadStates = Callable[[Backend, Iterable[FleetCluster]], States]


@dataclass
class Budget:
    """What is left of an attempt. Lanes share it; that one may exceed it by a request does not matter."""

    until: float
    requests: int = MAX_REQUESTS

    @classmethod
    def begin(cls) -> Budget:
        """From now on."""
        return cls(time.monotonic() + PATIENCE)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be sent."""
        return self.requests <= 0 or time.monotonic() > self.until


@dataclass
class Proving:
    """The state of one attempt at a proof."""

    probe: Probe
    states: ReadStates
    lanes: Lanes
    budget: Budget = field(default_factory=Budget.begin)
    notes: dict[int, dict[str, str]] = field(default_factory=dict)  # of a tally, by its id: cluster → note
    unseen: dict[int, list[str]] = field(default_factory=dict)
    failed: set[tuple[str, int]] = field(default_factory=set)
    sampled: int = 0

    def prove(self, rows: Iterable[Row]) -> list[ProofRow]:
        """The rows in their order. After a failure at an address and port other rows there are not sent: they would
        fail too. The last row is the first for which nothing was left, if there is such a one.
        """
        is_identified = self.probe.identity != "none"
        tallies = [Tally(each, is_identified) for each in rows]
        alarm = confidence.ALARM / max(1, len(tallies))
        self.lanes.each(tallies, lambda http, tally: self._cover(http, tally, alarm))
        told = [each for each in tallies if self._is_told(each)]
        if not any(each.fault for each in told):
            self._explain(told, alarm)
        if not any(each.fault for each in told):
            self._weigh(told)
        if not any(each.fault for each in told):
            blends = [each for each in told if each.row.request and each.blends]
            self.lanes.each(blends, lambda http, tally: self._repeat(http, tally, alarm))
        return [self._row(each) for each in _until_out_of_time(told)]

    def _is_told(self, tally: Tally) -> bool:
        return bool(tally.row.request is None or tally.requests or tally.fault)

    def _cover(self, http: requests.Session, tally: Tally, alarm: float, least: int = 1) -> None:
        """Ask until every cluster has answered, or should have."""
        if tally.row.request is None:
            return
        while not tally.fault and not _is_covered(tally, alarm, least):
            if not tally.requests and tally.row.place in self.failed:
                return
            self._ask(http, tally)

    def _repeat(self, http: requests.Session, tally: Tally, alarm: float) -> None:
        """Ask on where answers do not tell backends apart, until each of them should have answered. It comes last, so
        that no other row lacks its requests; if there are too few, that is told, and is no fault: all were right.
        """
        enough = _enough(tally, alarm)
        while not tally.fault and tally.requests < enough:
            if self.budget.is_spent:
                bounds = f"an attempt has {PATIENCE:.0f} s, and {MAX_REQUESTS:,} requests"
                self._leave(tally, f"{tally.requests} requests were sent instead of {enough}: {bounds}")
                return
            self._ask(http, tally)

    def _ask(self, http: requests.Session, tally: Tally) -> None:
        if self.budget.is_spent:
            tally.fault = "OutOfTime"
            return
        self.budget.requests -= 1
        answer = send(http, tally.row, self.probe)
        fault = fault_of(tally.row, answer, self.probe)
        detail = "" if fault else wrong_filter(tally.row, answer.served_by, answer.told)
        fault = fault or ("FilterNotThere" if detail else "")
        absent = next((each.name for each in tally.row.backends if not each.clusters), "")
        if not fault and absent:
            fault, detail = "BackendUnseen", f"no cluster is listed in the import of {absent}"
        tally.count(answer, fault, detail)
        if tally.fault:
            self.failed.add(tally.row.place)

    def _explain(self, tallies: list[Tally], alarm: float) -> None:
        """Why backends have not answered; those that are healthy are asked for again, by their share of endpoints."""
        known: dict[tuple[str, int, tuple[FleetCluster, ...]], States] = {}
        for tally in tallies:
            for backend, cluster in list(tally.unseen()):
                place = backend.name, backend.port, backend.clusters
                if place not in known:
                    known[place] = self.states(backend, backend.clusters)
                states = known[place].get(cluster.name, [])
                healthy = states.count("HEALTHY")
                if not healthy:
                    self._fail(tally, cluster, _unhealthy(states))
                    return
                ours = [one.name for one in tally.clusters(backend)]
                every = sum(known[place].get(name, []).count("HEALTHY") for name in ours)
                least = confidence.needed(backend.share * healthy / every, alarm)
                self._ask_again(tally, alarm, least)
                if tally.fault:
                    return
                if cluster.name not in tally.seen:
                    self._still_unseen(tally, cluster, healthy, least)

    def _ask_again(self, tally: Tally, alarm: float, least: int) -> None:
        self.lanes.each([tally], lambda http, one: self._cover(http, one, alarm, min(least, confidence.MOST)))

    def _still_unseen(self, tally: Tally, cluster: FleetCluster, healthy: int, least: int) -> None:
        """A healthy backend that has not answered: too rare to be seen, in a zone that proxies may leave out, or
        something is wrong."""
        told = f"{cluster.name} has not answered {tally.requests} requests"
        if least > confidence.MOST:
            self._say(tally, cluster, f"{told}: of its share of them {least} are needed")
        elif _may_keep_to_zone(tally, cluster):
            why = "a proxy may use the backends of one zone alone while there are few requests"
            self._say(tally, cluster, f"{told}, but its {healthy} endpoints are healthy: {why}")
        else:
            self._fail(tally, cluster, f"its {healthy} endpoints are healthy, but none of them answers")

    def _say(self, tally: Tally, cluster: FleetCluster, sentence: str) -> None:
        self.notes.setdefault(id(tally), {})[cluster.name] = "not seen"
        self._leave(tally, sentence)

    def _fail(self, tally: Tally, cluster: FleetCluster, note: str) -> None:
        self.notes.setdefault(id(tally), {})[cluster.name] = note
        tally.fault = "BackendUnseen"
        tally.detail = f"{cluster.name} has not answered {tally.requests} requests: {note}"

    def _weigh(self, tallies: list[Tally]) -> None:
        """Sample the shares of rows whose backends can be told apart, until they are judged."""
        weighed = [each for each in tallies if each.shares]
        alarm = confidence.ALARM / max(1, sum(len(each.shares) for each in weighed))
        self.lanes.each(weighed, lambda http, tally: self._sample(http, tally, alarm))

    def _sample(self, http: requests.Session, tally: Tally, alarm: float) -> None:
        while not tally.fault:
            shares, sent = tally.shares, tally.requests
            wrong = [each for each in shares if confidence.is_rejected(each.answers, sent, each.share, alarm)]
            if wrong:
                tally.fault, tally.detail = "WeightsDiffer", _differs(wrong[0], sent)
            if wrong or all(confidence.holds(each.answers, sent, each.share) for each in shares):
                tally.weights = shares
                return
            if sent >= confidence.MOST:
                tally.weights = shares
                self._leave(tally, f"{sent} answers do not decide whether the weights are as they should be")
                return
            if self.sampled >= MAX_SAMPLED or self.budget.is_spent:
                self._leave(
                    tally, "weights were not sampled: other rules took the requests that an attempt has"
                )
                return
            self.sampled += 1
            self._ask(http, tally)

    def _leave(self, tally: Tally, sentence: str) -> None:
        self.unseen.setdefault(id(tally), []).append(sentence)

    def _row(self, tally: Tally) -> ProofRow:
        row, answer = tally.row, tally.answer
        notes = self.notes.get(id(tally), {})
        should = [cluster.name for each in row.backends for cluster in tally.clusters(each)]
        names = dict.fromkeys([*should, *tally.seen]) if tally.is_identified else {}
        return ProofRow(
            row,
            tally.fault,
            row.note or tally.detail or answer.text.strip() or tally.fault,
            tally.requests,
            tuple(
                SeenCluster(each, tally.seen[each], tally.zones.get(each), notes.get(each, ""))
                for each in names
            ),
            tally.weights,
            tuple([*self.unseen.get(id(tally), []), *_unseen(tally)]) if row.request else (),
            answer.served_by,
            answer.zone,
            answer.status,
            answer.ms,
        )


def prove(rows: Iterable[Row], probe: Probe, states: ReadStates) -> tuple[ProofRow, ...]:
    """Send what the rows take, and say what is proven."""
    every = list(rows)
    address = next((each.vip.address for each in every), "")
    with Lanes(address, AGENT) as lanes:
        return tuple(Proving(probe, states, lanes).prove(every))


def _until_out_of_time(tallies: list[Tally]) -> list[Tally]:
    """Without what comes after the first that nothing was left for."""
    spent = next((n for n, each in enumerate(tallies) if each.fault == "OutOfTime"), None)
    if spent is None:
        return tallies
    return [each for n, each in enumerate(tallies) if n <= spent or each.fault != "OutOfTime"]


def _is_covered(tally: Tally, alarm: float, least: int) -> bool:
    """Whether every cluster has answered, or would have but for a chance of `alarm`."""
    if not tally.requests:
        return False
    return tally.requests >= _enough(tally, alarm, least) or not any(tally.unseen())


def _enough(tally: Tally, alarm: float, least: int = 1) -> int:
    """Requests after which every backend has answered but for a chance of `alarm`, within the bound of a row."""
    return max(least, min(tally.least(alarm), confidence.MOST))


def _differs(share: SeenShare, sent: int) -> str:
    of = " and ".join(share.backends)
    return f"{share.answers} of {sent} answers came from {of}, which should have {share.share:.1%}"


def _unhealthy(states: list[str]) -> str:
    if not states:
        return "the load balancer has no endpoints of it"
    return f"none of its {len(states)} endpoints is healthy"


def _may_keep_to_zone(tally: Tally, cluster: FleetCluster) -> bool:
    """Whether the clusters that answered in its region are in other zones [documented: load balancing, service LB
    policy, WATERFALL_BY_REGION]."""
    every = {one.name: one for each in tally.row.backends for one in each.clusters}
    seen = {
        every[name].location for name in tally.seen if name in every and every[name].region == cluster.region
    }
    return bool(seen) and cluster.location not in (*seen, "", cluster.region)


def _unseen(tally: Tally) -> Iterable[str]:
    """What answers cannot show of the rule."""
    row = tally.row
    if not row.backends:
        return
    if not tally.is_identified:
        yield "answers do not say which cluster they come from: neither backends nor weights are told apart"
    for group in tally.groups() if tally.is_identified else ():
        if len(group.backends) > 1:
            names = " and ".join(each.name for each in group.backends)
            yield f"answers do not tell {names} apart, which are in the same clusters: all {tally.requests} were right"
    for each in row.backends:
        if each.is_far:
            yield f"{each.name} has no cluster in {row.vip.region}: which region answers instead is not documented"
    yield from unseen_filters(row, tally.answer.told)
