"""What the benchmark of timing makes of the trials that it measured: a table, and rows of results against the goals."""

import os
import resource
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.results import machine

GOALS = {"median": 1.0, "deviation": 1.5, "within": 0.995}
"""|median| and s.d. of the error of the reaction time in ms; share of the trials on the screen within a frame."""
DISCLAIMER = "software timing only: no photodiode, display and input hardware latency is not included"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One trial; times in ms."""

    task: str
    device: str
    rt_error: float
    """Stored reaction time, minus the time from the start of the frame that showed the images to the true input."""
    lag: float
    """From the stored onset to the presentation of that frame."""
    interval: float
    """Between two frames, as stored."""
    handling: float
    """From the true input to our handler: the error of programs that take the handler's time."""
    isolated: bool
    """Whether the browser had isolated the page from other origins, as stored."""

    @property
    def within_a_frame(self) -> bool:
        """Whether the images were on the screen at most a frame after (or before) the stored onset."""
        return abs(self.lag) <= self.interval


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All trials of one browser; `browser` is its name and version."""

    browser: str
    trials: Sequence[Measured]
    unseen: int
    """Trials of which the browser has no record of when they were on the screen."""
    clock_step: float
    """Least time in ms that the page's clock was seen to advance by."""

    def __str__(self) -> str:
        """A table, and whether the goals are reached."""
        trials, kinds = self.trials, sorted({(trial.task, trial.device) for trial in self.trials})
        head = (
            f"{'':26}{'n':>5}  {'error of the reaction time, ms':34}{'on the screen after the stored onset, ms':42}within a frame"
        )
        lines = [
            _line(f"{task}, {device}", [t for t in trials if (t.task, t.device) == (task, device)]) for task, device in kinds
        ]
        handling = statistics.median(trial.handling for trial in trials)
        return "\n".join(
            [
                f"{datetime.now(UTC):%Y-%m-%d}, headless {self.browser}, {machine()}, load {os.getloadavg()[0]:.1f} after",
                head,
                f"{'':33}{'median    s.d.    95 % range':34}median    s.d.    95 % range",
                *lines,
                _line("all", trials),
                f"Trials on a page isolated from other origins: {sum(trial.isolated for trial in trials)} of {len(trials)}; "
                f"its clock advanced by {self.clock_step:.3f} ms at least.",
                "Counted from the presentation, reaction times are longer by the second group of columns.",
                f"Trials of which the browser has no record, and which count as not within a frame: {self.unseen}.",
                f"Our handler ran {handling:.1f} ms (median) after the input; the stored time is the event's own.",
                *self.verdicts(),
                DISCLAIMER,
            ]
        )

    def verdicts(self) -> list[str]:
        """Each goal, the figure, and whether it is reached."""
        median, deviation, share = self._median, statistics.stdev(trial.rt_error for trial in self.trials), self._share
        figures = [
            (f"|median| <= {GOALS['median']} ms", f"{median:.3f}", median <= GOALS["median"]),
            (f"s.d. <= {GOALS['deviation']} ms", f"{deviation:.3f}", deviation <= GOALS["deviation"]),
            (f"within a frame >= {100 * GOALS['within']} %", f"{100 * share:.1f}", share >= GOALS["within"]),
        ]
        return [f"goal {goal}: {figure}, {'reached' if reached else 'missed'}" for goal, figure, reached in figures]

    def rows(self, *, ending: str) -> list[dict[str, Any]]:
        """What the benchmark returns, under names with this ending."""
        errors, lags = [trial.rt_error for trial in self.trials], [trial.lag for trial in self.trials]
        *rt_goals, onset_goal = self.verdicts()
        shared = {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        conditions = f"{len(self.trials)} trials of both tasks by key and mouse, headless {self.browser}; {DISCLAIMER}"
        return [
            {
                "name": f"timing_rt_error{ending}",
                "ours": self._median,
                "reference": GOALS["median"],
                "ratio": GOALS["median"] / max(self._median, self.clock_step),
                "unit": "ms",
                "equal": max(map(abs, errors)),
                "detail": f"reference: the goal; {'; '.join(rt_goals)}; median, s.d., 95 %: {_spread(errors)}; {conditions}",
                **shared,
            },
            {
                "name": f"timing_onset{ending}",
                "ours": self._share,
                "reference": GOALS["within"],
                "ratio": self._share / GOALS["within"],
                "unit": "share",
                "equal": max(map(abs, lags)),
                "detail": f"reference: the goal; {onset_goal}; equal is the longest lag in ms; "
                f"median, s.d., 95 %: {_spread(lags)}; {conditions}",
                **shared,
            },
        ]

    @property
    def _median(self) -> float:
        return abs(statistics.median(trial.rt_error for trial in self.trials))

    @property
    def _share(self) -> float:
        return sum(trial.within_a_frame for trial in self.trials) / (len(self.trials) + self.unseen)


def _line(name: str, trials: Sequence[Measured]) -> str:
    errors, lags = ([getattr(trial, field) for trial in trials] for field in ("rt_error", "lag"))
    share = sum(trial.within_a_frame for trial in trials) / len(trials)
    return f"{name:26}{len(trials):5}  {_spread(errors):34}{_spread(lags):42}{100 * share:.1f} %"


def _spread(values: Sequence[float]) -> str:
    cuts = statistics.quantiles(values, n=40)
    return f"{statistics.median(values):6.3f} {statistics.stdev(values):7.3f}   {cuts[0]:.3f} to {cuts[-1]:.3f}"
