"""Labels: what may be one, when a resource takes them, and the fingerprint that makes writing them a compare-and-swap.

Of some kinds the API's description says that labels "can only be added or modified by the setLabels method". An insert
of those takes labels and drops them [documented: the discovery document; observed on forwarding rules: kops#15709,
cluster-api-provider-gcp#1276]. The local cloud reads which kinds those are from the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from localcloud.compute.names import bad_field, fingerprint
from localcloud.compute.service import service
from localcloud.wire.discovery import document
from localcloud.wire.messages import Json

MOST = 64  # labels on one resource [documented]
_CHARACTERS = "contain lowercase letters, numeric characters, underscores and dashes."
_END = "can be at most 63 characters long. International characters are allowed."
_RULES = (
    (
        "key",
        re.compile(r"[^\W\d_][\w-]{0,62}"),
        f"The key must start with a lowercase character, can only {_CHARACTERS} The key {_END}",
    ),
    ("value", re.compile(r"[\w-]{0,63}"), f"The value can only {_CHARACTERS} The value {_END}"),
)

_ONLY_SET = re.compile(r"can only be added or modified by the\s*setLabels method")


def only_set_later(schema: str) -> bool:
    """Whether resources of a schema (`Address`) get labels by `setLabels` alone, never by their insert."""
    labels = document(service.name, service.versions[0]).schemas[schema]["properties"].get("labels", {})
    return bool(_ONLY_SET.search(labels.get("description", "")))


def first_labels(schema: str, body: Json) -> dict[str, str]:
    """The labels that a resource of a schema has after an insert with this body.

    Raises:
        Refused: 400, as `check_labels` says; that labels are checked although they are dropped is [inferred].
    """
    labels: dict[str, str] = body.get("labels", {})
    check_labels(labels)
    return {} if only_set_later(schema) else labels


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that Google refuses.

    Raises:
        Refused: 400; the sentence on values is [observed], the one on keys follows it, the one on the number
        of
            labels is [inferred] from the documented limit.
    """
    if len(labels) > MOST:
        raise bad_field("labels", "", f"Number of labels {len(labels)} exceeds the limit of {MOST}.")
    for pair in sorted(labels.items()):
        for text, (part, pattern, words) in zip(pair, _RULES, strict=True):
            if not pattern.fullmatch(text) or text != text.lower():
                raise bad_field("labels", "", f"Label {part} '{text}' violates format constraints. {words}")


def label_fields(labels: Mapping[str, str]) -> dict[str, object]:
    """`labels` (left out when there are none) and `labelFingerprint`, as a resource carries them
    [observed]."""
    fields: dict[str, object] = {"labelFingerprint": fingerprint({"labels": dict(labels)})}
    return {**fields, "labels": dict(labels)} if labels else fields
