"""What in terraform-bootstrap/ is made from other files: the tables of its READMEs, and the functions' first archive.

    python -m tests.terraform.generated

writes them anew; a test holds what is there to what would be written.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.terraform.configuration import BOOTSTRAP, MODULES, Block, blocks, text

BEGIN, END = "<!-- BEGIN TABLES: python -m tests.terraform.generated -->", "<!-- END TABLES -->"
PLACEHOLDER = BOOTSTRAP / "placeholder"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold: the same bytes, whenever it is made


def variables(folder: Path) -> str:
    """The table of a module's variables: those that must be given first."""
    found = sorted(blocks(folder, "variable"), key=lambda each: ("default" in each.body, each.type))
    rows = [(f"`{each.type}`", _said(each), f"`{_type(each)}`", _default(each)) for each in found]
    return _table(("variable", "what it is", "type", "default"), rows)


def outputs(folder: Path) -> str:
    """The table of a module's outputs."""
    found = sorted(blocks(folder, "output"), key=lambda each: each.type)
    return _table(("output", "what it is"), [(f"`{each.type}`", _said(each)) for each in found])


def _said(block: Block) -> str:
    return text(block.body["description"]).replace("|", "\\|")


def _type(block: Block) -> str:
    return re.sub(r"\s+", " ", text(block.body["type"]))


def _default(block: Block) -> str:
    if "default" not in block.body:
        return "required"
    return f"`{_literal(block.body['default'])}`"


def _literal(value: object) -> str:
    """A literal as HCL writes it."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_literal(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return {True: "true", False: "false", None: "null"}[value] if value in (True, False, None) else str(value)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def readme(folder: Path) -> str:
    """A module's README, with the tables that it should have."""
    before, _, rest = (folder / "README.md").read_text("utf-8").partition(BEGIN)
    tables = f"\n\n## Variables\n\n{variables(folder)}\n\n## Outputs\n\n{outputs(folder)}\n\n"
    return before + BEGIN + tables + END + rest.partition(END)[2]


def placeholder() -> bytes:
    """The archive that every function begins with."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(PLACEHOLDER.iterdir()):
            if path.is_file():
                archive.writestr(zipfile.ZipInfo(path.name, EPOCH), path.read_bytes())
    return out.getvalue()


def files() -> Iterator[tuple[Path, bytes]]:
    """Each generated file, with what it should hold."""
    yield BOOTSTRAP / "placeholder.zip", placeholder()
    for folder in MODULES:
        yield folder / "README.md", readme(folder).encode()


if __name__ == "__main__":
    for path, content in files():
        path.write_bytes(content)
