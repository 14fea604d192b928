"""Quantities of resources, `100m`, `0.5`, `2Gi`, read as k8s.io/apimachinery's resource.ParseQuantity reads them."""

from __future__ import annotations

import re
from decimal import Decimal

FORM = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
WRONG_FORM = f"quantities must match the regular expression '{FORM}'"
_WRONG_SUFFIX = "unable to parse quantity's suffix"

_PARTS = re.compile(r"(?P<number>[+-]?(\d++(\.\d*+)?|\.\d++))(?P<suffix>[eEinumkKMGTP]*[-+]?\d*)", re.ASCII)
_EXPONENT = re.compile(r"[eE][-+]?\d+", re.ASCII)
_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
_LARGEST = Decimal(2**63 - 1)  # what is more is this [documented]
_EXPONENTS = range(-99, 100)  # beyond them a number of reasonable length is 0 or the largest
_LONGEST = 64  # digits that are read; Go's are limited by the request alone


class NotAQuantity(ValueError):
    """A text that is no quantity; the message is Go's."""


def amount(quantity: str | int | float) -> Decimal:
    """What `quantity` comes to.

    Raises:
        NotAQuantity: it comes to nothing.
    """
    found = _PARTS.fullmatch(str(quantity))
    if found is None:
        raise NotAQuantity(WRONG_FORM)
    number, suffix = Decimal(found["number"][:_LONGEST]), found["suffix"]
    if suffix in _SUFFIXES:
        scaled = number * _SUFFIXES[suffix]
    elif _EXPONENT.fullmatch(suffix):
        scaled = number.scaleb(_within(suffix[1:]))
    else:
        raise NotAQuantity(_WRONG_SUFFIX)
    return max(min(scaled, _LARGEST), -_LARGEST)


def _within(exponent: str) -> int:
    digits = exponent.lstrip("+-0")[:3] or "0"
    power = -int(digits) if exponent.startswith("-") else int(digits)
    return max(min(power, _EXPONENTS[-1]), _EXPONENTS[0])
