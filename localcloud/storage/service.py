"""The service of Cloud Storage's JSON API, whose object names may have slashes and whose uploads live elsewhere.

A slash in an object's name travels as `%2F` [documented]. Uploads go to `/upload/storage/v1/…` of the host, and
gcloud takes only the host from an endpoint that was overridden [observed].
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from localcloud.service import Call, Match, Service
from localcloud.storage.authorization import StorageAuthorization
from localcloud.wire.errors import Style
from localcloud.wire.messages import Request

UPLOADS = ("upload", "resumable")


class StorageService(Service):
    """Knows where an object's name begins."""

    def resolve(self, request: Request, path: str) -> Match:
        """See `Service.resolve`; the object's name is one parameter, quoted.

        Raises:
            Refused: UNIMPLEMENTED if there is no such path.
        """
        head, found, name = path.partition("/o/")
        return super().resolve(request, f"{head}/o/{quote(unquote(name), safe='')}" if found else path)


service = StorageService(
    "storage",
    "storage.googleapis.com",
    ["v1"],
    Style.CONTAINER,
    roots=UPLOADS,
    authorization=StorageAuthorization(__file__),
    largest_body=256 * 2**20,  # Google's own is 5 TiB [documented: quotas]; here an object is held in memory
)


def object_name(call: Call) -> str:
    """The object that the path names."""
    return unquote(call.params["object"])
