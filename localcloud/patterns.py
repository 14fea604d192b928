"""People's regular expressions: RE2's, as Google's services take them. None takes exponential time.

Python's `re` would: one filter of a list, `(a+)+$` say, could hold a standing cloud for ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

_LONGEST_KEPT = 1000  # characters
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # what is wrong is told to whoever asked, not to stderr


class BadPattern(ValueError):
    """It is no regular expression of RE2's; the text says why."""


def compiled(pattern: str) -> Any:
    """`pattern` with the methods of Python's own compiled patterns; short ones are kept.

    Raises:
        BadPattern: it is none, or asks for what RE2 has not (look-around, references back).
    """
    return _kept(pattern) if len(pattern) <= _LONGEST_KEPT else _compiled(pattern)


@lru_cache(maxsize=1024)
def _kept(pattern: str) -> Any:
    return _compiled(pattern)


def _compiled(pattern: str) -> Any:
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        words = error.args[0]
        raise BadPattern(words.decode() if isinstance(words, bytes) else str(words)) from None
