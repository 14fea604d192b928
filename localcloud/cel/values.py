"""Values on their way into the library and out of it.

Both ways have a fault of the binding (cel-expr-python 0.1.3). It ends a string at its first NUL. And it hands out
None without counting it: before Python 3.12 some thousands of them end the interpreter.
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.cel.faults import not_evaluated

# A NUL, and half of a surrogate pair, which no UTF-8 has. API servers read the latter as U+FFFD, too.
_UNBINDABLE = re.compile("[\x00\ud800-\udfff]")


def bindable(value: Any) -> Any:
    """`value` as the library can take it: NUL and lone surrogates are U+FFFD, one code point as before."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else _UNBINDABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {bindable(key): bindable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [bindable(item) for item in value]
    return value


def plain(value: Any) -> Any:
    """The Python value of a `cel.Value`; one that is null is never asked for it.

    Raises:
        EvaluationError: it is an error, or has one in it.
    """
    kind = value.type().name()
    if kind == "NULL":
        return None
    found = value.value()
    if kind == "ERROR":
        raise not_evaluated(found)
    if isinstance(found, list):
        return [plain(item) for item in found]
    if isinstance(found, dict):
        return {key: plain(member) for key, member in found.items()}
    return bytes(found) if isinstance(found, bytearray) else found
