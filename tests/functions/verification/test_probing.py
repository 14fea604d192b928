"""Requests over real HTTP: to whom they go, what is read of an answer, and how long one may take."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from functions.verification import proving, timed_http
from functions.verification.expectation import Row, rows
from functions.verification.proof import ProofRow
from functions.verification.proving import prove
from functions.verification.step import ObservedTraffic, decide
from shared.spec import Probe
from shared.step.outcome import Waiting
from tests.functions.verification.conftest import Reply, Vpc, serve
from tests.support.live import NOW, environment
from tests.support.traffic import STORE, VIPS, routed, world


def proven(matrix: Iterator[Row], probe: Probe = STORE.probe) -> tuple[ProofRow, ...]:
    """The rows, in a fleet whose health nobody asks for."""
    return prove(matrix, probe, lambda *_: {})


class TestProbing:
    def test_each_request_goes_to_its_vip_by_its_host(self, vpc: Vpc) -> None:
        """And who answered is read from the body."""
        outcomes = proven(rows(world()))

        assert [each.fault for each in outcomes] == [""] * 6
        assert vpc.asked[:2] == [
            ("GET", "http://10.138.0.5/west", "store.example.internal"),
            ("GET", "http://10.138.0.5/east", "store.example.internal"),
        ]
        assert {(each.served_by, each.zone) for each in outcomes} == {
            ("gke-west-1", "us-west1-a"),
            ("gke-east-1", "us-east1-c"),
        }

    def test_a_vip_that_failed_is_not_asked_again(self, vpc: Vpc) -> None:
        """The others are."""
        vpc.reply = lambda vip, path: (
            (404, {}, "fault filter abort") if vip == "10.138.0.5" else serve(vip, path)
        )
        outcomes = proven(rows(world()))

        assert [each.fault for each in outcomes] == ["RouteNotThere", "", "", ""]
        assert outcomes[0].note == "fault filter abort"

    def test_each_listener_is_asked_at_its_port(self, vpc: Vpc) -> None:
        """In the address, not in the host."""
        wanted = environment(gateway={"listeners": [{"name": "alt", "port": 8080}]})
        vpc.reply = lambda vip, path: serve(vip.partition(":")[0], path)
        proven(rows(world(wanted, VIPS[:1])))

        assert vpc.asked[0] == ("GET", "http://10.138.0.5:8080/west", "store.example.internal")

    def test_who_answered_can_be_in_a_header(self, vpc: Vpc) -> None:
        """As the environment says."""
        vpc.reply = lambda vip, path: (200, {"X-Cluster": "gke-west-1"}, "hello")
        outcome = proven(rows(world()), environment(probe={"identity": {"header": "x-cluster"}}).probe)[0]

        assert (outcome.served_by, outcome.fault) == ("gke-west-1", "")

    def test_an_answer_that_is_no_json_names_nobody(self, vpc: Vpc) -> None:
        """It is not taken for right."""
        vpc.reply = lambda vip, path: (200, {}, "hello")

        assert proven(rows(world()))[0].fault == "NotIdentified"

    def test_redirects_are_not_followed(self, vpc: Vpc) -> None:
        """They are the answer."""
        vpc.reply = lambda vip, path: (301, {"Location": "https://new.b/"}, "")
        redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
        outcomes = proven(rows(world(routed({"filters": [redirect]}), VIPS[:1])), Probe(identity="none"))

        assert [(each.status, each.fault) for each in outcomes] == [(301, "")]
        assert len(vpc.asked) == 1

    def test_no_answer_is_not_there_yet(self, vpc: Vpc) -> None:
        """A reset is the first thing that a new address gives."""
        vpc.reply = lambda vip, path: None

        assert proven(rows(world()))[0].fault == "Unreachable"


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
        outcomes = proven(rows(world()))

        assert [each.fault for each in outcomes] == ["TooSlow", "TooSlow"]
        assert time.monotonic() - began < 2

    def test_the_verdict_says_what_is_slow(self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
        """It waits, and names the request and the limit."""
        monkeypatch.setattr(timed_http, "LIMIT", 0.1)
        vpc.raw = lambda: trickle(b"HTTP/1.1 200 OK\r\n\r\n{")
        waiting = decide(ObservedTraffic(NOW, results=proven(rows(world()))), NOW).outcome

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
            assert proven(rows(world()), probe)[0].fault == ""

    def test_a_refusal_counts_though_its_text_does_not_come(
        self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The status says enough."""
        monkeypatch.setattr(timed_http, "LIMIT", 0.3)
        vpc.raw = lambda: trickle(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")

        assert proven(rows(world()))[0].fault == "NoHealthyUpstream"

    def test_all_requests_together_have_a_limit(self, vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answers that are slow and right do not hold the function: what was not sent is told, and nothing proven."""
        monkeypatch.setattr(proving, "PATIENCE", 0.2)
        vpc.reply = slowly
        results = proven(rows(world()))
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
