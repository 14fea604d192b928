"""Methods, fields and enums are the discovery documents'; refusals are in Google's words and shapes."""

from __future__ import annotations

import json

import pytest

from localcloud.cloudresourcemanager import service as cloudresourcemanager
from localcloud.google_apis import GoogleApis
from localcloud.pubsub.service import service as pubsub
from localcloud.request_path import REQUEST_PATH
from localcloud.service import Call, Service
from localcloud.wire.discovery import document
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Caller, Json, Request, Response
from localcloud.wire.validation import checked_body
from localcloud.world import World


def request(method: str, path: str, body: Json | None = None, **query: str) -> Request:
    """A request as the edge would hand it on."""
    raw = json.dumps(body).encode() if body is not None else b""
    return Request(method, path, {k: [v] for k, v in query.items()}, {}, raw, Caller("user@example.com"))


@pytest.mark.parametrize(
    ("api", "version", "verb", "path", "method"),
    [
        ("compute", "v1", "GET", "compute/v1/projects/p/regions/r/subnetworks/s",
        "compute.subnetworks.get"), ("compute", "v1", "POST",
        "compute/v1/projects/p/regions/r/addresses/a/setLabels", "compute.addresses.setLabels"),
        ("container", "v1", "POST", "v1/projects/p/locations/l/clusters/c:setResourceLabels",
         "container.projects.locations.clusters.setResourceLabels"),
        ("gkehub", "v1", "GET", "v1/projects/p/locations/l/operations/o",
        "gkehub.projects.locations.operations.get"), ("serviceusage", "v1", "POST",
        "v1/projects/p/services/container.googleapis.com:enable",
         "serviceusage.services.enable"),
    ],
)  # fmt: skip
def test_a_path_is_the_method_that_the_document_says(
    api: str, version: str, verb: str, path: str, method: str
) -> None:
    """The index of each document finds what Google would serve."""
    found = document(api, version).find(verb, path)

    assert found is not None
    assert method == found[0].id


def test_an_unknown_field_is_refused_with_its_place() -> None:
    """In the words of Google's JSON parser, all of them at once."""
    with pytest.raises(Refused) as refused:
        checked_body(
            document("container", "v1"), "CreateClusterRequest", {"cluster": {"nam": "x", "flet": {}}}
        )

    assert refused.value.code == 400
    assert "Unknown name \"nam\" at 'cluster': Cannot find field." in refused.value.message
    assert "Unknown name \"flet\" at 'cluster': Cannot find field." in refused.value.message


def test_an_unknown_enum_value_is_refused() -> None:
    """And a known one, in either spelling of its field, is kept."""
    good = checked_body(
        document("container", "v1"),
        "Cluster",
        {"network_config": {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}}},
    )
    assert {"networkConfig": {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}}} == good

    with pytest.raises(Refused, match=r"Invalid value at 'gateway_api_config\.channel'"):
        checked_body(
            document("container", "v1"), "NetworkConfig", {"gatewayApiConfig": {"channel": "CHANEL"}}
        )


@pytest.mark.parametrize(
    "body", [{"ackDeadlineSeconds": "soon"}, {"topic": 7}, {"enableMessageOrdering": "yes"}, {"labels": []}]
)
def test_a_wrong_type_is_refused(body: Json) -> None:
    """Numbers, strings, booleans and maps are not each other."""
    with pytest.raises(Refused, match="Invalid value at"):
        checked_body(document("pubsub", "v1"), "Subscription", body)


def test_a_64_bit_number_may_come_as_a_number_or_as_its_digits() -> None:
    """As proto JSON has them; the documents call them strings."""
    for size in ("500", 500):
        got = checked_body(document("compute", "v1"), "Disk", {"sizeGb": size})
        assert {"sizeGb": size} == got
    with pytest.raises(Refused, match="INT64"):
        checked_body(document("compute", "v1"), "Disk", {"sizeGb": "much"})


def test_bytes_must_be_base64() -> None:
    """As proto JSON has them."""
    with pytest.raises(Refused, match="Base64 decoding failed"):
        checked_body(document("pubsub", "v1"), "PubsubMessage", {"data": "not base64!"})


def test_a_method_we_do_not_serve_is_refused_with_its_name() -> None:
    """Never an empty 200."""
    world = World.create()
    response = _dispatch(world, [pubsub], request("GET", "/pubsub/v1/projects/p/schemas"))

    assert response.status == 405
    assert "pubsub.projects.schemas.list" in json.loads(response.body)["error"]["message"]


def test_an_api_that_is_off_is_refused_with_its_name_and_the_project_number() -> None:
    """In the words that gcloud looks for."""
    world = World.create()
    project = world.projects.create("demo")

    response = _dispatch(world, [pubsub], request("GET", "/pubsub/v1/projects/demo/topics"))

    error = json.loads(response.body)["error"]
    assert response.status == 403
    assert f"has not been used in project {project.number} before or it is disabled" in error["message"]
    assert error["details"][0]["reason"] == "SERVICE_DISABLED"


def test_an_unknown_query_parameter_is_refused() -> None:
    """But those that every Google API takes are not."""
    world = World.create()
    world.projects.create("demo").enabled.add("pubsub.googleapis.com")
    path = "/pubsub/v1/projects/demo/topics"

    assert (
        _dispatch(world, [pubsub], request("GET", path, None, **{"$alt": "json;enum-encoding=int"})).status
        == 200
    )
    refused = _dispatch(world, [pubsub], request("GET", path, sort="name"))
    assert refused.status == 400
    assert "Cannot bind query parameter" in refused.body.decode()


@pytest.mark.parametrize(
    ("style", "has_errors", "has_status"),
    [(Style.COMPUTE, True, False), (Style.CONTAINER, True, True), (Style.NEWER, False, True)],
)
def test_errors_have_the_shape_of_their_service(style: Style, has_errors: bool, has_status: bool) -> None:
    """compute has errors[] and no status, container both, the newer ones status alone."""
    error = json.loads(Refused("NOT_FOUND", "no such thing").response(style).body)["error"]

    assert error["code"] == 404
    assert has_errors == ("errors" in error)
    assert has_status == ("status" in error)


def test_every_call_is_logged_with_what_it_was() -> None:
    """Method, resource, caller, status, and whether it was meant to change something."""
    world = World.create()
    world.projects.create("demo").enabled.add("pubsub.googleapis.com")
    apis, log = GoogleApis(world, [pubsub]), world[REQUEST_PATH].log

    apis.answer(request("PUT", "/pubsub/v1/projects/demo/topics/news", {}))
    apis.answer(request("PUT", "/pubsub/v1/projects/demo/topics/news", {}))
    apis.answer(request("GET", "/pubsub/v1/projects/demo/topics/news"))

    assert [(200, True), (409, True), (200, False)] == [(call.status, call.mutation) for call in log.calls]
    assert ["pubsub.projects.topics.create"] == [call.method for call in log.mutations()]


def test_reading_posts_are_no_mutations() -> None:
    """A POST that only asks changes nothing."""
    assert not cloudresourcemanager.is_mutation("POST", "cloudresourcemanager.projects.getIamPolicy")
    assert cloudresourcemanager.is_mutation("POST", "cloudresourcemanager.projects.setIamPolicy")


def test_a_method_that_no_document_has_can_be_served() -> None:
    """Callbacks are such a one."""
    service = Service("workflowexecutions", "workflowexecutions.googleapis.com", ["v1"], Style.NEWER)

    @service.on_path("POST", "v1/projects/{projectsId}/callbacks/{callback}", "callbacks.send")
    def send(call: Call) -> Json:
        return {"got": call.params["callback"]}

    response = _dispatch(
        World.create(), [service], request("POST", "/workflowexecutions/v1/projects/1/callbacks/a-b", {})
    )

    assert {"got": "a-b"} == json.loads(response.body)


def _dispatch(world: World, services: list[Service], asked: Request) -> Response:
    return GoogleApis(world, services).answer(asked)
