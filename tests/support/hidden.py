"""Every character that does something instead of being seen: what hostile text is made of."""

from __future__ import annotations

import sys
import unicodedata

from shared.visible import HIDDEN

HIDDEN_CHARACTERS = [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) in HIDDEN]
# One of each kind for tests that cannot take two thousand surrogates: all but those, and one of those.
SOME_HIDDEN = [each for each in HIDDEN_CHARACTERS if not "\ud801" <= each <= "\udfff"]
EVERY = "".join(SOME_HIDDEN)


def hidden_in(text: str, allowed: str = "\n") -> list[str]:
    """The hidden characters of a text, by their numbers; `allowed` are those that it may have."""
    return [
        f"U+{ord(each):04X}" for each in text if unicodedata.category(each) in HIDDEN and each not in allowed
    ]
