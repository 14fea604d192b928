"""A line that a container of Cloud Run prints, as an entry of its log.

A line that is a JSON object is structured: its special fields go to the entry's own, and the rest is its jsonPayload.
Any other line is a textPayload [documented: run/docs/logging, logging/docs/structured-logging]. The resource, the label
instanceId and the form of insertId are [observed: entries of Cloud Run in public repositories].
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.logging.entries import ENTRIES
from localcloud.logging.matching import RANKS, moment
from localcloud.time.clock import rfc3339
from localcloud.wire.json_source import read_json
from localcloud.wire.messages import Json
from localcloud.world import World

_PREFIX = "logging.googleapis.com/"
# Special fields that are taken as they are, and what the entry calls them [documented].
_MOVED = {
    "httpRequest": "httpRequest",
    f"{_PREFIX}insertId": "insertId",
    f"{_PREFIX}operation": "operation",
    f"{_PREFIX}sourceLocation": "sourceLocation",
    f"{_PREFIX}spanId": "spanId",
    f"{_PREFIX}trace": "trace",
    f"{_PREFIX}trace_sampled": "traceSampled",
}
# Levels of logging libraries that Cloud Run takes [observed: spring-attic/spring-cloud-gcp#2122].
_SYNONYMS = {"WARN": "WARNING", "TRACE": "DEBUG"}
# [observed: google/slo-generator#441; documented: run/docs/troubleshooting, gateway timeout error]
TIMED_OUT = (
    "The request has been terminated because it has reached the maximum request timeout. To change this limit, see "
    "https://cloud.google.com/run/docs/configuring/request-timeout"
)
_TYPES = {"httpRequest": dict, "operation": dict, "sourceLocation": dict, "traceSampled": bool}


def write_lines(
    world: World, service: str, revision: str, instance: str, stream: str, lines: list[str]
) -> None:
    """Write what an instance of a service (by full name) has printed on `stdout` or `stderr`.

    They come a microsecond apart: entries of one time are not listed as they were printed.
    """
    project = service.split("/")[1]
    for number, line in enumerate(each for each in lines if each):
        entry = {"resource": revision_resource(service, revision), **entry_of(line)}
        labels = {"instanceId": instance, **entry.get("labels", {})}
        when = world.clock.now + number / 1e6
        world[ENTRIES].write(project, f"run.googleapis.com/{stream}", {**entry, "labels": labels}, when)


def write_timeout(world: World, service: str, revision: str) -> None:
    """The entry for a request that reached the timeout of its service (by full name)."""
    entry = {
        "severity": "ERROR",
        "textPayload": TIMED_OUT,
        "httpRequest": {"requestMethod": "POST", "status": 504},
        "resource": revision_resource(service, revision),
    }
    world[ENTRIES].write(service.split("/")[1], "run.googleapis.com/requests", entry)


def revision_resource(service: str, revision: str) -> Json:
    """The monitored resource of a revision of a service (by full name)."""
    _, project, _, location, _, name = service.split("/")
    labels = {"project_id": project, "location": location, "service_name": name}
    return {
        "type": "cloud_run_revision",
        "labels": {**labels, "configuration_name": name, "revision_name": revision},
    }


def entry_of(line: str) -> Json:
    """What a line says of its entry: the payload, and the fields that it sets."""
    try:
        value = read_json(line)
        json.dumps(value, ensure_ascii=False).encode()  # half a character is none, and no text of a proto's
    except ValueError:
        value = None
    return _structured(value) if isinstance(value, dict) else {"textPayload": line}


def _structured(value: Json) -> Json:
    """A special field that is not of its type stays where it is [inferred]."""
    payload, entry = dict(value), {}
    for name, own in _MOVED.items():
        if isinstance(payload.get(name), _TYPES.get(own, str)):
            entry[own] = payload.pop(name)
    if isinstance(labels := payload.get(f"{_PREFIX}labels"), dict):
        entry["labels"] = {str(key): _label(each) for key, each in labels.items()}
        del payload[f"{_PREFIX}labels"]
    severity = str(payload.get("severity", "")).upper()
    if (severity := _SYNONYMS.get(severity, severity)) in RANKS:
        entry["severity"] = severity
        del payload["severity"]
    entry |= _time(payload)
    return {**entry, "jsonPayload": payload}


def _label(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _time(payload: Json) -> Json:
    """The field `time`, which then is the entry's; the other forms that the page knows stay in the payload here."""
    try:
        stamp = rfc3339(moment(payload["time"]).timestamp())
    except (KeyError, TypeError, ValueError, OverflowError):
        return {}
    del payload["time"]
    return {"timestamp": stamp}
