"""What importing the spec costs: every function pays it at every cold start."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.paths import ROOT

PROBE = """
import json, sys, time
import pydantic
from pydantic import AfterValidator, BaseModel, Discriminator, Field, WithJsonSchema
class Warm(BaseModel): a: int = 1
before = time.process_time()
import shared.spec
print(json.dumps({"seconds": time.process_time() - before, "modules": sorted(sys.modules)}))
"""


def test_importing_the_spec_is_cheap_and_brings_no_other_library() -> None:
    """Only pydantic: YAML and JSON Schema are for the command line. The bound is loose: typical is 0.05 s."""
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert {"yaml", "jsonschema", "google.auth", "kubernetes", "requests"}.intersection(
        answer["modules"]
    ) == set()
    assert answer["seconds"] < 0.4
