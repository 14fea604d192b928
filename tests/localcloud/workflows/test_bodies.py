"""Bodies of requests: by the value's type, or by the type that a header gives."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.workflows.bodies import encoded
from localcloud.workflows.errors import WorkflowError

JSON = "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "given", "sent", "kind"),
    [
        (None, "", b"", ""),
        (None, "text/plain", b"", "text/plain"),
        ({"a": [1]}, "", b'{"a": [1]}', JSON),
        ("text", "", b'"text"', JSON),
        (0, "", b"0", JSON),
        (b"\x00", "", b"\x00", "application/octet-stream"),
        ({"a": 1}, "application/json", b'{"a": 1}', "application/json"),
        ({"a": 1}, "Application/Merge-Patch+json", b'{"a": 1}', "Application/Merge-Patch+json"),
        ("a=1&b=2", "application/x-www-form-urlencoded", b"a=1&b=2", "application/x-www-form-urlencoded"),
        ("hé", "text/csv; charset=utf-8", "hé".encode(), "text/csv; charset=utf-8"),
    ],
)
def test_a_body_is_sent_as_its_type_says(body: Any, given: str, sent: bytes, kind: str) -> None:
    """Without a type everything but bytes is JSON."""
    assert (sent, kind) == encoded(body, given, "http.post")


@pytest.mark.parametrize(
    ("body", "given", "tag"),
    [
        ("text", "application/json", "TypeError"),
        ([1], "application/json", "TypeError"),
        ({"a": 1}, "application/x-www-form-urlencoded", "TypeError"),
        ({"a": 1}, "text/plain", "TypeError"),
        (b"\x00", "text/plain", "TypeError"),
        (b"\x00", "image/png", "ValueError"),
    ],
)
def test_a_body_that_does_not_fit_its_type_is_refused(body: Any, given: str, tag: str) -> None:
    """Before it is sent."""
    with pytest.raises(WorkflowError) as refused:
        encoded(body, given, "http.post")

    assert [tag] == refused.value.value["tags"]
