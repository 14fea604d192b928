"""Machine types and enum numbers: data that must fit Google's own."""

from __future__ import annotations

import pytest

from localcloud.container.machines import Machine, machine, millicpus
from localcloud.wire.enums import numbers
from localcloud.wire.validation import enum_numbers


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("e2-medium", Machine(2, 4096)),
        ("e2-standard-4", Machine(4, 16384)),
        ("n1-highmem-2", Machine(2, 13312)),
        ("e2-standard-3", None),
        ("ns-standard-1", None),
        ("e2-sizes-2", None),
        ("", None),
    ],
)
def test_a_machine_type_is_known_or_not(name: str, expected: Machine | None) -> None:
    """Family, kind and size must fit each other."""
    assert machine(name) == expected


def test_what_is_left_for_pods_is_what_google_documents() -> None:
    """940m of an e2-medium, 3920m of four vCPUs, 12 GiB and more of sixteen."""
    four = Machine(4, 16384)
    assert (millicpus("e2-medium"), millicpus("e2-standard-4")) == (940, 3920)
    assert four.allocatable_memory == 13621


def test_the_enum_numbers_are_those_of_googles_libraries() -> None:
    """The file is what the script makes of the libraries that are installed."""
    assert enum_numbers() == numbers()


def test_the_number_of_the_standard_channel_is_four() -> None:
    """As `"channel": 4` in a request of google-cloud-container's."""
    assert enum_numbers()["container"]["GatewayAPIConfig.channel"]["4"] == "CHANNEL_STANDARD"
