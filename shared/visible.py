"""Makes text from outside fit to be shown: it is read as it is written, and does nothing.

Names, messages and answers come from people, clusters and backends. A control character can move a terminal's cursor,
colour or clear the screen, or begin a line that looks like ours; a mark of direction can turn the order of letters
round (CVE-2021-42574). Both are shown by their numbers, as Python's `repr` does. What separates words is a space.
"""

from __future__ import annotations

import math
import unicodedata
from typing import Any

# Control, format (marks of direction, no width), surrogate, line and paragraph [Unicode Standard, chapter 4.5].
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def is_hidden(character: str) -> bool:
    """Whether a character does something instead of being seen."""
    return unicodedata.category(character) in HIDDEN


def visible(text: str) -> str:
    """`text` in one line, with every hidden character shown by its number."""
    if text.isprintable():
        return text
    return "".join(_shown(each) if is_hidden(each) else each for each in text)


def visible_value(value: Any) -> Any:
    """A JSON value that every reader can read, and show: of each text, and each key, what is visible.

    JSON has no infinite numbers, and readers of it lose digits of an integer beyond 64 bits [RFC 8259, section 6].
    """
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): visible_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [visible_value(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > 63:
        return f"{value:#x}"
    return value


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    return repr(character)[1:-1]
