"""How much text a rule can make of what it is given: the cost that the CEL library does not count.

API servers count the characters that a call makes, and cancel a rule beyond a limit [documented: k8s.io/apiserver,
pkg/cel/library/cost.go]. The library here counts the rounds of macros alone. So a rule that can multiply text is held
to the worst that it could make of what it sees, before it is evaluated.
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.cel import EvaluationError

MOST_CHARACTERS = 10**8  # what is made and looked at in a fraction of a second
_BY_TEXT = re.compile(
    r"\.\s*(?:replace|join|format)\s*\("
)  # each may put one text into every place of another
_BY_ROUNDS = re.compile(r"\.\s*(?:map|transformList)\s*\(")  # each may add a text to itself


def check_cost(rule: str, value: Any) -> None:
    """Refuse to evaluate a rule that might make too much of `value`.

    Raises:
        EvaluationError: in the words of the API server.
    """
    by_text, by_rounds = len(_BY_TEXT.findall(rule)), len(_BY_ROUNDS.findall(rule))
    if not by_text and not (by_rounds and "+" in rule):
        return
    size = _characters(value) + len(rule)
    if size * min(size, MOST_CHARACTERS) ** by_text * (rule.count("+") + 1) ** by_rounds > MOST_CHARACTERS:
        raise EvaluationError("operation cancelled: actual cost limit exceeded")


def _characters(value: Any) -> int:
    """How many characters the texts within a value have."""
    waiting, found = [value], 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found += len(item)
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
    return found
