"""Leases: extended by whoever asks, swept when they are over, warned of once before."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.time.clock import rfc3339
from shared import labels
from tests.support.anchors import MINE, OTHER, add_anchor, alive, anchor
from tests.support.google_server import NOW, GoogleServer
from tests.support.messages import Ask

HOUR = 3600
REQUESTS = "/topics/fleetgate-requests:publish"


def extend(ttl: str = "8h") -> dict[str, Any]:
    return {"action": "extend", "name": "store", "ttl": ttl}


def end(google: GoogleServer) -> int | None:
    value = anchor(google)["labels"].get(labels.EXPIRES)
    return int(value) if value else None


class TestExtend:
    def test_only_the_end_moves(self, google: GoogleServer, claim: Ask) -> None:
        """Whoever is at work on the environment goes on."""
        before = add_anchor(google, "store", HOUR)["labels"]
        told = claim(extend())

        assert told["outcome"] == "done"
        assert told["outputs"]["lease"] == {"expires": NOW + 8 * HOUR}
        assert anchor(google)["labels"] == before | {
            labels.EXPIRES: str(int(NOW) + 8 * HOUR),
            labels.EXTENDED: f"{MINE}-{int(NOW) + 8 * HOUR}",
        }
        assert told["calls"]["mutations"] == 1

    def test_it_counts_from_when_it_was_published(self, google: GoogleServer, claim: Ask) -> None:
        """Late or twice, it means the same."""
        add_anchor(google, "store", HOUR)
        told = [claim(extend(), time="2026-01-05T07:00:00Z") for _ in range(2)]

        assert end(google) == NOW + 7 * HOUR
        assert [each["calls"]["mutations"] for each in told] == [1, 0]

    @pytest.mark.parametrize("lease", [9 * HOUR, None])
    def test_it_never_shortens(self, google: GoogleServer, claim: Ask, lease: int | None) -> None:
        """Without a lease there is no end to move. It is noted all the same: an older deploy may still come."""
        add_anchor(google, "store", lease)
        told = claim(extend())

        assert (told["outcome"], end(google)) == ("done", None if lease is None else NOW + lease)
        assert len(google.mutations()) == 1

    def test_it_looks_again_when_the_labels_changed(self, google: GoogleServer, claim: Ask) -> None:
        """Compare-and-swap: what a claim has written stays."""
        add_anchor(google, "store", HOUR)

        def claims(method: str, path: str) -> None:
            if path.endswith("/setLabels"):
                google.before = lambda *_: None
                held = {**anchor(google)["labels"], labels.GENERATION: "1767599999999-1"}
                anchor(google).update(labels=held, labelFingerprint="bmV3")

        google.before = claims

        assert claim(extend())["outcome"] == "done"
        assert (anchor(google)["labels"][labels.GENERATION], end(google)) == (
            "1767599999999-1",
            NOW + 8 * HOUR,
        )

    @pytest.mark.parametrize(
        ("action", "code"), [("teardown", "BEING_REMOVED"), ("tombstone", "UNKNOWN_ENVIRONMENT")]
    )
    def test_what_is_being_removed_is_not_extended(
        self, google: GoogleServer, claim: Ask, action: str, code: str
    ) -> None:
        """It would not be kept."""
        add_anchor(google, "store", HOUR, action=action)

        assert claim(extend())["code"] == code
        assert google.mutations() == []

    def test_an_unknown_name_is_refused_with_the_known_ones(self, google: GoogleServer, claim: Ask) -> None:
        """And none, if there is none."""
        nobody = claim(extend())["cause"]
        add_anchor(google, "shop"), add_anchor(google, "demo")

        assert nobody == "There is no environment store; there is none."
        assert claim(extend())["cause"] == "There is no environment store; there is demo, shop."

    @pytest.mark.parametrize("age", [60, 5 * HOUR])
    def test_an_old_one_does_not_touch_a_later_life(self, google: GoogleServer, claim: Ask, age: int) -> None:
        """It was published before the environment was deployed; nor does it touch what has ended since."""
        for action in ("deploy", "tombstone"):
            add_anchor(google, "store", HOUR, generation=f"{int(NOW - 30) * 1000}-1", action=action)
            told = claim(extend("30d"), time=rfc3339(NOW - age))

            assert told["outcome"] == ("stale" if age > HOUR else "superseded")
            assert (end(google), google.mutations()) == (NOW + HOUR, [])

    def test_an_old_one_does_not_undo_a_newer_one(self, google: GoogleServer, claim: Ask) -> None:
        """However much longer it is; and a copy of the newer one changes nothing."""
        add_anchor(google, "store", HOUR)
        told = [
            claim(extend(ttl), time=rfc3339(NOW - age)) for ttl, age in (("2h", 10), ("30d", 20), ("2h", 10))
        ]

        assert [each["outcome"] for each in told] == ["done", "superseded", "done"]
        assert (end(google), len(google.mutations())) == (NOW - 10 + 2 * HOUR, 1)

    def test_an_older_deploy_that_comes_after_it_keeps_its_end(
        self, google: GoogleServer, claim: Ask, accept: Ask
    ) -> None:
        """As if it had come before it; a newer one begins another lease."""
        add_anchor(google, "store", HOUR)
        claim(extend("2d"), time=rfc3339(NOW - 10), id="99")
        told = claim(time=rfc3339(NOW - 20))["outputs"]
        accept(told["environment"], told["generation"])
        assert end(google) == NOW - 10 + 48 * HOUR

        told = claim(time=rfc3339(NOW))["outputs"]
        accept(told["environment"], told["generation"])
        assert end(google) == NOW + 8 * HOUR
        assert labels.EXTENDED not in anchor(google)["labels"]

    def test_a_deploy_that_comes_twice_does_not_undo_it(self, google: GoogleServer, claim: Ask) -> None:
        """The second execution takes over from the first, which has ended, and leaves the lease."""
        claim(), claim()
        claim(extend("2d"), id="99")
        claim(execution=OTHER)

        assert anchor(google)["labels"][labels.EXECUTION] == OTHER
        assert end(google) == NOW + 48 * HOUR


def sweep(claim: Ask) -> Any:
    return claim({"action": "sweep"})


def asked(google: GoogleServer) -> list[Any]:
    return [each["data"] for each in google.published() if each["data"].get("action") == "teardown"]


def warnings(google: GoogleServer) -> list[Any]:
    return [each for each in google.published() if each.get("ce-type", "").endswith(".expiring")]


class TestTheSweep:
    def test_what_is_over_is_asked_to_be_torn_down(self, google: GoogleServer, claim: Ask) -> None:
        """One request each, with what was seen; the rest is left."""
        add_anchor(google, "old", -1)
        add_anchor(google, "older", -9 * HOUR)
        add_anchor(google, "young", 5 * HOUR)
        add_anchor(google, "forever")
        google.add_address(name="fleetgate-strange", labels={labels.EXPIRES: "1"})
        told = sweep(claim)

        assert told["outcome"] == "done"
        assert [(each["name"], each["expires"]) for each in asked(google)] == [
            ("old", NOW - 1),
            ("older", NOW - 9 * HOUR),
        ]
        assert {each["generation"] for each in asked(google)} == {"1767560000000-1"}
        assert told["outputs"]["swept"] == {"environments": 4, "tornDown": ["old", "older"]}
        assert len(google.posted(REQUESTS)) == 1
        assert google.mutations() == []

    def test_it_lists_once(self, google: GoogleServer, claim: Ask) -> None:
        """However many environments there are."""
        for name in ("a1", "b2", "c3"):
            add_anchor(google, name, -1)

        assert sweep(claim)["calls"]["total"] == 1

    @pytest.mark.parametrize(
        ("state", "names"), [("ACTIVE", []), ("QUEUED", []), ("FAILED", ["store"]), (None, ["store"])]
    )
    @pytest.mark.parametrize("lease", [-1, HOUR, None])
    def test_a_teardown_is_asked_again_only_if_it_died(
        self,
        google: GoogleServer,
        claim: Ask,
        state: str | None,
        names: list[str],
        lease: int | None,
    ) -> None:
        """Whatever the lease: somebody wanted it gone."""
        add_anchor(google, "store", lease, action="teardown")
        if state:
            alive(google, state=state)
        sweep(claim)

        assert [each["name"] for each in asked(google)] == names

    def test_a_deploy_that_died_stays_until_its_lease_is_over(self, google: GoogleServer, claim: Ask) -> None:
        """A person may want to look at it."""
        add_anchor(google, "store", 5 * HOUR)
        sweep(claim)

        assert asked(google) == []

    @pytest.mark.parametrize(
        ("length", "left", "warned"),
        [
            (8 * HOUR, 1801, 0),
            (8 * HOUR, 1799, 1),
            (1.5 * HOUR, 1400, 0),
            (1.5 * HOUR, 1300, 1),
            (0.5 * HOUR, 901, 0),
            (0.5 * HOUR, 899, 1),
        ],
    )
    def test_it_warns_before_the_end(
        self, google: GoogleServer, claim: Ask, length: float, left: float, warned: int
    ) -> None:
        """Half an hour, or a quarter of a short lease, and never too late for the last sweep before it."""
        asked_at = int((NOW - (length - left)) * 1000)
        add_anchor(google, "store", left, generation=f"{asked_at}-1")
        sweep(claim)

        assert len(warnings(google)) == warned

    def test_it_warns_once_of_each_end(self, google: GoogleServer, claim: Ask) -> None:
        """Of the new one too, after an extension."""
        add_anchor(google, "store", 600)
        sweep(claim), sweep(claim)
        assert len(warnings(google)) == 1
        assert anchor(google)["labels"][labels.WARNED] == str(int(NOW + 600))

        claim(extend("30m"))
        sweep(claim), sweep(claim)

        assert [each["data"]["expires"] for each in warnings(google)] == [NOW + 600, NOW + 1800]
        assert {each["ce-subject"] for each in warnings(google)} == {"store"}

    def test_of_two_sweeps_one_warns(self, google: GoogleServer, claim: Ask) -> None:
        """Whose note is written first."""
        add_anchor(google, "store", 600)

        def other(method: str, path: str) -> None:
            if path.endswith("/setLabels"):
                google.before = lambda *_: None
                told = {**anchor(google)["labels"], labels.WARNED: str(int(NOW + 600))}
                anchor(google).update(labels=told, labelFingerprint="bmV3")

        google.before = other

        assert sweep(claim)["outcome"] == "done"
        assert warnings(google) == []

    def test_what_goes_or_is_over_is_not_warned_of(self, google: GoogleServer, claim: Ask) -> None:
        """There is nothing to be done about it."""
        add_anchor(google, "store", 600, action="teardown")
        add_anchor(google, "shop", -1)
        sweep(claim)

        assert warnings(google) == []

    def test_a_lease_that_somebody_wrote_wrong_has_no_end(self, google: GoogleServer, claim: Ask) -> None:
        """A label is text that anyone may write."""
        add_anchor(google, "store")
        anchor(google)["labels"][labels.EXPIRES] = "tomorrow"

        assert sweep(claim)["outcome"] == "done"
        assert asked(google) == []
