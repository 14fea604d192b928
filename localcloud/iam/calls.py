"""Whether a call of a service may be made: the permissions that its method takes, and who holds them."""

from __future__ import annotations

from localcloud.iam.access import ACCESS
from localcloud.service import Call
from localcloud.wire.errors import not_implemented


def permit(call: Call) -> None:
    """Let a call pass whose caller has every permission that it takes.

    Raises:
        Refused: in the API's own words; UNIMPLEMENTED if nobody knows what the method takes.
    """
    access, authorization = call.world[ACCESS], call.service.authorization
    if not access.enforced:
        return
    if authorization is None:
        raise not_implemented(f"the permissions of {call.method}")
    needs, attributes = authorization.needs(call), authorization.attributes(call)
    if missing := access.lacking(call.world, call.caller.identity, needs, attributes):
        raise authorization.refused(call, missing)
