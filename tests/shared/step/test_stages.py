"""The stages of a removal: one after the other, and none is looked at before its time."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.step.outcome import Decision, Waiting
from shared.step.stages import Reached, Stage, first
from tests.support.live import NOW


@dataclass
class Shelf:
    """What is left, by stage, and which stages have been asked for it."""

    left: dict[str, int]
    asked: list[str] = field(default_factory=list)

    def exports(self) -> tuple[str, ...] | None:
        """Names."""
        self.asked.append("exports")
        return ("store",) * self.left.get("exports", 0) or None

    def groups(self) -> int | None:
        """A number, which may be nought."""
        self.asked.append("groups")
        return self.left.get("groups")


def wait(reason: str) -> Decision:
    return Decision(Waiting(reason=reason, message="", retry_after=5.0))


EXPORTS = Stage("exports", Shelf.exports, lambda found, now: wait(f"{found[0]} at {now:.0f}"))
GROUPS = Stage("groups", Shelf.groups, lambda found, now: wait(f"{found} groups"))


def reached(**left: int) -> tuple[Reached | None, list[str]]:
    shelf = Shelf(left)
    return first((EXPORTS, GROUPS), shelf), shelf.asked


def test_the_first_stage_with_anything_left_decides_and_no_later_one_is_asked() -> None:
    """Each stage gets what it found, and the time."""
    stage, asked = reached(exports=1, groups=2)

    assert stage == Reached(EXPORTS, ("store",))
    assert asked == ["exports"]
    assert stage.decide(NOW) == wait(f"store at {NOW:.0f}")


def test_a_stage_with_nothing_left_is_passed() -> None:
    """Nothing is None: what a stage found may well be empty or nought, and counts."""
    stage, asked = reached(groups=0)

    assert stage == Reached(GROUPS, 0)
    assert asked == ["exports", "groups"]
    assert stage.decide(NOW) == wait("0 groups")


def test_nothing_left_at_all_is_no_stage() -> None:
    """All have been asked."""
    assert reached() == (None, ["exports", "groups"])
