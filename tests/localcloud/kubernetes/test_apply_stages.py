"""The stages of server-side apply are those that the package's head tells of, in that order."""

from __future__ import annotations

import importlib
import itertools
import re
import sys
from types import CodeType, FrameType
from typing import Any

from localcloud.kubernetes import KubernetesApi, fieldmanager
from tests.localcloud.kubernetes.conftest import Call

PATH = "/api/v1/namespaces/shop/configmaps/c?fieldManager=me"
APPLY = "application/apply-patch+yaml"


def told() -> list[str]:
    """The stages by name, `module.function`."""
    return re.findall(r"^ {4}(\w+\.\w+) ", fieldmanager.__doc__ or "", re.MULTILINE)


def code_of(stage: str) -> CodeType:
    """The function that a stage is."""
    module, function = stage.split(".")
    inside = module in ("decoding", "admission")
    package = "localcloud.kubernetes" if inside else "localcloud.kubernetes.fieldmanager"
    found: CodeType = getattr(importlib.import_module(f"{package}.{module}"), function).__code__
    return found


def test_an_apply_goes_through_the_stages_that_are_told(call: Call, api: KubernetesApi) -> None:
    """Of an object that the manager has applied before, without force."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    call("PATCH", PATH, {**body, "data": {"a": "1", "b": "2"}}, APPLY)
    stages = {code_of(stage): stage for stage in told()}
    passed: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in stages:
            passed.append(stages[frame.f_code])

    sys.setprofile(note)
    try:
        answer = call("PATCH", PATH, {**body, "data": {"a": "3"}}, APPLY)
    finally:
        sys.setprofile(None)

    assert {"a": "3"} == answer.body["data"]
    assert told() == [stage for stage, _ in itertools.groupby(passed)]
