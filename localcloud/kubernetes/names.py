"""The syntax of names, labels and annotations, in the API server's words [documented, observed]."""

from __future__ import annotations

import re

from localcloud.kubernetes.errors import FieldError, invalid, required
from localcloud.wire.messages import Json

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = rf"({_QUALIFIED})?"

_WORDS = {
    "subdomain": (
        _SUBDOMAIN,
        253,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
        "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        f"'{_SUBDOMAIN}')",
    ),
    "label": (
        _LABEL,
        63,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
        "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
        f"validation is '{_LABEL}')",
    ),
    "dns1035": (
        _DNS1035,
        63,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex "
        f"used for validation is '{_DNS1035}')",
    ),
    "labelValue": (
        _VALUE,
        63,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
        "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
        f"regex used for validation is '{_VALUE}')",
    ),
    "qualified": (
        _QUALIFIED,
        63,
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        f"'{_QUALIFIED}')",
    ),
}
_STYLES = {"Service": "dns1035", "Namespace": "label"}
_ANNOTATIONS_LIMIT = 256 * 1024


def name_fault(value: str, style: str, path: str) -> list[FieldError]:
    """What is wrong with `value` as a name of `style` (label, subdomain, dns1035, labelValue, qualified)."""
    pattern, limit, words = _WORDS[style]
    faults = []
    if len(value) > limit:
        faults.append(invalid(path, value, f"must be no more than {limit} characters"))
    if not re.fullmatch(pattern, value):
        faults.append(invalid(path, value, words))
    return faults


def metadata_faults(kind: str, meta: Json) -> list[FieldError]:
    """Every fault of an object's own metadata."""
    name = meta.get("name", "")
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    faults = name_fault(name, _STYLES.get(kind, "subdomain"), "metadata.name")
    return [
        *faults,
        *label_faults(meta.get("labels", {}), "metadata.labels"),
        *annotation_faults(meta, "metadata.annotations"),
        *_owner_faults(meta.get("ownerReferences", [])),
    ]


def label_faults(labels: Json, path: str) -> list[FieldError]:
    """Every fault of a map of labels."""
    faults = []
    for key, value in labels.items():
        faults += key_faults(key, path)
        faults += name_fault(value, "labelValue", path)
    return faults


def annotation_faults(meta: Json, path: str) -> list[FieldError]:
    """Every fault of the annotations in `meta`."""
    faults = [fault for key in meta.get("annotations", {}) for fault in key_faults(key.lower(), path)]
    return faults + _size_faults(meta, path)


def _owner_faults(references: list[Json]) -> list[FieldError]:
    """What an owner reference must have; the words differ by field [documented]."""
    path, empty = "metadata.ownerReferences", "must not be empty"
    fields = (("apiVersion", "version "), ("kind", ""), ("name", ""), ("uid", ""))
    return [
        invalid(f"{path}.{field}", "", word + empty)
        for reference in references
        for field, word in fields
        if not reference.get(field)
    ]


def key_faults(key: str, path: str) -> list[FieldError]:
    """Every fault of a label's or an annotation's key."""
    prefix, slash, name = key.rpartition("/")
    if slash and not re.fullmatch(_SUBDOMAIN, prefix):
        return [invalid(path, key, "prefix part " + _WORDS["subdomain"][2])]
    return [invalid(path, key, _WORDS["qualified"][2])] if name_fault(name, "qualified", path) else []


def _size_faults(meta: Json, path: str) -> list[FieldError]:
    size = sum(len(key) + len(value) for key, value in meta.get("annotations", {}).items())
    if size <= _ANNOTATIONS_LIMIT:
        return []
    text = f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes"
    return [FieldError(path, "FieldValueTooLong", text)]
