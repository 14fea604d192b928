"""Regular expressions as Go's are: RE2, which knows other classes than Python's and takes no exponential time.

CEL's `matches` is RE2 here, so that no other library is needed.
"""

from __future__ import annotations

from functools import lru_cache

from localcloud.cel.environment import Environment

_LONGEST_KEPT = 1000  # characters
_MATCHES = Environment(("text", "pattern"))


def matches(text: str, pattern: str) -> bool:
    """Whether `pattern` is found anywhere in `text`; the answers for short ones are kept.

    Raises:
        EvaluationError: it is no regular expression, in Go's words.
    """
    short = len(text) + len(pattern) <= _LONGEST_KEPT
    return _kept(text, pattern) if short else _matches(text, pattern)


@lru_cache(maxsize=4096)
def _kept(text: str, pattern: str) -> bool:
    return _matches(text, pattern)


def _matches(text: str, pattern: str) -> bool:
    bindings = _MATCHES.bind({"text": text, "pattern": pattern})
    return _MATCHES.compile("text.matches(pattern)").evaluate(bindings) is True
