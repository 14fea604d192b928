"""What a client cannot do, in words for a person, with the exit status that goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from shared import errors

BAD_USAGE = 64
FAILED = 4


class ClientError(Exception):
    """Why it cannot be done, and what to do about it."""

    def __init__(self, cause: str, fix: str, exit_status: int = FAILED) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
        self.exit_status = exit_status


def unknown_environment(name: str, known: Iterable[str]) -> ClientError:
    """There is no environment of this name."""
    names = ", ".join(sorted(known))
    there = f"There are: {names}." if names else "There is none; `fleetgate deploy SPEC` makes one."
    return ClientError(f"There is no environment {name}.", there, BAD_USAGE)


@contextmanager
def told_plainly(project: str, what: str) -> Iterator[None]:
    """Turn the refusals of Google's APIs into what a person of `project` can act on; `what` is not found on a 404.

    Raises:
        ClientError: instead of any ApiError.
    """
    settings = "Set FLEETGATE_PROJECT and FLEETGATE_REGION (or --project, --region) to where Fleetgate is."
    try:
        yield
    except errors.NotFound as error:
        raise ClientError(f"{what} is not there: {error.message}", settings, BAD_USAGE) from error
    except errors.Unauthorized as error:
        fix = "Log in: `gcloud auth application-default login`, or renew CLOUDSDK_AUTH_ACCESS_TOKEN_FILE."
        raise ClientError(f"The access token was refused: {error.message}", fix) from error
    except errors.PermissionDenied as error:
        fix = f"Check that {project} is the right project, and ask its owner for {error.permission or 'access'}."
        raise ClientError(f"Permission denied in {project}: {error.message}", fix) from error
    except errors.ApiDisabled as error:
        fix = f"Check that {project} is Fleetgate's project; if so, `gcloud services enable {error.api}`."
        raise ClientError(f"{error.api} is not enabled in {project}.", fix) from error
    except errors.Transient as error:
        fix = "Try again; if Fleetgate runs on a local cloud, see that it still stands."
        raise ClientError(f"{error.service} gives no answer: {error.message}", fix) from error
    except errors.ApiError as error:
        raise ClientError(str(error), settings) from error
