"""Label extractors of conditions on the log: `EXTRACT(field)` [documented: LogMetric.value_extractor]."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localcloud.logging.fields import Field, field_of
from localcloud.logging.query import path_of
from localcloud.wire.errors import invalid, not_implemented
from localcloud.wire.messages import Json

_EXTRACT = re.compile(r"EXTRACT\(\s*([^\s()]+)\s*\)")


def extracted(extractors: Mapping[str, str], entry: Json) -> dict[str, str]:
    """The labels of an entry; a field that it lacks gives an empty one [documented: LogMetric.label_extractors]."""
    return {label: _text(field_in(extractor), entry) for label, extractor in extractors.items()}


def field_in(extractor: str) -> Field:
    """The field that an extractor reads.

    Raises:
        Refused: INVALID_ARGUMENT, it is none; UNIMPLEMENTED, it is one by a regular expression.
    """
    if extractor.startswith("REGEXP_EXTRACT("):
        raise not_implemented("label extractors with REGEXP_EXTRACT")
    match = _EXTRACT.fullmatch(extractor)
    if match is None:
        raise invalid(f"Invalid extractor: {extractor}")  # words [inferred]
    return field_of(path_of(match[1]))


def _text(field: Field, entry: Json) -> str:
    values = [each for each in field.values(entry) if not isinstance(each, dict)]
    return str(values[0]) if values else ""
