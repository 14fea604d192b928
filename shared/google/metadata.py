"""The metadata server: the function's own token, and the number of its project.

google-auth's own Compute Engine credentials are not used: besides the token they look up the service account
and, in a background thread, its regional access boundary at iamcredentials.googleapis.com [observed,
google-auth 2.5x]. A function makes no call that nobody asked for, and none beside another.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache

import google.auth.credentials
import google.auth.exceptions
import requests

TIMEOUT = 5.0  # seconds; the server is on the same machine


class MetadataCredentials(google.auth.credentials.Credentials):  # type: ignore[misc]
    """The access token of the service account that the function runs as."""

    def refresh(self, request: object) -> None:
        """Get a token. (`request` is google-auth's transport; the metadata server needs none.)

        Raises:
            google.auth.exceptions.RefreshError: the metadata server does not give one.
        """
        try:
            response = _get("instance/service-accounts/default/token")
            answer = response.json()
        except requests.RequestException as error:
            raise google.auth.exceptions.RefreshError(f"metadata server: {error}") from error
        self.token = answer["access_token"]
        # google-auth compares with the machine's clock, naive and in UTC.
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=answer["expires_in"])


@cache
def service_account() -> str:
    """The address of the service account that the function runs as.

    Raises:
        requests.RequestException: the metadata server does not answer.
    """
    return _get("instance/service-accounts/default/email").text.strip()


@cache
def project_number() -> str:
    """The number of the project that the function runs in.

    Raises:
        requests.RequestException: the metadata server does not answer.
    """
    return _get("project/numeric-project-id").text.strip()


def _get(path: str) -> requests.Response:
    host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    response = requests.get(
        f"http://{host}/computeMetadata/v1/{path}", headers={"Metadata-Flavor": "Google"}, timeout=TIMEOUT
    )
    response.raise_for_status()
    return response
