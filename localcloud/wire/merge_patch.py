"""A merge patch (RFC 7386), as Kubernetes and Cloud Storage take it."""

from __future__ import annotations

from typing import Any


def merge_patch(value: Any, patch: Any) -> Any:
    """RFC 7386: null removes, maps merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    out = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            out.pop(name, None)
        else:
            out[name] = merge_patch(out.get(name), change)
    return out
