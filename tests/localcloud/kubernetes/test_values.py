"""Values that Go's types read for themselves, and labels where a template has them: what is refused, and the words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.api import Upkeep
from localcloud.kubernetes.deletion import BATCH
from localcloud.kubernetes.quantities import FORM, NotAQuantity, amount
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call, Clock, Ids

DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
NODES = "/api/v1/nodes"
SERVICES = "/api/v1/namespaces/shop/services"
ROUTES = "/apis/gateway.networking.k8s.io/{}/namespaces/shop/httproutes"


def deployment(**container: Any) -> Json:
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": {**labels}},
        "spec": {"containers": [{"name": "c", "image": "i", **container}]},
    }
    return {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": labels}, "template": template}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100m", "0.1"), ("0.5", "0.5"), (2, "2"), (".5", "0.5"), ("5.", "5"), ("+1", "1"), ("-2k", "-2000"),
        ("2Ki", "2048"), ("1e3", "1000"), ("1E", "1e18"), ("1E-3", "0.001"), ("3n", "3e-9"),
        ("1e999999999", "9223372036854775807"), ("9" * 5000, "9223372036854775807"),
    ],
)  # fmt: skip
def test_a_quantity_is_read_in_every_form(text: str | int, expected: str) -> None:
    """What is more than the largest is the largest, however it is written."""
    assert Decimal(expected) == amount(text)


@pytest.mark.parametrize("text", ["lots", "", "1.2.3", "1 Gi", "1Gib", "٣", "1_0", "0x10", "NaN", "inf"])
def test_what_is_no_quantity_is_refused_in_gos_words(text: str) -> None:
    """With the expression that it must match."""
    with pytest.raises(NotAQuantity, match="quantities must match the regular expression"):
        amount(text)


@pytest.mark.parametrize("text", ["1kk", "1e", "1Ei3"])
def test_a_suffix_that_is_none_is_another_fault(text: str) -> None:
    """In Go's words."""
    with pytest.raises(NotAQuantity, match="unable to parse quantity's suffix"):
        amount(text)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (DEPLOYMENTS, deployment(resources={"requests": {"cpu": "lots"}}),
         f"quantities must match the regular expression '{FORM}'"),
        (DEPLOYMENTS, deployment(resources={"requests": {"cpu": {}}}),
         f"quantities must match the regular expression '{FORM}'"),
        (DEPLOYMENTS, {**deployment(), "spec": {**deployment()["spec"], "replicas": 3_000_000_000}},
         "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (DEPLOYMENTS, {**deployment(), "spec": {**deployment()["spec"], "replicas": 1.5}},
         "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 1, "targetPort": True}]}},
         "json: cannot unmarshal bool into Go value of type int32"),
        (NODES, {"metadata": {"name": "n"}, "status": {"conditions": [{"type": "Ready", "status": "True",
                                                                      "lastTransitionTime": "soon"}]}},
         'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"'),
        (ROUTES.format("v1"), {"metadata": {"name": "r", "labels": "x"}},
         "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map"),
        (ROUTES.format("v1"), {"metadata": "x"},
         "json: cannot unmarshal string into Go struct field HTTPRoute.metadata of type v1.ObjectMeta"),
    ],
)  # fmt: skip
def test_a_value_that_go_cannot_read_is_a_bad_request(call: Call, path: str, body: Json, words: str) -> None:
    """Before anything else is looked at."""
    refused = call("POST", path, body)
    assert 400 == refused.status, refused.body
    assert refused.body["message"].endswith(words)


def faults(call: Call, path: str, body: Json) -> list[str]:
    refused = call("POST", path, body)
    assert 422 == refused.status, refused.body
    return [f"{cause['field']}: {cause['message']}" for cause in refused.body["details"]["causes"]]


def test_a_templates_labels_are_held_to_the_syntax_of_labels(call: Call) -> None:
    """They are told of without `metadata`, as the API server does."""
    body = deployment()
    body["spec"]["template"]["metadata"]["labels"]["tier"] = "not a label!"
    (fault,) = faults(call, DEPLOYMENTS, body)
    assert fault.startswith('spec.template.labels: Invalid value: "not a label!": a valid label must be')


def test_requests_are_not_negative_and_not_above_their_limits(call: Call) -> None:
    """In the words of the API server."""
    resources = {"requests": {"cpu": "2", "memory": "-1Gi"}, "limits": {"cpu": "1"}}
    place = "spec.template.spec.containers[0].resources.requests"
    assert faults(call, DEPLOYMENTS, deployment(resources=resources)) == [
        f'{place}[memory]: Invalid value: "-1Gi": must be greater than or equal to 0',
        f'{place}: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ]


def test_a_selector_has_operators_that_there_are(call: Call) -> None:
    """And no other."""
    body = deployment()
    body["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "Like", "values": ["w"]}]}
    assert (
        'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator'
        in faults(call, DEPLOYMENTS, body)
    )


def test_a_nodes_pod_range_is_one(call: Call) -> None:
    """Whoever gives out its addresses may count on it."""
    (fault,) = faults(call, NODES, {"metadata": {"name": "n"}, "spec": {"podCIDR": "everything"}})
    assert fault.startswith('spec.podCIDRs[0]: Invalid value: "everything": must be a valid CIDR value')


def test_an_owner_is_named_in_full(call: Call) -> None:
    """The garbage collector goes by it."""
    meta = {"name": "c", "ownerReferences": [{"kind": "Deployment", "name": "x"}]}
    found = faults(call, "/api/v1/namespaces/shop/configmaps", {"metadata": meta})
    fields = [one.partition(":")[0] for one in found]
    assert ["metadata.ownerReferences.apiVersion", "metadata.ownerReferences.uid"] == fields


def test_an_object_is_stored_in_one_version_and_served_in_each(call: Call, api: KubernetesApi) -> None:
    """In which it came does not matter: a controller finds the version that the CRD stores."""
    old, new = ROUTES.format("v1beta1"), ROUTES.format("v1")
    made = call("POST", old, {"metadata": {"name": "r"}, "spec": {}})
    stored = api.get("gateway.networking.k8s.io/HTTPRoute", "shop", "r")
    assert stored is not None
    versions = [made.body, stored, call("GET", f"{old}/r").body, call("GET", f"{new}/r").body]
    assert ["v1beta1", "v1", "v1beta1", "v1"] == [one["apiVersion"].rpartition("/")[2] for one in versions]

    status: Json = {"parents": []}
    api.replace_status("gateway.networking.k8s.io/HTTPRoute", "shop", "r", status)
    put = call("PUT", f"{old}/r", {**call("GET", f"{old}/r").body, "spec": {"hostnames": ["a.example"]}})
    assert (200, "v1beta1") == (put.status, put.body["apiVersion"].rpartition("/")[2])


def test_an_event_that_is_refused_is_lost(api: KubernetesApi, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever tells it goes on."""
    about = api.create("ConfigMap", {"metadata": {"name": "x" * 253, "namespace": "shop"}})
    api.record_event(about, "Warning", "Odd", "its event has too long a name", "tester")
    assert [] == api.list("Event", "shop")
    assert "Odd" in caplog.text


def test_a_namespace_has_a_quota(clock: Clock) -> None:
    """What is beyond it is refused in the words of GKE's own."""
    api = KubernetesApi(clock, Ids(), upkeep=Upkeep(quota={"ConfigMap": 1}))
    api.create("ConfigMap", {"metadata": {"name": "a", "namespace": "default"}})
    with pytest.raises(
        Exception, match="exceeded quota: gke-resource-quotas, requested: configmaps=1, used: configm"
    ):
        api.create("ConfigMap", {"metadata": {"name": "b", "namespace": "default"}})


def test_however_much_an_owner_owns_its_deletion_is_answered(clock: Clock) -> None:
    """The garbage collector takes a batch at once, and the rest when others have had their turn."""
    later: list[Any] = []
    api = KubernetesApi(clock, Ids(), upkeep=Upkeep(later=later.append))
    owner = api.create("ConfigMap", {"metadata": {"name": "owner", "namespace": "default"}})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    for nth in range(2 * BATCH + 5):
        meta = {"name": f"owned-{nth}", "namespace": "default", "ownerReferences": [reference]}
        api.create("ConfigMap", {"metadata": meta})
    api.delete("ConfigMap", "default", "owner")

    left = [len(api.list("ConfigMap", "default"))]
    while later:
        later.pop(0)()
        left.append(len(api.list("ConfigMap", "default")))
    assert [BATCH + 5, 5, 0] == left


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('{"metadata": {"name": "c"}, "data": {"a": NaN}}', "application/json"),
        ('{"data": ' + "[" * 500 + "]" * 500 + "}", "application/json"),
        ("metadata: {name: c}\ndata: {a: .nan}", "application/yaml"),
        ("metadata: {name: c}\ndata: {a: !!binary YWJj}", "application/yaml"),
        ("a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)), "application/yaml"),
        ("a: &a [*a]", "application/yaml"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_is_a_bad_request(call: Call, text: str, content: str) -> None:
    """What Python's readers know more than Go's is not let in, nor what has no end."""
    refused = call("POST", "/api/v1/namespaces/shop/configmaps", text.encode(), content)
    assert 400 == refused.status, refused.body


def test_a_time_in_yaml_is_a_text(call: Call) -> None:
    """Else no list of its kind could be answered any more."""
    text = b"metadata: {name: c, annotations: {since: 2026-01-05}}\ndata: {1: 2026-01-05T09:00:00Z}"
    made = call("POST", "/api/v1/namespaces/shop/configmaps", text, "application/yaml")
    assert (201, {"1": "2026-01-05T09:00:00Z"}) == (made.status, made.body["data"])
    assert 200 == call("GET", "/api/v1/namespaces/shop/configmaps").status


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        (NODES, {"conditions": [None]}, {"conditions": [{}]}),
        (NODES, {"volumesInUse": [None, "v"]}, {"volumesInUse": ["", "v"]}),
    ],
)
def test_a_null_in_a_list_of_a_built_in_is_the_zero_of_its_type(
    call: Call, path: str, field: Json, expected: Json
) -> None:
    """As Go reads it; so nobody who reads the list meets a null."""
    call("POST", path, {"metadata": {"name": "n"}})
    patched = call("PATCH", f"{path}/n/status", {"status": field}, "application/merge-patch+json")
    assert 200 == patched.status, patched.body
    assert expected == {name: patched.body["status"][name] for name in expected}


def test_a_null_in_a_list_of_a_custom_resource_is_refused(call: Call) -> None:
    """Its schema says what an item is."""
    body = {"metadata": {"name": "r", "namespace": "shop"}, "spec": {"rules": [None]}}
    refused = call("POST", ROUTES.format("v1"), body)
    assert 422 == refused.status, refused.body
