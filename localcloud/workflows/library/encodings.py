"""`base64`, `hash`, `json`, and `text.encode`/`text.decode`: to and from bytes [documented: stdlib]."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import hmac
from typing import Any

from localcloud.workflows.errors import fail
from localcloud.workflows.library.registry import expect, function
from localcloud.workflows.values import from_json, to_json

_ALGORITHMS = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"}


@function("base64.encode", "data", padding=True)
def base64_encode(data: Any, padding: Any) -> str:
    """Base64 of bytes; a string must be encoded to bytes first."""
    text = base64.b64encode(expect(data, bytes, "base64.encode")).decode()
    return text if expect(padding, bool, "base64.encode") else text.rstrip("=")


@function("base64.decode", "data", padding=True)
def base64_decode(data: Any, padding: Any) -> bytes:
    """The bytes of a base64 text; with `padding` false, one whose `=` were left out."""
    text = expect(data, str, "base64.decode")
    if not expect(padding, bool, "base64.decode"):
        text += "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise fail("ValueError", f"base64.decode: {error}") from None


def _algorithm(name: Any, where: str) -> str:
    if expect(name, str, where) not in _ALGORITHMS:
        raise fail("ValueError", f"{where}: unknown algorithm '{name}'")
    return str(name).lower()


@function("hash.compute_checksum", "data", "algorithm")
def checksum(data: Any, algorithm: Any) -> bytes:
    """The digest of bytes."""
    where = "hash.compute_checksum"
    return hashlib.new(
        _algorithm(algorithm, where), expect(data, bytes, where), usedforsecurity=False
    ).digest()


@function("hash.compute_hmac", "key", "data", "algorithm")
def keyed_hash(key: Any, data: Any, algorithm: Any) -> bytes:
    """The HMAC of bytes under a key."""
    where = "hash.compute_hmac"
    return hmac.digest(expect(key, bytes, where), expect(data, bytes, where), _algorithm(algorithm, where))


@function("json.decode", "data")
def json_decode(data: Any) -> Any:
    """The value of a JSON text, given as bytes or as a string."""
    return from_json(expect(data, (bytes, str), "json.decode"))


@function("json.encode", "data", indent=None)
def json_encode(data: Any, indent: Any) -> bytes:
    """JSON, as UTF-8 bytes."""
    return _json(data, indent).encode()


@function("json.encode_to_string", "data", indent=None)
def json_encode_to_string(data: Any, indent: Any) -> str:
    """JSON, as a string."""
    return _json(data, indent)


def _json(data: Any, indent: Any) -> str:
    """JSON; with indentation each element begins on a line of its own, with a prefix [documented: json.encode]."""
    if indent is None or indent is False:
        return to_json(data)
    options = {} if indent is True else expect(indent, dict, "json.encode: indent")
    prefix = expect(options.get("prefix", ""), str, "json.encode: prefix")
    text = to_json(data, expect(options.get("indent", "    "), str, "json.encode: indent"))
    return text.replace("\n", f"\n{prefix}")  # a line break within a string is written \\n


def _charset(charset: Any, where: str) -> str:
    try:
        return codecs.lookup(expect(charset, str, where)).name
    except LookupError:
        raise fail("ValueError", f"{where}: unknown charset '{charset}'") from None


@function("text.encode", "text", charset="UTF-8")
def text_encode(text: Any, charset: Any) -> bytes:
    """The bytes of a string."""
    try:
        return str(expect(text, str, "text.encode")).encode(_charset(charset, "text.encode"))
    except UnicodeEncodeError as error:
        raise fail("ValueError", f"text.encode: {error.reason}") from None


@function("text.decode", "data", charset="UTF-8")
def text_decode(data: Any, charset: Any) -> str:
    """The string that bytes encode."""
    try:
        return bytes(expect(data, bytes, "text.decode")).decode(_charset(charset, "text.decode"))
    except UnicodeDecodeError as error:
        raise fail("ValueError", f"text.decode: {error.reason}") from None
