"""Every stable code that a request can be answered with, as the code and the workflow have them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.exports import wanted_exports as exported_objects
from shared.gateway.wanted import wanted_objects
from shared.spec import Environment, parse_environment
from tests.docs.pages import ROOT

_CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")
_FOREIGN = "f'{kind.upper()}_FOREIGN'"  # the one code that is put together
_HANDED_ON = {
    "code",
    "each.code",
    "_text(reason, 'code')",
    "str(result.get('code', ''))",
}  # codes that others gave


@cache
def all_codes() -> set[str]:
    """Those of the functions and of the client, those of the workflow, and one a kind of object."""
    found = set(
        _of_the_workflow(yaml.safe_load((ROOT / "workflows" / "environment.yaml").read_text("utf-8")))
    )
    for folder in ("functions", "shared", "fleetgate"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found |= set(_of_module(path))
    return found


def _of_module(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        given = [each.value for each in node.keywords if each.arg == "code"]
        if isinstance(node.func, ast.Name) and node.func.id == "blocked":
            given += node.args[1:2]
        for value in given:
            yield from _codes_of(value, f"{path}:{node.lineno}")


def _codes_of(value: ast.expr, where: str) -> Iterator[str]:
    """What an argument can be: a code, one of two, one for each kind of object; or one that came from elsewhere."""
    text = ast.unparse(value)
    if text == _FOREIGN:
        yield from (f"{kind.upper()}_FOREIGN" for kind in kinds())
    elif isinstance(value, ast.IfExp):
        yield from _codes_of(value.body, where)
        yield from _codes_of(value.orelse, where)
    elif isinstance(value, ast.Constant) and _CODE.fullmatch(str(value.value)):
        yield str(value.value)
    else:
        assert text in _HANDED_ON, f"{where}: it is not known which codes {text} can be"


def _of_the_workflow(value: Any) -> Iterator[str]:
    """Codes that are assigned: of `code` and `….code`, literally or in an expression."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and str(key).rpartition(".")[2] == "code":
                yield from (each for each in re.findall(r"\b[A-Z_]{4,}\b", inner))
            else:
                yield from _of_the_workflow(inner)
    elif isinstance(value, list):
        for each in value:
            yield from _of_the_workflow(each)


def kinds() -> set[str]:
    """The kinds of objects that environments make in clusters."""
    wanted = _rich()
    made = [*wanted_objects(wanted)]
    for cluster in wanted.clusters:
        made += exported_objects(wanted, cluster)
    return {each["kind"] for each in made}


def _rich() -> Environment:
    """An environment with something of every kind in it."""
    document = yaml.safe_load((ROOT / "examples" / "store.yaml").read_text("utf-8"))
    first = document["services"][0]
    first["namespace"] = "elsewhere"
    document["healthCheck"] = {"requestPath": "/healthz"}
    for rule in document["routes"][0]["rules"]:
        for ref in rule["backendRefs"]:
            if ref["name"] == first["name"]:
                ref["namespace"] = "elsewhere"
    return parse_environment(document, project="shop-tools")
