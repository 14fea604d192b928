"""Labels: every key that Fleetgate writes, the encoding of values, and the mark on what cannot have labels.

Limits [documented, "Organize resources using labels"]: at most 64 labels a resource; a key and a value have
at most 63 characters of lowercase letters, digits, `_` and `-`; a key begins with a letter. Subnetworks have no
labels, so their description has the mark. It is written at the creation and cannot change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

PREFIX = "fleetgate-"  # begins every key
OWNER = "fleetgate-env"  # on everything that we create: its environment

# The anchor's own.
GENERATION = "fleetgate-generation"  # the newest claim: publish time in ms and message id, the fencing token
EXECUTION = "fleetgate-execution"  # the workflow execution that holds the anchor
ACTION = (
    "fleetgate-action"  # deploy or teardown; what else `shared.anchor` has: "claim", "tombstone", "release"
)
BEGAN = "fleetgate-began"  # the execution that took a tombstone over: nothing was there before it
ENDED = "fleetgate-ended"  # on a tombstone: when the environment ended, unix seconds
EXTENDED = "fleetgate-extended"  # the newest extension: its generation, and the end that it asked for
QUIET = "fleetgate-quiet"  # until then functions of a claim before this one may act, unix seconds
EXPIRES = "fleetgate-expires"  # end of the lease, unix seconds; absent: kept until torn down
WARNED = "fleetgate-warned"  # the end of the lease that a warning was published for
SPEC = "fleetgate-spec"  # hash of the last accepted spec
ORIGIN = "fleetgate-origin"  # "git" if a repository keeps the spec
SERVING = "fleetgate-serving"  # verified when it was last proven, or broken since (unix seconds)
PROJECT = "fleetgate-project"  # the fleet's project
NETWORK = "fleetgate-network"
GATEWAY = "fleetgate-gateway"  # namespace/name, spread
CONFIG = "fleetgate-config"  # the config cluster
PROBE = "fleetgate-probe"  # how an answer names its cluster, spread: a kind and a name, or "none"
REGION = "fleetgate-region-"  # and a region's name: the environment may have something there; empty value
APIS = "fleetgate-apis"  # "disable" if a teardown is to disable the tutorial's APIs as well

# Of an anchor whose deploy is not accepted yet (check has not passed): the lease, the spec and the place are still
# those of the request before it. Acceptance takes these four off.
ACCEPTED = "fleetgate-accepted"  # that request's generation
ACCEPTED_BY = "fleetgate-accepted-by"  # and its execution
ACCEPTED_ACTION = "fleetgate-accepted-action"  # and its action: a teardown goes on if the deploy is refused
ASKED = "fleetgate-asked"  # hash of the spec that is being checked

# On the MCS feature: Fleetgate granted the importer its role, so removing the feature also revokes the role.
IMPORTER, GRANTED = "fleetgate-importer", "granted"

VALUE_LIMIT = 63
LIMIT = 64  # labels of one resource
NAME_LIMIT = 63
LAST_SECOND = 253_402_300_799  # of the year 9999: no moment is later

_PLAIN = re.compile(r"[a-z0-9-]")
_ESCAPE = re.compile(r"_([0-9a-f]{2})")
_MARK = re.compile(r"\bfleetgate-env=([a-z0-9-]+)")
_DIGEST = "__"  # begins a value that was too long to keep; no escape begins so
_UNSEEN = "-s"  # ends the generation of a sweep's teardown; no message id has a hyphen


def pack(text: str) -> str:
    """`text` as a label value. Characters that labels do not allow are escaped (`_` and two hex digits a byte).

    A value that is too long becomes a digest, which can only be compared with another packed value.
    """
    value = _escaped(text)
    if len(value) <= VALUE_LIMIT:
        return value
    return _DIGEST + hashlib.sha256(text.encode()).hexdigest()[:40]


def unpack(value: str) -> str | None:
    """The text that was packed, or None if the value is a digest, or somebody has written what is no packed text."""
    if value.startswith(_DIGEST):
        return None
    parts = _ESCAPE.split(value)  # plain, hex, plain, hex, …
    raw = b"".join(bytes.fromhex(p) if i % 2 else p.encode() for i, p in enumerate(parts))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def spread(key: str, text: str) -> dict[str, str]:
    """The labels that keep `text` whatever its length: of a long one its digest under `key`, its parts under `key-1`, …

    So an older release, which knows no parts, still sees that the text was too long for it.
    """
    value, digest = _escaped(text), {key: pack(text)}
    if digest[key] == value:
        return digest
    parts = [value[start : start + VALUE_LIMIT] for start in range(0, len(value), VALUE_LIMIT)]
    return digest | {f"{key}-{number}": part for number, part in enumerate(parts, 1)}


def gathered(values: Mapping[str, str], key: str) -> str | None:
    """The text that was spread under `key`; None if these labels do not have it whole."""
    value = values.get(key, "")
    if not value.startswith(_DIGEST):
        return unpack(value) or None
    text = unpack("".join(_parts(values, key)))
    return text if text is not None and pack(text) == value else None


def _parts(values: Mapping[str, str], key: str) -> Iterator[str]:
    number = 1
    while part := values.get(f"{key}-{number}"):
        yield part
        number += 1


def _escaped(text: str) -> str:
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    if _PLAIN.fullmatch(character):
        return character
    return "".join(f"_{byte:02x}" for byte in character.encode())


def digest(text: str) -> str:
    """16 hex digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def bounded(name: str, limit: int = NAME_LIMIT) -> str:
    """`name`, or its beginning and a digest of the whole if it is longer than `limit`."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def proxy_subnet_name(environment: str) -> str:
    """The name of the proxy-only subnets that we create: the same in every region."""
    return bounded(f"fleetgate-{environment}-proxy")


def is_owned(labels: Mapping[str, str] | None, environment: str) -> bool:
    """Whether these labels say that `environment` owns the resource."""
    return (labels or {}).get(OWNER) == environment


def not_ours(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that somebody else has added to a resource of ours."""
    return {key: value for key, value in labels.items() if not key.startswith(PREFIX)}


def regions(labels: Mapping[str, str]) -> tuple[str, ...] | None:
    """The regions in which an environment may have something, by the labels of its anchor; None if they do not say."""
    found = (key.removeprefix(REGION) for key in labels if key.startswith(REGION))
    return tuple(sorted(found)) or None


def mark(environment: str) -> str:
    """The description of a resource that cannot have labels."""
    return f"Made by Fleetgate and removed with its environment. {OWNER}={environment}"


def marked_by(description: str | None) -> str | None:
    """The environment in a description's mark, or None."""
    found = _MARK.search(description or "")
    return found.group(1) if found else None


def owner(labels: Mapping[str, str] | None, description: str | None) -> str | None:
    """The environment that a resource belongs to: by its label, or until it has that, by its mark."""
    return (labels or {}).get(OWNER) or marked_by(description)


def generation(publish_time: str, message_id: str) -> str:
    """The fencing token of a request: its publish time in milliseconds, then its message id.

    `publish_time` is RFC 3339, as Pub/Sub gives it.

    Raises:
        ValueError: it is not, or is before there was any.
    """
    milliseconds = round(datetime.fromisoformat(publish_time).timestamp() * 1000)
    if milliseconds < 0:
        raise ValueError(f"{publish_time} is before 1970")
    return f"{milliseconds}-{pack(message_id.lower())}"


def age_order(token: str) -> tuple[int, int, str]:
    """The sort key of generations, oldest first; message ids decide between equal publish times."""
    milliseconds, _, message = token.partition("-")
    found = number(milliseconds, LAST_SECOND * 1000)
    return -1 if found is None else found, len(message), message


def number(value: str, most: int = LAST_SECOND) -> int | None:
    """The number that a label has; None if it has none, or one beyond `most`: anybody may write a label."""
    if not (value.isascii() and value.isdecimal()):
        return None
    return found if len(value) <= VALUE_LIMIT and (found := int(value)) <= most else None


def unseen(token: str) -> str:
    """The generation of a sweep's teardown that saw `token`: newer than that, and older than all that it did not see.

    That of a teardown that is asked for again is the same.
    """
    return token if token.endswith(_UNSEEN) else token + _UNSEEN


def asked_at(token: str) -> float:
    """When the request of this generation was published, unix seconds."""
    return age_order(token)[0] / 1000
