"""IAM's own API as a service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.iam.api_authorization import IamAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "iam",
    "iam.googleapis.com",
    ["v1"],
    Style.NEWER,
    reads=frozenset({"getIamPolicy", "testIamPermissions", "queryTestablePermissions"}),
    authorization=IamAuthorization(__file__),
)
