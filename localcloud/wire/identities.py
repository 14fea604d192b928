"""Who holds which token. Metadata servers hand them out to function instances, the cloud to its users."""

from __future__ import annotations

import secrets

from localcloud.wire.errors import Refused
from localcloud.wire.messages import Caller


class Identities:
    """Access tokens and the callers they stand for."""

    def __init__(self) -> None:
        self._callers: dict[str, Caller] = {}

    def issue(self, caller: Caller) -> str:
        """A new access token for `caller`."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._callers[token] = caller
        return token

    def caller(self, authorization: str) -> Caller:
        """The caller behind an `Authorization` header.

        Raises:
            Refused: UNAUTHENTICATED, in Google's words [observed].
        """
        caller = self._callers.get(authorization.removeprefix("Bearer ").strip())
        if caller is None:
            raise Refused(
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
                "other valid authentication credential.",
            )
        return caller
