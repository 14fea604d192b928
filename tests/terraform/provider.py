"""The providers' schemas, served to terraform itself: a provider that knows what there is, and can do nothing.

Terraform checks a configuration against the schema that a provider tells it over gRPC, and runs plans and applies of
its own making against that schema where a test mocks the provider. So this is all of the provider that
`terraform validate` and `terraform test` need; neither Google Cloud nor a registry is asked. [documented: the plugin
protocol, version 5, in hashicorp/terraform:docs/plugin-protocol/tfplugin5.proto; TF_REATTACH_PROVIDERS]

The messages are few, so they are written by hand: a field is its number and wire type, and then its bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc

from tests.terraform.schema import load, of_others

Json = Mapping[str, Any]
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
SERVICE = "/tfplugin5.Provider/"
NAMES = tuple(f"registry.terraform.io/hashicorp/{name}" for name in ("google", "google-beta", "time"))


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integer(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value) if value else b""


def _bytes(field: int, value: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(value)) + value


def _schema(schema: Json) -> bytes:
    return _integer(1, schema.get("version", 0)) + _bytes(2, _block(schema["block"]))


def _block(block: Json) -> bytes:
    attributes = (_bytes(2, _attribute(name, each)) for name, each in block.get("attributes", {}).items())
    nested = (_bytes(3, _nested(name, each)) for name, each in block.get("block_types", {}).items())
    return b"".join((*attributes, *nested))


def _attribute(name: str, each: Json) -> bytes:
    flags = ((4, "required"), (5, "optional"), (6, "computed"), (7, "sensitive"))
    told = b"".join(_integer(field, int(bool(each.get(flag)))) for field, flag in flags)
    return _bytes(1, name.encode()) + _bytes(2, json.dumps(each["type"]).encode()) + told


def _nested(name: str, each: Json) -> bytes:
    limits = _integer(4, each.get("min_items", 0)) + _integer(5, each.get("max_items", 0))
    nesting = _integer(3, NESTING[each["nesting_mode"]])
    return _bytes(1, name.encode()) + _bytes(2, _block(each["block"])) + nesting + limits


def _types(field: int, schemas: Json) -> bytes:
    """A map in protobuf is a list of pairs."""
    pairs = (_bytes(1, name.encode()) + _bytes(2, _schema(each)) for name, each in schemas.items())
    return b"".join(_bytes(field, pair) for pair in pairs)


class Provider(grpc.GenericRpcHandler):
    """Answers what `validate` and mocked tests ask: the schema; no objection to anything else."""

    def __init__(self) -> None:
        schema = load()
        resources = {**schema["resource_schemas"], **of_others()}
        self._schema = (
            _bytes(1, _schema(schema["provider_config"]))
            + _types(2, resources)
            + _types(3, schema["data_source_schemas"])
        )

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of a call; None, and so UNIMPLEMENTED, for what is not the provider's."""
        if not handler_call_details.method.startswith(SERVICE):
            return None
        name = handler_call_details.method.removeprefix(SERVICE)
        if name == "GetSchema":
            return grpc.unary_unary_rpc_method_handler(lambda request, context: self._schema)
        if (
            name == "PrepareProviderConfig"
        ):  # the prepared configuration has the number of the one that is asked about
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request)
        if name in ("ValidateResourceTypeConfig", "ValidateDataSourceConfig", "Configure", "Stop"):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")
        return None


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """The variables that make terraform ask this provider, for as long as it is served, on loopback."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), handlers=[Provider()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    address = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    where = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps(dict.fromkeys(NAMES, where))}
    finally:
        server.stop(grace=None).wait()
