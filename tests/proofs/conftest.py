"""Pieces of the large proofs: each counts what it tries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.proofs import PROPERTY, Piece, proof_of


@pytest.fixture
def piece(request: pytest.FixtureRequest) -> Iterator[Piece]:
    """What this item comes to; the report of its call takes it to the summary."""
    made = Piece(proof_of(request.node))
    request.node.user_properties.append((PROPERTY, vars(made)))
    yield made
