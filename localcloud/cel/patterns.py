"""Regular expressions as Go's are: RE2, which knows other classes than Python's and takes no exponential time.

CEL's `matches` is RE2 here, so that no other library is needed.
"""

from __future__ import annotations

from functools import lru_cache

from localcloud.cel.environment import Environment

_MATCHES = Environment(("text", "pattern"))


@lru_cache(maxsize=4096)
def matches(text: str, pattern: str) -> bool:
    """Whether `pattern` is found anywhere in `text`.

    Raises:
        EvaluationError: it is no regular expression, in Go's words.
    """
    bindings = _MATCHES.bind({"text": text, "pattern": pattern})
    return _MATCHES.compile("text.matches(pattern)").evaluate(bindings) is True
