"""The standard library: importing this package fills `registry.FUNCTIONS` and `registry.CONSTANTS`."""

from localcloud.workflows.library import (
    blocking,
    collections,
    conversions,
    encodings,
    policies,
    texts,
    times,
)
from localcloud.workflows.library.registry import CONSTANTS, FUNCTIONS, Function

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "Function",
    "blocking",
    "collections",
    "conversions",
    "encodings",
    "policies",
    "texts",
    "times",
]
