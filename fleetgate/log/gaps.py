"""Says what the log lacks of an execution, why, and how to mend it."""

from __future__ import annotations

from fleetgate.log.waiting import LogReading
from fleetgate.report import Incomplete
from shared import errors

PERMISSION = "logging.logEntries.list"
ROLE = "roles/logging.viewer"  # has the permission [documented: access control of Logging]


def gap_of(reading: LogReading) -> Incomplete | None:
    """The gap of a finished reading, or None: it has everything that the result counts."""
    if reading.is_whole:
        return None
    have, of = sum(each.found for each in reading.steps), sum(each.count.answered for each in reading.steps)
    reason, fix = _refused(reading) if reading.trouble else _missing(reading, have)
    return Incomplete(have=have, of=of, reason=reason, fix=fix)


def _refused(reading: LogReading) -> tuple[str, str]:
    project, trouble = reading.source.project, reading.trouble
    if isinstance(trouble, errors.PermissionDenied):
        reason = f"The log of {project} may not be read: {PERMISSION} is missing."
        return reason, f"Ask who owns {project} for {ROLE}, or to add you to the bootstrap's `requesters`."
    if isinstance(trouble, errors.ApiDisabled):
        return (
            f"{trouble.api} is not enabled in {project}.",
            f"gcloud services enable {trouble.api} --project={project}",
        )
    return f"The log of {project} could not be read: {trouble}.", _later(reading)


def _missing(reading: LogReading, have: int) -> tuple[str, str]:
    project, waited = reading.source.project, f"within {reading.limit:g} s of the end"
    if have:
        return f"The other lines did not come {waited}.", _later(reading)
    sinks = f"gcloud logging sinks describe _Default --project={project}"
    return (
        f"No line of this execution came {waited}: they are late, or a sink excludes them.",
        f"Look for an exclusion with `{sinks}`. {_later(reading)}",
    )


def _later(reading: LogReading) -> str:
    source = reading.source
    command = f"gcloud logging read 'labels.execution=\"{source.execution}\"' --project={source.project}"
    return f"Read the lines later: `{command}`."
