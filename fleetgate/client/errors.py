"""Errors of the client: a cause, a fix and an exit status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from shared import errors

BAD_USAGE = 64
FAILED = 4
TRACEBACK = "FLEETGATE_TRACEBACK"  # the variable that asks for the traceback of an error that nobody expected
LOG_IN = "Log in: `gcloud auth application-default login`, or renew CLOUDSDK_AUTH_ACCESS_TOKEN_FILE."
TRUST = (
    "If a proxy of your network opens TLS, set REQUESTS_CA_BUNDLE to a file with its authority and the public ones; "
    "if Fleetgate runs on a local cloud, read its variables again."
)


class ClientError(Exception):
    """Why a command failed, and how to fix that."""

    def __init__(self, cause: str, fix: str, exit_status: int = FAILED) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
        self.exit_status = exit_status


def unknown_environment(name: str, existing: Iterable[str]) -> ClientError:
    """The error for a name that no environment has."""
    names = ", ".join(sorted(existing))
    fix = f"There are: {names}." if names else "There is none; `fleetgate deploy SPEC` creates one."
    return ClientError(f"There is no environment {name}.", fix, BAD_USAGE)


def unexpected(error: Exception) -> ClientError:
    """The error for what is a fault of Fleetgate's own; its text may come from outside."""
    return ClientError(
        f"The command failed in a way that nobody expected: {type(error).__name__}: {error}",
        f"This is a bug in Fleetgate. Report it with what {TRACEBACK}=1 prints as well.",
    )


@contextmanager
def client_errors(project: str, what: str) -> Iterator[None]:
    """Turn errors of Google's APIs into ClientErrors with a fix; `what` is what a 404 did not find.

    Raises:
        ClientError: instead of any ApiError.
    """
    settings = "Set FLEETGATE_PROJECT and FLEETGATE_REGION (or --project, --region) to where Fleetgate is."
    try:
        yield
    except errors.NotFound as error:
        raise ClientError(f"{what} does not exist: {error.message}", settings, BAD_USAGE) from error
    except errors.Unauthorized as error:
        raise ClientError(f"The access token was refused: {error.message}", LOG_IN) from error
    except errors.PermissionDenied as error:
        fix = f"Check that {project} is the right project, and ask its owner for {error.permission or 'access'}."
        raise ClientError(f"Permission denied in {project}: {error.message}", fix) from error
    except errors.ApiDisabled as error:
        fix = f"Check that {project} is Fleetgate's project; if so, `gcloud services enable {error.api}`."
        raise ClientError(f"{error.api} is not enabled in {project}.", fix) from error
    except errors.Transient as error:
        raise _unanswered(error) from error
    except errors.ApiError as error:
        raise ClientError(str(error), settings) from error


def _unanswered(error: errors.Transient) -> ClientError:
    if error.reason == errors.NO_TOKEN:
        fix = f"{LOG_IN} If Fleetgate runs on a local cloud, check that it is still up."
        return ClientError(f"There is no access token: {error.message}", fix)
    if error.reason == errors.UNTRUSTED:
        return ClientError(f"The certificate of {error.service} is not trusted: {error.message}", TRUST)
    if error.reason in (errors.BROKEN, errors.TOO_LARGE):
        return _unreadable(error)
    fix = "Try again; if Fleetgate runs on a local cloud, check that it is still up."
    return ClientError(f"{error.service} does not answer: {error.message}", fix)


def _unreadable(error: errors.Transient) -> ClientError:
    """The error for an answer that is none; what it should have answered may have been done."""
    look = "`fleetgate status` shows whether the request was published. " if error.method == "POST" else ""
    fix = f"{look}Try again; if it stays so, look at what is between here and Google, a proxy say."
    return ClientError(f"What {error.service} answered cannot be read: {error.message}", fix)
