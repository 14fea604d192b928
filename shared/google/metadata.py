"""The metadata server: the function's own token, and the number of its project.

google-auth's own Compute Engine credentials are not used: besides the token they look up the service account
and, in a background thread, its regional access boundary at iamcredentials.googleapis.com [observed,
google-auth 2.5x]. A function makes no call that nobody asked for, and none beside another.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from functools import cache

import google.auth.credentials
import google.auth.exceptions
import requests

from shared.google.answers import Broken, has, parsed, shaped

TIMEOUT = 5.0  # seconds; the server is on the same machine
FLAVOR = {"Metadata-Flavor": "Google"}
_TOKEN = has(access_token=str, expires_in=int)
_AN_ADDRESS = re.compile(r"[a-zA-Z0-9._:-]{1,128}@[a-z0-9.-]{1,128}")
_A_NUMBER = re.compile(r"[0-9]{1,20}")


class MetadataCredentials(google.auth.credentials.Credentials):  # type: ignore[misc]
    """The access token of the service account that the function runs as."""

    def refresh(self, request: object) -> None:
        """Get a token. (`request` is google-auth's transport; the metadata server needs none.)

        Raises:
            google.auth.exceptions.RefreshError: the metadata server does not give one.
        """
        try:
            answer = shaped(parsed(_get("instance/service-accounts/default/token").encode()), _TOKEN)
        except (requests.RequestException, Broken) as error:
            raise google.auth.exceptions.RefreshError(f"metadata server: {error}") from error
        self.token = answer["access_token"]
        # google-auth compares with the machine's clock, naive and in UTC.
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=answer["expires_in"])


@cache
def service_account() -> str:
    """The address of the service account that the function runs as.

    Raises:
        requests.RequestException: the metadata server does not tell it.
    """
    return _told("instance/service-accounts/default/email", _AN_ADDRESS)


@cache
def project_number() -> str:
    """The number of the project that the function runs in.

    Raises:
        requests.RequestException: the metadata server does not tell it.
    """
    return _told("project/numeric-project-id", _A_NUMBER)


def _told(path: str, form: re.Pattern[str]) -> str:
    """A text of this form. It is kept for as long as the instance lives, so another one must not be believed."""
    text = _get(path).strip()
    if not form.fullmatch(text):
        raise requests.RequestException(f"metadata server: {text[:100]!r} is no answer to {path}")
    return text


def _get(path: str) -> str:
    host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    response = requests.get(
        f"http://{host}/computeMetadata/v1/{path}", headers=FLAVOR, timeout=TIMEOUT, allow_redirects=False
    )
    response.raise_for_status()
    if response.status_code != 200:
        raise requests.RequestException(f"metadata server: status {response.status_code}")
    return response.text
