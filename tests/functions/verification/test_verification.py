"""What traffic is expected, how an answer is judged, and what the step makes of it; requests over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions.verification import probe as probe_module
from functions.verification import timed_http
from functions.verification.expectation import FleetCluster, RoutingState, Row, rows
from functions.verification.probe import Answer, ProbeResult, fault_of, send_requests
from functions.verification.routing import ProbeRequest
from functions.verification.step import ObservedTraffic, decide
from shared.gateway.status import Vip
from shared.spec import Environment, Probe
from shared.step.outcome import Done, Waiting
from tests.support.live import NOW, environment, service_import, whole

Json = dict[str, Any]
Reply = tuple[int, dict[str, str], str]

STORE = environment()
MEMBERS = tuple(
    FleetCluster(f"{region}/memberships/{name}", name, region)
    for region, name in [
        ("us-west1", "gke-west-1"),
        ("us-east1", "gke-east-1"),
        ("us-central1", "gke-central-1"),
    ]
)
WEST, EAST, CENTRAL = (f"{each.region}/{each.name}" for each in MEMBERS)
VIPS = (Vip("us-west1", "10.138.0.5"), Vip("us-east1", "10.142.0.7"))
IMPORTS = {"store": (WEST, EAST), "store-west-1": (WEST,), "store-east-1": (EAST,)}
HERE, THERE, NOWHERE = "gke-west-1", "gke-east-1", None


def world(
    wanted: Environment = STORE, vips: tuple[Vip, ...] = VIPS, **imports: tuple[str, ...]
) -> RoutingState:
    """The fleet with everything of `wanted` taken up, and imports that list these clusters."""
    objects = whole(wanted)
    gateway = next(each for each in objects.values() if each["kind"] == "Gateway")
    routes = tuple(each for each in objects.values() if each["kind"] == "HTTPRoute")
    listed = {name.replace("_", "-"): clusters for name, clusters in imports.items()} or IMPORTS
    found = {("store", name): service_import(name, *clusters) for name, clusters in listed.items()}
    return RoutingState(gateway, routes, found, MEMBERS, vips)


def routed(*rules: Json, **fields: Any) -> Environment:
    """An environment of services a and b with these rules."""
    services = [{"name": name, "port": 80, "selector": {"app": name}} for name in "ab"]
    return environment(services=services, routes=[{"name": "r", "rules": list(rules), **fields}])


def backend(name: str, **fields: Any) -> Json:
    return {"name": name, "port": 80, **fields}


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
        """So are those of another Gateway."""
        before = world()
        route = {**before.routes[0], "status": {}}
        other = {**before.routes[0], "spec": {**before.routes[0]["spec"], "parentRefs": [{"name": "other"}]}}

        assert list(rows(replace(before, routes=(route, other)))) == []

    def test_every_listener_is_asked_on_its_port(self) -> None:
        """For the hostnames that it and the route have in common."""
        listeners = [{"name": "http", "port": 80}, {"name": "alt", "port": 8080, "hostname": "x.b"}]
        wanted = environment(gateway={"listeners": listeners}, routes=[{"name": "r", "rules": [_to_store()]}])
        found = [(each.port, each.hostname) for each in rows(world(wanted, VIPS[:1]))]

        assert found == [(80, "*"), (8080, "x.b")]


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
        outcomes = [ProbeResult(row, _right(row), "") for row in rows(world())]
        done = decide(ObservedTraffic(NOW, results=tuple(outcomes)), NOW).outcome

        assert isinstance(done, Done)
        assert done.outputs["summary"] == {
            "requests": 6,
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
        waiting = decide(ObservedTraffic(NOW - 500, "", NOW - age, (_failing("RouteNotThere"),)), NOW).outcome

        assert isinstance(waiting, Waiting)
        assert (waiting.reason, waiting.retry_after) == ("RouteNotThere", seconds)
        assert "http://store.example.internal/west by 10.138.0.5" in waiting.message

    def test_failing_rows_come_first(self) -> None:
        """Also while it waits: the report of a deploy that never got there has them."""
        good = [ProbeResult(row, _right(row), "") for row in list(rows(world()))[1:3]]
        waiting = decide(ObservedTraffic(NOW, results=(*good, _failing("WrongCluster"))), NOW).outcome

        assert isinstance(waiting, Waiting)
        assert [each["ok"] for each in waiting.outputs["traffic"]] == [False, True, True]

    def test_nothing_to_prove_is_not_proof(self) -> None:
        """Without an address or a route it waits."""
        waiting = decide(ObservedTraffic(NOW, "Gateway store/x has no address"), NOW).outcome

        assert isinstance(waiting, Waiting)
        assert waiting.reason == "NothingToProve"


class TestProbing:
    def test_each_request_goes_to_its_vip_by_its_host(self, vpc: Vpc) -> None:
        """And who answered is read from the body."""
        outcomes = list(send_requests(rows(world()), STORE.probe))

        assert [each.fault for each in outcomes] == [""] * 6
        assert vpc.asked[:2] == [
            ("GET", "http://10.138.0.5/west", "store.example.internal"),
            ("GET", "http://10.138.0.5/east", "store.example.internal"),
        ]
        assert {(each.answer.served_by, each.answer.zone) for each in outcomes} == {
            ("gke-west-1", "us-west1-a"),
            ("gke-east-1", "us-east1-c"),
        }

    def test_a_vip_that_failed_is_not_asked_again(self, vpc: Vpc) -> None:
        """The others are."""
        vpc.reply = lambda vip, path: (
            (404, {}, "fault filter abort") if vip == "10.138.0.5" else serve(vip, path)
        )
        outcomes = list(send_requests(rows(world()), STORE.probe))

        assert [each.fault for each in outcomes] == ["RouteNotThere", "", "", ""]
        assert outcomes[0].answer.text == "fault filter abort"

    def test_who_answered_can_be_in_a_header(self, vpc: Vpc) -> None:
        """As the environment says."""
        vpc.reply = lambda vip, path: (200, {"X-Cluster": "gke-west-1"}, "hello")
        outcome = next(
            send_requests(rows(world()), environment(probe={"identity": {"header": "x-cluster"}}).probe)
        )

        assert (outcome.answer.served_by, outcome.fault) == ("gke-west-1", "")

    def test_an_answer_that_is_no_json_names_nobody(self, vpc: Vpc) -> None:
        """It is not taken for right."""
        vpc.reply = lambda vip, path: (200, {}, "hello")

        assert next(send_requests(rows(world()), STORE.probe)).fault == "NotIdentified"

    def test_redirects_are_not_followed(self, vpc: Vpc) -> None:
        """They are the answer."""
        vpc.reply = lambda vip, path: (301, {"Location": "https://new.b/"}, "")
        redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
        outcomes = list(
            send_requests(rows(world(routed({"filters": [redirect]}), VIPS[:1])), Probe(identity="none"))
        )

        assert [(each.answer.status, each.fault) for each in outcomes] == [(301, "")]
        assert len(vpc.asked) == 1

    def test_no_answer_is_not_there_yet(self, vpc: Vpc) -> None:
        """A reset is the first thing that a new address gives."""
        vpc.reply = lambda vip, path: None

        assert next(send_requests(rows(world()), STORE.probe)).fault == "Unreachable"


class TestTime:
    """A backend may send as slowly as it likes; the function answers before its own end."""

    @pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n{"])
    def test_a_backend_that_trickles_is_given_up(
        self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch, head: bytes
    ) -> None:
        """In its first line, in its headers, in its body: each byte comes in time, and the whole never."""
        monkeypatch.setattr(timed_http, "LIMIT", 0.3)
        vpc.raw = lambda: trickle(head)
        began = time.monotonic()
        outcomes = list(send_requests(rows(world()), STORE.probe))

        assert [each.fault for each in outcomes] == ["TooSlow", "TooSlow"]
        assert time.monotonic() - began < 2

    def test_the_verdict_says_what_is_slow(self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
        """It waits, and names the request and the limit."""
        monkeypatch.setattr(timed_http, "LIMIT", 0.1)
        vpc.raw = lambda: trickle(b"HTTP/1.1 200 OK\r\n\r\n{")
        waiting = decide(
            ObservedTraffic(NOW, results=tuple(send_requests(rows(world()), STORE.probe))), NOW
        ).outcome

        assert isinstance(waiting, Waiting)
        assert (waiting.reason, waiting.message.partition(" by ")[2]) == (
            "TooSlow",
            "10.138.0.5 has not answered whole within 10 s",
        )

    def test_a_body_that_says_nothing_needed_may_have_no_end(
        self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The headers say who answered; a stream of events is a right answer."""
        monkeypatch.setattr(timed_http, "LIMIT", 5.0)
        vpc.raw = lambda: trickle(b"HTTP/1.1 200 OK\r\nx-cluster: gke-west-1\r\n\r\n")
        by_header = environment(probe={"identity": {"header": "x-cluster"}}).probe

        for probe in (by_header, Probe(identity="none")):
            assert next(send_requests(rows(world()), probe)).fault == ""

    def test_a_refusal_counts_though_its_text_does_not_come(
        self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The status says enough."""
        monkeypatch.setattr(timed_http, "LIMIT", 0.3)
        vpc.raw = lambda: trickle(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")

        assert next(send_requests(rows(world()), STORE.probe)).fault == "NoHealthyUpstream"

    def test_all_requests_together_have_a_limit(self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answers that are slow and right do not hold the function: what was not sent is told, and nothing proven."""
        monkeypatch.setattr(probe_module, "PATIENCE", 0.2)
        vpc.reply = slowly
        results = tuple(send_requests(rows(world()), STORE.probe))
        waiting = decide(ObservedTraffic(NOW, results=results), NOW).outcome

        assert [each.fault for each in results[-2:]] == ["", "OutOfTime"]
        assert len(vpc.asked) == len(results) - 1 < 6
        assert isinstance(waiting, Waiting)
        assert "was not sent: the requests before it took 60 s" in waiting.message


def slowly(vip: str, path: str) -> Reply:
    """The sample app on a machine that is busy."""
    time.sleep(0.15)
    return serve(vip, path)


def trickle(head: bytes) -> Iterator[bytes]:
    """`head`, and then a byte now and then for ever."""
    yield head
    while True:
        yield b"x"
        time.sleep(0.02)  # the backend's pace, not a wait for anything


class Vpc:
    """A forward proxy into a VPC: what it was asked, and a function from VIP and path to its reply.

    `raw` makes the bytes of every reply instead.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.reply: Callable[[str, str], Reply | None] = serve
        self.raw: Callable[[], Iterator[bytes]] | None = None


def serve(vip: str, path: str) -> Reply:
    """The sample app: /west and /east lead to their cluster, all else to the VIP's own."""
    west = path == "/west" or (path == "/" and vip == "10.138.0.5")
    name, zone = ("gke-west-1", "us-west1-a") if west else ("gke-east-1", "us-east1-c")
    return 200, {}, json.dumps({"cluster_name": name, "zone": zone})


@pytest.fixture
def vpc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vpc]:
    """A VPC whose proxy the environment names."""
    inside = Vpc()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            inside.asked.append((self.command, self.path, self.headers["Host"]))
            if inside.raw is not None:
                with suppress(OSError):  # the client has had enough
                    for piece in inside.raw():
                        self.wfile.write(piece)
                return
            vip, _, path = self.path.removeprefix("http://").partition("/")
            reply = inside.reply(vip, f"/{path}")
            if reply is None:
                return
            self.send_response_only(reply[0])
            for name, value in {**reply[1], "Content-Length": str(len(reply[2]))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply[2].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    yield inside
    server.shutdown()
    server.server_close()
    thread.join()


def _right(row: Row) -> Answer:
    name = (row.preferred or row.expected)[0]
    return Answer(200, name, f"{name.removeprefix('gke-')}".replace("west-1", "us-west1-a"), ms=3)


def _failing(fault: str) -> ProbeResult:
    return ProbeResult(next(rows(world())), Answer(404), fault)


def _to_store() -> Json:
    return {"backendRefs": [{"name": "store", "port": 8080}]}
