"""The `auth` of `http.*`: it alone lets a request carry a token.

"By default, HTTP requests don't contain identity or access tokens" [documented: authenticate-from-workflow]. The fields
of `auth` are those of the JSON schema that Google publishes [observed: workflows-samples, jsonschema]; what a wrong one
is answered with is [inferred].
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.workflows.errors import fail
from localcloud.workflows.library.registry import expect

ACCESS, IDENTITY = (
    "OAuth2",
    "OIDC",
)  # an access token, for googleapis.com; an ID token, for Cloud Run [documented]
FIELDS: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "scope": (str, list),
    "scopes": (str, list),
    "audience": str,
}
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"


def check(auth: Any, where: str) -> None:
    """Refuse an `auth` that is none; None is no token.

    Raises:
        WorkflowError: TypeError or ValueError, naming `where` and the field.
    """
    if auth is None:
        return
    for field, value in expect(auth, dict, f"{where}: auth").items():
        if field not in FIELDS:
            raise fail("ValueError", f"{where}: auth has no field '{field}'")
        expect(value, FIELDS[field], f"{where}: auth.{field}")
    if auth.get("type") not in (ACCESS, IDENTITY):
        raise fail(
            "ValueError", f"{where}: auth.type must be {IDENTITY} or {ACCESS}; got: {auth.get('type')}"
        )


def scopes_of(auth: dict[str, Any]) -> list[str]:
    """The scopes of an access token: a list, or words between spaces and commas [observed: the schema]."""
    found: list[str] = []
    for given in (auth.get("scope"), auth.get("scopes")):
        found += given if isinstance(given, list) else re.split(r"[\s,]+", given) if given else []
    return found or [CLOUD_PLATFORM]
