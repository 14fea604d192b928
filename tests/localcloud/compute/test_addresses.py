"""Addresses: reservation, allocation by name, labels as compare-and-swap, use read off the forwarding rules."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.compute import allocate_address, rules_at, service, url
from localcloud.compute.kinds import KINDS
from localcloud.compute.labels import only_set_later
from localcloud.compute.names import fingerprint
from localcloud.compute.ranges import free_address
from localcloud.wire.discovery import document
from localcloud.wire.messages import Json
from tests.localcloud.compute.conftest import Compute

HERE = "regions/us-west1/addresses"
SUBNETWORK = "projects/shop/regions/us-west1/subnetworks/default"


def internal(name: str = "vip", **fields: Any) -> Json:
    """The body that gcloud sends for `addresses create --subnet`."""
    return {"name": name, "addressType": "INTERNAL", "subnetwork": url(SUBNETWORK), **fields}


def put_rule(compute: Compute, ip: str, name: str = "rule") -> str:
    """Store a global forwarding rule at `ip` in the subnetwork, as the Gateway controller does."""
    full = f"projects/shop/global/forwardingRules/{name}"
    rule = {"name": name, "id": "1", "IPAddress": ip, "subnetwork": url(SUBNETWORK), "selfLink": url(full)}
    network = {
        "network": url("projects/shop/global/networks/default"),
        "loadBalancingScheme": "INTERNAL_MANAGED",
    }
    compute.world.store["compute.forwardingRules"].put(full, rule | network)
    return full


def test_a_reserved_address_has_googles_shape(compute: Compute) -> None:
    """Defaults are the documented ones, and `labels` is left out when there are none."""
    made = compute.made(HERE, internal())
    assert (made["status"], made["purpose"], made["networkTier"]) == ("RESERVED", "GCE_ENDPOINT", "PREMIUM")
    assert made["address"].startswith("10.138.")
    assert "labels" not in made and "users" not in made
    assert len(base64.b64decode(made["labelFingerprint"], validate=True)) == 8


def test_an_address_can_be_read_while_it_is_being_reserved(compute: Compute) -> None:
    """RESERVING until the operation is done; its name is taken at once."""
    operation = compute.post(HERE, internal())
    assert compute.get(f"{HERE}/vip")["status"] == "RESERVING"
    assert compute.refusal("POST", HERE, internal())[:2] == (409, "alreadyExists")
    assert compute.refusal("DELETE", f"{HERE}/vip")[:2] == (400, "resourceNotReady")
    compute.finish(operation)
    assert compute.get(f"{HERE}/vip")["status"] == "RESERVED"


def test_which_address_is_given_does_not_depend_on_order(compute: Compute, custom: Compute) -> None:
    """Names decide: made in either order, each has the same address."""
    first = {name: compute.made(HERE, internal(name))["address"] for name in ("a", "b", "c")}
    for name in first:
        compute.finish(compute.delete(f"{HERE}/{name}"))
    second = {name: compute.made(HERE, internal(name))["address"] for name in ("c", "b", "a")}
    assert first == second


def test_a_given_address_is_reserved(compute: Compute) -> None:
    """One may ask for an address of the subnetwork."""
    assert compute.made(HERE, internal(address="10.138.0.9"))["address"] == "10.138.0.9"


def test_an_address_outside_the_range_is_refused_at_once(compute: Compute) -> None:
    """Google's words; and no address by that name is left behind."""
    assert compute.refusal("POST", HERE, internal(address="10.1.1.1"))[2] == (
        "Invalid value for field 'resource.address': '10.1.1.1'. "
        "Requested internal IP is outside the subnetwork CIDR range."
    )
    assert compute.refusal("POST", HERE, internal(address="ten"))[:2] == (400, "invalid")
    assert compute.refusal("GET", f"{HERE}/vip")[0] == 404


@pytest.mark.parametrize("ip", ["10.138.0.0", "10.138.0.1", "10.138.15.254", "10.138.15.255", "10.138.0.9"])
def test_a_taken_address_fails_the_operation(compute: Compute, ip: str) -> None:
    """Reserved by another, or one of the four that a subnetwork keeps: the operation's error, in Google's words."""
    compute.made(HERE, internal("first", address="10.138.0.9"))
    done = compute.finish(compute.post(HERE, internal(address=ip)))
    assert done["error"]["errors"] == [
        {
            "code": "IP_IN_USE_BY_ANOTHER_RESOURCE",
            "message": f"IP '{ip}' is already being used by another resource.",
        }
    ]
    assert (done["httpErrorStatusCode"], done["httpErrorMessage"]) == (409, "CONFLICT")
    assert compute.refusal("GET", f"{HERE}/vip")[0] == 404


def test_a_full_subnetwork_fails_the_operation(custom: Compute) -> None:
    """A /29 has four addresses to give."""
    body = {"name": "tiny", "network": "global/networks/default", "ipCidrRange": "10.9.0.0/29"}
    custom.made("regions/us-west1/subnetworks", body)
    for name in "abcd":
        custom.made(HERE, internal(name, subnetwork="regions/us-west1/subnetworks/tiny"))
    done = custom.finish(custom.post(HERE, internal("e", subnetwork="regions/us-west1/subnetworks/tiny")))
    (error,) = done["error"]["errors"]
    assert error["code"] == "IP_SPACE_EXHAUSTED_WITH_DETAILS"
    assert "subnetworks/tiny' is exhausted" in error["message"]


def test_an_address_may_be_external(compute: Compute) -> None:
    """Without a type it is external, and has neither subnetwork nor purpose."""
    made = compute.made(HERE, {"name": "out"})
    assert made["addressType"] == "EXTERNAL" and "subnetwork" not in made
    assert compute.refusal("POST", HERE, {"name": "x", "purpose": "GCE_ENDPOINT"})[:2] == (400, "invalid")


def test_where_an_address_cannot_be(compute: Compute) -> None:
    """Another region's subnetwork, a proxy-only one, one that is not there."""
    other = internal(subnetwork="regions/us-east1/subnetworks/default")
    assert compute.refusal("POST", HERE, other)[:2] == (400, "invalid")
    assert compute.refusal("POST", HERE, internal(subnetwork="regions/us-west1/subnetworks/no"))[0] == 404
    body = {"name": "p", "network": "global/networks/default", "ipCidrRange": "10.5.0.0/23"}
    proxy = body | {"purpose": "GLOBAL_MANAGED_PROXY", "role": "ACTIVE"}
    compute.made("regions/us-west1/subnetworks", proxy)
    at_proxy = internal(subnetwork="regions/us-west1/subnetworks/p")
    assert compute.refusal("POST", HERE, at_proxy)[:2] == (400, "invalid")


def label(compute: Compute, labels: dict[str, str], name: str = "vip") -> Json:
    """Replace an address's labels with the present fingerprint, wait, and read it again."""
    body = {"labels": labels, "labelFingerprint": compute.get(f"{HERE}/{name}")["labelFingerprint"]}
    assert "error" not in compute.finish(compute.post(f"{HERE}/{name}/setLabels", body))
    return compute.get(f"{HERE}/{name}")


def test_an_insert_drops_labels(compute: Compute) -> None:
    """As the API's description says; the fingerprint is the one of having none."""
    bare = compute.made(HERE, internal("bare"))
    made = compute.made(HERE, internal(labels={"env": "store"}))
    assert "labels" not in made
    assert made["labelFingerprint"] == bare["labelFingerprint"]


def test_which_inserts_drop_labels_is_read_from_the_description() -> None:
    """The same sentence stands at addresses and forwarding rules; an instance takes labels when it is made."""
    kinds = ("Address", "ForwardingRule", "Instance", "Network")
    assert [only_set_later(each) for each in kinds] == [True, True, False, False]


def test_no_insert_stores_labels_that_the_description_denies() -> None:
    """Addresses are the one kind with labels that has an insert here; another must ask `first_labels` as well."""
    schemas = document(service.name, "v1").schemas
    inserted = [each for each in KINDS if f"compute.{each.methods}.insert" in service.handlers]
    kinds = {each.noun[0].upper() + each.noun[1:] for each in inserted}
    assert {each for each in kinds if "labels" in schemas[each]["properties"]} == {"Address"}


def test_set_labels_takes_its_time(compute: Compute) -> None:
    """Until the operation is done the old labels and fingerprint are read, and a second write is not ready."""
    made = compute.made(HERE, internal())
    body = {"labels": {"env": "shop"}, "labelFingerprint": made["labelFingerprint"]}
    operation = compute.post(f"{HERE}/vip/setLabels", body)
    assert (operation["status"], operation["operationType"]) == ("RUNNING", "setLabels")
    assert compute.get(f"{HERE}/vip") == made
    assert compute.refusal("POST", f"{HERE}/vip/setLabels", body)[:2] == (400, "resourceNotReady")
    compute.finish(operation)
    now = compute.get(f"{HERE}/vip")
    assert now["labels"] == {"env": "shop"}
    assert now["labelFingerprint"] != made["labelFingerprint"]


def test_set_labels_replaces_the_whole_map(compute: Compute) -> None:
    """What is not sent is gone."""
    compute.made(HERE, internal())
    label(compute, {"env": "store", "gone": "soon"})
    assert label(compute, {"env": "shop"})["labels"] == {"env": "shop"}


def test_fingerprints_are_base64_for_urls() -> None:
    """gcloud decodes one and sends it back in that alphabet; two sorts would differ for some labels only."""
    made = [fingerprint({"n": number}) for number in range(100)]

    assert made == [base64.urlsafe_b64encode(base64.urlsafe_b64decode(each)).decode() for each in made]
    assert any(set("-_") & set(each) for each in made)


def test_a_stale_label_fingerprint_is_412(compute: Compute) -> None:
    """Labels are a compare-and-swap: of two writers with one fingerprint, the second is refused."""
    made = compute.made(HERE, internal())
    body = {"labels": {"a": "1"}, "labelFingerprint": made["labelFingerprint"]}
    compute.finish(compute.post(f"{HERE}/vip/setLabels", body))
    response = compute.respond("POST", f"{HERE}/vip/setLabels", body)
    words = "Labels fingerprint either invalid or resource labels have changed"
    error = {"message": words, "domain": "global", "reason": "conditionNotMet"}
    at = {"location": "If-Match", "locationType": "header"}
    assert json.loads(response.body) == {"error": {"code": 412, "message": words, "errors": [error | at]}}
    assert compute.refusal("POST", f"{HERE}/vip/setLabels", {"labels": {}})[0] == 412


def test_the_last_labels_can_be_taken_off(compute: Compute) -> None:
    """An empty map leaves no `labels` field, and the fingerprint of having none."""
    bare = compute.made(HERE, internal("bare"))
    compute.made(HERE, internal())
    label(compute, {"a": "b"})
    now = label(compute, {})
    assert "labels" not in now and now["labelFingerprint"] == bare["labelFingerprint"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"Env": "x"}, "Label key 'Env' violates format constraints. The key must start with"),
        ({"1a": "x"}, "Label key '1a' violates"),
        ({"": "x"}, "Label key '' violates"),
        ({"env": "a.b"}, "Label value 'a.b' violates format constraints. The value can only contain"),
        ({"env": "x" * 64}, "violates format constraints"),
        ({f"k{i}": "" for i in range(65)}, "exceeds the limit of 64"),
    ],
)
def test_labels_that_google_refuses(compute: Compute, labels: dict[str, str], words: str) -> None:
    """On insert and on setLabels alike."""
    refusal = compute.refusal("POST", HERE, internal(labels=labels))
    assert refusal[:2] == (400, "invalid") and words in refusal[2]
    fingerprint = compute.made(HERE, internal())["labelFingerprint"]
    body = {"labels": labels, "labelFingerprint": fingerprint}
    assert words in compute.refusal("POST", f"{HERE}/vip/setLabels", body)[2]


def test_64_labels_and_international_letters_are_fine(compute: Compute) -> None:
    """The documented limits are allowed to be reached."""
    labels = {f"k{i}": "x" * 63 for i in range(63)} | {"ключ": "значение"}
    compute.made(HERE, internal())
    assert label(compute, labels)["labels"] == labels


def test_a_forwarding_rule_makes_an_address_in_use(compute: Compute) -> None:
    """IN_USE, by whom, and not to be deleted; free again when the rule is gone, however it went."""
    made = compute.made(HERE, internal())
    rule = put_rule(compute, made["address"])
    now = compute.get(f"{HERE}/vip")
    assert (now["status"], now["users"]) == ("IN_USE", [url(rule)])
    assert rules_at(compute.world.store, f"projects/shop/{HERE}/vip") == [rule]
    assert compute.refusal("DELETE", f"{HERE}/vip")[2] == (
        f"The address resource 'projects/shop/{HERE}/vip' is already being used by '{rule}'"
    )
    compute.world.store["compute.forwardingRules"].delete(rule)
    assert compute.get(f"{HERE}/vip")["status"] == "RESERVED"
    compute.finish(compute.delete(f"{HERE}/vip"))


def test_what_is_allocated_is_free(compute: Compute) -> None:
    """A key gives the same address until something has it: a rule, a reservation, a cluster's node."""
    world = compute.world
    first = allocate_address(world, SUBNETWORK, "gateway")
    assert allocate_address(world, SUBNETWORK, "gateway") == first
    put_rule(compute, first)
    second = allocate_address(world, SUBNETWORK, "gateway")
    compute.made(HERE, internal(address=second))
    third = allocate_address(world, SUBNETWORK, "gateway")
    world.store["container.addresses"].put("node", {"address": third, "subnetwork": SUBNETWORK})
    fourth = allocate_address(world, SUBNETWORK, "gateway")
    assert len({first, second, third, fourth}) == 4


@given(st.text(max_size=20), st.sets(st.integers(2, 13)))
def test_allocation_finds_any_address_that_is_left(key: str, used: set[int]) -> None:
    """Of a /28 twelve can be given; one is found exactly when one is left, and it was not taken."""
    taken = {f"10.0.0.{number}" for number in used}
    found = free_address(key, "10.0.0.0/28", taken)
    usable = {f"10.0.0.{number}" for number in range(2, 14)}
    assert (found is None) == (taken >= usable)
    assert found is None or found in usable - taken
