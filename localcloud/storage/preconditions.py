"""Preconditions: a call is made only if a resource is as the caller has seen it [documented: storage/docs/
request-preconditions]."""

from __future__ import annotations

from localcloud.service import Call
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json

NONE = "0"  # as a generation, no object at all [documented]


def check_metageneration(call: Call, found: Json) -> None:
    """The resource's metadata must be, or must not be, those of a metageneration.

    Raises:
        Refused: 412, or 304 of a read, in Google's words [observed].
    """
    _check(call, "Metageneration", found["metageneration"])


def check_generation(call: Call, found: Json | None) -> None:
    """The object must be, or must not be, of a generation; there may be none.

    Raises:
        Refused: 412, or 304 of a read, in Google's words [observed].
    """
    _check(call, "Generation", found["generation"] if found else NONE)
    if found is not None:
        check_metageneration(call, found)


def _check(call: Call, what: str, current: str) -> None:
    wanted, unwanted = call.query(f"if{what}Match"), call.query(f"if{what}NotMatch")
    words = "At least one of the pre-conditions you specified did not hold."
    if wanted and wanted != current:
        raise Refused("FAILED_PRECONDITION", words, "conditionNotMet", http=412)
    if unwanted and unwanted == current:
        code = 304 if call.request.method == "GET" else 412
        raise Refused("FAILED_PRECONDITION", words, "conditionNotMet", http=code)
