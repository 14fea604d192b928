"""Retry policies and their predicates [documented: stdlib/http default_retry, stdlib/retry].

`http.default_retry` repeats what broke on the way (429, 502, 503, 504, a broken or refused connection, a
timeout); the one for calls that are not idempotent repeats only what surely did not arrive.
"""

from __future__ import annotations

from typing import Any

from localcloud.workflows.library.registry import CONSTANTS, function
from localcloud.workflows.values import FunctionRef


def _matches(errormap: Any, codes: set[int], tags: set[str]) -> bool:
    if not isinstance(errormap, dict):
        return False
    found = errormap.get("tags")
    tagged = isinstance(found, list) and any(tag in tags for tag in found if isinstance(tag, str))
    return errormap.get("code") in codes or tagged


@function("http.default_retry_predicate", "errormap")
def idempotent(errormap: Any) -> bool:
    """Whether the error is one that an idempotent call is repeated for."""
    return _matches(
        errormap, {429, 502, 503, 504}, {"ConnectionError", "ConnectionFailedError", "TimeoutError"}
    )


@function("http.default_retry_predicate_non_idempotent", "errormap")
def non_idempotent(errormap: Any) -> bool:
    """Whether the error shows that the call did nothing."""
    return _matches(errormap, {429, 503}, {"ConnectionFailedError"})


@function("retry.always", "exception")
def always(exception: Any) -> bool:
    """Every error."""
    return True


@function("retry.never", "exception")
def never(exception: Any) -> bool:
    """No error."""
    return False


DEFAULT_BACKOFF = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}
DEFAULT_RETRIES = 5


def _policy(predicate: str) -> dict[str, Any]:
    return {
        "predicate": FunctionRef(predicate),
        "max_retries": DEFAULT_RETRIES,
        "backoff": dict(DEFAULT_BACKOFF),
    }


CONSTANTS["retry.default_backoff"] = dict(DEFAULT_BACKOFF)
CONSTANTS["http.default_retry"] = _policy("http.default_retry_predicate")
CONSTANTS["http.default_retry_non_idempotent"] = _policy("http.default_retry_predicate_non_idempotent")
