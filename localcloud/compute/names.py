"""Names of compute resources: what callers may send, and the one form that is stored and answered.

Callers send full URLs (built from their endpoint override), `projects/…` names or `regions/…` and `global/…`
partial ones [documented]. Collections are keyed by `projects/P/…`; answers carry Google's own URLs, whatever
the endpoint was: clients accept both [observed with gcloud].
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from localcloud.wire.errors import invalid

BASE = "https://www.googleapis.com/compute/v1/"
NAME = re.compile(r"(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)")
_SCOPE = r"(?:global|regions/[a-z0-9-]+|zones/[a-z0-9-]+)"
_FULL = re.compile(rf"projects/[^/]+/{_SCOPE}(?:/[A-Za-z]+/[^/]+)?")
_PARTIAL = re.compile(rf"{_SCOPE}(?:/[A-Za-z]+/[^/]+)?")


def url(name: str) -> str:
    """The URL of a full name."""
    return BASE + name


def full_name(value: str, project: str = "") -> str:
    """The full name that a URL, a full or a partial name stands for; empty if it stands for none.

    `project` completes partial names.
    """
    text = "projects/" + value.rsplit("projects/", 1)[1] if "projects/" in value else value.lstrip("/")
    if _FULL.fullmatch(text):
        return text
    return f"projects/{project}/{text}" if project and _PARTIAL.fullmatch(text) else ""


def short(name: str) -> str:
    """The last segment of a name or URL."""
    return name.rsplit("/", 1)[-1]


def project_of(name: str) -> str:
    """The project in a full name."""
    return name.split("/")[1]


def scope_of(name: str) -> str:
    """The scope of a full name: `global`, `regions/R` or `zones/Z`."""
    parts = name.split("/")
    return "global" if parts[2] == "global" else "/".join(parts[2:4])


def check_name(name: Any) -> str:
    """A resource's name from a request body.

    Raises:
        Refused: it does not fit Google's pattern; the words are those of the API [observed].
    """
    text = str(name or "")
    if NAME.fullmatch(text):
        return text
    raise bad_field("name", text, f"Must be a match of regex '{NAME.pattern}'")


def bad_field(field: str, value: Any, words: str) -> Exception:
    """400 in the form that compute gives every faulty field [observed]."""
    text = value if isinstance(value, str) else json.dumps(value)
    return invalid(f"Invalid value for field 'resource.{field}': '{text}'. {words}")


def fingerprint(value: Any) -> str:
    """A hash of `value` as clients expect it: valid base64 (gcloud crashes on anything else) [observed].

    In the alphabet for URLs: gcloud decodes it, and sends it back in that alphabet [observed].
    """
    digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest[:8]).decode()
