"""The gateway step: what it applies, what it waits for, what it will not touch. Pure, on plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from functions.gateway.changes import LabelAddress, ReserveAddress
from functions.gateway.observed import Contents, Imports, ObservedGateway
from functions.gateway.step import decide
from shared.changes.objects import ApplyObject
from shared.gateway.names import reserved_names, static_name
from shared.gateway.status import Vip, vips
from shared.gateway.wanted import wanted_objects
from shared.google import compute, wire
from shared.google.session import Session
from shared.labels import mark
from shared.objects import ASKED
from shared.spec import Environment
from shared.step.outcome import Blocked, Decision, Done, Failed, Waiting
from tests.support.live import (
    NETWORK,
    NOW,
    born,
    condition,
    environment,
    forwarding_rules,
    gateway_class,
    one_cluster,
    programmed,
    reconciled,
    service_import,
    whole,
)
from tests.support.projects import PROJECT

Json = dict[str, Any]

STORE = environment()
CLUSTER = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
GATEWAY = ("Gateway", "store", "internal-cross-region-gateway")
ROUTE = ("HTTPRoute", "store", "store-route")
SPACE = {("Namespace", "", "store"): {"metadata": {"name": "store"}}}
MISSING = Imports(missing=(("store", "store"),))


def observed(objects: dict[Any, Json] | None = None, **fields: Any) -> ObservedGateway:
    """An open cluster that knows every kind, and a request of two minutes ago."""
    contents = Contents(objects or {}, frozenset(), fields.pop("gateway_class", gateway_class()))
    rules = tuple(forwarding_rules())
    return replace(ObservedGateway(NOW - 120, one_cluster(), contents, forwarding_rules=rules), **fields)


def outcome(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def blocked(decision: Decision) -> Blocked:
    assert isinstance(decision.outcome, Blocked), decision
    assert not decision.changes
    return decision.outcome


def names(changes: Any) -> list[tuple[str, str]]:
    described = [each.describe() for each in changes]
    return [(each.verb, each.resource.removeprefix(f"{CLUSTER}/")) for each in described]


class TestApplying:
    def test_everything_is_applied_as_soon_as_the_kinds_are_known(self) -> None:
        """Neither the class nor the imports are waited for: the controller takes up what is there."""
        decision = decide(STORE, observed(gateway_class=None, imports=MISSING), NOW)

        assert names(decision.changes) == [
            ("create", "Namespace/store"),
            ("create", "Gateway/store/internal-cross-region-gateway"),
            ("create", "HTTPRoute/store/store-route"),
        ]
        assert outcome(decision).message == (
            "the config cluster has no multi-cluster GatewayClass yet; no import of store/store yet"
        )

    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            (ObservedGateway(NOW), "ClusterProvisioning"),
            (ObservedGateway(NOW, one_cluster("PROVISIONING")), "ClusterProvisioning"),
            (ObservedGateway(NOW, one_cluster()), "GatewayApiUnknown"),
        ],
    )
    def test_a_plan_shows_what_cannot_be_applied_yet(self, state: ObservedGateway, reason: str) -> None:
        """Before the cluster serves, or knows the Gateway API, the objects are later changes."""
        decision = decide(STORE, state, NOW)

        assert outcome(decision).reason == reason
        every = names([*decision.changes, *decision.later])
        assert every[0] == ("create", "Namespace/store")
        assert ("create", "HTTPRoute/store/store-route") in names(decision.later)

    def test_what_is_as_wanted_is_left_alone(self) -> None:
        """A second deploy changes nothing, whatever the server added."""
        decision = decide(STORE, observed(whole(STORE)), NOW)

        assert isinstance(decision.outcome, Done)
        assert [*decision.changes, *decision.later] == []
        assert decision.outcome.outputs["addresses"] == [
            {"region": "us-west1", "address": "10.138.0.5", "kind": "ephemeral"},
            {"region": "us-east1", "address": "10.142.0.7", "kind": "ephemeral"},
        ]

    def test_only_what_differs_is_applied(self) -> None:
        """Somebody changed the route by hand; the Gateway is not touched."""
        objects = whole(STORE)
        objects[ROUTE]["spec"]["rules"][0]["backendRefs"][0]["weight"] = 0

        assert names(decide(STORE, observed(objects), NOW).changes) == [
            ("update", "HTTPRoute/store/store-route")
        ]

    def test_what_a_request_leaves_out_is_a_difference(self) -> None:
        """The live route has more than is wanted now: it is applied again, so that the rest goes. So is the Gateway,
        which bears the spec.
        """
        rule = {"backendRefs": [{"name": "store", "port": 8080}]}
        before = environment(routes=[{"name": "store-route", "hostnames": ["a.b"], "rules": [rule]}])
        after = environment(routes=[{"name": "store-route", "rules": [rule]}])

        assert names(decide(after, observed(whole(before)), NOW).changes) == [
            ("update", "Gateway/store/internal-cross-region-gateway"),
            ("update", "HTTPRoute/store/store-route"),
        ]

    def test_routes_of_ours_that_are_no_longer_wanted_go(self) -> None:
        """Others' routes stay."""
        objects = whole(STORE)
        old = born(list(wanted_objects(STORE))[1])
        old["metadata"]["name"] = "old"
        foreign = {"metadata": {"name": "theirs", "namespace": "store"}}
        objects |= {("HTTPRoute", "store", "old"): old, ("HTTPRoute", "store", "theirs"): foreign}

        assert names(decide(STORE, observed(objects), NOW).changes) == [("delete", "HTTPRoute/store/old")]

    def test_health_checks_name_the_import_and_send_both_times(self) -> None:
        """A policy on a Service has no effect; a port needs USE_FIXED_PORT."""
        wanted = environment(healthCheck={"requestPath": "/healthz", "port": 8081})
        policy = next(each for each in wanted_objects(wanted) if each["kind"] == "HealthCheckPolicy")

        assert policy["spec"]["targetRef"] == {
            "group": "net.gke.io",
            "kind": "ServiceImport",
            "name": "store",
        }
        assert policy["spec"]["default"] == {
            "checkIntervalSec": 15,
            "timeoutSec": 15,
            "healthyThreshold": 1,
            "unhealthyThreshold": 2,
            "config": {
                "type": "HTTP",
                "httpHealthCheck": {
                    "requestPath": "/healthz",
                    "portSpecification": "USE_FIXED_PORT",
                    "port": 8081,
                },
            },
        }

    def test_a_backend_in_another_namespace_gets_a_grant(self) -> None:
        """In the namespace that is referred to, which must be there in the config cluster too."""
        decision = decide(_two_namespaces(), observed(SPACE), NOW)

        assert names(decision.changes)[0] == ("create", "Namespace/shop")
        assert ("create", "ReferenceGrant/shop/routes-from-store") in names(decision.changes)

    def test_every_object_says_whose_it_is(self) -> None:
        """By label, and by a digest of what was asked."""
        for wish in wanted_objects(environment(healthCheck={})):
            assert wish["metadata"]["labels"] == {"fleetgate-env": "store"}
            assert len(wish["metadata"]["annotations"][ASKED]) == 16


class TestForeign:
    @pytest.mark.parametrize("key", [GATEWAY, ROUTE, ("HealthCheckPolicy", "store", "store")])
    def test_an_object_of_somebody_else_is_in_the_way(self, key: tuple[str, str, str]) -> None:
        """It is never changed."""
        wanted = environment(healthCheck={})
        objects = whole(wanted)
        objects[key]["metadata"]["labels"] = {"fleetgate-env": "other"}

        assert blocked(decide(wanted, observed(objects), NOW)).code == f"{key[0].upper()}_FOREIGN"

    def test_a_policy_of_another_name_on_our_import_is_in_the_way_too(self) -> None:
        """Of two policies on one import the older holds."""
        theirs = {"metadata": {"name": "x", "namespace": "store"}, "spec": {"targetRef": {"name": "store"}}}

        decision = decide(
            environment(healthCheck={}), observed({("HealthCheckPolicy", "store", "x"): theirs}), NOW
        )
        assert "store/x" in blocked(decision).cause


class TestAddresses:
    @pytest.fixture
    def reserved(self, monkeypatch: pytest.MonkeyPatch) -> list[Json]:
        """The bodies that compute is sent."""
        bodies: list[Json] = []
        monkeypatch.setattr(compute, "insert_address", lambda _s, _p, _r, body: bodies.append(body))
        return bodies

    def test_ephemeral_ones_name_their_region(self) -> None:
        """As the tutorial has it."""
        assert next(wanted_objects(STORE))["spec"]["addresses"] == [
            {"type": "networking.gke.io/ephemeral-ipv4-address/us-west1", "value": "us-west1"},
            {"type": "networking.gke.io/ephemeral-ipv4-address/us-east1", "value": "us-east1"},
        ]

    def test_static_ones_are_reserved_before_the_gateway_names_them(self, reserved: list[Json]) -> None:
        """In the environment's subnetwork, with its mark; nothing else is needed for that."""
        wanted = environment(gateway={"addresses": "static"})
        decision = decide(wanted, ObservedGateway(NOW, addresses={}), NOW)
        first = decision.changes[0]
        first.perform(cast(Session, None))
        body = reserved[0]

        assert len(decision.changes) == 2
        assert (
            first.describe().resource == f"projects/{PROJECT}/regions/us-west1/addresses/vip-store-us-west1"
        )
        assert body["subnetwork"] == f"projects/{PROJECT}/regions/us-west1/subnetworks/default"
        assert (body["purpose"], body["description"]) == ("GCE_ENDPOINT", mark("store"))
        assert "labels" not in body

    def test_a_static_address_is_ours_by_its_mark_and_then_labelled(self) -> None:
        """Its insert dropped the labels. What has the label is not written again, and what is being reserved waits."""
        wanted = environment(gateway={"addresses": "static"})
        west, east = _static("us-west1"), _static("us-east1", labels={"team": "a"})
        addresses = {("us-west1", west["name"]): west, ("us-east1", east["name"]): east}
        decision = decide(wanted, ObservedGateway(NOW, addresses=addresses), NOW)

        assert [each.describe().field for each in decision.changes] == ["labels.fleetgate-env"] * 2
        assert decision.changes[1] == LabelAddress(
            "store",
            f"projects/{PROJECT}/regions/us-east1/addresses/vip-store-us-east1",
            {"team": "a"},
            "AA==",
        )

        west["status"], east["labels"] = "RESERVING", {"fleetgate-env": "store"}
        assert decide(wanted, ObservedGateway(NOW, addresses=addresses), NOW).changes == []

    @pytest.mark.parametrize(("times", "ends"), [(2, False), (3, True)])
    def test_an_address_that_is_refused_again_and_again_is_given_up(self, times: int, ends: bool) -> None:
        """With Google's words."""
        wanted = environment(gateway={"addresses": "static"})
        failures = {("us-west1", "vip-store-us-west1"): ["IP_SPACE_EXHAUSTED: none is left"] * times}
        decision = decide(wanted, observed(SPACE, addresses={}, failures=failures), NOW)

        assert isinstance(decision.outcome, Failed) is ends
        assert bool(decision.changes) is not ends

    def test_a_label_that_is_missing_at_the_end_is_said_to_be(self) -> None:
        """The load balancer is as wanted; nothing is waited for but the label."""
        wanted = environment(gateway={"addresses": "static"})
        found = {(region, name): _static(region) for region, name in reserved_names(wanted).items()}
        decision = decide(wanted, observed(whole(wanted), addresses=found), NOW)

        assert [each.describe().field for each in decision.changes] == ["labels.fleetgate-env"] * 2
        assert ("AddressLabelling", 9.0) == (outcome(decision).reason, outcome(decision).retry_after)

    @pytest.mark.parametrize(
        "fields", [{"description": ""}, {"description": mark("shop")}, {"labels": {"fleetgate-env": "shop"}}]
    )
    def test_a_static_address_of_somebody_else_is_not_taken(self, fields: Json) -> None:
        """Without our mark, with another environment's, or with another's label."""
        wanted = environment(gateway={"addresses": "static"})
        addresses = {("us-west1", "vip-store-us-west1"): _static("us-west1", **fields)}
        stop = blocked(decide(wanted, ObservedGateway(NOW, addresses=addresses), NOW))

        assert stop.code == "ADDRESS_FOREIGN"

    def test_the_gateway_waits_for_its_addresses(self) -> None:
        """One that is still being reserved does not exist for the controller."""
        wanted = environment(gateway={"addresses": "static"})
        addresses = {(r, static_name("store", r)): _reserved(r) for r in wanted.address_regions}
        addresses["us-east1", "vip-store-us-east1"]["status"] = "RESERVING"
        decision = decide(wanted, observed(SPACE, addresses=addresses), NOW)

        assert outcome(decision).reason == "AddressReserving"
        assert names(decision.later) == [("create", "Gateway/store/internal-cross-region-gateway")]

    def test_ports_share_an_address_only_with_the_purpose_for_it(self) -> None:
        """Two ports are two forwarding rules."""
        listeners = [{"name": "a", "port": 80}, {"name": "b", "port": 8080}]
        wanted = environment(gateway={"addresses": "static", "listeners": listeners})

        change = decide(wanted, ObservedGateway(NOW, addresses={}), NOW).changes[0]
        assert isinstance(change, ReserveAddress)
        assert change.purpose == "SHARED_LOADBALANCER_VIP"

    def test_a_static_address_never_looks_like_an_anchor(self) -> None:
        """Anchors are told by the beginning of their name."""
        assert not static_name("store", "us-west1").startswith("fleetgate-")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            (None, "ADDRESS_MISSING"),
            ({"addressType": "EXTERNAL"}, "ADDRESS_UNFIT"),
            ({"subnetwork": f"projects/{PROJECT}/regions/us-west1/subnetworks/other"}, "ADDRESS_UNFIT"),
            ({"status": "IN_USE", "address": "10.138.0.99"}, "ADDRESS_UNFIT"),
        ],
    )
    def test_addresses_of_the_users_must_fit(self, fields: Json | None, code: str) -> None:
        """Each fault with its path in the environment, before anything is made."""
        addresses = {("us-east1", "east"): _reserved("us-east1")}
        if fields is not None:
            addresses["us-west1", "west"] = _reserved("us-west1", **fields)
        stop = blocked(decide(_named(), ObservedGateway(NOW, addresses=addresses), NOW))

        assert stop.code == code
        assert [each["path"] for each in stop.faults] == ["gateway.addresses.us-west1"]
        assert "gcloud compute addresses create west" in stop.fix

    def test_addresses_of_the_users_that_fit_are_named(self) -> None:
        """By region and name; none is reserved."""
        addresses = {("us-west1", "west"): _reserved("us-west1"), ("us-east1", "east"): _reserved("us-east1")}
        decision = decide(_named(), observed(SPACE, addresses=addresses), NOW)

        assert names(decision.changes)[0] == ("create", "Gateway/store/internal-cross-region-gateway")
        change = decision.changes[0]
        assert isinstance(change, ApplyObject)
        assert cast(Json, change.manifest)["spec"]["addresses"][0] == {
            "type": "networking.gke.io/named-address-with-region",
            "value": "regions/us-west1/addresses/west",
        }

    def test_addresses_that_are_needed_no_more_are_released_once_free(self) -> None:
        """One that the load balancer still uses is waited for; one that is being released is not asked for again."""
        link = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/regions/{{}}/addresses/{{}}"
        addresses: Any = {}
        for region, users in (("us-west1", ["rule"]), ("us-east1", []), ("europe-west1", [])):
            name = static_name("store", region)
            addresses[region, name] = _reserved(region) | {"name": name, "users": users}
            addresses[region, name]["selfLink"] = link.format(region, name)
        theirs = {**addresses["us-east1", "vip-store-us-east1"], "labels": {"fleetgate-env": "other"}}
        addresses["us-east1", "vip-other"] = theirs | {"name": "vip-other"}
        releasing = frozenset({f"projects/{PROJECT}/regions/europe-west1/addresses/vip-store-europe-west1"})
        decision = decide(STORE, observed(whole(STORE), addresses=addresses, releasing=releasing), NOW)

        free = f"projects/{PROJECT}/regions/us-east1/addresses/vip-store-us-east1"
        assert [("delete", free)] == names(decision.changes)
        assert ("AddressReleasing", 18.0) == (outcome(decision).reason, outcome(decision).retry_after)
        assert "vip-store-us-west1, vip-store-us-east1" in outcome(decision).message

    def test_the_forwarding_rule_decides_where_an_address_is(self) -> None:
        """The order of the status is only relied on where there is no rule in the same network."""
        gateway = whole(STORE)[GATEWAY]
        swapped = forwarding_rules({"us-east1": "10.138.0.5", "us-west1": "10.142.0.7"})
        elsewhere: list[wire.ForwardingRule] = [
            {**each, "network": f"projects/{PROJECT}/global/networks/other"} for each in swapped
        ]

        assert vips(gateway, swapped, NETWORK) == [
            Vip("us-east1", "10.138.0.5"),
            Vip("us-west1", "10.142.0.7"),
        ]
        assert vips(gateway, elsewhere, NETWORK) == [
            Vip("us-west1", "10.138.0.5"),
            Vip("us-east1", "10.142.0.7"),
        ]


class TestWaiting:
    def test_a_reconciled_route_is_the_end(self) -> None:
        """Until then it is a sync of some 15 s after its references were resolved."""
        objects = whole(STORE)
        objects[ROUTE] = reconciled(objects[ROUTE], condition("Accepted"), condition("ResolvedRefs", age=2))
        waiting = outcome(decide(STORE, observed(objects), NOW))

        assert (waiting.reason, waiting.retry_after) == ("RoutePending", 7.0)

    def test_conditions_of_an_older_generation_do_not_count(self) -> None:
        """What was true of the spec before says nothing of this one."""
        objects = whole(STORE)
        objects[GATEWAY]["metadata"]["generation"] = 2

        assert outcome(decide(STORE, observed(objects), NOW)).reason == "GatewayUpdating"

    def test_an_address_for_each_region_is_part_of_being_programmed(self) -> None:
        """Programmed alone is not enough."""
        objects = whole(STORE)
        objects[GATEWAY]["status"]["addresses"].pop()

        assert outcome(decide(STORE, observed(objects), NOW)).reason == "GatewayUpdating"

    @pytest.mark.parametrize(
        ("words", "generation", "reason"),
        [
            ("gceSync: generic::invalid_argument: An active proxy-only subnetwork", 1, "GatewayRefused"),
            ("error cause: gceSync: generic::deadline_exceeded: Insert", 1, "GatewayRefused"),
            ("gceSync: generic::invalid_argument: of the spec before", 2, "GatewayPending"),
            ("Waiting for controller", 1, "GatewayPending"),
        ],
    )
    def test_what_the_controller_says_is_told(self, words: str, generation: int, reason: str) -> None:
        """A part that Compute Engine refuses is a wait of its own: its cause is looked for sooner."""
        objects = whole(STORE)
        pending = condition("Programmed", "False", "Pending", words)
        objects[GATEWAY] = programmed(objects[GATEWAY], condition("Accepted"), pending)
        objects[GATEWAY]["metadata"]["generation"] = generation
        waiting = outcome(decide(STORE, observed(objects), NOW))

        assert waiting.reason == reason
        assert words in waiting.message

    def test_the_longest_chain_decides_when_to_look(self) -> None:
        """Imports of exports that were just made take longer than a Gateway that is nearly programmed."""
        objects = {**SPACE, **{key: born(each) for key, each in whole(STORE).items()}}
        for each in objects.values():
            each.pop("status", None)
        export = {"metadata": {"creationTimestamp": "2026-01-05T07:59:40Z"}}  # 20 s before NOW
        waiting = outcome(decide(STORE, observed(objects, imports=replace(MISSING, exports=(export,))), NOW))

        assert waiting.reason == "ServiceImportMissing"
        assert waiting.retry_after == pytest.approx(
            169
        )  # imports 160 s from now at the soonest, a sync 9 s after them
        assert "store/store" in waiting.message
        assert "not programmed yet" in waiting.message

    def test_later_exports_are_quicker(self) -> None:
        """Once the fleet has imports, another one takes less than a minute."""
        export = {"metadata": {"creationTimestamp": "2026-01-05T07:59:40Z"}}
        imports = replace(MISSING, exports=(export,), there=(service_import("other", age=3600),))
        waiting = outcome(decide(STORE, observed(_unresolved(), imports=imports), NOW))

        assert waiting.reason == "ServiceImportMissing"
        assert waiting.retry_after == 25

    def test_pauses_do_not_grow_with_the_age_of_an_old_environment(self) -> None:
        """Exports of yesterday say nothing about how long this request has waited."""
        export = {"metadata": {"creationTimestamp": "2026-01-04T08:00:00Z"}}
        imports = replace(MISSING, exports=(export,))

        assert outcome(decide(STORE, observed(_unresolved(), imports=imports), NOW)).retry_after == 25


class TestRefusals:
    WORDS = 'Error GWCER106: Gateway "store/x" is invalid, err: unsupported address type'

    def test_a_refusal_of_the_spec_is_for_a_person(self) -> None:
        """In the controller's own words."""
        objects = whole(STORE)
        refusal = condition("Programmed", "False", "Invalid", self.WORDS)
        objects[GATEWAY] = programmed(objects[GATEWAY], condition("Accepted"), refusal)
        stop = blocked(decide(STORE, observed(objects), NOW))

        assert stop.code == "GATEWAY_REFUSED"
        assert self.WORDS in stop.cause

    @pytest.mark.parametrize("is_back", [True, False])
    def test_an_address_that_is_there_again_refuses_nothing(self, is_back: bool) -> None:
        """The controller looks again by itself; what it said was about the time before."""
        objects = whole(STORE)
        words = 'Error GWCER106: Gateway "store/x" is invalid, err: address "regions/r/addresses/vip" does not exist..'
        refusal = condition("Programmed", "False", "Invalid", words)
        objects[GATEWAY] = programmed(objects[GATEWAY], condition("Accepted"), refusal)
        addresses: Any = {("us-west1", "vip"): {}} if is_back else {}

        told = decide(STORE, observed(objects, addresses=addresses), NOW).outcome
        assert is_back == isinstance(told, Waiting)

    @pytest.mark.parametrize(("name", "foreign"), [("team/theirs", True), ("store/store-route", False)])
    def test_a_refusal_because_of_somebody_elses_route_names_it(self, name: str, foreign: bool) -> None:
        """Nothing in the environment could be corrected for it; a route of ours is the environment's matter."""
        objects = whole(STORE)
        words = f'Error GWCER104: HTTPRoute "{name}" is misconfigured, err: too many rules'
        refusal = condition("Programmed", "False", "Invalid", words)
        objects[GATEWAY] = programmed(objects[GATEWAY], condition("Accepted"), refusal)
        stop = blocked(decide(STORE, observed(objects), NOW))

        assert "GATEWAY_REFUSED" == stop.code
        assert foreign == (f"HTTPRoute {name} is not this environment's" in stop.cause)
        command = "kubectl delete httproutes.gateway.networking.k8s.io theirs --namespace=team"
        assert (command in stop.fix, "Correct in the environment" in stop.fix) == (foreign, not foreign)

    @pytest.mark.parametrize(
        "refusal",
        [
            condition(
                "Reconciled",
                "False",
                "Invalid",
                "reference-not-found: Error GWCER104: misconfigured: Error GWCER102: serviceimports not found",
            ),
            condition("ResolvedRefs", "False", "BackendNotFound", "Error GWCER102: serviceimports not found"),
            condition("Reconciled", "False", "Invalid", "gceSync: generic::deadline_exceeded: wedged"),
        ],
    )
    def test_what_heals_by_itself_is_waited_for(self, refusal: Json) -> None:
        """A reference that is not there yet, a sync that is tried again."""
        assert outcome(decide(STORE, observed(_unresolved(refusal)), NOW)).reason == "RoutePending"

    def test_a_route_that_no_listener_takes_is_refused(self) -> None:
        """It says so in Accepted, whatever the words."""
        objects = _unresolved(condition("Accepted", "False", "NoMatchingListenerHostname", "no hostname"))

        assert "HTTPRoute store/store-route" in blocked(decide(STORE, observed(objects), NOW)).cause

    def test_a_refusal_from_before_the_request_is_given_time(self) -> None:
        """What was mended outside the cluster shows at the controller's next sync."""
        objects = _unresolved(condition("Accepted", "False", "NoMatchingParent", "none"))

        assert outcome(decide(STORE, observed(objects, asked=NOW - 5), NOW)).reason == "RoutePending"

    def test_a_refusal_of_what_is_being_changed_does_not_count(self) -> None:
        """The mended route is applied first."""
        objects = _unresolved(condition("Accepted", "False", "NoMatchingParent", "none"))
        objects[ROUTE]["spec"]["rules"] = []

        assert names(decide(STORE, observed(objects), NOW).changes) == [
            ("update", "HTTPRoute/store/store-route")
        ]


def _unresolved(*conditions: Json) -> dict[Any, Json]:
    """All is there and programmed, but the route is not in the load balancer."""
    objects = whole(STORE)
    objects[ROUTE] = reconciled(objects[ROUTE], *(conditions or (condition("Accepted"),)))
    return objects


def _reserved(region: str, **fields: Any) -> wire.Address:
    whole = {
        "addressType": "INTERNAL",
        "purpose": "GCE_ENDPOINT",
        "status": "RESERVED",
        "address": "10.0.0.9",
        "subnetwork": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/regions/{region}/subnetworks/default",
        "labels": {"fleetgate-env": "store"},
    }
    return cast(wire.Address, whole | fields)


def _static(region: str, **fields: Any) -> wire.Address:
    """An address that we reserved, as it is before it has our label."""
    name = static_name("store", region)
    link = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/regions/{region}/addresses/{name}"
    fresh = {"name": name, "selfLink": link, "description": mark("store"), "labelFingerprint": "AA=="}
    return _reserved(region, **(fresh | {"labels": {}} | fields))


def _named() -> Environment:
    return environment(gateway={"addresses": {"us-west1": "west", "us-east1": "east"}})


def _two_namespaces() -> Environment:
    services = [{"name": "cart", "namespace": "shop", "port": 80, "selector": {"app": "cart"}}]
    rule = {"backendRefs": [{"name": "cart", "namespace": "shop", "port": 80}]}
    return environment(services=services, routes=[{"name": "store-route", "rules": [rule]}])


def test_a_change_is_named_by_its_cluster() -> None:
    """So that it is unique over a whole report."""
    change = decide(STORE, observed(), NOW).changes[1]

    assert change.describe().resource == f"{CLUSTER}/Gateway/store/internal-cross-region-gateway"
