"""The APIs there are: titles, what each needs, and its service agent. `services.yaml` is the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localcloud.own_files import own
from localcloud.wire.errors import Refused


@dataclass(frozen=True)
class KnownService:
    """One API. `agent`: its service agent's e-mail, `{number}` the project's; `granted`: the role it gets.

    `account`: the service account that comes with the API, by e-mail, and `account_name` what it is called.
    `default`: on in every new project.
    """

    name: str
    title: str
    requires: tuple[str, ...] = ()
    agent: str = ""
    granted: str = ""
    account: str = ""
    account_name: str = ""
    default: bool = False


@cache
def known() -> dict[str, KnownService]:
    """All of them, by name (`container.googleapis.com`)."""
    rows = own(Path(__file__).with_name("services.yaml"))
    return {
        name: KnownService(name, **{**row, "requires": tuple(row.get("requires", ()))})
        for name, row in rows.items()
    }


def enabled_by_default() -> list[str]:
    """The APIs that are on in a project that somebody has just made."""
    return [name for name, api in known().items() if api.default]


def find(name: str) -> KnownService:
    """The API of this name.

    Raises:
        Refused: PERMISSION_DENIED, which is how Google says that there is none [observed].
    """
    if name in known():
        return known()[name]
    raise Refused(
        "PERMISSION_DENIED",
        f"Not found or permission denied for service(s): {name}.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [{"type": "googleapis.com", "subject": f"?error_code=220002&services={name}"}],
            },
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
                "domain": "serviceusage.googleapis.com",
                "metadata": {"services": name},
            },
        ],
    )


def with_requirements(names: Iterable[str]) -> list[str]:
    """The APIs and all that they need, sorted."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(known()[name].requires)
    return sorted(found)


def dependents(name: str, enabled: Iterable[str]) -> list[str]:
    """Those of `enabled` that need `name`, sorted; itself left out."""
    return sorted(
        other
        for other in enabled
        if other != name and other in known() and name in with_requirements([other])
    )
