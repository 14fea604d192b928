"""Server-side apply: ownership, conflicts, giving up, and what managedFields say of it.

The sequences and their answers were compared with kube-apiserver 1.34.4.
"""

from __future__ import annotations

import copy
from typing import Any

from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call, Clock, Reply

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


def gateway(**spec: Any) -> Json:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "gw"},
        "spec": spec,
    }


def listener(name: str, port: int) -> Json:
    return {"name": name, "port": port, "protocol": "HTTP"}


def deployment(**container: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "store"},
        "spec": {
            "selector": {"matchLabels": {"app": "store"}},
            "template": {
                "metadata": {"labels": {"app": "store"}},
                "spec": {"containers": [{"name": "c", "image": "i:1", **container}]},
            },
        },
    }


def apply(call: Call, path: str, body: Any, manager: str, **query: object) -> Reply:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return call("PATCH", f"{path}?fieldManager={manager}{more}", body, APPLY)


def managed(item: Json) -> Json:
    return {entry["manager"]: entry for entry in item["metadata"]["managedFields"]}


def test_a_first_apply_creates_and_owns_what_it_says_but_no_defaults(call: Call) -> None:
    """fieldsV1 has the configuration's leaves and keyed items; defaults belong to nobody."""
    made = apply(call, f"{GATEWAYS}/gw", gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one")
    assert made.status == 201
    assert made.body["spec"]["listeners"][0]["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    assert made.body["metadata"]["managedFields"] == [
        {
            "manager": "one",
            "operation": "Apply",
            "apiVersion": "gateway.networking.k8s.io/v1",
            "time": "2026-05-28T20:26:40Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:spec": {
                    "f:gatewayClassName": {},
                    "f:listeners": {
                        'k:{"name":"h"}': {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}}
                    },
                }
            },
        }
    ]


def test_applying_again_changes_nothing(call: Call, clock: Clock) -> None:
    """Not even the resourceVersion or a time."""
    body = gateway(gatewayClassName="x", listeners=[listener("h", 80)])
    first = apply(call, f"{GATEWAYS}/gw", body, "one")
    clock.now += 60
    assert apply(call, f"{GATEWAYS}/gw", body, "one").body == first.body


def test_conflicts_name_every_field_and_owner(call: Call) -> None:
    """409 Conflict; one cause a field, reason FieldManagerConflict."""
    apply(call, f"{GATEWAYS}/gw", gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one")
    other = gateway(gatewayClassName="y", listeners=[listener("h", 81)])
    refused = apply(call, f"{GATEWAYS}/gw", other, "two")
    assert (refused.status, refused.body["reason"]) == (409, "Conflict")
    assert refused.body["message"] == (
        'Apply failed with 2 conflicts: conflicts with "one":\n'
        '- .spec.gatewayClassName\n- .spec.listeners[name="h"].port'
    )
    assert refused.body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": field}
        for field in (".spec.gatewayClassName", '.spec.listeners[name="h"].port')
    ]


def test_a_conflict_with_an_updater_names_its_version(call: Call) -> None:
    """Who wrote by update is told with the apiVersion used."""
    call("POST", GATEWAYS, gateway(gatewayClassName="x", listeners=[listener("h", 80)]))
    refused = apply(call, f"{GATEWAYS}/gw", gateway(gatewayClassName="y"), "two")
    assert refused.body["message"] == (
        'Apply failed with 1 conflict: conflict with "probe" using gateway.networking.k8s.io/v1: '
        ".spec.gatewayClassName"
    )


def test_force_takes_the_field_from_its_owner(call: Call) -> None:
    """With force the value changes and the former owner is left without the field."""
    apply(call, f"{GATEWAYS}/gw", gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one")
    taken = apply(call, f"{GATEWAYS}/gw", gateway(gatewayClassName="y"), "two", force="true").body
    assert taken["spec"]["gatewayClassName"] == "y"
    assert "f:gatewayClassName" not in managed(taken)["one"]["fieldsV1"]["f:spec"]
    assert managed(taken)["two"]["fieldsV1"] == {"f:spec": {"f:gatewayClassName": {}}}


def test_equal_values_are_shared_and_outlive_one_owner(call: Call) -> None:
    """A field given up by one owner stays while another has it; then it goes."""
    path = f"{GATEWAYS}/gw"
    listeners = [listener("h", 80), listener("k", 81)]
    apply(call, path, gateway(gatewayClassName="x", listeners=listeners), "one")
    apply(call, path, gateway(listeners=[listener("k", 81)]), "two")
    kept = apply(call, path, gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one").body
    assert [item["name"] for item in kept["spec"]["listeners"]] == ["h", "k"]
    nothing = {name: value for name, value in gateway().items() if name != "spec"}
    left = apply(call, path, nothing, "two").body
    assert [item["name"] for item in left["spec"]["listeners"]] == ["h"]
    assert list(managed(left)) == ["one"]


def test_labels_given_up_go_and_take_their_empty_map_with_them(call: Call) -> None:
    """The last label gone, `metadata.labels` is gone."""
    path = f"{GATEWAYS}/gw"
    body = gateway(gatewayClassName="x", listeners=[listener("h", 80)])
    apply(call, path, {**body, "metadata": {"name": "gw", "labels": {"a": "1"}}}, "one")
    assert "labels" not in apply(call, path, body, "one").body["metadata"]


def test_an_update_takes_what_it_changes(call: Call) -> None:
    """A merge patch moves the changed field to its writer, under the operation Update."""
    path = f"{GATEWAYS}/gw"
    apply(call, path, gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one")
    patch = {"spec": {"gatewayClassName": "y"}, "metadata": {"labels": {"a": "1"}}}
    found = managed(call("PATCH", f"{path}?fieldManager=two", patch, MERGE).body)
    assert found["two"]["operation"] == "Update"
    assert found["two"]["fieldsV1"] == {
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {"f:gatewayClassName": {}},
    }
    assert "f:gatewayClassName" not in found["one"]["fieldsV1"]["f:spec"]


def test_status_is_owned_apart(call: Call) -> None:
    """Writers of /status have entries of their own, with the subresource."""
    path = f"{GATEWAYS}/gw"
    apply(call, path, gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one")
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "R",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    body = {"status": {"conditions": [condition]}}
    call("PATCH", f"{path}/status?fieldManager=controller", body, MERGE)
    found = managed(call("GET", path).body)
    assert found["controller"]["subresource"] == "status"
    assert list(found["controller"]["fieldsV1"]) == ["f:status"]
    ignored = apply(call, path, {**gateway(gatewayClassName="x"), "status": {"addresses": []}}, "three")
    assert "f:status" not in managed(ignored.body)["three"]["fieldsV1"]


def test_built_in_lists_are_keyed_by_the_published_schema(call: Call) -> None:
    """Containers by name, their ports by number and defaulted protocol, env by name; selectors whole."""
    body = deployment(ports=[{"containerPort": 8080}], env=[{"name": "A", "value": "1"}])
    made = apply(call, f"{DEPLOYMENTS}/store", body, "one").body
    pod = managed(made)["one"]["fieldsV1"]["f:spec"]["f:template"]["f:spec"]
    container = pod["f:containers"]['k:{"name":"c"}']
    assert list(container["f:ports"]) == ['k:{"containerPort":8080,"protocol":"TCP"}']
    assert list(container["f:env"]) == ['k:{"name":"A"}']
    assert managed(made)["one"]["fieldsV1"]["f:spec"]["f:selector"] == {}


def test_two_appliers_of_one_list_each_keep_their_items(call: Call) -> None:
    """Items of a keyed list from two managers stand side by side."""
    path = f"{DEPLOYMENTS}/store"
    apply(call, path, deployment(env=[{"name": "A", "value": "1"}]), "one")
    second = apply(call, path, deployment(env=[{"name": "B", "value": "2"}]), "two").body
    env = second["spec"]["template"]["spec"]["containers"][0]["env"]
    assert [item["name"] for item in env] == ["A", "B"]


def test_apply_needs_a_manager_a_name_and_declared_fields(call: Call) -> None:
    """422, 400 and 500, in the API server's words."""
    path = f"{GATEWAYS}/gw"
    body = gateway(gatewayClassName="x", listeners=[listener("h", 80)])
    nobody = call("PATCH", path, body, APPLY)
    assert nobody.body["message"] == (
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
    )
    nameless = {**body, "metadata": {}}
    assert apply(call, path, nameless, "one").status == 400
    unknown = copy.deepcopy(body)
    unknown["spec"]["listeners"][0]["bogus"] = 1
    refused = apply(call, path, unknown, "one")
    assert (refused.status, refused.body["message"]) == (
        500,
        "failed to create typed patch object (/gw; gateway.networking.k8s.io/v1, Kind=Gateway): "
        '.spec.listeners[name="h"].bogus: field not declared in schema',
    )


def test_managed_fields_may_be_reset(call: Call) -> None:
    """A patch that sets one empty entry wipes the books, as kubectl's migration needs."""
    path = f"{GATEWAYS}/gw"
    apply(call, path, gateway(gatewayClassName="x", listeners=[listener("h", 80)]), "one")
    wiped = call("PATCH", path, {"metadata": {"managedFields": [{}]}}, MERGE).body
    assert wiped["metadata"].get("managedFields", []) == []
