"""A sample of mutated requests; `make prove` has sixteen thousand."""

from __future__ import annotations

import pytest

from shared.spec import InvalidRequest, parse_request
from tests.shared.spec.mutations import mutated, violation
from tests.support.projects import PROJECT


def test_a_mutated_request_is_a_request_or_faults() -> None:
    """No message makes the reader stumble, or holds it up."""
    assert [] == [found for seed in range(150) if (found := violation(seed))]


def test_some_of_them_are_requests_all_the_same() -> None:
    """And a seed gives the same message each time."""
    every = [mutated(seed) for seed in range(60)]
    served = [each for each in every if _is_request(each)]

    assert every == [mutated(seed) for seed in range(60)]
    assert 0 < len(served) < len(every) / 2


def _is_request(data: bytes) -> bool:
    try:
        parse_request(data, project=PROJECT)
    except InvalidRequest:
        return False
    return True


def test_a_reader_that_stumbles_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises but a refusal."""
    monkeypatch.setattr(
        "tests.shared.spec.mutations.parse_request", lambda data, project: data.decode("ascii")[9999]
    )

    with pytest.raises(IndexError):
        violation(1)
