"""Where Fleetgate is, and the credentials: from flags, the variables that gcloud reads, and Google's defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google.auth
import google.auth.credentials
import google.auth.exceptions

from fleetgate.client.errors import BAD_USAGE, ClientError
from fleetgate.client.google_clients import ENDPOINT, GoogleClients
from shared.google.session import Session
from shared.settings import ENDPOINTS, Settings

DEFAULT_REGION = "us-central1"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_FILE = "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"  # noqa: S105  # the name of a variable


class FileCredentials(google.auth.credentials.Credentials):  # type: ignore[misc]
    """The access token in a file that another process renews, as in gcloud's `auth/access_token_file`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def before_request(self, request: object, method: str, url: str, headers: dict[str, str]) -> None:
        """Read the file for each call: nothing tells when another process has renewed it.

        Raises:
            google.auth.exceptions.RefreshError: it cannot be read, or holds no token, as while it is being written.
        """
        self.refresh(request)
        self.apply(headers)

    def refresh(self, request: object) -> None:
        """Read the file, as above."""
        try:
            token = self._path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise google.auth.exceptions.RefreshError(f"{TOKEN_FILE}: {error}") from error
        if not token.isprintable() or len(token.split()) != 1:
            raise google.auth.exceptions.RefreshError(f"{TOKEN_FILE}: there is no token in {self._path}")
        self.token = token


@dataclass(frozen=True)
class Target:
    """Fleetgate's project, the home region of its anchors, and how its APIs are asked: the client libraries for
    requests and executions, a session for all else.
    """

    project: str
    region: str
    session: Session
    google: GoogleClients

    @property
    def requests(self) -> str:
        """The topic of requests, by full name."""
        return f"projects/{self.project}/topics/fleetgate-requests"

    @property
    def workflow(self) -> str:
        """The workflow, by full name."""
        return self.session.settings.workflow


def target_of(project: str, region: str, environ: Mapping[str, str] = os.environ) -> Target:
    """The target; an empty project means `CLOUDSDK_CORE_PROJECT`, an empty region the default.

    Raises:
        ClientError: no project was named, or there are no credentials.
    """
    project = project or environ.get("CLOUDSDK_CORE_PROJECT", "")
    if not project:
        fix = "Set FLEETGATE_PROJECT (or give --project) to the project that Fleetgate is installed in."
        raise ClientError("No project is set.", fix, BAD_USAGE)
    region = region or DEFAULT_REGION
    endpoints = {
        name: environ.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}") or google_s
        for name, google_s in ENDPOINTS.items()
    }
    settings = Settings(
        project=project,
        region=region,
        anchor_subnetwork="",
        workflow=f"projects/{project}/locations/{region}/workflows/fleetgate",
        events_topic="",
        verification_topics={},
        endpoints=endpoints,
    )
    credentials = _credentials(environ)
    clients = GoogleClients(settings, credentials, environ.get(ENDPOINT, ""))
    return Target(project, region, Session(settings, credentials), clients)


def _credentials(environ: Mapping[str, str]) -> Any:
    if path := environ.get(TOKEN_FILE):
        return FileCredentials(Path(path))
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
    except google.auth.exceptions.DefaultCredentialsError as error:
        fix = f"Log in: `gcloud auth application-default login`, or set {TOKEN_FILE}."
        raise ClientError(f"There are no Google credentials: {error}", fix) from error
    return credentials
