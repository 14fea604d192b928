"""The metadata server of one instance: its project, its identity, its tokens [documented].

Each instance has one of its own, so a token says whose it is. Reading it takes no simulated time and
changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.projects import Project
from localcloud.wire.messages import Json, Request, Response

ROOT = "/computeMetadata/v1/"
FLAVOR = {"metadata-flavor": "Google", "content-type": "application/text"}


@dataclass(frozen=True)
class MetadataServer:
    """Answers for one instance; `token` gives its current access token, or "" if its account is gone."""

    project: Project
    region: str
    service_account: str
    instance_id: str
    token: Callable[[], str]

    def handle(self, request: Request) -> Response:
        """One request; without `Metadata-Flavor: Google` it is refused, as in the cloud [documented]."""
        if not request.path.startswith(ROOT):
            return Response(200, b"computeMetadata/\n", dict(FLAVOR))
        if request.headers.get("metadata-flavor") != "Google":
            return Response(403, b"Missing required header: Metadata-Flavor", dict(FLAVOR))
        path = request.path.removeprefix(ROOT).rstrip("/")
        if path.startswith("instance/service-accounts/"):
            return self._account(request, path.removeprefix("instance/service-accounts/"))
        values = {
            "project/project-id": self.project.id,
            "project/numeric-project-id": self.project.number,
            "instance/region": f"projects/{self.project.number}/regions/{self.region}",
            "instance/id": self.instance_id,
        }
        return self._text(values[path]) if path in values else Response(404, b"Not Found", dict(FLAVOR))

    def _account(self, request: Request, path: str) -> Response:
        account, _, wanted = path.partition("/")
        token = self.token()
        if (
            account not in ("default", self.service_account) or not token
        ):  # [inferred] for an account that is gone
            return Response(404, b"Not Found", dict(FLAVOR))
        scopes = ["https://www.googleapis.com/auth/cloud-platform"]
        if wanted == "token":
            return self._json({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})
        if wanted == "email":
            return self._text(self.service_account)
        if wanted == "scopes":
            return self._text("\n".join(scopes))
        if wanted == "" and request.one("recursive").lower() == "true":
            return self._json({"aliases": ["default"], "email": self.service_account, "scopes": scopes})
        return Response(404, b"Not Found", dict(FLAVOR))

    @staticmethod
    def _json(value: Json) -> Response:
        return Response(200, json.dumps(value).encode(), {**FLAVOR, "content-type": "application/json"})

    @staticmethod
    def _text(value: str) -> Response:
        return Response(200, value.encode(), dict(FLAVOR))
