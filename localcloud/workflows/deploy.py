"""The first phase: from source text to a document that can run, or to every fault in it."""

from __future__ import annotations

from functools import lru_cache

from localcloud.workflows.checks import Checker
from localcloud.workflows.document import Document
from localcloud.workflows.errors import DeployError, DeployFault
from localcloud.workflows.parsing import Parser
from localcloud.workflows.source import read_source


@lru_cache(maxsize=64)
def compile_document(source: str) -> Document:
    """Parse and check a workflow's source, YAML or JSON.

    Raises:
        DeployError: with every fault; symbols are checked only once the structure is sound.
    """
    try:
        parser = Parser(read_source(source))
        document = parser.document()
        faults = parser.faults or Checker(document).check()
    except RecursionError:
        faults = [DeployFault("parse error: the source is nested too deeply")]
    if faults:
        raise DeployError(faults)
    return document
