"""The small Google of `google_server`, over gRPC: what is asked here is asked there, by the method of REST."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.api_core.exceptions import exception_class_for_http_status
from google.cloud import workflows_v1
from google.cloud.workflows import executions_v1
from google.protobuf import any_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from google.pubsub_v1 import types as pubsub_v1
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.support.google_server import GoogleServer

Call = Callable[[dict[str, Any]], tuple[str, str, Any]]  # its request's fields to method, target and body


@dataclass(frozen=True)
class Rpc:
    """The types of its request and answer, and the same call over REST."""

    request: Any
    response: Any
    rest: Call


def _read(service: str, name: str) -> Call:
    """A GET of the resource in the field `name`; the other fields are parameters."""

    def rest(fields: dict[str, Any]) -> tuple[str, str, Any]:
        query = {key: value for key, value in fields.items() if key != name}
        rows = "/executions" if name == "parent" else ""
        return "GET", f"/{service}/v1/{fields[name]}{rows}?{urlencode(query)}", None

    return rest


def _publish(fields: dict[str, Any]) -> tuple[str, str, Any]:
    return "POST", f"/pubsub/v1/{fields['topic']}:publish", {"messages": fields["messages"]}


RPCS = {
    "/google.pubsub.v1.Publisher/Publish": Rpc(pubsub_v1.PublishRequest, pubsub_v1.PublishResponse, _publish),
    "/google.cloud.workflows.executions.v1.Executions/GetExecution": Rpc(
        executions_v1.GetExecutionRequest, executions_v1.Execution, _read("workflowexecutions", "name")
    ),
    "/google.cloud.workflows.executions.v1.Executions/ListExecutions": Rpc(
        executions_v1.ListExecutionsRequest,
        executions_v1.ListExecutionsResponse,
        _read("workflowexecutions", "parent"),
    ),
    "/google.cloud.workflows.v1.Workflows/GetWorkflow": Rpc(
        workflows_v1.GetWorkflowRequest, workflows_v1.Workflow, _read("workflows", "name")
    ),
}


@dataclass
class GoogleGrpc(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc is untyped
    """A server on loopback, with a certificate that only `pem` vouches for. `tokens` are those it was shown."""

    google: GoogleServer
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pem, key = _certificate()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), handlers=[self])
        credentials = grpc.ssl_server_credentials([(key, self.pem)])
        self.host = f"127.0.0.1:{self._server.add_secure_port('127.0.0.1:0', credentials)}"
        self._server.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.stop(None).wait()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """What answers a call."""
        rpc = RPCS.get(handler_call_details.method)
        if rpc is None:
            return None
        self.tokens += [
            value for key, value in handler_call_details.invocation_metadata if key == "authorization"
        ]
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(rpc, request, context),
            rpc.request.deserialize,
            rpc.response.serialize,
        )

    def _answer(self, rpc: Rpc, request: Any, context: grpc.ServicerContext) -> Any:
        fields = MessageToDict(type(request).pb(request))
        status, answer = self.google.serve(*rpc.rest(fields))
        if status != 200:
            context.abort_with_status(rpc_status.to_status(_refusal(status, answer["error"])))
        return rpc.response(ParseDict(answer, rpc.response.pb()()))


def _refusal(status: int, error: dict[str, Any]) -> status_pb2.Status:
    """The same refusal in gRPC's form; the envelope of Compute Engine has no word for its code."""
    code = code_pb2.Code.Value(
        error.get("status") or exception_class_for_http_status(status).grpc_status_code.name
    )
    refusal = status_pb2.Status(code=code, message=error["message"])
    refusal.details.extend(_packed(detail) for detail in error.get("details", []))
    return refusal


def _packed(detail: dict[str, Any]) -> any_pb2.Any:
    """An ErrorInfo; of any other kind a few bytes that nobody can read."""
    if not detail["@type"].endswith("google.rpc.ErrorInfo"):
        return any_pb2.Any(type_url=detail["@type"], value=b"\xff\xff")
    told = {key: value for key, value in detail.items() if key != "@type"}
    packed = any_pb2.Any()
    packed.Pack(ParseDict(told, error_details_pb2.ErrorInfo()))
    return packed


def _certificate() -> tuple[bytes, bytes]:
    """A certificate for loopback that vouches for itself, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a small Google")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 12, 31, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
