"""What a region has room for, in the numbers that people have reported."""

from __future__ import annotations

import re

import pytest

from localcloud.run.allocation import Allocation, Amount, amount
from localcloud.wire.errors import Refused

GIB = 1 << 30


REPORTED = [
    # googlecodelabs/feedback#1856: three instances of 20 vCPU and 80 GiB
    ("80Gi", "20", 3, 0, ["Cpu 60000 of 20000", "Mem 257698037760 of 42949672960"]),
    # reported of a new project: a hundred instances of 4 vCPU and 8 GiB
    ("8Gi", "4", 100, 5, ["Cpu 400000 of 20000", "Mem 858993459200 of 42949672960"]),
    # and four of 8 vCPU, whose memory is not told
    ("4Gi", "8", 4, 2, ["Cpu 32000 of 20000"]),
]


@pytest.mark.parametrize(("memory", "cpu", "instances", "most", "violated"), REPORTED)
def test_the_words_are_googles(memory: str, cpu: str, instances: int, most: int, violated: list[str]) -> None:
    """With as many instances as would fit, and what each limit is."""
    words = Allocation().violation("p", "r", amount(memory, cpu), instances)
    lines = words.partition("Quota violated:\n")[2].splitlines()
    form = re.compile("(.*)AllocPerProjectRegion requested: (.*) allowed: (.*)")
    assert f"Max instances must be set to {most} or fewer to set the requested total CPU." in words
    assert violated == [form.sub(r"\1 \2 of \3", each) for each in lines]
    assert "" == Allocation().violation("p", "r", amount(memory, cpu), most)


@pytest.mark.parametrize(
    ("memory", "cpu", "size"),
    [
        ("512Mi", "1", Amount(1000, 512 << 20)),
        ("256M", "", Amount(167, 256_000_000)),
        ("1Gi", "", Amount(583, GIB)),
        ("2G", "500m", Amount(500, 2_000_000_000)),
        ("32Gi", "", Amount(8000, 32 * GIB)),
        ("134217728", "0.08", Amount(80, 128 << 20)),
    ],
)
def test_an_instance_has_the_processor_that_goes_with_its_memory(memory: str, cpu: str, size: Amount) -> None:
    """Unless it asks for another."""
    assert size == amount(memory, cpu)


@pytest.mark.parametrize(("memory", "cpu"), [("much", "1"), ("", "1"), ("1Gi", "two")])
def test_what_is_no_quantity_is_refused(memory: str, cpu: str) -> None:
    """By name."""
    with pytest.raises(Refused, match="Invalid quantity"):
        amount(memory, cpu)
