"""Play storms again: `python -m tests.acceptance.chaos 17`, or `17-30`. `--shrink` finds the smallest that fails."""

from __future__ import annotations

import argparse
import sys
import time

from tests.acceptance.chaos.requests import CLAIMS
from tests.acceptance.chaos.run import dump_after, endure
from tests.acceptance.chaos.seeds import Chaos

Dumps = dict[str, dict[str, object]]


def main(words: list[str] | None = None) -> int:
    """Tell every storm's story and what it broke; 1 if any broke something."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.chaos", description=__doc__)
    parser.add_argument("seeds", nargs="+", help="a seed, or a range such as 17-30")
    parser.add_argument("--shrink", action="store_true", help="take away what the failure does not need")
    asked = parser.parse_args(words)
    undisturbed = {name: dump_after(name) for name in CLAIMS}
    failed, seeds = 0, [each for word in asked.seeds for each in _range(word)]
    for seed in seeds:
        chaos, began = Chaos.of(seed), time.process_time()
        verdict = endure(chaos, undisturbed)
        if asked.shrink and verdict.broken:
            chaos = _smallest(chaos, undisturbed)
            verdict = endure(chaos, undisturbed)
        failed += bool(verdict.broken)
        story = verdict.violation(chaos) or (str(chaos) if len(seeds) == 1 else f"storm {seed}")
        ending = (
            "failed"
            if verdict.broken
            else f"held ({verdict.first.strip()}, published again {verdict.again} times)"
        )
        sys.stdout.write(f"{story}\n{ending}, {time.process_time() - began:.1f} s\n")
        sys.stdout.flush()
    return min(failed, 1)


def _range(word: str) -> range:
    first, _, last = word.partition("-")
    return range(int(first), int(last or first) + 1)


def _smallest(chaos: Chaos, undisturbed: Dumps) -> Chaos:
    """A storm that still fails, and holds with any one of its parts less."""
    for smaller in chaos.smaller():
        if endure(smaller, undisturbed).broken:
            return _smallest(smaller, undisturbed)
    return chaos


if __name__ == "__main__":
    sys.exit(main())
