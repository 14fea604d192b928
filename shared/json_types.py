"""What a JSON document is to the type checker, where no type describes its fields.

Google's resources are described in `shared.google.wire`, a Kubernetes object is a `shared.objects.KubeObject`; this
is for the rest: answers, outcomes and reports on their way through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]  # mutable and unchecked: whoever reads a field of it says what it is
# The same, with every value typed: what is handed on to be sent, and read by nobody on the way.
JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
