"""Proxy-only subnets: what is there is used, what is missing is made once, what is in the way is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar, cast

import pytest

from functions.subnets.changes import CreateProxySubnet
from functions.subnets.observed import Insert, ObservedNetwork
from functions.subnets.step import SUBNETS, decide
from shared import labels
from shared.google import wire
from shared.labels import proxy_subnet_name
from shared.ranges import AUTO_MODE
from shared.spec import Environment, parse_environment
from shared.step.outcome import Blocked, Decision, Done, Failed, Waiting
from shared.step.run import run
from tests.support.google_server import NOW, GoogleServer, refusal
from tests.support.messages import EXAMPLE
from tests.support.projects import PROJECT
from tests.support.rows import last_lines, with_rows

NETWORK = "https://www.googleapis.com/compute/v1/projects/shop-prod/global/networks/default"
AUTO: wire.Network = {"name": "default", "autoCreateSubnetworks": True}
BASE = "/compute/v1/projects/shop-prod"
SUBNETS_LIST = f"GET {BASE}/aggregated/subnetworks"


def subnetwork(
    region: str, name: str = "default", range_: str = "10.138.0.0/20", **more: Any
) -> wire.Subnetwork:
    link = f"https://www.googleapis.com/compute/v1/projects/shop-prod/regions/{region}"
    whole = {
        "name": name,
        "network": NETWORK,
        "region": link,
        "selfLink": f"{link}/subnetworks/{name}",
        "ipCidrRange": range_,
        "purpose": "PRIVATE",
    } | more
    return cast(wire.Subnetwork, whole)


def proxy(region: str, range_: str, **more: Any) -> wire.Subnetwork:
    fields = {"name": "old-proxy", "purpose": "GLOBAL_MANAGED_PROXY", "role": "ACTIVE", "state": "READY"}
    return subnetwork(region, range_=range_, **(fields | more))


def ordinary() -> list[wire.Subnetwork]:
    """What an auto-mode network has in the tutorial's regions."""
    return [subnetwork("us-west1"), subnetwork("us-east1", range_="10.142.0.0/20")]


def with_ranges(ranges: Any) -> Environment:
    return parse_environment({**EXAMPLE, "project": PROJECT, "proxyRanges": ranges}, project=PROJECT)


def created(decision: Decision) -> dict[str, IPv4Network]:
    """Region → range of what is to be created."""
    return {each.region: each.range for each in decision.changes if isinstance(each, CreateProxySubnet)}


class TestDecide:
    def test_a_region_without_one_gets_one(self, store: Environment) -> None:
        """Marked from birth, in a range that an auto-mode network allows."""
        decision = decide(store, ObservedNetwork(ordinary(), AUTO), NOW)
        (_, east) = decision.changes

        assert isinstance(decision.outcome, Waiting)
        assert set(created(decision)) == {"us-west1", "us-east1"}
        assert not any(each.overlaps(AUTO_MODE) for each in created(decision).values())
        resource = "projects/shop-prod/regions/us-east1/subnetworks/fleetgate-store-proxy"
        assert east.describe().resource == resource

    def test_one_that_is_there_is_used(self, store: Environment) -> None:
        """Whoever made it, and in whatever range."""
        there = [*ordinary(), proxy("us-west1", "10.3.0.0/24"), proxy("us-east1", "10.4.0.0/23")]

        assert decide(store, ObservedNetwork(there), NOW) == Decision(Done())

    @pytest.mark.parametrize(
        "unfit",
        [
            {"purpose": "REGIONAL_MANAGED_PROXY"},
            {"role": "BACKUP"},
            {"state": "DRAINING"},
            {"purpose": "PRIVATE"},
        ],
    )
    def test_one_of_another_kind_does_not_count(self, store: Environment, unfit: dict[str, str]) -> None:
        """Only an active one of the global purpose serves this class."""
        there = [*ordinary(), proxy("us-west1", "10.3.0.0/24", **unfit), proxy("us-east1", "10.4.0.0/23")]

        assert list(created(decide(store, ObservedNetwork(there, AUTO), NOW))) == ["us-west1"]

    def test_ranges_that_are_given_are_taken(self) -> None:
        """And the rest is chosen around them."""
        decision = decide(with_ranges({"us-west1": "172.16.0.0/23"}), ObservedNetwork(ordinary(), AUTO), NOW)
        ranges = created(decision)

        assert ranges["us-west1"] == IPv4Network("172.16.0.0/23")
        assert not ranges["us-east1"].overlaps(ranges["us-west1"])

    def test_what_is_chosen_keeps_out_of_the_blocks_of_clusters(self) -> None:
        """They may be made later than the subnets, and find their block taken."""
        one, other = EXAMPLE["clusters"]
        clusters = [{**one, "podRange": "172.16.0.0/17"}, {**other, "serviceRange": "172.16.128.0/20"}]
        wanted = parse_environment({**EXAMPLE, "project": PROJECT, "clusters": clusters}, project=PROJECT)
        chosen = created(decide(wanted, ObservedNetwork(ordinary(), AUTO), NOW)).values()

        assert ["172.16.144.0/23", "172.16.146.0/23"] == sorted(map(str, chosen))

    def test_a_given_range_that_cannot_be_is_refused_before_anything_is_made(self) -> None:
        """The tutorial's own on its own network."""
        wanted = with_ranges({"us-west1": "10.129.0.0/23", "us-east1": "10.127.0.0/23"})
        decision = decide(wanted, ObservedNetwork(ordinary(), AUTO), NOW)

        assert isinstance(decision.outcome, Blocked)
        assert decision.outcome.code == "RANGE_REFUSED"
        assert "10.128.0.0/9" in decision.outcome.cause
        assert decision.changes == ()

    def test_a_foreign_active_one_in_another_range_is_in_the_way(self) -> None:
        """There can be but one."""
        there = [*ordinary(), proxy("us-west1", "10.3.0.0/24"), proxy("us-east1", "10.4.0.0/23")]
        decision = decide(with_ranges({"us-west1": "10.5.0.0/23"}), ObservedNetwork(there), NOW)

        assert isinstance(decision.outcome, Blocked)
        assert decision.outcome.code == "SUBNET_IN_THE_WAY"
        assert "old-proxy (10.3.0.0/24) in us-west1" in decision.outcome.cause

    def test_something_else_under_our_name_is_in_the_way(self, store: Environment) -> None:
        """An insert would be refused for ever."""
        there = [*ordinary(), subnetwork("us-west1", name=proxy_subnet_name("store"), range_="10.9.0.0/24")]
        decision = decide(store, ObservedNetwork(there, AUTO), NOW)

        assert isinstance(decision.outcome, Blocked)
        assert decision.outcome.code == "SUBNET_IN_THE_WAY"

    def test_a_region_without_the_clusters_subnetwork_is_blocked(self, store: Environment) -> None:
        """The addresses come from it."""
        decision = decide(store, ObservedNetwork(ordinary()[:1], {"name": "default"}), NOW)

        assert isinstance(decision.outcome, Blocked)
        assert decision.outcome.code == "SUBNETWORK_MISSING"
        assert "--region=us-east1 --range=172.16." in decision.outcome.fix

    def test_a_network_that_is_not_there_is_blocked(self, store: Environment) -> None:
        """With the command that makes it."""
        decision = decide(store, ObservedNetwork([]), NOW)

        assert isinstance(decision.outcome, Blocked)
        assert decision.outcome.code == "NETWORK_MISSING"

    def test_an_insert_under_way_is_not_begun_again(self, store: Environment) -> None:
        """It is waited for, as long as it will take."""
        seen = ObservedNetwork(ordinary(), AUTO, inserts=[Insert("us-west1", NOW - 10, None)])
        decision = decide(store, seen, NOW)

        assert list(created(decision)) == ["us-east1"]
        assert isinstance(decision.outcome, Waiting)
        assert decision.outcome.retry_after == pytest.approx(14)

    def test_an_insert_that_failed_is_decided_anew(self, store: Environment) -> None:
        """Somebody may have taken the range meanwhile."""
        seen = ObservedNetwork(ordinary(), AUTO, inserts=[Insert("us-west1", NOW - 30, "CONFLICT: overlap")])

        assert set(created(decide(store, seen, NOW))) == {"us-west1", "us-east1"}

    def test_after_three_failures_it_is_given_up(self, store: Environment) -> None:
        """With what the last one said."""
        failures = [Insert("us-west1", NOW - 30 + i, f"CODE: no {i}") for i in range(3)]
        outcome = decide(store, ObservedNetwork(ordinary(), AUTO, inserts=failures), NOW).outcome

        assert isinstance(outcome, Failed)
        assert (outcome.code, "no 2" in outcome.cause) == ("SUBNET_NOT_CREATED", True)

    def test_a_long_name_still_names_a_subnet(self) -> None:
        """63 characters, and different for different environments."""
        assert len(proxy_subnet_name("e" * 53)) <= 63
        assert proxy_subnet_name("e" * 53) != proxy_subnet_name("e" * 52)


class TestWhileAPlaceIsHidden:
    """What a far region has cannot be read: a choice may fail for it, and then the region is waited for."""

    FAR = ("asia-east1",)
    GIVEN: ClassVar = {"us-west1": "10.142.0.0/23", "us-east1": "172.16.0.0/23"}
    FAILURES: ClassVar = [Insert("us-west1", NOW - 30 + i, "CONFLICT: overlap") for i in range(3)]

    def test_ranges_are_chosen_all_the_same(self, store: Environment) -> None:
        """And the changes know what was not seen."""
        seen, whole = (ObservedNetwork(ordinary(), AUTO, hidden=each) for each in (self.FAR, ()))
        decisions = [decide(store, each, NOW) for each in (seen, whole)]

        assert created(decisions[0]) == created(decisions[1])
        assert {self.FAR} == {
            each.hidden for each in decisions[0].changes if isinstance(each, CreateProxySubnet)
        }

    def test_failures_are_not_final(self, store: Environment) -> None:
        """What they overlap may be there; once everything is seen, another range is chosen."""
        seen = ObservedNetwork(ordinary(), AUTO, inserts=self.FAILURES, hidden=self.FAR)
        outcome = decide(store, seen, NOW).outcome

        assert isinstance(outcome, Waiting)
        assert ("PlaceUnreachable", True) == (
            outcome.reason,
            "Ranges in asia-east1 cannot be" in outcome.message,
        )

    def test_a_range_that_overlaps_what_is_seen_is_refused(self) -> None:
        """No place that comes back changes that."""
        seen = ObservedNetwork(ordinary(), AUTO, hidden=self.FAR)
        outcome = decide(with_ranges(self.GIVEN), seen, NOW).outcome

        assert isinstance(outcome, Blocked)
        assert "RANGE_REFUSED" == outcome.code


class TestOnTheWire:
    @pytest.fixture
    def cloud(self, anchored: GoogleServer) -> GoogleServer:
        """A network of the tutorial's, with a route, a reserved range and somebody else's network beside it."""
        foreign = subnetwork("us-west1") | {"network": "projects/x/global/networks/y"}
        route = {"name": "vpn", "network": NETWORK, "destRange": "172.16.0.0/17"}
        default = {"name": "default-route", "network": NETWORK, "destRange": "0.0.0.0/0"}
        six = {"name": "six", "network": NETWORK, "destRange": "fd20::/64"}
        kept = {"name": "sql", "network": NETWORK, "address": "172.16.128.0", "prefixLength": 18}
        anchored.answers = {
            SUBNETS_LIST: aggregated("subnetworks", *ordinary(), foreign),
            f"GET {BASE}/global/networks/default": AUTO,
            f"GET {BASE}/global/routes": {"items": [route, default, six]},
            f"GET {BASE}/global/addresses": {"items": [kept, {"name": "vip", "address": "34.1.1.1"}]},
            f"GET {BASE}/aggregated/operations": {"items": {}},
            f"POST {BASE}/regions/us-west1/subnetworks": {"status": "RUNNING"},
            f"POST {BASE}/regions/us-east1/subnetworks": {"status": "RUNNING"},
        }  # fmt: skip
        return anchored

    @pytest.fixture
    def ask(
        self, cloud: GoogleServer, event: Callable[..., Any], capsys: pytest.CaptureFixture[str]
    ) -> Callable[..., Any]:
        """One attempt; the answer, with its rows."""

        def once(**fields: Any) -> Any:
            run(event(**fields), SUBNETS)
            return with_rows(cloud.posted("/callbacks/")[-1], last_lines(capsys))

        return once

    def test_the_missing_are_created_beside_everything_that_is_taken(
        self, cloud: GoogleServer, ask: Callable[..., Any]
    ) -> None:
        """Routes and reserved ranges are as taken as subnets; 8 calls in all."""
        told = ask()
        ranges = {each["region"]: each["ipCidrRange"] for each in cloud.posted("/subnetworks")}

        assert (told["outcome"], told["reason"]) == ("waiting", "ProxySubnetCreating")
        assert ranges == {"us-east1": "172.16.192.0/23", "us-west1": "172.16.194.0/23"}
        assert told["calls"] == {"total": 8, "mutations": 2, "byService": {"compute": 8}}
        assert {change["after"] for change in told["changes"]} == set(ranges.values())

    def test_once_they_are_there_two_calls_see_it(self, cloud: GoogleServer, ask: Callable[..., Any]) -> None:
        """The network's subnets, and the anchor."""
        made = [proxy("us-west1", "172.16.194.0/23"), proxy("us-east1", "172.16.192.0/23")]
        cloud.answers[SUBNETS_LIST] = aggregated("subnetworks", *ordinary(), *made)
        told = ask()

        assert (told["outcome"], told["changes"]) == ("done", [])
        assert told["calls"] == {"total": 2, "mutations": 0, "byService": {"compute": 2}}

    def test_what_is_inserted_is_active_and_bears_our_mark(
        self, cloud: GoogleServer, ask: Callable[..., Any]
    ) -> None:
        """A subnetwork has no labels, and its description cannot change: it is marked from birth."""
        ask()
        (body,) = cloud.posted("/regions/us-west1/subnetworks")

        assert (body["purpose"], body["role"]) == ("GLOBAL_MANAGED_PROXY", "ACTIVE")
        assert body["network"] == "projects/shop-prod/global/networks/default"
        assert labels.marked_by(body["description"]) == "store"

    def test_a_check_shows_the_same_changes(self, ask: Callable[..., Any]) -> None:
        """With the ranges that apply will choose."""
        planned = ask(mode="check")

        assert planned["outcome"] == "done"
        assert planned["calls"]["mutations"] == 0
        assert planned["changes"] == ask()["changes"]

    def test_operations_of_this_claim_are_recognised(
        self, cloud: GoogleServer, ask: Callable[..., Any]
    ) -> None:
        """By target and time; one that ended well, another claim's and another resource's do not matter."""

        def operation(region: str, time: str, name: str = "fleetgate-store-proxy", **more: Any) -> Any:
            link = f"https://www.googleapis.com/compute/v1/projects/shop-prod/regions/{region}"
            target = {
                "name": "o",
                "region": link,
                "targetLink": f"{link}/subnetworks/{name}",
                "insertTime": time,
            }
            return target | {"status": "RUNNING"} | more

        failure: dict[str, Any] = {"status": "DONE", "error": {"errors": [{"code": "X", "message": "no"}]}}
        cloud.answers[f"GET {BASE}/aggregated/operations"] = aggregated(
            "operations",
            operation("us-west1", "2026-01-04T23:59:55.000-08:00"),
            operation("us-east1", "2026-01-04T20:00:00.000-08:00", **failure),
            operation("us-east1", "2026-01-04T23:59:55.000-08:00", status="DONE"),
            operation("us-east1", "2026-01-04T23:59:55.000-08:00", name="other"),
        )
        told = ask()

        assert [change["resource"].split("/")[3] for change in told["changes"]] == ["us-east1"]
        assert told["retryAfter"] == pytest.approx(19)

    def test_one_that_came_to_be_meanwhile_is_looked_at_again(
        self, cloud: GoogleServer, ask: Callable[..., Any]
    ) -> None:
        """409, and the next look finds it."""
        made = [proxy("us-west1", "172.16.194.0/23"), proxy("us-east1", "172.16.192.0/23")]

        def there(body: Any, query: Any) -> Any:
            cloud.answers[SUBNETS_LIST] = aggregated("subnetworks", *ordinary(), *made)
            return refusal(409, "alreadyExists", "The resource already exists")

        for region in ("us-west1", "us-east1"):
            cloud.answers[f"POST {BASE}/regions/{region}/subnetworks"] = there
        told = ask()

        assert (told["outcome"], told["changes"]) == ("done", [])

    @pytest.mark.parametrize(
        ("holes", "outcome"), [({}, "blocked"), ({"unreachables": ["regions/asia-east1"]}, "waiting")]
    )
    def test_a_refused_range_is_waited_for_while_a_region_is_hidden(
        self, cloud: GoogleServer, ask: Callable[..., Any], holes: Any, outcome: str
    ) -> None:
        """What it overlaps may be there; with nothing hidden, the refusal stands."""
        cloud.answers[SUBNETS_LIST] = aggregated("subnetworks", *ordinary()) | holes
        words = "Invalid IPCidrRange: 172.16.192.0/23 conflicts with existing subnetwork."
        for region in ("us-west1", "us-east1"):
            cloud.answers[f"POST {BASE}/regions/{region}/subnetworks"] = refusal(400, "invalid", words)
        told = ask()

        assert outcome == told["outcome"]
        assert words in told.get("message", told.get("cause"))
        assert ("asia-east1" in told.get("message", "")) is bool(holes)
        assert told.get("reason") == ("PlaceUnreachable" if holes else None)

    def test_a_refusal_beside_a_regional_proxy_subnet_tells_both_ways_out(
        self, cloud: GoogleServer, ask: Callable[..., Any]
    ) -> None:
        """Google's pages disagree on whether both may be; where they may, nothing is asked of anybody."""
        theirs = proxy("us-west1", "10.4.0.0/23", name="team-proxy", purpose="REGIONAL_MANAGED_PROXY")
        cloud.answers[SUBNETS_LIST] = aggregated("subnetworks", *ordinary(), theirs)
        fine = ask()
        words = "Invalid value for field 'resource.purpose': there is an active one."
        cloud.answers[f"POST {BASE}/regions/us-west1/subnetworks"] = refusal(400, "invalid", words)
        told = ask()

        assert ("waiting", 2) == (fine["outcome"], fine["calls"]["mutations"])
        assert ("blocked", "SUBNET_IN_THE_WAY") == (told["outcome"], told["code"])
        assert words in told["cause"] and "us-west1/subnetworks/team-proxy is the region's" in told["cause"]
        assert told["fix"].startswith("Use another region than us-west1; or, if no regional load balancer")
        assert "subnets delete team-proxy --project=shop-prod --region=us-west1" in told["fix"]

    def test_a_region_of_the_environment_that_is_hidden_is_waited_for(
        self, cloud: GoogleServer, ask: Callable[..., Any]
    ) -> None:
        """Nothing is made: what is there may be all that is wanted."""
        cloud.answers[SUBNETS_LIST] = aggregated("subnetworks") | {"unreachables": ["regions/us-west1"]}
        told = ask()

        assert ("waiting", "PlaceUnreachable") == (told["outcome"], told["reason"])
        assert "us-west1" in told["message"]
        assert told["changes"] == []

    def test_a_missing_permission_is_named(self, cloud: GoogleServer, ask: Callable[..., Any]) -> None:
        """To the person who can grant it."""
        words = "Required 'compute.subnetworks.create' permission for 'projects/shop-prod'"
        cloud.answers[f"POST {BASE}/regions/us-west1/subnetworks"] = refusal(403, "forbidden", words)
        told = ask()

        assert (told["outcome"], told["code"]) == ("blocked", "PERMISSION_DENIED")
        assert "compute.subnetworks.create" in told["fix"]


def aggregated(kind: str, *items: Mapping[str, Any]) -> dict[str, Any]:
    """A list by scope, as the aggregated lists answer it."""
    scopes: dict[str, Any] = {"regions/europe-west9": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
    for item in items:
        scope = "regions/" + item["region"].rpartition("/")[2]
        scopes.setdefault(scope, {kind: []})[kind].append(item)
    return {"items": scopes}
