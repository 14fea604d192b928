"""Discovery and schemas: what clients read before they speak of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.kubernetes import KubernetesApi
from tests.localcloud.kubernetes.conftest import Call

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


def test_version_is_the_one_given(call: Call) -> None:
    """kubectl's dispatcher and clients read gitVersion, major and minor."""
    found = call("GET", "/version").body
    assert (found["gitVersion"], found["major"], found["minor"]) == ("v1.32.4-gke.1", "1", "32")


def test_legacy_discovery_lists_groups_and_resources(call: Call) -> None:
    """/api, /apis, /apis/GROUP and /apis/GROUP/VERSION."""
    assert call("GET", "/api").body["versions"] == ["v1"]
    groups = {group["name"]: group for group in call("GET", "/apis").body["groups"]}
    gateway = groups["gateway.networking.k8s.io"]
    assert gateway["preferredVersion"]["version"] == "v1"
    assert call("GET", "/apis/gateway.networking.k8s.io").body == {
        "kind": "APIGroup",
        "apiVersion": "v1",
        **gateway,
    }
    resources = {item["name"]: item for item in call("GET", "/apis/apps/v1").body["resources"]}
    assert resources["deployments"]["shortNames"] == ["deploy"]
    assert resources["deployments/scale"]["kind"] == "Scale"
    assert "watch" in resources["deployments"]["verbs"]


def test_aggregated_discovery_has_it_all_in_one(call: Call) -> None:
    """The content type says so; core and groups apart."""
    reply = call("GET", "/apis", accept=AGGREGATED)
    assert reply.headers["content-type"].endswith("as=APIGroupDiscoveryList")
    groups = {item["metadata"]["name"]: item for item in reply.body["items"]}
    resources = groups["gateway.networking.k8s.io"]["versions"][0]["resources"]
    gateways = next(item for item in resources if item["resource"] == "gateways")
    assert gateways["scope"] == "Namespaced"
    assert gateways["subresources"][0]["subresource"] == "status"
    core = call("GET", "/api", accept=AGGREGATED).body["items"][0]["versions"][0]["resources"]
    assert {"namespaces", "services", "pods"} <= {item["resource"] for item in core}


def test_a_crd_appears_and_disappears(call: Call, api: KubernetesApi) -> None:
    """In discovery, in the paths, and in the schemas' hash."""
    before = call("GET", "/openapi/v3").body["paths"]
    api.uninstall("serviceimports.net.gke.io")
    names = [item["name"] for item in call("GET", "/apis/net.gke.io/v1").body["resources"]]
    assert names == ["serviceexports", "serviceexports/status"]
    after = call("GET", "/openapi/v3").body["paths"]
    assert after["apis/net.gke.io/v1"] != before["apis/net.gke.io/v1"]
    assert after["apis/apps/v1"] == before["apis/apps/v1"]


def test_a_crd_posted_by_a_client_is_established(call: Call) -> None:
    """As `kubectl apply -f crd.yaml` does: conditions are set and the kind is served."""
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    names = {"kind": "Thing", "plural": "things"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    spec = {"group": "x.io", "names": names, "scope": "Cluster", "versions": [version]}
    misnamed = call("POST", crds, {"metadata": {"name": "thing"}, "spec": spec})
    assert 'must be spec.names.plural+"."+spec.group' in misnamed.body["message"]
    call("POST", crds, {"metadata": {"name": "things.x.io"}, "spec": spec})
    found = call("GET", f"{crds}/things.x.io").body
    assert {c["type"]: c["status"] for c in found["status"]["conditions"]}["Established"] == "True"
    made = call("POST", "/apis/x.io/v1/things", {"metadata": {"name": "t"}, "any": {"thing": [1]}})
    assert made.body["any"] == {"thing": [1]}


def test_schemas_tell_kubectl_that_the_server_validates(call: Call) -> None:
    """Per kind a patch with fieldValidation and dryRun, and its group, version and kind."""
    index = call("GET", "/openapi/v3").body["paths"]
    url = index["apis/gateway.networking.k8s.io/v1"]["serverRelativeURL"]
    document = call("GET", url).body
    path = "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways/{name}"
    patch = document["paths"][path]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {
        "group": "gateway.networking.k8s.io",
        "version": "v1",
        "kind": "Gateway",
    }
    assert {"fieldValidation", "dryRun"} <= {parameter["name"] for parameter in patch["parameters"]}
    schema = document["components"]["schemas"]["io.k8s.networking.gateway.v1.Gateway"]
    assert schema["properties"]["spec"]["properties"]["listeners"]["x-kubernetes-list-map-keys"] == ["name"]


def test_every_reference_of_a_schema_leads_somewhere(call: Call) -> None:
    """The built-in documents are closed under $ref, descriptions and all."""

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            value = list(value.values())
        for part in value if isinstance(value, list) else ():
            yield from references(part)

    for path in ("/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", "/openapi/v3/apis/discovery.k8s.io/v1"):
        document = call("GET", path).body
        names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
        assert set(references(document)) <= names
    pod = call("GET", "/openapi/v3/api/v1").body["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]
    assert pod["required"] == ["containers"]
    assert pod["properties"]["containers"]["x-kubernetes-patch-merge-key"] == "name"


def test_health_and_openapi_v2(call: Call) -> None:
    """livez and its kin answer ok; v2 is not there, as clients tolerate."""
    assert [call("GET", f"/{name}").body for name in ("livez", "readyz", "healthz")] == [b"ok"] * 3
    assert call("GET", "/openapi/v2").status == 404
