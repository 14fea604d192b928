"""The connectors that are known here; any other is refused at deployment, as a misspelt one is by Google.

A connector is a REST method as a function: its path and query parameters and `body` are the arguments, and
`connector_params` may be added [documented: connectors].
"""

from __future__ import annotations

from localcloud.workflows.library.registry import Function

_EXECUTIONS = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions"


def _connector(name: str, *required: str, optional: tuple[str, ...] = ()) -> Function:
    return Function(name, required, dict.fromkeys((*optional, "connector_params")), None, blocking=True)


CONNECTORS: dict[str, Function] = {
    connector.name: connector
    for connector in (
        _connector("googleapis.pubsub.v1.projects.topics.publish", "topic", "body"),
        _connector(f"{_EXECUTIONS}.create", "parent", "body"),
        _connector(f"{_EXECUTIONS}.get", "name", optional=("view",)),
        _connector(
            f"{_EXECUTIONS}.list",
            "parent",
            optional=("filter", "orderBy", "pageSize", "pageToken", "view"),
        ),
        _connector(f"{_EXECUTIONS}.cancel", "name", optional=("body",)),
    )
}


def is_idempotent(name: str) -> bool:
    """Whether a connector is a GET, which is repeated after more kinds of errors [documented]."""
    return name.endswith((".get", ".list"))
