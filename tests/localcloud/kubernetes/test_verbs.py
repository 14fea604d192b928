"""Create, update, patch, list: books, refusals and their words, as compared with kube-apiserver 1.34.4."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call, Clock, stored

MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways"
CONFIGS = "/api/v1/namespaces/shop/configmaps"
SERVICES = "/api/v1/namespaces/shop/services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


def gateway(name: str = "gw", **spec: Any) -> Json:
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name},
        "spec": {"gatewayClassName": "x", "listeners": listeners, **spec},
    }


def config(name: str = "c", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(**spec: Any) -> Json:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "store"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template, **spec},
    }


def test_a_created_object_has_its_identity_and_books(call: Call, clock: Clock) -> None:
    """uid, creationTimestamp, generation 1, a resourceVersion of nanoseconds, one manager."""
    made = call("POST", GATEWAYS, gateway())
    meta = made.body["metadata"]
    assert made.status == 201
    assert meta["creationTimestamp"] == "2026-05-28T20:26:40Z"
    assert meta["generation"] == 1
    assert int(meta["resourceVersion"]) // 10**9 == int(clock.now)
    assert [entry["manager"] for entry in meta["managedFields"]] == ["probe"]
    assert made.body["status"]["conditions"][0]["message"] == "Waiting for controller"


def test_generation_counts_changes_of_the_spec_alone(call: Call) -> None:
    """Labels and status leave it; resourceVersion moves with each; nothing moves on no change."""
    call("POST", GATEWAYS, gateway())
    labelled = call("PATCH", f"{GATEWAYS}/gw", {"metadata": {"labels": {"a": "b"}}}, MERGE).body
    status = call("PATCH", f"{GATEWAYS}/gw/status", {"status": {"addresses": []}}, MERGE).body
    same = call("PATCH", f"{GATEWAYS}/gw", {"spec": {"gatewayClassName": "x"}}, MERGE).body
    changed = call("PATCH", f"{GATEWAYS}/gw", {"spec": {"gatewayClassName": "y"}}, MERGE).body
    found = [item["metadata"] for item in (labelled, status, same, changed)]
    assert [meta["generation"] for meta in found] == [1, 1, 1, 2]
    versions = [int(meta["resourceVersion"]) for meta in found]
    assert versions[0] < versions[1] == versions[2] < versions[3]


def test_status_and_spec_are_written_apart(call: Call) -> None:
    """The object's endpoint keeps status, the status endpoint keeps the rest."""
    call("POST", GATEWAYS, gateway())
    address = {"addresses": [{"type": "IPAddress", "value": "10.0.0.1"}]}
    ignored = call("PATCH", f"{GATEWAYS}/gw", {"status": address}, MERGE).body
    assert "addresses" not in ignored["status"]
    body = {"status": address, "spec": {"gatewayClassName": "z"}, "metadata": {"labels": {"n": "o"}}}
    written = call("PATCH", f"{GATEWAYS}/gw/status", body, MERGE).body
    assert written["status"]["addresses"] == address["addresses"]
    assert written["spec"]["gatewayClassName"] == "x"
    assert "labels" not in written["metadata"]


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (GATEWAYS.replace("shop", "no"), gateway(), 404, 'namespaces "no" not found'),
        (GATEWAYS, {**gateway(), "apiVersion": "x/v1"}, 400, "the API version in the data (x/v1) does not "
         "match the expected API version (gateway.networking.k8s.io/v1)"),
        (GATEWAYS, {**gateway(), "kind": "No"}, 422, 'No.gateway.networking.k8s.io "gw" is invalid: kind: '
         'Invalid value: "No": must be Gateway'),
        (GATEWAYS, {**gateway(), "metadata": {"name": "gw", "namespace": "other"}}, 400,
         "the namespace of the provided object does not match the namespace sent on the request"),
        (GATEWAYS, gateway(listeners=[]), 422, 'Gateway.gateway.networking.k8s.io "gw" is invalid: '
         "spec.listeners: Invalid value: 0: spec.listeners in body should have at least 1 items"),
        (SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": "x"}]}}, 400,
         'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go '
         "struct field ServicePort.spec.ports.port of type int32"),
        (SERVICES, {"metadata": {"name": "s"}, "spec": {}}, 422,
         'Service "s" is invalid: spec.ports: Required value'),
        (DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": {}}, 422,
         'Deployment.apps "d" is invalid: [spec.selector: Required value, spec.template.metadata.labels: '
         "Invalid value: null: `selector` does not match template `labels`, "
         "spec.template.spec.containers: Required value]"),
        (CONFIGS, {"metadata": {"name": "c", "resourceVersion": "1"}}, 400,
         "resourceVersion should not be set on objects to be created"),
    ],
)  # fmt: skip
def test_a_bad_create_is_refused_in_the_servers_words(
    call: Call, path: str, body: Any, status: int, message: str
) -> None:
    """The status and the message, to the letter."""
    refused = call("POST", path, body)
    assert (refused.status, refused.body["message"]) == (status, message)


def test_an_object_is_created_once(call: Call) -> None:
    """409 AlreadyExists with the resource in details."""
    call("POST", GATEWAYS, gateway())
    refused = call("POST", GATEWAYS, gateway()).body
    assert refused == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'gateways.gateway.networking.k8s.io "gw" already exists',
        "reason": "AlreadyExists",
        "details": {"name": "gw", "group": "gateway.networking.k8s.io", "kind": "gateways"},
        "code": 409,
    }


def test_names_follow_the_rules_of_their_kind(call: Call) -> None:
    """A Service's name is a DNS-1035 label, others are subdomains; labels have a syntax too."""
    service = {"metadata": {"name": "2s"}, "spec": {"ports": [{"port": 1}]}}
    assert "a DNS-1035 label must consist of" in call("POST", SERVICES, service).body["message"]
    assert "a lowercase RFC 1123 subdomain" in call("POST", CONFIGS, config("C_")).body["message"]
    labelled = {"metadata": {"name": "c", "labels": {"a": "1 2"}}}
    assert "a valid label must be an empty string or" in call("POST", CONFIGS, labelled).body["message"]


def test_a_generated_name_ends_in_five_characters(call: Call) -> None:
    """generateName is completed by the server, differently each time."""
    body = {"metadata": {"generateName": "job-"}}
    names = {call("POST", CONFIGS, body).body["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("job-") and len(name) == 9 for name in names)


def test_put_needs_the_newest_version(call: Call) -> None:
    """Custom resources must carry a resourceVersion; a stale one is a Conflict for all."""
    made = call("POST", GATEWAYS, gateway()).body
    without = call("PUT", f"{GATEWAYS}/gw", gateway())
    assert "metadata.resourceVersion: Invalid value: 0: must be specified" in without.body["message"]
    fresh = {**gateway(gatewayClassName="y"), "metadata": made["metadata"]}
    assert call("PUT", f"{GATEWAYS}/gw", fresh).status == 200
    stale = call("PUT", f"{GATEWAYS}/gw", fresh)
    assert (stale.status, stale.body["reason"]) == (409, "Conflict")
    other = call("PUT", f"{CONFIGS}/x", config("c"))
    assert other.body["message"] == "the name of the object (c) does not match the name on the URL (x)"


def test_unknown_fields_are_refused_warned_of_or_dropped(call: Call) -> None:
    """fieldValidation Strict, Warn (the default) and Ignore."""
    body = gateway(bogus=1)
    strict = call("POST", f"{GATEWAYS}?fieldValidation=Strict", body)
    assert strict.body["message"] == (
        'Gateway in version "v1" cannot be handled as a Gateway: strict decoding error: unknown field '
        '"spec.bogus"'
    )
    warned = call("POST", GATEWAYS, body)
    assert warned.headers["warning"] == '299 - "unknown field \\"spec.bogus\\""'
    assert "bogus" not in warned.body["spec"]
    patched = call("PATCH", f"{GATEWAYS}/gw?fieldValidation=Strict", {"spec": {"x": 1}}, MERGE)
    assert patched.status == 422
    assert patched.body["message"].endswith('strict decoding error: unknown field "spec.x"')
    assert (
        "warning"
        not in call("PATCH", f"{GATEWAYS}/gw?fieldValidation=Ignore", {"spec": {"x": 1}}, MERGE).headers
    )


def test_a_dry_run_answers_and_changes_nothing(call: Call, api: KubernetesApi) -> None:
    """dryRun=All on every verb."""
    made = call("POST", f"{GATEWAYS}?dryRun=All", gateway())
    assert made.status == 201
    assert api.list("gateway.networking.k8s.io/Gateway") == []
    call("POST", CONFIGS, config(a="1"))
    before = api.get("ConfigMap", "shop", "c")
    call("PATCH", f"{CONFIGS}/c?dryRun=All", {"data": {"a": "2"}}, MERGE)
    call("DELETE", f"{CONFIGS}/c", {"dryRun": ["All"]})
    assert api.get("ConfigMap", "shop", "c") is before


def test_json_patches_test_and_fail_as_one(call: Call, api: KubernetesApi) -> None:
    """RFC 6902 with its operations; a failing one leaves the object alone."""
    call("POST", CONFIGS, config(a="1"))
    good = [
        {"op": "test", "path": "/data/a", "value": "1"},
        {"op": "add", "path": "/data/b~1c", "value": "2"},
        {"op": "move", "from": "/data/a", "path": "/data/d"},
    ]
    assert call("PATCH", f"{CONFIGS}/c", good, JSON).body["data"] == {"b/c": "2", "d": "1"}
    bad = call("PATCH", f"{CONFIGS}/c", [{"op": "remove", "path": "/data/zz"}], JSON)
    message = "the server rejected our request due to an error in our request"
    assert (bad.status, bad.body["message"]) == (422, message)
    assert stored(api, "ConfigMap", "shop", "c")["data"] == {"b/c": "2", "d": "1"}


def test_strategic_patches_merge_lists_by_key(call: Call) -> None:
    """Merge keys, $patch delete, $setElementOrder, $retainKeys; not for custom resources."""
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    call("POST", SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": ports}})
    patch = {
        "$setElementOrder/ports": [{"port": 82}, {"port": 81}],
        "ports": [{"port": 82, "name": "c"}, {"port": 80, "$patch": "delete"}],
    }
    merged = call("PATCH", f"{SERVICES}/s", {"spec": patch}, STRATEGIC).body["spec"]["ports"]
    assert [port["port"] for port in merged] == [82, 81]
    call("POST", DEPLOYMENTS, deployment())
    retained = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    found = call("PATCH", f"{DEPLOYMENTS}/store", retained, STRATEGIC).body["spec"]["strategy"]
    assert found == {"type": "Recreate"}
    call("POST", GATEWAYS, gateway())
    assert call("PATCH", f"{GATEWAYS}/gw", {}, STRATEGIC).status == 415


def test_built_ins_get_the_defaults_that_users_see(call: Call) -> None:
    """Deployment strategy and pod defaults; Service address, protocol and target port; Secret data."""
    made = call("POST", DEPLOYMENTS, deployment()).body["spec"]
    assert made["replicas"] == 1
    assert made["strategy"]["rollingUpdate"] == {"maxUnavailable": "25%", "maxSurge": "25%"}
    assert made["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    service = call("POST", SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}).body
    assert service["spec"]["clusterIP"].startswith("34.118.2")
    assert service["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert service["status"] == {"loadBalancer": {}}
    secret = {"metadata": {"name": "k"}, "stringData": {"a": "b"}}
    kept = call("POST", "/api/v1/namespaces/shop/secrets", secret).body
    assert (kept["data"], kept["type"]) == ({"a": "Yg=="}, "Opaque")


def test_selectors_and_addresses_do_not_change(call: Call) -> None:
    """A Deployment's selector is immutable, a Service keeps its clusterIP."""
    call("POST", DEPLOYMENTS, deployment())
    patch = {"spec": {"selector": {"matchLabels": {"z": "z"}}}}
    assert (
        "spec.selector: Invalid value" in call("PATCH", f"{DEPLOYMENTS}/store", patch, MERGE).body["message"]
    )
    body = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    address = call("POST", SERVICES, body).body["spec"]["clusterIP"]
    assert call("PUT", f"{SERVICES}/s", body).body["spec"]["clusterIP"] == address


def test_scale_reads_and_sets_replicas(call: Call, api: KubernetesApi) -> None:
    """/scale is autoscaling/v1 on Deployments."""
    call("POST", DEPLOYMENTS, deployment())
    scale = call("GET", f"{DEPLOYMENTS}/store/scale").body
    assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == ("Scale", {"replicas": 1}, "a=b")
    call("PATCH", f"{DEPLOYMENTS}/store/scale", {"spec": {"replicas": 4}}, MERGE)
    assert stored(api, "apps/Deployment", "shop", "store")["spec"]["replicas"] == 4


def test_lists_select_and_page(call: Call) -> None:
    """Label and field selectors; limit with a continue token and what remains."""
    for i in range(5):
        body = config(f"c{i}")
        body["metadata"]["labels"] = {"n": str(i), "odd": str(i % 2)}
        call("POST", CONFIGS, body)

    def names(query: str) -> list[str]:
        return [item["metadata"]["name"] for item in call("GET", f"{CONFIGS}?{query}").body["items"]]

    assert names("labelSelector=odd%3D1,n!%3D3") == ["c1"]
    assert names("labelSelector=n+in+(0,4),odd") == ["c0", "c4"]
    assert names("labelSelector=!odd") == []
    assert names("fieldSelector=metadata.name%3Dc2") == ["c2"]
    first = call("GET", f"{CONFIGS}?limit=3").body
    assert (len(first["items"]), first["metadata"]["remainingItemCount"]) == (3, 2)
    assert names(f"limit=3&continue={first['metadata']['continue']}") == ["c3", "c4"]
    refused = call("GET", f"{CONFIGS}?fieldSelector=spec.x%3D1")
    assert (refused.status, refused.body["message"]) == (400, "field label not supported: spec.x")


def test_paths_that_are_not_served_are_404_and_verbs_405(call: Call) -> None:
    """Unknown kinds are a plain 404; a wrong verb is a Status; what is left out is 501."""
    assert call("GET", "/apis/no/v1/things").body == b"404 page not found\n"
    assert call("GET", "/apis/gateway.networking.k8s.io/v1/things").status == 404
    assert call("PUT", SERVICES, {}).body["reason"] == "MethodNotAllowed"
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    call("POST", "/api/v1/namespaces/shop/pods", pod)
    assert call("GET", "/api/v1/namespaces/shop/pods/p/log").status == 501


REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def test_a_review_is_answered_and_not_kept(call: Call, api: KubernetesApi) -> None:
    """It can be created and nothing else: no other verb is among its kind's."""
    spec = {"resourceAttributes": {"verb": "create", "resource": "pods"}}
    review = call("POST", REVIEWS, {"spec": spec})

    assert (201, spec, {"allowed": True}) == (review.status, review.body["spec"], review.body["status"])
    assert [405, 405] == [call(verb, REVIEWS).status for verb in ("GET", "DELETE")]
    assert [] == api.list("authorization.k8s.io/SelfSubjectAccessReview")


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/api/v1/namespaces/shop/services/s/proxy", 501),
        ("GET", "/api/v1/namespaces/shop/services/s/log", 404),
        ("GET", f"{CONFIGS}/c/proxy", 404),
        ("POST", "/api/v1/namespaces/shop/services/s/status", 405),
        ("DELETE", "/api/v1/namespaces/shop/services/s/status", 405),
        ("DELETE", "/api/v1/namespaces", 405),
    ],
)
def test_subresources_and_verbs_are_those_of_the_kind(call: Call, verb: str, path: str, status: int) -> None:
    """What a kind's API server has and this one has not is 501; what it never had is 404."""
    call("POST", SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}})
    call("POST", CONFIGS, config("c"))

    assert status == call(verb, path).status


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (SERVICES, {"spec": {"ports": [{"port": 80}]}}, "Service"),
        (CONFIGS, {}, "Status"),
        ("/api/v1/namespaces", {}, "Namespace"),
    ],
)
def test_a_deletion_answers_as_its_kind_does(call: Call, path: str, body: Json, kind: str) -> None:
    """The object itself, or a Status of success."""
    call("POST", path, {"metadata": {"name": "x"}, **body})

    assert kind == call("DELETE", f"{path}/x").body["kind"]


def test_another_version_shows_the_same_object(call: Call) -> None:
    """v1beta1 of a Gateway is the v1 object under another apiVersion."""
    call("POST", GATEWAYS, gateway())
    older = call("GET", GATEWAYS.replace("v1/", "v1beta1/") + "/gw").body
    assert older["apiVersion"] == "gateway.networking.k8s.io/v1beta1"
    assert older["spec"] == call("GET", f"{GATEWAYS}/gw").body["spec"]


FAILED = "the server rejected our request due to an error in our request"
NO_OBJECT = "json: cannot unmarshal {} into Go value of type {}"
MAP = "map[string]interface {}"


@pytest.mark.parametrize(
    ("content_type", "patch", "code", "message"),
    [
        (JSON, {"op": "add"}, 400, "error decoding patch: " + NO_OBJECT.format("object", "jsonpatch.Patch")),
        (JSON, "add", 400, "error decoding patch: " + NO_OBJECT.format("string", "jsonpatch.Patch")),
        (JSON, ["add"], 400, "error decoding patch: " + NO_OBJECT.format("string", "jsonpatch.Operation")),
        (JSON, [3], 400, "error decoding patch: " + NO_OBJECT.format("number", "jsonpatch.Operation")),
        (JSON, [{}], 422, FAILED),
        (JSON, [{"op": "add"}], 422, FAILED),
        (JSON, [{"op": "swap", "path": "/data"}], 422, FAILED),
        (JSON, [{"op": "add", "path": "data", "value": 1}], 422, FAILED),
        (JSON, [{"op": "add", "path": "/data/b"}], 422, FAILED),
        (JSON, [{"op": "add", "path": "/none/b", "value": "1"}], 422, FAILED),
        (JSON, [{"op": "add", "path": "/metadata/finalizers/7", "value": "1"}], 422, FAILED),
        (JSON, [{"op": "add", "path": "/data/a/0", "value": "1"}], 422, FAILED),
        (JSON, [{"op": "replace", "path": "/data/b", "value": "1"}], 422, FAILED),
        (JSON, [{"op": "remove", "path": ""}], 422, FAILED),
        (JSON, [{"op": "move", "path": "/data/b"}], 422, FAILED),
        (JSON, [{"op": "move", "from": "/data", "path": "/data/a"}], 422, FAILED),
        (JSON, [{"op": "copy", "from": "/none", "path": "/data/b"}], 422, FAILED),
        (JSON, [{"op": "test", "path": "/data/a", "value": "2"}], 422, FAILED),
        (JSON, [{"op": "test", "path": "/data/n", "value": 1}], 422, FAILED),
        (JSON, [{"op": "replace", "path": "", "value": [3]}], 422,
         ' "" is invalid: patch: Invalid value: "[3]": ' + NO_OBJECT.format("array", "v1.ConfigMap")),
        (JSON, [{"op": "remove", "path": "/metadata"}], 400,
         "the name of the object () does not match the name on the URL (c)"),
        (JSON, [{"op": "replace", "path": "/metadata", "value": 3}], 400,
         "the name of the object () does not match the name on the URL (c)"),
        (MERGE, [3], 400, "error decoding patch: " + NO_OBJECT.format("array", MAP)),
        (MERGE, 3, 400, "error decoding patch: " + NO_OBJECT.format("number", MAP)),
        (MERGE, {"metadata": None}, 400, "the name of the object () does not match the name on the URL (c)"),
        (STRATEGIC, True, 400, NO_OBJECT.format("bool", MAP)),
        (STRATEGIC, {"$patch": "delete"}, 400,
         "the name of the object () does not match the name on the URL (c)"),
    ],
)  # fmt: skip
def test_a_patch_that_makes_no_object_is_refused(
    call: Call, api: KubernetesApi, content_type: str, patch: Any, code: int, message: str
) -> None:
    """In one error of the API server's, whatever the patch is."""
    call("POST", CONFIGS, config(a="1"))
    before = api.get("ConfigMap", "shop", "c")
    refused = call("PATCH", f"{CONFIGS}/c", patch, content_type)
    assert (refused.status, refused.body["message"]) == (code, message)
    assert api.get("ConfigMap", "shop", "c") is before


def test_a_json_patch_tells_one_from_true(call: Call) -> None:
    """And 1 from 1.0, as JSON has but one kind of number."""
    call("POST", GATEWAYS, gateway())
    patch: list[Json] = [{"op": "test", "path": "/spec/listeners/0/port", "value": 80.0}]
    assert call("PATCH", f"{GATEWAYS}/gw", patch, JSON).status == 200
    call(
        "PATCH",
        f"{GATEWAYS}/gw",
        {"spec": {"listeners": [{"name": "h", "port": 1, "protocol": "HTTP"}]}},
        MERGE,
    )
    patch[0]["value"] = True
    assert call("PATCH", f"{GATEWAYS}/gw", patch, JSON).status == 422
