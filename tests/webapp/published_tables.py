"""Small tables in the published formats, made up: the right columns, the kinds of values, none of the real answers."""

import csv
import io
import random
from collections.abc import Mapping, Sequence
from typing import Any


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def scale_released(*, participants: int = 3, trials: int = 6) -> list[dict[str, Any]]:
    """As the export of Zimmermann et al. 2023: canonical choices, `_hard95` behind a model's name, catch trials of no model."""
    drawn = random.Random(1)
    rows = []
    for person in range(participants):
        model, mode = ("resnet50_hard95", "natural") if person % 2 else ("clip-resnet50", "optimized")
        for trial in range(trials):
            correct = drawn.random() < 0.8
            is_catch = trial == trials - 1
            row = {
                "rt": drawn.uniform(800, 9000),
                "button_pressed": 4,
                "confidence": drawn.choice([1, 2, 3]),
                "choice": "b" if correct else "a",
                "correct": correct,
                "catch_trial": is_catch,
                "is_demo": trial == 0,
                "participant_id": f"P{person:04d}",
                "task_id": f"{mode}_9_references-{person}",
                "task_number": person,
                "batch": -1 if is_catch else trial,
                "channel": "" if is_catch else 17 + trial,
                "layer": "manual" if is_catch else "layer4_2_conv3",
                "mode": "catch_trial" if is_catch else mode,
                "model": "catch/manual" if is_catch else model,
                "passed_checks": person != 2,
                "multi_participation": False,
            }
            rows.append(row)
    return rows


def laboratory(*, subjects: int = 2, trials: int = 6) -> list[dict[str, Any]]:
    """As experiment I of Borowski et al. 2021: times in s, confidence with the sign of the choice."""
    drawn = random.Random(2)
    rows = []
    for subject in range(1, subjects + 1):
        for trial in range(trials):
            correct = drawn.random() < 0.8
            rating = drawn.choice([-3, -2, -1, 1, 2, 3])
            row = {
                "": len(rows),
                "subject_id_within_expert_type": subject,
                "trial_nr": trial,
                "block_nr": trial // 3,
                "instr_type": ["none_pre", "natural", "optimized"][trial % 3],
                "trial_type": "practice" if trial == 0 else "main",
                "catch_trial": trial == trials - 1,
                "batch": subject,
                "layer": "mixed4a",
                "kernel_size": "pool",
                "channel": 486,
                "query_order": 1,
                "correct": correct,
                "conf_rating": rating,
                "RT": drawn.uniform(0.8, 9),
                "timeout": False,
                "response": "a" if rating < 0 else "b",
                "correct_response": "a",
                "seed": 42 + subject,
                "abs_conf_rating": abs(rating),
                "subject_id": subject,
            }
            rows.append(row)
    return rows
