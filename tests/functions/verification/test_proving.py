"""What is proven of a rule: every backend answers, weights are as they should be, filters and ports are seen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from functions.verification import proving
from functions.verification.expectation import Backend, FleetCluster, Row, rows
from functions.verification.filters import told
from functions.verification.probe import Answer
from functions.verification.proof import ProofRow
from functions.verification.proving import States, prove
from functions.verification.sending import Sending
from functions.verification.step import ObservedTraffic, decide
from shared.spec import Probe
from shared.step.outcome import Done, Waiting
from tests.support.live import NOW, environment
from tests.support.traffic import EAST, STORE, VIPS, WEST, backend, routed, world

Json = dict[str, Any]
ONE = FleetCluster("us-west1/memberships/one", "one", "us-west1", "us-west1-a", "10.4.0.0/14")
TWO = FleetCluster("us-west1/memberships/two", "two", "us-west1", "us-west1-b", "10.8.0.0/14")
BESIDE = replace(TWO, location="us-west1-a")
SPLIT = {"backendRefs": [backend("a", weight=3), backend("b")]}


def by_chance(shares: dict[str, float], seed: object = 0, **more: Any) -> Callable[..., Answer]:
    """A data plane that answers from each cluster so often."""
    chance = random.Random(f"answers/{seed}")
    names, weights = list(shares), list(shares.values())

    def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
        return Answer(200, chance.choices(names, weights)[0], **more)

    return send


def one_region(*clusters: FleetCluster) -> Row:
    """A rule with one backend that has these clusters in the VIP's region."""
    row = next(rows(world()))
    names = tuple(each.name for each in clusters)
    return replace(
        row, expected=names, preferred=names, backends=(Backend("store/store", 8080, 1.0, clusters, False),)
    )


def split(*refs: Json, **rule: Any) -> list[Row]:
    """A rule's row at one VIP: `a` is in gke-west-1, `b` in gke-east-1."""
    wanted = routed({**({"backendRefs": list(refs)} if refs else SPLIT), **rule})
    return list(rows(world(wanted, VIPS[:1], a=(WEST,), b=(EAST,))))


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ProofRow, ...]]:
    """Proves rows before a data plane, whose health checks find these states."""

    def run(
        matrix: Iterable[Row],
        send: Callable[..., Answer],
        states: States | None = None,
        probe: Probe = STORE.probe,
    ) -> tuple[ProofRow, ...]:
        monkeypatch.setattr(proving, "send", send)
        return prove(matrix, probe, lambda *_: states or {})

    return run


Proven = Callable[..., tuple[ProofRow, ...]]


def test_what_was_wrong_is_asked_for_again_before_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row until its answers are right, which costs a request or two; then everything anew."""
    asked, healthy = list[Row](), list[str]()

    def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
        asked.append(row)
        return Answer(200, "one") if healthy else Answer(503)

    monkeypatch.setattr(proving, "send", send)
    first, second = one_region(ONE), replace(one_region(ONE), rule="another")
    sending = Sending((first, second), STORE.probe, lambda *_: {})
    wrong = sending.all()
    asked.clear()
    wrong = sending.after(wrong)
    assert (1, 1) == (len(asked), sum(bool(each.fault) for each in wrong))

    healthy.append("one")
    asked.clear()
    assert ["proven", "proven"] == [each.verdict for each in sending.after(wrong)]
    assert {first.rule, "another"} == {each.rule for each in asked}


class TestBackends:
    def test_every_cluster_of_the_region_has_answered(self, proven: Proven) -> None:
        """As many requests as it takes, and no more."""
        for seed in range(50):
            (row,) = proven([one_region(ONE, TWO)], by_chance({"one": 1, "two": 1}, seed))

            assert row.verdict == "proven"
            assert all(each.answers for each in row.clusters)
            assert sum(each.answers for each in row.clusters) == row.requests <= 20

    def test_a_second_cluster_that_is_not_healthy_is_not_proven(self, proven: Proven) -> None:
        """The row says which, after how many requests, and why."""
        states = {"one": ["HEALTHY"], "two": ["UNHEALTHY", "UNHEALTHY"]}
        results = proven([one_region(ONE, TWO)], by_chance({"one": 1}), states)
        waiting = decide(ObservedTraffic(NOW, results=results), NOW).outcome

        assert isinstance(waiting, Waiting)
        assert waiting.reason == "BackendUnseen"
        assert "(two has not answered 15 requests: none of its 2 endpoints is healthy)" in waiting.message
        assert results[0].wire()["clusters"] == [
            {"cluster": "one", "answers": 15, "zone": None},
            {"cluster": "two", "answers": 0, "zone": None, "note": "none of its 2 endpoints is healthy"},
        ]

    def test_a_cluster_without_endpoints_is_told_apart(self, proven: Proven) -> None:
        """It has not come to the load balancer yet."""
        (row,) = proven([one_region(ONE, TWO)], by_chance({"one": 1}), {"one": ["HEALTHY"]})

        assert row.note.endswith("the load balancer has no endpoints of it")

    def test_few_endpoints_among_many_take_more_requests(self, proven: Proven) -> None:
        """One in twenty is not missed for want of luck."""
        states = {"one": ["HEALTHY"] * 19, "two": ["HEALTHY"]}
        asked = [
            proven([one_region(ONE, BESIDE)], by_chance({"one": 19, "two": 1}, seed), states)[0]
            for seed in range(30)
        ]

        assert {each.verdict for each in asked} == {"proven"}
        assert max(each.requests for each in asked) > 15

    def test_a_healthy_cluster_in_a_zone_that_proxies_leave_out_is_told(self, proven: Proven) -> None:
        """Google allows proxies to keep to a zone: then its health is all that can be seen, and the row says so."""
        states = {"one": ["HEALTHY"], "two": ["HEALTHY", "HEALTHY"]}
        (row,) = proven([one_region(ONE, TWO)], by_chance({"one": 1}), states)

        assert row.verdict == "proven"
        assert row.unseen[0].startswith("two has not answered 15 requests, but its 2 endpoints are healthy")
        assert row.clusters[1].note == "not seen"

    def test_a_healthy_cluster_in_the_same_zone_has_no_excuse(self, proven: Proven) -> None:
        """Something is wrong that health checks do not see."""
        states = {"one": ["HEALTHY"], "two": ["HEALTHY"]}
        (row,) = proven([one_region(ONE, BESIDE)], by_chance({"one": 1}), states)

        assert row.fault == "BackendUnseen"
        assert row.note.endswith("its 1 endpoints are healthy, but none of them answers")

    def test_each_region_is_looked_up_for_itself(
        self, proven: Proven, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A Service in two zones of two regions, where proxies keep to a zone: each address has one to explain."""
        far = [replace(each, name=f"far-{each.name}", region="us-east1") for each in (ONE, TWO)]
        matrix = [one_region(ONE, TWO), replace(one_region(*far), vip=VIPS[1])]
        monkeypatch.setattr(
            proving, "send", lambda http, row, probe: Answer(200, row.backends[0].clusters[0].name)
        )

        rows = prove(
            matrix, STORE.probe, lambda backend, clusters: {each.name: ["HEALTHY"] for each in clusters}
        )

        assert [each.verdict for each in rows] == ["proven", "proven"]
        assert [each.clusters[1].note for each in rows] == ["not seen", "not seen"]

    def test_time_that_runs_out_for_a_sample_is_told(
        self, proven: Proven, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A canary of one in a hundred takes nothing from other rows, and does not fail where answers are slow."""
        seconds = count()
        monkeypatch.setattr(proving, "time", SimpleNamespace(monotonic=lambda: next(seconds) / 5))
        wanted = routed({"backendRefs": [backend("a", weight=99), backend("b")]})
        matrix = list(rows(world(wanted, VIPS, a=(WEST,), b=(WEST,))))
        results = proven(matrix * 20, by_chance({"gke-west-1": 1}))

        assert {each.verdict for each in results} == {"proven"}
        assert all("instead of 1000: an attempt has 60 s, and 20,000" in each.unseen[0] for each in results)

    def test_backends_in_the_same_clusters_take_a_whole_sample(self, proven: Proven) -> None:
        """That one of them answers says nothing of the other, but a wrong answer would have come."""
        wanted = routed(SPLIT)
        matrix = list(rows(world(wanted, VIPS[:1], a=(WEST,), b=(WEST,))))
        (row,) = proven(matrix, by_chance({"gke-west-1": 1}))

        assert (row.verdict, row.requests, row.weights) == ("proven", 35, ())
        assert "answers do not tell store/a and store/b apart" in row.unseen[0]

    def test_without_an_identity_nobody_is_told_apart(self, proven: Proven) -> None:
        """As many right answers as would have shown every backend; the row says what they do not show."""
        (row,) = proven(split(), by_chance({"": 1}), probe=Probe(identity="none"))

        assert row.requests == 35
        assert "answers do not say which cluster" in row.unseen[0]

    def test_a_backend_without_clusters_is_not_passed_over(self, proven: Proven) -> None:
        """Its share of requests has nowhere to go."""
        matrix = list(rows(world(routed(SPLIT), VIPS[:1], a=(WEST,), b=())))
        (row,) = proven(matrix, by_chance({"gke-west-1": 1}))

        assert (row.fault, row.note) == ("BackendUnseen", "no cluster is listed in the import of store/b")

    def test_a_rare_backend_beyond_the_bound_is_told(self, proven: Proven) -> None:
        """One in a million is not waited for."""
        matrix = split(backend("a", weight=999_999), backend("b"))
        states = {"gke-west-1": ["HEALTHY"], "gke-east-1": ["HEALTHY"]}
        (row,) = proven(matrix, by_chance({"gke-west-1": 1}), states)

        assert (row.verdict, row.requests) == ("proven", 1_000)
        assert row.unseen[0].startswith("gke-east-1 has not answered 1000 requests: of its share of them")


class TestWeights:
    def test_a_right_split_is_proven_with_its_figures(self, proven: Proven) -> None:
        """Expected shares, answers, and what could have gone unnoticed."""
        (row,) = proven(split(), by_chance({"gke-west-1": 3, "gke-east-1": 1}))
        west, east = row.weights

        assert row.verdict == "proven"
        assert (west.backends, west.clusters, west.share) == (("store/a",), ("gke-west-1",), 0.75)
        assert west.answers + east.answers == row.requests < 200
        assert west.within == 0.25

    def test_three_to_one_that_is_one_to_one_is_found(self, proven: Proven) -> None:
        """With every seed of fifty; the row says what came."""
        for seed in range(50):
            results = proven(split(), by_chance({"gke-west-1": 1, "gke-east-1": 1}, seed))

            assert results[0].fault == "WeightsDiffer"
        waiting = decide(ObservedTraffic(NOW, results=results), NOW).outcome
        assert isinstance(waiting, Waiting)
        assert "answers came from store/a, which should have 75.0%" in waiting.message

    def test_a_right_split_is_not_reported(self, proven: Proven) -> None:
        """A few hundred whole proofs; the judge alone is tried 10,000 times (test_confidence.py)."""
        for seed in range(200):
            (row,) = proven(split(), by_chance({"gke-west-1": 3, "gke-east-1": 1}, seed))

            assert row.fault == ""

    def test_what_an_attempt_has_no_requests_for_is_told(
        self, proven: Proven, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is not passed over in silence."""
        monkeypatch.setattr(proving, "MAX_SAMPLED", 0)
        (row,) = proven(split(), by_chance({"gke-west-1": 3, "gke-east-1": 1}, seed=1))

        assert row.weights == ()
        assert row.unseen == ("weights were not sampled: other rules took the requests that an attempt has",)

    def test_what_no_sample_decides_is_told(self, proven: Proven) -> None:
        """A share that is between right and wrong, sampled to the end, with some seed of a hundred."""
        shares = {"gke-west-1": 0.625, "gke-east-1": 0.375}
        told = [proven(split(), by_chance(shares, seed))[0] for seed in range(100)]
        undecided = [each for each in told if each.requests == 1_000]

        assert undecided
        assert all("1000 answers do not decide" in each.unseen[0] for each in undecided if not each.fault)


class TestListeners:
    def test_a_port_that_nobody_listens_at_is_found(self, proven: Proven) -> None:
        """Rows of the other port are proven all the same."""
        listeners = [{"name": "http", "port": 80}, {"name": "alt", "port": 8080}]
        wanted = environment(gateway={"listeners": listeners})

        def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
            return Answer(200, (row.preferred or row.expected)[0]) if row.port == 80 else Answer()

        results = proven(rows(world(wanted, VIPS[:1])), send)
        waiting = decide(ObservedTraffic(NOW, results=results), NOW).outcome

        assert [(each.row.port, each.fault) for each in results] == [*[(80, "")] * 3, (8080, "Unreachable")]
        assert isinstance(waiting, Waiting)
        assert "http://store.example.internal:8080/west by 10.138.0.5 does not answer" in waiting.message

    def test_a_port_that_does_not_answer_hides_no_other(self, proven: Proven) -> None:
        """Each port is asked for itself."""
        listeners = [{"name": "http", "port": 80}, {"name": "alt", "port": 8080}]
        wanted = environment(gateway={"listeners": listeners})

        def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
            return Answer() if row.port == 80 else Answer(200, (row.preferred or row.expected)[0])

        results = proven(rows(world(wanted, VIPS[:1])), send)

        assert [(each.row.port, each.fault) for each in results] == [(80, "Unreachable"), *[(8080, "")] * 3]


def modifier(side: str, **changes: Any) -> Json:
    return {"type": f"{side.title()}HeaderModifier", f"{side}HeaderModifier": changes}


X = [{"name": "X-Env", "value": "canary"}]


class TestFilters:
    """Of a rule to one backend in one cluster."""

    def proof(self, proven: Proven, filters: list[Json], headers: dict[str, str], body: Json) -> ProofRow:
        matrix = split(backend("a"), filters=filters)
        return proven(matrix, by_chance({"gke-west-1": 1}, told=told(headers, body)))[0]

    @pytest.mark.parametrize(
        ("changes", "headers", "note"),
        [
            ({"set": X}, {"x-env": "canary"}, ""),
            ({"set": X}, {}, "the header X-Env is not 'canary' in the response"),
            ({"set": X}, {"x-env": "live"}, "the header X-Env is not 'canary' in the response"),
            ({"add": X}, {"x-env": "live,canary"}, ""),
            ({"remove": ["x-env"]}, {"x-env": "live"}, "the header x-env is still there in the response"),
            ({"remove": ["via"]}, {"via": "1.1 google"}, ""),
            ({"set": [{"name": "x-env", "value": "{client_region}"}]}, {"x-env": "US"}, ""),
        ],
    )
    def test_headers_of_the_answer_are_seen(
        self, proven: Proven, changes: Json, headers: dict[str, str], note: str
    ) -> None:
        """Set, added and removed; what proxies set or make themselves is not compared."""
        row = self.proof(proven, [modifier("response", **changes)], headers, {})

        assert (row.fault, row.note) == (("FilterNotThere", note) if note else ("", ""))

    def test_headers_of_the_request_are_seen_if_the_backend_tells_them(self, proven: Proven) -> None:
        """Otherwise the row says that they are not."""
        filters = [modifier("request", set=X)]
        silent = self.proof(proven, filters, {}, {})
        right = self.proof(proven, filters, {}, {"headers": {"X-Env": "canary"}})
        wrong = self.proof(proven, filters, {}, {"headers": {"Accept": "*/*"}})

        assert silent.unseen == ("RequestHeaderModifier: answers do not tell which headers the backend got",)
        assert (right.verdict, right.unseen) == ("proven", ())
        assert (wrong.fault, wrong.note) == (
            "FilterNotThere",
            "the header X-Env is not 'canary' in the request",
        )

    def test_a_rewritten_host_is_seen_if_the_backend_tells_it(self, proven: Proven) -> None:
        """The path never is."""
        rewrite = {"hostname": "in.b", "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
        filters = [{"type": "URLRewrite", "urlRewrite": rewrite}]
        right = self.proof(proven, filters, {}, {"host_header": "in.b"})
        wrong = self.proof(proven, filters, {}, {"host_header": "r.b"})

        assert right.unseen == ("URLRewrite of the path: answers do not tell which path the backend got",)
        assert wrong.note == "the backend got the host r.b, not in.b"

    def test_a_mirror_is_never_seen_and_said_so(self, proven: Proven) -> None:
        """An answer of the mirror's own cluster is wrong."""
        filters = [{"type": "RequestMirror", "requestMirror": {"backendRef": backend("b")}}]
        row = self.proof(proven, filters, {}, {})
        (mirrored,) = proven(split(backend("a"), filters=filters), by_chance({"gke-east-1": 1}))

        assert row.verdict == "proven"
        assert row.unseen == (
            "RequestMirror to b: what a mirror answers is dropped, so that nothing of it is seen",
        )
        assert mirrored.fault == "WrongCluster"

    def test_a_backends_own_filter_counts_for_its_answers(self, proven: Proven) -> None:
        """Those of the other backend are as they are."""
        own = backend("a", filters=[modifier("response", set=X)])
        (row,) = proven(split(own, backend("b")), by_chance({"gke-east-1": 1, "gke-west-1": 1}))
        right = {"gke-west-1": told({"x-env": "canary"}, {}), "gke-east-1": told({}, {})}
        chance = random.Random("own filter")

        def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
            name = chance.choice(list(right))
            return Answer(200, name, told=right[name])

        assert row.note == "the header X-Env is not 'canary' in the response"
        assert proven(split(own, backend("b")), send)[0].verdict == "proven"


def test_the_whole_matrix_is_done(proven: Proven) -> None:
    """Each answer from where it should."""

    def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
        return Answer(200, (row.preferred or row.expected)[0])

    done = decide(ObservedTraffic(NOW, results=proven(rows(world()), send)), NOW).outcome
    assert isinstance(done, Done)
    assert done.outputs["summary"]["requests"] == 6
