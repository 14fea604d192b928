"""The service of Cloud Storage: its JSON API, its uploads and downloads, and reads by its XML API.

A slash in an object's name travels as `%2F` in the JSON API [documented]. Uploads go to `/upload/storage/v1/…` of the
host, downloads to `/download/storage/v1/…`, and gcloud takes only the host from an endpoint that was overridden
[observed]. What a bucket's name begins, is the XML API's: Terraform's state backend reads by it [observed].
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from localcloud.endpoints import is_api
from localcloud.service import Call, Match, Service
from localcloud.storage.authorization import StorageAuthorization
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json, Request
from localcloud.world import World

BUCKETS = "storage.buckets"
UPLOADS = ("upload", "resumable")
DOWNLOADS = "download"
READ = "storage.objects.get.xml"  # a read by the XML API
# 3 to 63 characters [documented: storage/docs/buckets#naming].
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")
OTHERS = frozenset({"batch", "discovery", "folders", "oauth2", "organizations", "projects", "token"})
VERSION = re.compile(r"v\d+((alpha|beta)\d*)?")


class StorageService(Service):
    """Knows where an object's name begins, and which paths are the XML API's."""

    def owns(self, world: World, path: str) -> bool:
        """Whether a path is Cloud Storage's: by its first word, or because a bucket's name begins it.

        A path that begins with an API's name, or has a version for its first or second word, is that of another
        service, whether that is there or not; so is one that begins as paths of APIs do without their service's name.
        """
        first, _, rest = path.lstrip("/").partition("/")
        if super().owns(world, path) or first in world.store[BUCKETS]:
            return True
        if not rest or is_api(first) or first in OTHERS or not BUCKET_NAME.fullmatch(first):
            return False
        return not any(VERSION.fullmatch(word) for word in (first, rest.split("/")[0]))

    def resolve(self, request: Request, path: str) -> Match:
        """See `Service.resolve`; the object's name is one parameter, quoted.

        Raises:
            Refused: UNIMPLEMENTED if there is no such path.
        """
        if path == request.path.lstrip("/") and path.split("/")[0] not in self.roots:
            return _read(request, path)
        head, found, name = path.partition("/o/")
        return super().resolve(request, f"{head}/o/{quote(unquote(name), safe='')}" if found else path)

    def call(self, world: World, request: Request, match: Match) -> Call:
        """See `Service.call`. In a patch, null removes; it is the method's to read, and no fault.

        Raises:
            Refused: INVALID_ARGUMENT.
        """
        if request.method != "PATCH":
            return super().call(world, request, match)
        try:
            given = json.dumps(_without_nulls(request.json())).encode()
        except ValueError:
            return super().call(world, request, match)
        return replace(super().call(world, replace(request, body=given), match), request=request)


service = StorageService(
    "storage",
    "storage.googleapis.com",
    ["v1"],
    Style.COMPUTE,
    roots=(*UPLOADS, DOWNLOADS),
    history=frozenset({"storage.noncurrent"}),
    authorization=StorageAuthorization(__file__),
    largest_body=256 * 2**20,  # Google's own is 5 TiB [documented: quotas]; here an object is held in memory
)


def object_name(call: Call) -> str:
    """The object that the path names."""
    return unquote(call.params["object"])


def bucket_of(call: Call) -> Json:
    """The bucket that the path names.

    Raises:
        Refused: NOT_FOUND, in Cloud Storage's words [documented].
    """
    found = call.world.store[BUCKETS].get(call.params["bucket"])
    if found is None:
        raise Refused("NOT_FOUND", "The specified bucket does not exist.")
    return found


def _read(request: Request, path: str) -> Match:
    """A request of the XML API: of these only objects are read."""
    bucket, _, name = path.partition("/")
    method = (
        READ if request.method in ("GET", "HEAD") and name else f"the XML API's {request.method} of /{path}"
    )
    params = {"bucket": bucket, "object": quote(name, safe="")}
    return Match(method, "", params, None, Style.XML)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value
