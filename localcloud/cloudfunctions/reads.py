"""What is deployed, what can be, and how operations stand."""

from __future__ import annotations

from localcloud.cloudfunctions.service import FUNCTIONS, OPERATIONS, STEM, require, service
from localcloud.resources import in_location, location_path
from localcloud.service import Call, page
from localcloud.wire.messages import Json

# Python runtimes of the 2nd generation [documented: buildpacks' list of runtimes].
RUNTIMES = {
    "python310": "Python 3.10",
    "python311": "Python 3.11",
    "python312": "Python 3.12",
    "python313": "Python 3.13",
}


@service.on(f"{STEM}.functions.get")
def get(call: Call) -> Json:
    """One function."""
    return require(call, FUNCTIONS, "functionsId")


@service.on(f"{STEM}.functions.list")
def list_functions(call: Call) -> Json:
    """The functions of a location, or of all (`-`)."""
    return page(call, "functions", in_location(call, FUNCTIONS), 1000)


@service.on(f"{STEM}.operations.get")
def get_operation(call: Call) -> Json:
    """An operation as it stands."""
    return require(call, OPERATIONS, "operationsId")


@service.on(f"{STEM}.operations.list")
def list_operations(call: Call) -> Json:
    """The operations of a location."""
    return page(call, "operations", in_location(call, OPERATIONS), 100)


@service.on(f"{STEM}.runtimes.list")
def list_runtimes(call: Call) -> Json:
    """What a function can be written in here: Python."""
    location_path(call)
    return {
        "runtimes": [
            {"name": name, "displayName": title, "stage": "GA", "environment": "GEN_2"}
            for name, title in RUNTIMES.items()
        ]
    }
