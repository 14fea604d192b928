"""Every RPC of the client libraries that are installed, with the method of REST that does the same.

A library's own transport says which RPCs a service has, and of which types their requests and answers are. Which
method of the discovery document is the same one, their names say: both are made of one definition of the service,
`PublishRequest` and `topics.publish` of one annotation `google.api.http` [documented: AIP-127]. The generated Python
has that annotation for some services only; the discovery documents have it for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.cloud.location import locations_pb2
from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcAsyncIOTransport
from google.cloud.workflows_v1.services.workflows.transports import WorkflowsGrpcAsyncIOTransport
from google.iam.v1 import iam_policy_pb2
from google.longrunning import operations_pb2
from google.protobuf.message_factory import GetMessageClass
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from localcloud.wire.discovery import Method, document

# A service's transport, and the discovery document of its API.
LIBRARIES = (
    (PublisherGrpcAsyncIOTransport, "pubsub", "v1"),
    (SubscriberGrpcAsyncIOTransport, "pubsub", "v1"),
    (SchemaServiceGrpcAsyncIOTransport, "pubsub", "v1"),
    (WorkflowsGrpcAsyncIOTransport, "workflows", "v1"),
    (ExecutionsGrpcAsyncIOTransport, "workflowexecutions", "v1"),
)
HOSTS = tuple(sorted({transport.DEFAULT_HOST for transport, _, _ in LIBRARIES}))
# Services that several APIs have, each for its own resources [documented: google.longrunning, google.iam.v1,
# google.cloud.location].
SHARED = (
    operations_pb2.DESCRIPTOR.services_by_name["Operations"],
    iam_policy_pb2.DESCRIPTOR.services_by_name["IAMPolicy"],
    locations_pb2.DESCRIPTOR.services_by_name["Locations"],
)


@dataclass(frozen=True)
class Rpc:
    """One RPC by its path (`/google.pubsub.v1.Publisher/Publish`), and the classes of its request and its answer.

    `methods` are those that do the same over REST: none, or several where resources of several kinds have it.
    """

    path: str
    request: Any
    response: Any
    streams: bool
    methods: tuple[Method, ...]


def rpcs() -> dict[str, Rpc]:
    """Every RPC there is by its path."""
    found: dict[str, Rpc] = {}
    everywhere: list[Method] = []
    for transport, name, version in LIBRARIES:
        candidates = document(name, version).methods
        everywhere += [each for each in candidates if each not in everywhere]
        for seen in _Recorder.of(transport):
            found[seen.path] = _rpc(seen, candidates)
    for seen in _shared():
        found[seen.path] = _rpc(seen, everywhere)
    return found


def _rpc(seen: _Seen, candidates: Iterable[Method]) -> Rpc:
    methods = () if seen.streams else _same(seen, candidates)
    return Rpc(seen.path, seen.request, seen.response, seen.streams, methods)


@dataclass(frozen=True)
class _Seen:
    """An RPC as a library has it."""

    path: str
    request: Any
    response: Any
    streams: bool


def _shared() -> Iterable[_Seen]:
    for service in SHARED:
        for rpc in service.methods:
            types = GetMessageClass(rpc.input_type), GetMessageClass(rpc.output_type)
            yield _Seen(f"/{service.full_name}/{rpc.name}", *types, streams=False)


class _Recorder(aio.Channel):  # type: ignore[misc]  # grpc is untyped
    """A channel that leads nowhere, and remembers for which RPCs it was asked."""

    def __init__(self) -> None:
        self.seen: list[_Seen] = []
        self._unary_unary_interceptors: list[Any] = []  # the transport adds its own

    @classmethod
    def of(cls, transport: Any) -> list[_Seen]:
        """The RPCs of a service."""
        recorder = cls()
        transport(channel=recorder)
        return recorder.seen

    def unary_unary(self, method: str, **serializers: Any) -> Callable[..., Any]:
        """Remember an RPC of one request and one answer."""
        return self._remember(method, streams=False, **serializers)

    def unary_stream(self, method: str, **serializers: Any) -> Callable[..., Any]:
        """Remember a stream."""
        return self._remember(method, streams=True, **serializers)

    stream_unary = unary_stream
    stream_stream = unary_stream

    async def _nothing(self, *_: Any, **__: Any) -> None:
        """It is never connected."""

    __aenter__ = __aexit__ = close = channel_ready = wait_for_state_change = get_state = _nothing

    def _remember(
        self, path: str, streams: bool, request_serializer: Any, response_deserializer: Any
    ) -> Callable[..., Any]:
        if path.split("/")[1] not in {service.full_name for service in SHARED}:
            types = _class_of(request_serializer), _class_of(response_deserializer)
            self.seen.append(_Seen(path, *types, streams))
        return lambda *_, **__: None


def _class_of(serializer: Any) -> Any:
    """The protobuf class whose (de)serializer this is; the libraries wrap it in one of their own."""
    found = serializer.__self__
    return found.pb() if hasattr(found, "pb") else found


def _same(rpc: _Seen, candidates: Iterable[Method]) -> tuple[Method, ...]:
    """The methods that do what an RPC does: `CreateExecution` is `executions.create`, with an `Execution` for answer.

    Their ids have every word of its name, and as few others as can be: `ListTopics` is `projects.topics.list` and
    not `projects.topics.snapshots.list`.
    """
    wanted = _words(rpc.path.rpartition("/")[2])
    answer = rpc.response.DESCRIPTOR.name
    others = {
        method: len(words - wanted)
        for method in candidates
        if wanted <= (words := _words(method.id))
        and _words(method.id.rpartition(".")[2]) <= wanted
        and method.response == answer
    }
    return tuple(method for method, count in others.items() if count == min(others.values()))


def _words(name: str) -> frozenset[str]:
    """The words of a name, in the singular; REST says `patch` where an RPC says `Update`."""
    words = (word.lower().removesuffix("s") for word in re.findall(r"[A-Z]?[a-z]+", name.partition(":")[0]))
    return frozenset("patch" if word == "update" else word for word in words)
