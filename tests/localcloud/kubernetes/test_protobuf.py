"""The protobuf bodies that kubectl's create commands send."""

from __future__ import annotations

import pytest

from localcloud.kubernetes.protobuf import NotProtobuf, decoded_body
from tests.support.turns import at_most


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def envelope(kind: bytes, raw: bytes, version: bytes = b"v1") -> bytes:
    return b"k8s\x00" + field(1, field(1, version) + field(2, kind)) + field(2, raw)


def test_an_envelope_becomes_the_object() -> None:
    """Type, metadata with maps, and data; empty strings are absent."""
    meta = field(1, b"c") + field(2, b"") + field(3, b"shop") + field(11, field(1, b"k") + field(2, b"v"))
    body = envelope(b"ConfigMap", field(1, meta) + field(2, field(1, b"a") + field(2, b"b")))
    assert decoded_body(body) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "shop", "labels": {"k": "v"}},
        "data": {"a": "b"},
    }


def test_bytes_become_base64_and_numbers_are_passed_over() -> None:
    """Secret data; a varint field that is not asked for."""
    raw = (
        field(1, field(1, b"s")) + field(2, field(1, b"a") + field(2, b"\xff")) + bytes([5 << 3, 0x81, 0x01])
    )
    secret = decoded_body(envelope(b"Secret", raw))
    assert secret is not None
    assert secret["data"] == {"a": "/w=="}


def test_other_kinds_and_other_bodies_are_not_read() -> None:
    """None: the server asks for JSON then."""
    assert decoded_body(envelope(b"Deployment", b"")) is None
    assert decoded_body(b"{}") is None


@pytest.mark.parametrize(
    "message",
    [
        b"\xff" * 3_000_000,  # a number without end, which a decoder that adds it up never finishes
        b"\xff" * 3,
        b"",
        b"\x0a\x7fv1",  # longer than what there is
        field(1, field(1, b"v1") + field(2, b"\xff")),
        field(1, field(1, b"v1") + field(2, b"ConfigMap"))
        + b"\x10\x05",  # a number where the object should be
        b"\x0b\x01",
    ],
    ids=lambda message: message[:8].hex() or "nothing",
)
def test_what_is_no_protobuf_is_refused_at_once(message: bytes) -> None:
    """Whatever stands behind the magic number."""
    with at_most(0.1), pytest.raises(NotProtobuf):
        decoded_body(b"k8s\x00" + message)
