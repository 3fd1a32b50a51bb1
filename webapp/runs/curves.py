"""What a training measured on its way as curves to be drawn: points of an SVG, with the numbers that stand beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 300, 100
"""Of the drawing, in its own units."""
MOST_POINTS = 200
"""Of a line; of a longer journal every so manyth evaluation is drawn, and the last."""
MOST_CURVES = 12
STEP = "step"

Lines = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A measurement over the steps, with a line for each seed."""

    name: str
    lines: Sequence[str]
    """The points of each, as SVG's `points` wants them."""
    low: float
    high: float
    last: Sequence[float]
    """The latest number of each line."""
    first_step: int
    last_step: int

    @property
    def words(self) -> str:
        """The same for ears."""
        latest = ", ".join(f"{number:.4g}" for number in self.last)
        return (
            f"{self.name} from step {self.first_step} to {self.last_step}, from {self.low:.4g} to {self.high:.4g}, last {latest}"
        )


def curves_of(journal: Lines) -> list[Curve]:
    """A curve for each measurement of a journal, the loss first; none where there is nothing to draw."""
    lines = [line for line in journal if isinstance(line.get(STEP), int)]
    lines = [*lines[: -1 : -(-len(lines) // MOST_POINTS) or 1], *lines[-1:]]
    named: dict[str, dict[int, list[tuple[int, float]]]] = {}
    for line in lines:
        for name, member, number in _numbers(line):
            named.setdefault(name, {}).setdefault(member, []).append((line[STEP], number))
    steps = [line[STEP] for line in lines]
    return [_curve(name, list(members.values()), steps=steps) for name, members in list(named.items())[:MOST_CURVES]]


def _numbers(line: Mapping[str, Any]) -> Iterator[tuple[str, int, float]]:
    """Name, place of the seed, and value of all numbers of an evaluation."""
    for name, value in line.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}: {inner}", member, number) for inner, member, number in _numbers(value))
        elif name != STEP:
            members = value if isinstance(value, list) else [value]
            yield from ((name, place, float(one)) for place, one in enumerate(members) if _is_number(one))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _curve(name: str, members: Sequence[Sequence[tuple[int, float]]], *, steps: Sequence[int]) -> Curve:
    numbers = [number for points in members for _, number in points]
    low, high, first, last = min(numbers), max(numbers), steps[0], steps[-1]

    def placed(step: int, number: float) -> str:
        x = WIDTH * (step - first) / ((last - first) or 1)
        y = HEIGHT * (high - number) / (high - low) if high > low else HEIGHT / 2
        return f"{x:.1f},{y:.1f}"

    return Curve(
        name=name.replace("_", " "),
        lines=[" ".join(placed(step, number) for step, number in points) for points in members],
        low=low,
        high=high,
        last=[points[-1][1] for points in members],
        first_step=first,
        last_step=last,
    )
