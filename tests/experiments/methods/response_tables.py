"""Tables of responses for tests: rows made by hand, and whole simulated studies with known accuracies."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Row = dict[str, Any]


def row(session: str = "s1", *, kind: str = "live", correct: int | str = 1, **values: Any) -> Row:
    """A response of a finished session in a main trial, unless told otherwise."""
    return {
        "session_id": session,
        "session_kind": kind,
        "session_state": "finished",
        "cohort": "crowd",
        "observer": "",
        "passed_checks": "",
        "condition": "natural",
        "trial_kind": "main",
        "unit": "m/l:0",
        "correct": correct,
        "confidence": 2,
        "rt": 1000.0,
        **values,
    }


def table(rows: Iterable[Row], *, without: str = "") -> bytes:
    """The CSV of rows, if wished without a column."""
    listed = list(rows)
    columns = [column for column in dict.fromkeys(name for one in [row(), *listed] for name in one) if column != without]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue().encode()


def study(
    accuracies: Mapping[str, float],
    *,
    units: Sequence[str],
    sessions: int,
    trials: int,
    seed: int = 0,
    batches: int = 10,
    choices: tuple[str, str] = ("left", "right"),
    name: str = "p",
    **values: Any,
) -> Iterator[Row]:
    """Sessions of one condition each with random effects of participant and unit on the logit of being right.

    `trials` main trials of a session in one batch, a catch trial, and fields of occlusion trials; `values` goes to each row.
    """
    rng = np.random.default_rng(seed)
    of_unit = dict(zip(units, rng.normal(0, 0.6, len(units)), strict=True))
    strength = {(unit, batch): rng.gamma(2, 0.2) for unit in units for batch in range(batches)}
    for condition, accuracy in accuracies.items():
        for session in range(sessions):
            ability = np.log(accuracy / (1 - accuracy)) + rng.normal(0, 0.4)
            batch = session % batches
            asked = [units[(session * trials + i) % len(units)] for i in range(trials)]
            for i, unit in enumerate([*asked, asked[0]]):
                logit = ability + of_unit[unit] + 0.8 * (strength[unit, batch] - 0.4)
                correct = i == trials or rng.random() < 1 / (1 + np.exp(-logit))
                right, wrong = choices if rng.random() < 0.5 else choices[::-1]
                yield row(
                    f"{name}-{condition}-{session}",
                    correct=int(correct),
                    condition=condition,
                    trial_kind="main" if i < trials else "catch",
                    trial_id=f"{name}-{condition}-{session}-{i}",
                    trial_index=i + 1,
                    unit=unit,
                    batch=batch,
                    choice=right if correct else wrong,
                    correct_choice=right,
                    confidence=int(rng.choice([1, 2, 3], p=[0.2, 0.4, 0.4] if correct else [0.5, 0.3, 0.2])),
                    rt=float(rng.lognormal(8, 0.4) * (1 if correct else 1.3)),
                    relative_difference=round(strength[unit, batch], 4),
                    **{
                        baseline: right if np.random.default_rng([n, batch, units.index(unit)]).random() < share else wrong
                        for n, (baseline, share) in enumerate(
                            {"baseline_center": 0.55, "baseline_variance": 0.6, "baseline_saliency": 0.63}.items()
                        )
                    },
                    **values,
                )


def laboratory(
    accuracies: Mapping[str, float],
    *,
    experiment: str,
    units: Sequence[str],
    participants: int,
    seed: int = 0,
    name: str = "p",
    **values: Any,
) -> Iterator[Row]:
    """Sessions that answer every unit under every condition, then six trials of each again, and rate three units before."""
    rng = np.random.default_rng(seed)
    for participant in range(participants):
        session = f"{name}-{experiment}-{participant}"
        shared = {"condition": experiment, **values}
        for i, unit in enumerate(units[:3]):
            rating = {"rating": round(rng.uniform(-100, 100)), "trial_kind": "rating", "trial_condition": "", "trial_index": i}
            yield row(session, correct="", unit=unit, **{**shared, "confidence": "", **rating})
        index, ability = 3, rng.normal(0, 0.3)
        for condition, accuracy in accuracies.items():
            asked = [(kind, unit) for kind, some in (("main", units), ("repeat", units[:6])) for unit in some]
            for kind, unit in asked:
                chance = 1 / (1 + np.exp(-(np.log(accuracy / (1 - accuracy)) + ability)))
                told = {"trial_kind": kind, "trial_condition": condition, "trial_index": index, "batch": participant}
                main = f"{session}-{condition}-{unit}"
                ids = {"trial_id": main} if kind == "main" else {"trial_id": f"{main}-again", "repeat_of": main}
                yield row(
                    session,
                    correct=int(rng.random() < chance),
                    unit=unit,
                    **shared,
                    **told,
                    **ids,
                    rt=float(rng.lognormal(8, 0.4)),
                )
                index += 1
