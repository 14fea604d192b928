"""What a call of Google's client libraries meets, beside what the session's adapter has raised already.

The libraries ask for a token themselves, and read the answer into a message of theirs. Either may fail, and both are
part of the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.auth.exceptions import GoogleAuthError

from shared import errors
from shared.google.answers import Broken, trouble


@contextmanager
def writing(service: str, method: str, resource: str) -> Iterator[None]:
    """A library's write is made in here; `method` and `resource` are those on the wire.

    Raises:
        Transient: there is no token, or the answer cannot be read; then it may have been done.
    """
    from google.protobuf.json_format import ParseError  # comes with the library, which is slow to import

    try:
        yield
    except GoogleAuthError as error:
        raise errors.Transient(service, method, resource, 0, errors.NO_TOKEN, str(error)) from error
    except ParseError as error:
        broken = Broken("is no operation")
        raise trouble(service, method, resource, 200, broken) from error
