"""Tables of labels: how often each was given, to what, by whom; and the labels themselves, from which classifiers learn."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from experiments.methods.choice_analysis.responses import Responses
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.label_analysis.ratings import LABELS, NONE, Ratings, read_ratings

TIE = "no majority"


def label_tables(responses: Responses) -> Iterator[Table]:
    """All of them; each has rows of every group but `labels`, which is of people alone where there are people."""
    main = responses.trials("main")
    of_groups = {group.name: read_ratings(main[main["group"] == group.name]) for group in responses.groups}
    of_groups = {name: ratings for name, ratings in of_groups.items() if ratings.images}
    yield _given(of_groups)
    yield _confusion(of_groups)
    yield _participants(of_groups, responses.trials("catch"))
    yield _images(of_groups)
    simulated = {group.name for group in responses.groups if group.simulated}
    yield _labels({name: each for name, each in of_groups.items() if name not in simulated} or of_groups)


def _given(of_groups: dict[str, Ratings]) -> Table:
    rows = []
    for group, ratings in of_groups.items():
        counts, majority = ratings.counts.sum(0), ratings.majority
        for code, label in [*enumerate(LABELS), (NONE, TIE)]:
            given = int(counts[code]) if code != NONE else 0
            decided = int((majority == code).sum())
            shares = {"share": given / counts.sum(), "majority_share": decided / len(majority)}
            rows.append({"group": group, "label": label, "labels": given, "majority_images": decided, **shares})
    columns = ("group", "label", "labels", "share", "majority_images", "majority_share")
    about = (
        "How often each label was given in main trials, and to how many images most annotators gave it; ties have no majority."
    )
    return Table(name="labels_given", title="Labels given", about=about, columns=columns, rows=rows)


def _confusion(of_groups: dict[str, Ratings]) -> Table:
    rows = []
    for group, ratings in of_groups.items():
        for made, truth in enumerate(LABELS):
            codes = ratings.codes[:, ratings.making == made]
            total = int((codes != NONE).sum())
            for code, label in enumerate(LABELS):
                given = int((codes == code).sum())
                share = given / total if total else None
                rows.append({"group": group, "truth": truth, "label": label, "labels": given, "share": share})
    about = "Labels given to images of each making, and their share of all that were given to these."
    columns = ("group", "truth", "label", "labels", "share")
    return Table(name="confusion", title="Labels by making", about=about, columns=columns, rows=rows)


def _participants(of_groups: dict[str, Ratings], catch: pd.DataFrame) -> Table:
    rows = []
    caught = catch.groupby("session_id")["correct"].mean()
    for group, ratings in of_groups.items():
        for participant, codes in zip(ratings.participants, ratings.codes, strict=True):
            given = codes != NONE
            known, decided = given & (ratings.making != NONE), given & (ratings.majority != NONE)
            row: dict[str, Any] = {
                "group": group,
                "participant": participant,
                "labels": int(given.sum()),
                "ambiguous_share": float((codes[given] == LABELS.index("ambiguous")).mean()),
                "alike_making": float((codes[known] == ratings.making[known]).mean()) if known.any() else None,
                "alike_majority": float((codes[decided] == ratings.majority[decided]).mean()) if decided.any() else None,
                "catch_accuracy": caught.get(participant),
            }
            rows.append(row)
    columns = ("group", "participant", "labels", "ambiguous_share", "alike_making", "alike_majority", "catch_accuracy")
    about = "Each session that counts. The majority includes the participant."
    return Table(name="annotators", title="Annotators", about=about, columns=columns, rows=rows)


def _images(of_groups: dict[str, Ratings]) -> Table:
    rows = []
    for group, ratings in of_groups.items():
        counts, majority = ratings.counts, ratings.majority
        for number, image in enumerate(ratings.images):
            made, decided = ratings.making[number], majority[number]
            given = {f"{label}_labels": int(count) for label, count in zip(LABELS, counts[number], strict=True)}
            truth, label = (LABELS[code] if code != NONE else "" for code in (made, decided))
            rows.append({"group": group, "image": image, "truth": truth, "label": label, **given})
    columns = ("group", "image", "truth", "label", *(f"{label}_labels" for label in LABELS))
    about = (
        "Each image with its making, the label that most annotators gave it (empty for a tie), and how often it was given each."
    )
    return Table(name="image_labels", title="Labels by image", about=about, columns=columns, rows=rows)


def _labels(of_groups: dict[str, Ratings]) -> Table:
    rows = [
        {
            "image": ratings.images[column],
            "participant": ratings.participants[row],
            "label": LABELS[ratings.codes[row, column]],
            "truth": LABELS[ratings.making[column]] if ratings.making[column] != NONE else "",
            "group": group,
        }
        for group, ratings in of_groups.items()
        for row, column in np.argwhere(ratings.codes != NONE)
    ]
    columns = ("image", "participant", "label", "truth", "group")
    about = "Every label in main trials, of people alone where there are any: what a domain classifier is trained on."
    return Table(name="labels", title="All labels", about=about, columns=columns, rows=rows)
