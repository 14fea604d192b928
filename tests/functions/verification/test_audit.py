"""The audit: what ties a resource to an environment, what only looks alike, and why one look is not enough."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, cast

import pytest

from functions.verification import inventory
from functions.verification.attribution import RemovedEnvironment
from functions.verification.audit import PATIENCE, SECOND_LOOK, ObservedLeftovers, decide
from functions.verification.inventory import COMPUTE, LAST, Inventory, read_inventory
from functions.verification.leaks import find
from shared import errors
from shared.google.lists import Places
from shared.google.resource import Resource
from shared.google.session import Session
from shared.labels import mark
from shared.step.outcome import Done, Failed, Outcome, Waiting
from tests.shared.diagnosis.standing import Standing
from tests.support.projects import PROJECT

Json = dict[str, Any]

ANCHOR = f"projects/{PROJECT}/regions/us-central1/addresses/fleetgate-store"
STORE = RemovedEnvironment("store", "default", ("store", "edge"), ANCHOR)
WEST = f"projects/{PROJECT}/locations/us-west1-a/clusters/gke-west-1"
OURS = {"fleetgate-env": "store"}
ANCHOR_OF_ANOTHER = "Fleetgate environment store-proxy-b, first claimed by 1767500000000-1/x for project p"
NOW = 1_767_600_000.0


def resource(kind: str, name: str, place: str = "global", **fields: Any) -> Resource:
    """A resource as a list shows it."""
    return Resource(kind, f"projects/{PROJECT}/{place}/{kind}/{name}", **fields)


def signed(plural: str, name: str, cluster: str = WEST) -> str:
    """The description that the Gateway controller gives."""
    return json.dumps({"k8sResource": f"/namespaces/store/{plural}/{name}", "k8sCluster": f"/{cluster}"})


def group(service: str, namespace: str = "store") -> Resource:
    """A NEG as a cluster's controller makes it, in us-west1-a."""
    said = json.dumps({"cluster-uid": "abc", "namespace": namespace, "service-name": service, "port": "80"})
    place = "zones/us-west1-a"
    return resource(
        "networkEndpointGroups",
        f"k8s1-abc-{namespace}-{service}-80-x",
        place,
        description=said,
        network="default",
        location="us-west1-a",
    )


def cluster(name: str, location: str = "us-west1-a", **labels: str) -> Resource:
    """A cluster in the default network."""
    place = f"locations/{location}"
    return resource("clusters", name, place, labels=labels, location=location, network="default")


def names(rows: tuple[Json, ...]) -> list[str]:
    return [row["resource"].rpartition("/")[2] for row in rows]


def judged(*resources: Resource, whose: RemovedEnvironment = STORE) -> tuple[list[str], list[str]]:
    """Short names of leaks, and of what is foreign."""
    found = find(Inventory(resources), whose)
    return names(found.leaks), names(found.foreign)


EDGE = resource("forwardingRules", "gkemcg1-store-edge-1", description=signed("gateways", "edge"))
TIED = [
    resource("addresses", "vip-store-us-west1", "regions/us-west1", labels=OURS),
    resource(
        "addresses", "vip-store-us-east1", "regions/us-east1", description=mark("store")
    ),  # no label yet
    resource("subnetworks", "any", "regions/us-west1", description="… fleetgate-env=store"),
    resource("features", "multiclusteringress", "locations/global", labels=OURS),
    cluster("gke-west-1", **OURS),
    EDGE,
    resource("backendServices", "gkemcg1-store-cart-80-1", description=signed("serviceimports", "cart")),
    resource("healthChecks", "gkemcg1-store-cart-80-1"),
    resource(
        "backendServices", "gkemcs-store-cart", description='{"kubernetes.io/service-name": "store/cart"}'
    ),
    group("cart"),
]
ALIKE = [
    resource("addresses", "vip-store-us-west1", "regions/us-west1"),
    resource("subnetworks", "fleetgate-store-proxy", "regions/us-west1"),
    resource("forwardingRules", "gkemcg1-store-edge-1"),
    resource("forwardingRules", "gkemcg1-store-edge-1", description=signed("gateways", "other")),
    resource("backendServices", "gkemcs-web-cart", description='{"kubernetes.io/service-name": "web/cart"}'),
    resource("firewalls", "gke-somebody-12345678-mcsd", network="default"),
    group("cart", namespace="web"),
]
UNRELATED = [
    resource("addresses", "fleetgate-store", "regions/us-central1", labels=OURS),  # the anchor
    resource("addresses", "vip-blue-us-west1", "regions/us-west1", labels={"fleetgate-env": "blue"}),
    resource("addresses", "fleetgate-store-proxy-b", "regions/us-west1", description=ANCHOR_OF_ANOTHER),
    resource("forwardingRules", "shop", description="ours, says somebody"),
    resource("features", "configmanagement", "locations/global"),
    cluster("somebody"),
]


@pytest.mark.parametrize("each", TIED, ids=lambda each: f"{each.kind}/{each.name}")
def test_what_is_marked_or_tied_is_a_leak_with_the_command_that_removes_it(each: Resource) -> None:
    """By label, by mark, by the controllers' descriptions, by names that only ours can have."""
    (row,) = find(Inventory((each,)), STORE).leaks

    assert each.path == row["resource"]
    assert row["why"]
    assert row["fix"].startswith("gcloud ") and f"--project={PROJECT}" in row["fix"]


@pytest.mark.parametrize("each", ALIKE, ids=lambda each: f"{each.kind}/{each.name}")
def test_what_only_looks_alike_is_foreign(each: Resource) -> None:
    """A name proves nothing."""
    assert ([], [each.name]) == judged(each)


@pytest.mark.parametrize("each", UNRELATED, ids=lambda each: f"{each.kind}/{each.name}")
def test_what_is_somebody_elses_or_the_anchor_is_not_told(each: Resource) -> None:
    """The report is not a list of the project."""
    assert ([], []) == judged(each)


def test_what_somebody_else_still_uses_is_not_ours_to_remove() -> None:
    """Gateways that route to one import share its backend service."""
    shared = resource(
        "backendServices", "gkemcg1-store-cart-80-1", description=signed("serviceimports", "cart")
    )
    theirs = resource("urlMaps", "theirs", uses=frozenset({shared.path}))

    assert ([], [shared.name]) == judged(theirs, shared)


def test_what_the_gateway_named_is_ours_though_nothing_else_ties_it() -> None:
    """The inventory, by project id or number."""
    stray = resource("urlMaps", "gkemcg1-odd")
    named = RemovedEnvironment("store", "default", None, ANCHOR, frozenset({stray.tail}))

    assert ([], []) == judged(stray)
    assert ([stray.name], []) == judged(stray, whose=named)


def test_a_group_that_a_living_cluster_of_somebodys_may_have_made_is_foreign() -> None:
    """Same namespace, same place, and its controller is alive."""
    assert ([], [group("cart").name]) == judged(group("cart"), cluster("somebody"))
    assert ([group("cart").name], []) == judged(group("cart"), cluster("somebody", "us-east1-b"))


def test_names_built_from_our_clusters_are_ours_after_the_cluster_too() -> None:
    """Its firewall rule and its stale membership; a feature's clusters may be known from the inventory alone."""
    rule = resource("firewalls", "gke-gke-west-1-12345678-mcsd", network="default")
    member = resource("memberships", "gke-west-1", "locations/us-west1", cluster=WEST)
    known = RemovedEnvironment(
        "store", "default", None, ANCHOR, frozenset({WEST.removeprefix(f"projects/{PROJECT}/")})
    )

    assert ([], [rule.name, member.name]) == judged(rule, member)
    assert ([rule.name, member.name], []) == judged(rule, member, whose=known)


class TestHiddenClusters:
    """Places far away that lists leave out, in which the environment never was."""

    ASIA = "asia-east1-a"

    def look(self, *resources: Resource, hidden: str = ASIA) -> tuple[list[str], Sequence[Json]]:
        """Short names of leaks, and the rows of what is foreign."""
        found = find(Inventory(resources, hidden=frozenset({hidden})), STORE)
        return names(found.leaks), found.foreign

    def test_a_group_that_a_hidden_cluster_may_have_made_is_foreign(self) -> None:
        """Whether a zone of its region is hidden, or the region; elsewhere it is a leak as ever."""
        for hidden in ("us-west1-b", "us-west1"):
            leaks, (row,) = self.look(group("cart"), hidden=hidden)
            assert ([], "in us-west1, where clusters cannot be listed" in row["why"]) == (leaks, True)
        assert ([group("cart").name], ()) == self.look(group("cart"))

    def test_a_membership_whose_cluster_is_hidden_is_nobodys_stale_one(self) -> None:
        """Its cluster may well be there. One that is missing from a list which shows its place is gone."""
        path = f"projects/{PROJECT}/locations/{self.ASIA}/clusters/shop"
        member = resource("memberships", "shop", "locations/asia-east1", cluster=path)

        assert ([], ()) == self.look(member)
        _, (row,) = self.look(member, hidden="europe-west1-b")
        assert "is gone" in row["why"]

    def test_a_firewall_rule_of_a_cluster_that_may_be_hidden_is_not_said_to_be_a_gone_ones(self) -> None:
        """Its name does not say where the cluster is."""
        rule = resource("firewalls", "gke-shop-12345678-mcsd", network="default")
        _, (hidden,) = self.look(rule)
        (seen,) = find(Inventory((rule,)), STORE).foreign

        assert ("which cannot be seen" in hidden["why"], "which is gone" in seen["why"]) == (True, True)


def test_the_gateways_firewall_rule_stays_while_anybodys_gateway_needs_it() -> None:
    """One rule a VPC, for all Gateways."""
    rule = resource("firewalls", "gkemcg1-l7-default-1", network="default")
    theirs = resource("forwardingRules", "gkemcg1-web-shop-1", description=signed("gateways", "shop"))

    assert ([EDGE.name, rule.name], []) == judged(EDGE, rule)
    assert ([EDGE.name], []) == judged(EDGE, theirs, rule)


def answer(*leaks: str, unknown: int = 0, before: str = "", since: float = NOW) -> Outcome:
    rows = tuple({"resource": each, "why": "", "fix": f"remove {each}"} for each in leaks)
    holes = ({"list": "urlMaps", "why": "a zone is down"},) * unknown
    outcome = decide(
        ObservedLeftovers(type(find(Inventory(), STORE))(rows), holes, before, since), NOW
    ).outcome
    assert outcome is not None
    return outcome


class TestLooks:
    def test_the_first_clean_look_asks_for_a_second_after_every_controllers_round(self) -> None:
        """The slowest takes 120 s; the second look comes later than that."""
        first = answer()

        assert isinstance(first, Waiting)
        assert first.retry_after == SECOND_LOOK > 120
        assert {"verdict": "clean", "since": NOW} == first.outputs["audit"]

    def test_it_is_done_when_it_has_been_clean_for_long_enough(self) -> None:
        """An early second look, of a message delivered twice, say, does not count."""
        assert isinstance(answer(before="clean", since=NOW - SECOND_LOOK + 1), Waiting)
        assert isinstance(answer(before="clean", since=NOW - SECOND_LOOK), Done)

    def test_what_goes_by_itself_is_no_leak_and_what_stays_is_one(self) -> None:
        """With the list of all, and the first command."""
        assert isinstance(answer("a"), Waiting)
        assert isinstance(answer(before="leaking", since=NOW - SECOND_LOOK), Waiting)
        leaked = answer("a", "b", before="leaking", since=NOW - SECOND_LOOK)

        assert isinstance(leaked, Failed)
        assert ("LEAKED", 2) == (leaked.code, len(leaked.outputs["leaks"]))
        assert leaked.fix.startswith("remove a")

    def test_a_list_with_holes_is_unknown_and_never_empty(self) -> None:
        """It is waited for, and given up after a while."""
        assert isinstance(answer(unknown=1, before="clean", since=NOW - SECOND_LOOK), Waiting)
        given_up = answer(unknown=1, before="unknown", since=NOW - PATIENCE)

        assert isinstance(given_up, Failed)
        assert "AUDIT_INCOMPLETE" == given_up.code


def everything(standing: Standing) -> set[str]:
    """Full names of all that the audit lists, from the store."""
    kinds = [*(f"compute.{kind}" for kind in (*COMPUTE, *LAST)), "container.clusters", "gkehub.memberships"]
    return {name for kind in (*kinds, "gkehub.features") for name in standing.world.store[kind].names()}


def test_on_the_wire_everything_of_an_environment_is_found_and_nothing_of_an_empty_project() -> None:
    """What the controllers made too, all of it: only the networks, and what was there before, are not told."""

    async def story() -> tuple[Outcome, Outcome, Outcome, set[str]]:
        async with Standing() as standing:
            before = everything(standing)
            empty = await standing.audit()
            await standing.pass_by(SECOND_LOOK)
            clean = await standing.audit(audit=empty.outputs["audit"])
            await standing.deploy()
            await standing.pass_by(200)
            return empty, clean, await standing.audit(), everything(standing) - before

    empty, clean, full, made = asyncio.run(story())
    leaks = {row["resource"] for row in full.outputs["leaks"]}

    assert (Waiting, Done) == (type(empty), type(clean))
    assert [] == full.outputs["foreign"] == full.outputs["unknown"]
    assert set() == leaks - made
    assert [] == [name for name in sorted(made - leaks) if "serve404" not in name]


def test_what_a_resource_refers_to_is_found_in_whichever_field() -> None:
    """Links in any form, nested too; neither its own name nor what its description quotes."""
    base = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global"
    told: Any = {
        "name": "theirs",
        "selfLink": f"{base}/urlMaps/theirs",
        "description": f"in place of {base}/urlMaps/old",
        "defaultService": f"{base}/backendServices/one",
        "pathMatchers": [{"routeRules": [{"service": f"projects/{PROJECT}/global/backendServices/two"}]}],
    }
    found = inventory._of("urlMaps", told)

    assert f"projects/{PROJECT}/global/urlMaps/theirs" == found.path
    assert {f"projects/{PROJECT}/global/backendServices/{name}" for name in ("one", "two")} == found.uses


def test_a_list_that_leaves_out_a_place_of_the_environment_is_unknown() -> None:
    """It is told by its name; of APIs that were disabled on purpose nothing is left."""

    class Broken:
        def pages(self, service: str, path: str, form: object, **query: str) -> list[Json]:
            if service == "gkehub":
                raise errors.ApiDisabled("gkehub", "GET", path, 403, "SERVICE_DISABLED", "off")
            if service == "container":
                return [{"missingZones": ["us-west1-a"]}]
            scope = {"warning": {"code": "UNREACHABLE", "message": "down"}}
            return [{"items": {"zones/us-west1-a": scope}} if "aggregated" in path else scope]

    broken, west = cast(Session, Broken()), Places.of("us-west1")
    every = {each["list"] for each in read_inventory(broken, PROJECT, west).unknown}
    without = {each["list"] for each in read_inventory(broken, PROJECT, west, apis_disabled=True).unknown}

    assert {"features", "memberships"} == every - without
    assert {"clusters", "urlMaps", "addresses"} <= without

    elsewhere = read_inventory(broken, PROJECT, Places.of("us-east1"), apis_disabled=True)
    assert ["firewalls"] == [each["list"] for each in elsewhere.unknown]  # its warning names no place
    assert elsewhere.hides("us-west1") and not elsewhere.hides("us-east1")
