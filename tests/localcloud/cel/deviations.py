"""Where CEL here is not as an API server's: each with an example, and with what a rule would have to say to meet it.

A test holds the list: a deviation that the table of conformance shows and that is not listed fails, and so does one
that is listed and is none any more (a new version of the library mended it).
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Deviation(NamedTuple):
    """`text` evaluates to `here`, and to `there` in an API server; a class of fault stands for a fault."""

    why: str
    text: str
    there: Any
    here: Any
    touches: str  # a regular expression of rules that meet it
    variable: Any = None  # `self`


DEVIATIONS = (
    Deviation(
        "cel-cpp lets keys of a map that are equal numbers of different types stand",
        "{0: 1, 0u: 2}[0.0]",
        "EvaluationError",
        1,
        touches=r"\{\s*[-\d][^,}]*:",
    ),
    Deviation(
        "a NUL of an object is read as U+FFFD, since the binding ends strings at it; lone surrogates are, everywhere",
        r"self == 'a\u0000b'",
        True,
        False,
        touches=r"\\0|\\x00|\\u0000",
        variable="a\0b",
    ),
    Deviation(
        "cel-cpp takes 32 levels of nesting, cel-go 250",
        "(" * 33 + "1" + ")" * 33,
        1,
        "CompileError",
        touches=r"(\([^()]*){30}",
    ),
    Deviation(
        "cel-cpp takes 32 terms of a sum, cel-go 250",
        "+".join(["1"] * 34),
        34,
        "CompileError",
        touches=r"([^+]*\+){30}",
    ),
    Deviation(
        "an evaluation ends after 10,000 steps of macros; an API server counts costs, whose limit is higher",
        "self.all(a, self.all(b, self.all(c, true)))",
        True,
        "EvaluationError",
        touches=r"(\.(all|exists|exists_one|map|filter)\(\w+, .*){3}",  # two within one another: 64 by 64 is enough
        variable=[1] * 22,
    ),
    Deviation(
        "macros of two variables (CEL 0.24) are not in the library",
        "[1].all(i, v, i == 0)",
        True,
        "CompileError",
        touches=r"\.(all|exists|existsOne|transformList|transformMap|transformMapEntry)\(\w+, \w+,",
    ),
    Deviation(
        "Kubernetes' own libraries are not here: lists, regular expressions, URLs, addresses, quantities, versions",
        "'a1'.find('[0-9]')",
        "1",
        "CompileError",
        touches=r"\b(isSorted|sum|min|max|find|findAll|isURL|url|isIP|ip|isCIDR|cidr|isQuantity|quantity|isSemver|"
        r"semver)\(",
    ),
    Deviation(
        "`self` has no type: a field that the schema does not have is found with the object, not with the CRD",
        "self.none == 1",
        "CompileError",
        "EvaluationError",
        touches=r"self\.none",  # that the rules name fields which there are is a test of theirs
        variable={},
    ),
)
