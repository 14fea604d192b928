"""What is wrong with an expression, in the words of cel-go, which is the CEL of API servers [documented].

The library here is cel-cpp: its compiler says nearly the same, its evaluation does not.
"""

from __future__ import annotations

import re

_DURATION, _TIMESTAMP = "google.protobuf.Duration", "google.protobuf.Timestamp"
_NO_CONVERSION = "type conversion error from 'string' to '{}'"

# What cel-cpp says → what cel-go says.
_EVALUATION = (
    (r'Key not found in map : "(.*)"', r"no such key: \1"),
    (r"Key not found in map : (.*)", r"no such key: \1"),
    (r"Applying SELECT to non-message type|Invalid container type: .*", r"no such key"),
    (r'No value with name "(.*)" found in Activation', r"no such attribute(s): \1"),
    (r"Index error: index=(-?\d+) size=\d+", r"index out of bounds: \1"),
    (r"Index error: expected integer type, got (.*)", r"unsupported index type '\1' in list"),
    (r"No matching overloads found : .*", r"no such overload"),
    (r"divide by zero", r"division by zero"),
    (r"Iteration budget exceeded", r"operation cancelled: actual cost limit exceeded"),
    (r"cannot convert string to (int|uint|double)", _NO_CONVERSION.format(r"\1")),
    (r"(?i)type conversion error from 'string' to 'bool'", _NO_CONVERSION.format("bool")),
    (r"String to Duration conversion failed", _NO_CONVERSION.format(_DURATION)),
    (r"String to Timestamp conversion failed", _NO_CONVERSION.format(_TIMESTAMP)),
    (r"malformed UTF-8 bytes", r"invalid UTF-8 in bytes, cannot convert to string"),
)
_COMPILATION = (
    (r"has\(\) argument must be a field selection", r"invalid argument to has() macro"),
    (r"Expression recursion limit exceeded\. limit: (\d+)", r"expression recursion limit exceeded: \1"),
    (r"Exceeded max recursion depth of (\d+) when parsing\.", r"expression recursion limit exceeded: \1"),
)
# What RE2 says of a regular expression → what Go's regexp says.
_PATTERNS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "bad repetition operator": "invalid nested repetition operator",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}
_PATTERN = re.compile(r"^invalid regular expression: ([^:]+)(?:: (.*))?$", re.DOTALL)
_STATUS = re.compile(r"^[A-Z_]+: |( \[[A-Z_]+\])+$")


class CelError(Exception):
    """An expression has a fault; its text is cel-go's."""


class CompileError(CelError):
    """The text is no expression, or its types do not fit."""


class EvaluationError(CelError):
    """The expression has no value for these variables: `no such key: port`."""


def not_compiled(words: str) -> CompileError:
    """The fault of an expression that the library did not compile."""
    return CompileError(_translated(words, _COMPILATION))


def not_evaluated(words: str) -> EvaluationError:
    """The fault of an expression that the library did not evaluate."""
    return EvaluationError(_PATTERN.sub(_of_pattern, _translated(words, _EVALUATION)))


def _of_pattern(found: re.Match[str]) -> str:
    return f"error parsing regexp: {_PATTERNS.get(found[1], found[1])}: `{found[2] or ''}`"


def _translated(words: str, table: tuple[tuple[str, str], ...]) -> str:
    words = _STATUS.sub("", words)
    for pattern, replacement in table:
        words = re.sub(pattern, replacement, words)
    return words
