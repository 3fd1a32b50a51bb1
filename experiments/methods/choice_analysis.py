"""Analysis of two-alternative answers: a table of responses in, accuracy by condition with intervals and claims out.

Called by the `analysis.py` of papers that ask people. People and simulated participants are never mixed.
"""

import csv
import io
import json
import statistics as plain
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.claims import Claim, check_claims
from experiments.contract.designs import CONFIDENCES
from experiments.contract.errors import InputError
from experiments.contract.recipes import Analysis
from experiments.methods.choice_figures import draw_accuracy
from experiments.methods.statistics import Interval, wilson_interval

# The kinds of session that are analyzed, in the order of the groups; previews and pilots are neither.
GROUPS: Mapping[str, str] = {"live": "people", "bot": "simulated"}
NEEDED = ("session_id", "session_kind", "session_state", "condition", "trial_kind", "unit", "correct", "confidence", "rt")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One row of the table, as far as the analysis uses it."""

    session: str
    session_kind: str
    condition: str
    trial_kind: str
    unit: str
    correct: bool
    confidence: int
    rt: float
    """ms."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A paper's way from the main trials of a condition to its accuracy and 95 % interval."""

    interval: str
    """What the interval is, in words."""
    estimate: Callable[[Sequence[Answer], int], tuple[float, Interval | None]]
    """Called with the answers and a seed."""
    conditions: Sequence[str]
    """In the order in which they are shown."""


def analyze(recipe: Analysis, workshop: Workshop, *, method: Method, claims: Iterable[Claim]) -> Product:
    """The result and one figure for each group of sessions.

    Raises:
        InputError: The table is missing, lacks a column, or holds a value that cannot be.
    """
    workshop.report(0, 1, "reading the responses")
    answers, left_out = read_answers(_table(recipe, workshop))
    groups = [
        _group(kind, [answer for answer in answers if answer.session_kind == kind], method, recipe.seed)
        for kind in GROUPS
        if any(answer.session_kind == kind for answer in answers)
    ]
    computed_from = {"table": recipe.table, "responses": len(answers), "sessions_left_out": left_out}
    result: dict[str, Any] = {"groups": groups, "computed_from": computed_from, "seed": recipe.seed}
    result["claims"] = check_claims(claims, result=result)
    content = json.dumps(result, indent=1, sort_keys=True, allow_nan=False).encode()
    figures = [_figure(group) for group in groups]
    workshop.report(1, 1, "analyzed")
    return Product(new_files=[NewFile(name="result.json", content=content, media_type="application/json"), *figures])


def read_answers(table: bytes) -> tuple[list[Answer], dict[str, int]]:
    """The answers of finished sessions of people and bots, and how many sessions were left out for which reason.

    Raises:
        InputError: A column is missing, or a value is not what the column promises.
    """
    answers: list[Answer] = []
    left_out: dict[str, str] = {}
    try:
        rows = csv.DictReader(io.StringIO(table.decode()))
        missing = [column for column in NEEDED if column not in (rows.fieldnames or ())]
        if missing:
            remedy = "Give a table as the export writes it"
            raise InputError(field="table", message=f"it has no column {', '.join(missing)}", remedy=remedy)
        for row in rows:
            if row["session_kind"] not in GROUPS:
                left_out[row["session_id"]] = row["session_kind"]
            elif row["session_state"] != "finished":
                left_out[row["session_id"]] = "unfinished"
            else:
                answers.append(_answer(row))
    except (ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        message = f"it cannot be read after {len(answers)} responses: {error}"
        raise InputError(field="table", message=message, remedy="Export it again") from error
    return answers, dict(Counter(left_out.values()))


def unit_accuracies(answers: Iterable[Answer]) -> dict[str, float]:
    """The share of right answers by unit."""
    return {unit: _accuracy(of_unit) for unit, of_unit in sorted(_by(answers, lambda answer: answer.unit).items())}


def session_accuracies(answers: Iterable[Answer]) -> dict[str, float]:
    """The share of right answers by session."""
    return {session: _accuracy(of_one) for session, of_one in sorted(_by(answers, lambda answer: answer.session).items())}


def people_by_condition(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The conditions of a result as far as people answered them; what claims are checked on."""
    return {
        row["condition"]: row
        for group in result["groups"]
        if group["sessions_are"] == GROUPS["live"]
        for row in group["conditions"]
    }


def clearly_above(conditions: Mapping[str, Mapping[str, Any]], better: str, worse: str | float) -> tuple[str, bool | None] | None:
    """The check of a claim: whether the interval of a condition lies wholly above that of another, or above a number.

    Intervals that do not touch are a stricter rule than a test of the difference. Not judged without intervals.
    """
    compared = [conditions.get(name) for name in (better, worse) if isinstance(name, str)]
    if None in compared:
        return None
    value = ", ".join(f"{row['condition']} {row['accuracy']:.3f}" for row in compared if row)
    lows_and_highs = [(row["low"], row["high"]) for row in compared if row]
    if (None, None) in lows_and_highs:
        return value, None
    ceiling = worse if isinstance(worse, float) else lows_and_highs[1][1]
    return value, lows_and_highs[0][0] > ceiling


def _table(recipe: Analysis, workshop: Workshop) -> bytes:
    try:
        return workshop.store.read_blob(recipe.table)
    except FileNotFoundError as error:
        message = f"nothing is stored under {recipe.table[:12]!r}"
        raise InputError(field="table", message=message, remedy="Give the sha256 of a stored table of responses") from error


def _answer(row: Mapping[str, str]) -> Answer:
    return Answer(
        session=row["session_id"],
        session_kind=row["session_kind"],
        condition=row["condition"],
        trial_kind=row["trial_kind"],
        unit=row["unit"],
        correct={"1": True, "0": False}[row["correct"]],
        confidence=int(row["confidence"]),
        rt=float(row["rt"]),
    )


def _group(kind: str, answers: Sequence[Answer], method: Method, seed: int) -> dict[str, Any]:
    by_condition = _by(answers, lambda answer: answer.condition)
    order = [*method.conditions, *sorted(set(by_condition) - set(method.conditions))]
    return {
        "sessions_are": GROUPS[kind],
        "sessions": len({answer.session for answer in answers}),
        "conditions": [_condition(name, by_condition[name], method, seed) for name in order if name in by_condition],
    }


def _condition(name: str, answers: Sequence[Answer], method: Method, seed: int) -> dict[str, Any]:
    main = [answer for answer in answers if answer.trial_kind == "main"]
    catch = [answer for answer in answers if answer.trial_kind == "catch"]
    if not main:
        raise InputError(field="table", message=f"condition {name!r} has no main trials", remedy="Export it again")
    accuracy, interval = method.estimate(main, seed)
    wilson = wilson_interval(sum(answer.correct for answer in main), trials=len(main))
    by_unit, by_confidence = _by(main, lambda answer: answer.unit), _by(main, lambda answer: answer.confidence)
    return {
        "condition": name,
        "sessions": len({answer.session for answer in main}),
        "units": len(by_unit),
        "trials": len(main),
        "accuracy": accuracy,
        "interval": method.interval,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "wilson_interval": "Wilson 95 % interval over trials",
        "wilson_low": wilson.low,
        "wilson_high": wilson.high,
        "catch_accuracy": _accuracy(catch) if catch else None,
        "median_rt_ms": plain.median(answer.rt for answer in main),
        "mean_confidence": plain.fmean(answer.confidence for answer in main),
        "by_confidence": [{"confidence": level, **_score(by_confidence.get(level, []))} for level in CONFIDENCES],
        "by_unit": [{"unit": unit, **_score(by_unit[unit])} for unit in sorted(by_unit)],
    }


def _figure(group: Mapping[str, Any]) -> NewFile:
    simulated = group["sessions_are"] == GROUPS["bot"]
    who = "simulated participants, not people" if simulated else "people"
    caption = (
        f"Accuracy of {group['sessions']} {who}, by condition. Dots: units. Thick bar: {group['conditions'][0]['interval']}. "
        + ("Thin bar: Wilson 95 % interval over trials. Dashed: chance.")
    )
    return NewFile(
        name=f"accuracy_{group['sessions_are']}.svg",
        content=draw_accuracy(group, title="Simulated participants (not people)" if simulated else "People"),
        media_type="image/svg+xml",
        about={"caption": caption},
    )


def _score(answers: Sequence[Answer]) -> dict[str, Any]:
    return {"trials": len(answers), "accuracy": _accuracy(answers) if answers else None}


def _accuracy(answers: Sequence[Answer]) -> float:
    return plain.fmean(answer.correct for answer in answers)


def _by(answers: Iterable[Answer], key: Callable[[Answer], Any]) -> dict[Any, list[Answer]]:
    grouped: dict[Any, list[Answer]] = defaultdict(list)
    for answer in answers:
        grouped[key(answer)].append(answer)
    return dict(grouped)
