"""Calls of Google's client libraries: how long they may take, and which error of `shared.errors` a failure is.

The libraries would repeat a call for ten minutes, also where nobody listens or a certificate is not trusted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import google.auth.exceptions
from google.auth.transport.requests import Request

from fleetgate.client.target import Target
from shared import errors
from shared.google import refusals
from shared.google.answers import Broken, trouble

if TYPE_CHECKING:
    from google.api_core.exceptions import GoogleAPICallError

VERBOSITY = "GRPC_VERBOSITY"
TIMEOUT = 20.0  # seconds for one call with its repetitions
REPEATED = 2.0  # seconds for which a read that meets a passing trouble is repeated
# What gRPC says when it does not believe the other side's certificate [observed: grpcio 1.85].
_DISTRUST = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification Check failed")
_NO_CONNECTION = ("failed to connect", "HTTP proxy")
# And of an answer that is no RPC's: HTTP alone, or a message that is none.
_BROKEN = ("Received http2 header with status", "Exception deserializing response")


@contextmanager
def asking(target: Target, service: str, method: str, resource: str) -> Iterator[None]:
    """Calls of a client library are made in here; `method` and `resource` are those of the same call over REST. Who
    looks at the answer in here raises `Broken` if it is not what was asked for.

    Raises:
        ApiError: the call was refused, or not answered.
    """
    with _silence():
        from google.api_core.exceptions import GoogleAPICallError, RetryError

    try:
        # The library asks for a token in another thread, and then tells the reason of a failure as a text.
        target.session.credentials.before_request(Request(), method, resource, {})
        yield
    except google.auth.exceptions.GoogleAuthError as error:
        raise errors.Transient(service, method, resource, 0, errors.NO_TOKEN, str(error)) from error
    except Broken as broken:
        raise trouble(service, method, resource, 200, broken) from broken
    except RetryError as error:
        raise _refusal(target, service, method, resource, error.cause) from error
    except GoogleAPICallError as error:
        raise _refusal(target, service, method, resource, error) from error


@contextmanager
def _silence() -> Iterator[None]:
    """gRPC is first imported in here. It would write lines to stderr about what it also raises, unless the variable
    said otherwise at that moment [observed: grpcio 1.85].
    """
    given = VERBOSITY in os.environ
    os.environ.setdefault(VERBOSITY, "NONE")
    yield
    if not given:
        os.environ.pop(VERBOSITY, None)  # another thread may have been quicker


def once() -> dict[str, Any]:
    """Arguments of a call that changes something."""
    return {"retry": None, "timeout": TIMEOUT}


def repeated() -> dict[str, Any]:
    """Arguments of a call that reads: a passing trouble may be over at once."""
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type

    passing = if_exception_type(
        exceptions.ServiceUnavailable,
        exceptions.InternalServerError,
        exceptions.Cancelled,
        exceptions.Unknown,
    )
    retry = Retry(predicate=passing, initial=0.1, maximum=0.5, timeout=REPEATED)
    return {"retry": retry, "timeout": TIMEOUT}


def _refusal(
    target: Target, service: str, method: str, resource: str, error: GoogleAPICallError
) -> errors.ApiError:
    """The same error as for a refusal over REST, whose body it is brought into [documented: google.rpc.Status]."""
    status, message = int(error.code or 500), error.message
    if any(words in message for words in _NO_CONNECTION) and (proxy := target.google.proxy(service)):
        message += f" (through the proxy {proxy.rpartition('@')[2]})"
    if any(words in message for words in _DISTRUST):
        return errors.Transient(service, method, resource, status, errors.UNTRUSTED, message)
    if any(words in message for words in _BROKEN):
        return trouble(service, method, resource, status, Broken(f"is no RPC's: {message}"))
    told = {"status": _code(error), "message": message, "details": _details(error)}
    return refusals.from_response(service, method, resource, status, {"error": told})


def _code(error: GoogleAPICallError) -> str:
    return error.grpc_status_code.name if error.grpc_status_code else ""


def _details(error: GoogleAPICallError) -> list[dict[str, Any]]:
    """Those of the kinds that the library knows; it leaves others packed."""
    from google.protobuf.any_pb2 import Any as Packed
    from google.protobuf.json_format import MessageToDict

    return [
        {"@type": f"type.googleapis.com/{each.DESCRIPTOR.full_name}", **MessageToDict(each)}
        for each in error.details
        if not isinstance(each, Packed)
    ]
