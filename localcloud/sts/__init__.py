"""Security Token Service: an access token for whoever holds a token of the cloud's.

So default credentials of Google's client libraries (`fleetgate.local.shell_environment`) are those of the cloud's user,
in a form in which a file names the address that tokens come from: `external_account`.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from localcloud.iam.authorization import Authorization
from localcloud.iam.tokens import TOKENS
from localcloud.service import Call, Service
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json, Response

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ISSUED = "urn:ietf:params:oauth:token-type:access_token"
LIFETIME = 3599  # seconds; a metadata server says the same [observed]

service = Service(
    "sts",
    "sts.googleapis.com",
    ["v1"],
    Style.NEWER,
    authorization=Authorization(__file__),
    always_on=True,
    anonymous=True,
)


@service.on_path("POST", "v1/token", "sts.token")
def exchange(call: Call) -> Json | Response:
    """Exchange a token, as a form asks for it [documented: RFC 8693, sections 2.1 and 2.2.2]."""
    form = {name: values[0] for name, values in parse_qs(call.request.body.decode(errors="replace")).items()}
    if form.get("grant_type") != EXCHANGE:
        return _refused("unsupported_grant_type", f"Only {EXCHANGE} is served.")
    identities = call.world[TOKENS]
    try:
        token = identities.issue(identities.caller(form.get("subject_token", "")))
    except Refused:
        return _refused("invalid_grant", "The subject token is not one of the local cloud's.")
    answer = {"access_token": token, "issued_token_type": ISSUED}
    return {**answer, "token_type": "Bearer", "expires_in": LIFETIME}


def _refused(error: str, description: str) -> Response:
    return Response.of_json({"error": error, "error_description": description}, 400)
