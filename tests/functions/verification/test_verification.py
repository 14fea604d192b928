"""What traffic is expected, how an answer is judged, and what the step makes of it; requests over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.verification.expectation import Row, rows
from functions.verification.probe import Answer, fault_of
from functions.verification.proof import ProofRow, SeenCluster
from functions.verification.routing import ProbeRequest
from functions.verification.sending import left_out
from functions.verification.step import ObservedTraffic, decide
from shared.step.outcome import Done, Waiting
from tests.support.live import NOW, environment
from tests.support.traffic import CENTRAL, EAST, STORE, VIPS, WEST, backend, routed, world

Json = dict[str, Any]
Reply = tuple[int, dict[str, str], str]

HERE, THERE, NOWHERE = "gke-west-1", "gke-east-1", None


class TestExpectation:
    def test_the_tutorial_is_six_requests(self) -> None:
        """Each VIP, each rule: the clusters of the import, and the one in the VIP's region."""
        found = [(r.vip.region, r.rule, r.expected, r.preferred) for r in rows(world())]

        assert found == [
            ("us-west1", "store-route[0] PathPrefix /west", ("gke-west-1",), ("gke-west-1",)),
            ("us-west1", "store-route[1] PathPrefix /east", ("gke-east-1",), ()),
            ("us-west1", "store-route[2] PathPrefix /", ("gke-west-1", "gke-east-1"), ("gke-west-1",)),
            ("us-east1", "store-route[0] PathPrefix /west", ("gke-west-1",), ()),
            ("us-east1", "store-route[1] PathPrefix /east", ("gke-east-1",), ("gke-east-1",)),
            ("us-east1", "store-route[2] PathPrefix /", ("gke-west-1", "gke-east-1"), ("gke-east-1",)),
        ]

    def test_what_the_cluster_says_counts_and_not_the_spec(self) -> None:
        """An import that lists one cluster only is answered by that one."""
        found = list(rows(world(store=(EAST,), store_west_1=(WEST,), store_east_1=(EAST,))))

        assert [each.expected for each in found][2] == ("gke-east-1",)

    def test_what_the_spec_wants_is_expected_also_where_an_import_lacks_it(self) -> None:
        """A membership that was made again is not listed for some minutes: its backends are not proven by others'."""
        spec = {(each.namespace, each.name): frozenset(each.clusters) for each in STORE.services}
        state = replace(world(store=(EAST,), store_west_1=(WEST,), store_east_1=(EAST,)), wanted=spec)
        found = [each for each in rows(state) if each.vip == VIPS[0] and each.rule.endswith("PathPrefix /")]

        assert [each.preferred for each in found] == [("gke-west-1",)]
        assert [each.name for each in found[0].backends[0].clusters] == ["gke-west-1"]

    def test_weights_choose_before_the_region_does(self) -> None:
        """Of two backends each answers from the VIP's region if it can, from wherever it is if not."""
        wanted = routed({"backendRefs": [backend("a", weight=3), backend("b")]})
        row = next(rows(world(wanted, a=(WEST, EAST), b=(EAST, CENTRAL))))

        assert row.expected == ("gke-west-1", "gke-east-1", "gke-central-1")
        assert row.preferred == ("gke-west-1", "gke-east-1", "gke-central-1")
        row = next(rows(world(wanted, a=(WEST, CENTRAL), b=(WEST, EAST))))
        assert row.preferred == ("gke-west-1",)

    def test_a_weight_of_zero_answers_nothing(self) -> None:
        """It is left out."""
        wanted = routed({"backendRefs": [backend("a", weight=0), backend("b")]})

        assert next(rows(world(wanted, a=(WEST,), b=(EAST,)))).expected == ("gke-east-1",)

    def test_every_match_of_a_rule_is_asked_under_every_hostname(self) -> None:
        """A rule holds when one of its matches does."""
        matches = [{"path": {"value": "/a"}}, {"headers": [{"name": "x", "value": "1"}]}]
        wanted = routed({"matches": matches, "backendRefs": [backend("a")]}, hostnames=["one.b", "*.two.b"])
        asked = [each.request for each in rows(world(wanted, VIPS[:1], a=(WEST,))) if each.request]

        assert [(each.host, each.path, dict(each.headers)) for each in asked] == [
            ("one.b", "/a", {}),
            ("one.b", "/", {"x": "1"}),
            ("any.two.b", "/a", {}),
            ("any.two.b", "/", {"x": "1"}),
        ]

    def test_a_rule_that_another_shadows_says_so(self) -> None:
        """It has no request, and does not fail."""
        wanted = routed({"backendRefs": [backend("a")]}, {"backendRefs": [backend("b")]})
        row = list(rows(world(wanted, VIPS[:1], a=(WEST,), b=(EAST,))))[1]

        assert (row.request, row.note) == (None, "not sent: r[0] PathPrefix / comes before it")

    def test_routes_that_the_gateway_has_not_taken_are_left_out(self) -> None:
        """So are those of another Gateway: then the listener has no route."""
        before = world()
        route = {**before.routes[0], "status": {}}
        other = {**before.routes[0], "spec": {**before.routes[0]["spec"], "parentRefs": [{"name": "other"}]}}

        assert [each.rule for each in rows(replace(before, routes=(route, other)))] == ["no route"] * len(
            VIPS
        )

    def test_every_listener_is_asked_on_its_port(self) -> None:
        """For the hostnames that it and the route have in common."""
        listeners = [{"name": "http", "port": 80}, {"name": "alt", "port": 8080, "hostname": "x.b"}]
        wanted = environment(gateway={"listeners": listeners}, routes=[{"name": "r", "rules": [_to_store()]}])
        found = [(each.port, each.hostname) for each in rows(world(wanted, VIPS[:1]))]

        assert found == [(80, "*"), (8080, "x.b")]

    def test_a_listener_without_a_route_is_asked_too(self) -> None:
        """Its port answers 404, whatever the host."""
        listeners = [{"name": "http", "port": 80}, {"name": "alt", "port": 8080, "hostname": "*.other"}]
        wanted = environment(
            gateway={"listeners": listeners},
            routes=[{"name": "r", "hostnames": ["x.b"], "rules": [_to_store()]}],
        )
        bare = list(rows(world(wanted, VIPS[:1])))[1]

        assert (bare.port, bare.rule, bare.hostname) == (8080, "no route", "any.other")
        assert fault_of(bare, Answer(404), STORE.probe) == ""
        assert fault_of(bare, Answer(200), STORE.probe) == "UnexpectedStatus"
        assert fault_of(bare, Answer(), STORE.probe) == "Unreachable"


class TestJudging:
    ROW = Row(
        VIPS[0],
        80,
        "h",
        "r[0] PathPrefix /",
        ProbeRequest("h", "/"),
        ("gke-west-1", "gke-east-1"),
        ("gke-west-1",),
    )

    @pytest.mark.parametrize(
        ("answer", "fault"),
        [
            (Answer(200, HERE), ""),
            (Answer(204, HERE), ""),
            (Answer(None), "Unreachable"),
            (Answer(404), "RouteNotThere"),
            (Answer(500), "NoHealthyUpstream"),
            (Answer(502), "NoHealthyUpstream"),
            (Answer(503), "NoHealthyUpstream"),
            (Answer(403), "UnexpectedStatus"),
            (Answer(302), "UnexpectedStatus"),
            (Answer(200, THERE), "WrongCluster"),
            (Answer(200, "stranger"), "WrongCluster"),
            (Answer(200, NOWHERE), "NotIdentified"),
        ],
    )
    def test_an_answer_is_right_or_says_how_far_the_data_plane_is(self, answer: Answer, fault: str) -> None:
        """The preferred cluster must answer, not any that may."""
        assert fault_of(self.ROW, answer, STORE.probe) == fault

    def test_without_a_preferred_cluster_any_that_may_answer_does(self) -> None:
        """A VIP in a region without a backend."""
        assert fault_of(replace(self.ROW, preferred=()), Answer(200, THERE), STORE.probe) == ""

    def test_without_an_identity_only_the_status_counts(self) -> None:
        """The user's own applications need not name their cluster."""
        assert fault_of(self.ROW, Answer(200), environment(probe={"identity": "none"}).probe) == ""

    @pytest.mark.parametrize(
        ("redirect", "location", "right"),
        [
            ({"hostname": "new.b"}, "http://new.b/a/x", True),
            ({"hostname": "new.b"}, "http://old.b/a/x", False),
            ({"scheme": "https"}, "https://h/a/x", True),
            ({"scheme": "https"}, "http://h/a/x", False),
            ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}}, "http://h/b/x", True),
            ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}, "http://h/x", True),
            ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}}, "http://h/a/x", False),
        ],
    )
    def test_a_redirect_must_lead_where_the_rule_says(
        self, redirect: Json, location: str, right: bool
    ) -> None:
        """Status, scheme, host and path, as far as the rule names them."""
        row = replace(self.ROW, request=ProbeRequest("h", "/a/x"), redirect=redirect, prefix="/a")

        assert (fault_of(row, Answer(302, location=location), STORE.probe) == "") is right
        assert fault_of(row, Answer(301, location=location), STORE.probe) == "RedirectNotThere"


class TestDecision:
    def test_all_right_is_done_with_the_matrix(self) -> None:
        """As the report has it."""
        outcomes = [_right(row) for row in rows(world())]
        done = decide(ObservedTraffic(NOW, results=tuple(outcomes)), NOW).outcome

        assert isinstance(done, Done)
        assert done.outputs["summary"] == {
            "requests": 6,
            "rows": 6,
            "right": 6,
            "wrong": 0,
            "clusters": ["gke-east-1", "gke-west-1"],
        }
        assert done.outputs["traffic"][0] == {
            "vip": "10.138.0.5",
            "region": "us-west1",
            "port": 80,
            "hostname": "store.example.internal",
            "rule": "store-route[0] PathPrefix /west",
            "method": "GET",
            "path": "/west",
            "headers": {},
            "expected": ["gke-west-1"],
            "preferred": ["gke-west-1"],
            "requests": 1,
            "clusters": [{"cluster": "gke-west-1", "answers": 1, "zone": "us-west1-a"}],
            "servedBy": "gke-west-1",
            "zone": "us-west1-a",
            "status": 200,
            "ms": 3,
            "verdict": "proven",
            "ok": True,
        }

    @pytest.mark.parametrize(("age", "seconds"), [(0, 36), (20, 16), (40, 5), (100, 7.5)])
    def test_the_next_look_is_when_backends_may_be_healthy(self, age: float, seconds: float) -> None:
        """Health takes a minute from when the route was reconciled, whatever is seen first."""
        waiting = decide(
            ObservedTraffic(NOW - 500, reconciled=NOW - age, results=(_failing("RouteNotThere"),)), NOW
        ).outcome

        assert isinstance(waiting, Waiting)
        assert (waiting.reason, waiting.retry_after) == ("RouteNotThere", seconds)
        assert "http://store.example.internal/west by 10.138.0.5" in waiting.message

    @pytest.mark.parametrize(
        ("reconciled", "imported", "seconds"), [(5, 5, 31), (90, 1, 10), (90, 30, 0.825), (400, 300, 24.375)]
    )
    def test_a_deploy_looks_closely_when_the_last_import_was_seen(
        self, reconciled: float, imported: float, seconds: float
    ) -> None:
        """Which is up to half a minute after it came; whichever is later of that and the last route counts."""
        observed = ObservedTraffic(
            NOW - 500,
            reconciled=NOW - reconciled,
            imported=NOW - imported,
            results=(_failing("NoHealthyUpstream"),),
        )
        decision = decide(observed, NOW)

        assert isinstance(decision.outcome, Waiting)
        assert decision.outcome.retry_after == pytest.approx(seconds)
        assert decision.near is not None

    def test_a_request_by_name_reads_anew_before_each_look(self) -> None:
        """A deploy may have changed what was read."""
        wrong = ObservedTraffic(NOW - 500, reconciled=NOW - 40, results=(_failing("NoHealthyUpstream"),))

        assert decide(wrong, NOW).near is None

    def test_failing_rows_come_first(self) -> None:
        """Also while it waits: the report of a deploy that never got there has them."""
        good = [_right(row) for row in list(rows(world()))[1:3]]
        waiting = decide(ObservedTraffic(NOW, results=(*good, _failing("WrongCluster"))), NOW).outcome

        assert isinstance(waiting, Waiting)
        assert [each["ok"] for each in waiting.outputs["traffic"]] == [False, True, True]

    def test_what_an_attempt_has_no_room_for_is_told(self) -> None:
        """A row beyond the bound is in the report, and says that nothing was sent."""
        told = left_out(next(rows(world()))).wire()

        assert (told["verdict"], told["note"]) == ("not sent", "not sent: an attempt has 1,000 rows")

    def test_nothing_to_prove_is_not_proof(self) -> None:
        """Without an address or a route it waits."""
        waiting = decide(ObservedTraffic(NOW, "Gateway store/x has no address"), NOW).outcome

        assert isinstance(waiting, Waiting)
        assert waiting.reason == "NothingToProve"


def _right(row: Row) -> ProofRow:
    name = (row.preferred or row.expected)[0]
    zone = f"{name.removeprefix('gke-')}".replace("west-1", "us-west1-a")
    return ProofRow(row, "", "", 1, (SeenCluster(name, 1, zone),), (), (), name, zone, 200, 3)


def _failing(fault: str) -> ProofRow:
    return ProofRow(next(rows(world())), fault, fault, 1, status=404)


def _to_store() -> Json:
    return {"backendRefs": [{"name": "store", "port": 8080}]}
