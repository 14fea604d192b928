"""The codes of google.rpc: Google's own numbers, and none typed by hand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from google.rpc.code_pb2 import Code

import localcloud
from localcloud.wire.codes import code_of, rpc_status
from localcloud.wire.errors import HTTP, REASONS

ROOT = Path(localcloud.__file__).parent
MOST = max(Code.values())


@pytest.mark.parametrize("name", sorted(HTTP))
def test_a_status_has_googles_number(name: str) -> None:
    """Every code that a service refuses with can end an operation, too."""
    status = rpc_status(name, "words")

    assert {"code": Code.Value(name), "message": "words"} == status
    assert name == code_of(status)


def test_the_tables_of_codes_have_no_others() -> None:
    """UNKNOWN and DATA_LOSS are never said here; OK is no refusal."""
    assert {"OK", "UNKNOWN", "DATA_LOSS"} == set(Code.keys()) - set(HTTP)
    assert set(REASONS) <= set(HTTP)


def test_a_code_that_google_does_not_have_is_refused() -> None:
    """Where it is planned, not when the operation ends."""
    with pytest.raises(ValueError, match="no value defined for name 'NOT_THERE'"):
        rpc_status("NOT_THERE", "words")


def _numbers(path: Path) -> list[str]:
    """Where a mapping's `code` is a number that could be one of google.rpc."""
    return [
        f"{path.relative_to(ROOT)}:{value.lineno}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "code"
        if isinstance(value, ast.Constant) and value.value in range(MOST + 1)
    ]


def test_nobody_types_a_code_by_hand() -> None:
    """A number of three digits is HTTP's."""
    assert [] == [place for path in sorted(ROOT.rglob("*.py")) for place in _numbers(path)]
