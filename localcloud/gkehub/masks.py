"""Update masks as clients send them: camelCase or snake_case, nested, in one comma-separated text.

gcloud sends `spec.multiclusteringress.config_membership`, Terraform and Config Connector `labels,spec`
[observed].
"""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.gkehub.names import bad_value
from localcloud.wire.masks import keys_of, taken
from localcloud.wire.messages import Json

# Fields whose members are the caller's own keys, never to be respelled.
_MAPS = {"labels", "membershipSpecs", "scopeSpecs"}


def apply_mask(resource: Json, body: Json, mask: str, writable: Iterable[str]) -> Json:
    """`resource` with what `mask` names taken from `body`; what `body` lacks is removed.

    Args:
        resource: as stored.
        body: as sent, in the document's spelling.
        mask: the updateMask; empty or `*` stands for all writable fields that are sent [documented: AIP-134].
        writable: the fields that may be written.

    Raises:
        Refused: INVALID_ARGUMENT for a path that may not be written; the wording is [inferred].
    """
    fields = set(writable)
    if mask in ("", "*"):
        return {**resource, **{name: value for name, value in body.items() if name in fields}}
    for path in mask.split(","):
        keys = keys_of(path.strip(), _MAPS)
        if keys[0] not in fields:
            raise bad_value("update_mask", f'"{path.strip()}" cannot be updated')
        resource = taken(resource, body, keys)
    return resource
