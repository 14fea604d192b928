"""Whether a call of a service may be made: the permissions that its method takes, and who holds them."""

from __future__ import annotations

from localcloud.iam.access import ACCESS
from localcloud.iam.catalog import methods
from localcloud.iam.needs import needs_of
from localcloud.iam.refusals import refused
from localcloud.service import Call
from localcloud.wire.errors import not_implemented


def permit(call: Call) -> None:
    """Let a call pass whose caller has every permission that it takes.

    Raises:
        Refused: in the API's own words; UNIMPLEMENTED if nobody knows what the method takes.
    """
    access = call.world[ACCESS]
    if not access.enforced:
        return
    if call.method not in methods():
        raise not_implemented(f"the permissions of {call.method}")
    attributes = call.service.condition_attributes(call)
    if missing := access.lacking(call.world, call.caller.identity, needs_of(call), attributes):
        raise refused(call, missing)
