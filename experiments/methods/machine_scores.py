"""Human and machine scores of units side by side, and how they correlate. Pure functions, called by the papers' analyses.

A machine is a simulated observer. Its score of a unit is the machine interpretability score (Zimmermann, Klindt & Brendel
2024) as far as its answers tell: the share of right ones, and a mean probability read from choice and confidence.
"""

import csv
import io
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.methods.correlations import Kind, correlate
from experiments.methods.observers.similarity import probability_of

REPORTED: Mapping[str, str] = {"units": "about .80, reported (unverified)", "models": "about .98, reported (unverified)"}
"""Correlation of the published score with people's accuracy, over units and over models, from memory."""
PROBABILISTIC = ("similarity",)
"""Observers whose confidence tells their probability in thirds."""
KINDS: tuple[Kind, ...] = ("pearson", "spearman")
PEOPLE = ""
"""Name of the observer in rows of people."""
NEEDED = ("session_kind", "session_state", "condition", "trial_kind", "unit", "correct")


@dataclass(frozen=True, kw_only=True)
class UnitScores:
    """One unit in one condition, as people and a machine see it."""

    unit: str
    model: str
    human: float
    """Share of right answers of people."""
    human_answers: int
    machine: float
    """Share of right answers of the machine."""
    machine_answers: int
    probability: float | None
    """Mean probability that the machine gave to the right answer, each within 1/12; None unless its confidence tells it."""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    correct: bool
    probability: float | None
    """Of the right answer."""


def machine_scores(rows: Iterable[Mapping[str, Any]], *, seed: int) -> list[dict[str, Any]]:
    """One comparison, as JSON, for each machine and condition that people answered too.

    `rows` is a response table by column name. Counted are main trials of finished sessions that did not fail the checks:
    of live sessions, without experts, as people, of bots as machines. `seed` is that of the bootstrap over units.

    Raises:
        InputError: A column is missing, or a value is not what its column promises.
    """
    answers: dict[tuple[str, str], dict[str, list[_Answer]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        missing = [column for column in NEEDED if column not in row]
        require(not missing, "table", f"it has no column {', '.join(missing)}", "Give a table as the export writes it")
        observer = _observer(row)
        if observer is not None and str(row["correct"]) != "":
            condition = str(row.get("trial_condition") or row["condition"])
            answers[observer, condition][str(row["unit"])].append(_answer(row, observer))
    comparisons = []
    for (observer, condition), machine in sorted(answers.items()):
        human = answers.get((PEOPLE, condition), {})
        common = sorted(human.keys() & machine.keys())
        if observer != PEOPLE and common:
            units = [_scores(unit, human[unit], machine[unit]) for unit in common]
            about = {"observer": observer, "simulated": True, "condition": condition, "reported": dict(REPORTED)}
            comparisons.append({**about, "correlations": _correlations(units, seed), "units": [asdict(unit) for unit in units]})
    return comparisons


def scores_csv(comparisons: Iterable[Mapping[str, Any]]) -> bytes:
    """The scores of all comparisons as one table."""
    text = io.StringIO()
    names = ("observer", "condition", *(field.name for field in fields(UnitScores)))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for comparison in comparisons:
        about = {name: comparison[name] for name in names[:2]}
        writer.writerows({**about, **unit} for unit in comparison["units"])
    return text.getvalue().encode()


def _observer(row: Mapping[str, Any]) -> str | None:
    """Whose answer it is: a machine's name, `PEOPLE`, or None if it does not count."""
    counts = row["session_state"] == "finished" and row["trial_kind"] == "main" and str(row.get("passed_checks", "")) != "0"
    if counts and row["session_kind"] == "bot":
        return str(row.get("observer") or "unnamed")
    return PEOPLE if counts and row["session_kind"] == "live" and row.get("cohort") != "expert" else None


def _answer(row: Mapping[str, Any], observer: str) -> _Answer:
    try:
        correct = {"1": True, "0": False}[str(row["correct"])]
        probability = probability_of(int(row["confidence"])) if observer in PROBABILISTIC else None
    except (KeyError, ValueError, TypeError) as error:
        message = f"correct {row['correct']!r} with confidence {row.get('confidence')!r} is no answer"
        raise InputError(field="table", message=message, remedy="Export it again") from error
    return _Answer(correct=correct, probability=probability if correct or probability is None else 1 - probability)


def _scores(unit: str, human: Sequence[_Answer], machine: Sequence[_Answer]) -> UnitScores:
    told = [answer.probability for answer in machine if answer.probability is not None]
    return UnitScores(
        unit=unit,
        model=unit.partition("/")[0],
        human=float(np.mean([answer.correct for answer in human])),
        human_answers=len(human),
        machine=float(np.mean([answer.correct for answer in machine])),
        machine_answers=len(machine),
        probability=float(np.mean(told)) if told else None,
    )


def _correlations(units: Sequence[UnitScores], seed: int) -> list[dict[str, Any]]:
    """Of people's score with each score of the machine, over units and over the means of models."""
    found = []
    for score in ("machine", "probability"):
        if any(getattr(unit, score) is None for unit in units):
            continue
        by_model: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for unit in units:
            by_model[unit.model].append((unit.human, getattr(unit, score)))
        pairs = {
            "units": [pair for of_model in by_model.values() for pair in of_model],
            "models": [(float(human), float(machine)) for human, machine in (np.mean(of, axis=0) for of in by_model.values())],
        }
        for (over, values), kind in itertools.product(pairs.items(), KINDS):
            about = {"score": score, "over": over, "count": len(values), "kind": kind}
            found.append({**about, **asdict(correlate(values, kind=kind, seed=seed))})
    return found
