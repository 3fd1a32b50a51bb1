"""The analysis of a labelling study, on tables whose figures follow by hand or from scikit-learn."""

import csv
import io
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from experiments.contract.recipes import Analysis
from experiments.papers.mayilvahanan2025_domains import analysis
from tests.experiments.methods.response_tables import row, table
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit
N, R, A = "natural", "rendition", "ambiguous"
MAKING = [N, N, R, R, A, A]


def labelled(session: str, labels: list[str], *, kind: str = "trial", **values: Any) -> list[dict[str, Any]]:
    """The labels of one session in main trials, image by image."""
    of_session = {"unit": "", "condition": "domains", "confidence": "", **values}
    return [
        row(
            session,
            trial_id=f"{session}-{kind}-{i}",
            image=f"image-{i}",
            choice=label,
            correct_choice=made,
            correct=int(label == made),
            **of_session,
        )
        for i, (label, made) in enumerate(zip(labels, MAKING, strict=True))
    ]


ONE = labelled("one", [N, N, R, R, A, N])
TWO = labelled("two", [N, R, R, R, A, R])
THREE = labelled("three", [N, N, R, A, A, A])


def tables_of(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = analysis.analyze_table(table(rows))
    return {made.name: [dict(each) for each in made.rows] for made in found.tables}


def test_agreement_is_the_mean_over_pairs_and_over_annotators():
    rows = {each["measure"]: each for each in tables_of([*ONE, *TWO, *THREE])["agreement"]}

    given = [[each["choice"] for each in session] for session in (ONE, TWO, THREE)]
    pairs = [cohen_kappa_score(*pair) for pair in combinations(given, 2)]
    with_making = [cohen_kappa_score(labels, MAKING) for labels in given]
    in_pairs, at_once = rows["annotators, in pairs (mean Cohen)"], rows["annotators, all at once (Fleiss)"]
    assert (in_pairs["kappa"], in_pairs["pairs"]) == (pytest.approx(np.mean(pairs)), 3)
    assert in_pairs["low"] <= in_pairs["kappa"] <= in_pairs["high"]
    # Alike by image: 3, 1, 3, 1, 3, 0 of 3 pairs; 6, 7 and 5 labels of a kind.
    shares = [6 / 18, 7 / 18, 5 / 18]
    chance = sum(share**2 for share in shares)
    assert at_once["kappa"] == pytest.approx((11 / 18 - chance) / (1 - chance))
    assert rows["annotators and making (mean Cohen)"]["kappa"] == pytest.approx(np.mean(with_making))
    assert rows["annotators and making (mean Cohen)"]["alike"] == pytest.approx(14 / 18)


def test_majority_leaves_ties_out_and_says_how_many_there_are():
    tables = tables_of([*ONE, *TWO, *THREE])

    images = {each["image"]: (each["label"], each["truth"]) for each in tables["image_labels"]}
    assert images["image-1"] == (N, N)
    assert images["image-5"] == ("", A)
    assert {each["label"]: each["majority_images"] for each in tables["labels_given"]} == {N: 2, R: 2, A: 1, "no majority": 1}
    assert {each["label"]: each["share"] for each in tables["labels_given"]}[A] == pytest.approx(5 / 18)


def test_confusion_counts_labels_by_making():
    counts = {(each["truth"], each["label"]): each["labels"] for each in tables_of([*ONE, *TWO, *THREE])["confusion"]}

    assert counts == {(N, N): 5, (N, R): 1, (N, A): 0, (R, N): 0, (R, R): 5, (R, A): 1, (A, N): 1, (A, R): 1, (A, A): 4}


def test_sessions_that_do_not_count_give_no_labels():
    failed = labelled("failed", [A] * 6, passed_checks=0)
    running = labelled("running", [A] * 6, session_state="running")

    assert tables_of([*ONE, *failed, *running])["labels"] == tables_of(ONE)["labels"]


def test_labels_are_of_people_alone_where_there_are_people():
    simulated = labelled("bot", MAKING, session_kind="bot", observer="ideal")

    alone, mixed = tables_of(simulated)["labels"], tables_of([*ONE, *simulated])["labels"]

    assert {each["group"] for each in alone} == {"simulated ideal"}
    assert {each["participant"] for each in mixed} == {"one"}
    assert [each["label"] for each in mixed] == [each["choice"] for each in ONE]


def test_answers_to_trials_asked_again_tell_how_consistent_people_are_and_nothing_else():
    again = [
        {
            **first,
            "trial_kind": "repeat",
            "repeat_of": first["trial_id"],
            "trial_id": f"again-{i}",
            "choice": choice,
            "correct": "",
        }
        for i, (first, choice) in enumerate(zip(ONE, [N, R, R, R, A, A], strict=True))
    ]
    again = [{**each, "correct": int(each["choice"] == each["correct_choice"])} for each in again]

    tables = tables_of([*ONE, *again])

    rows = {each["measure"]: each for each in tables["agreement"]}
    kappa = cohen_kappa_score([each["choice"] for each in ONE], [each["choice"] for each in again])
    measured = rows["annotators and themselves, asked again (Cohen)"]
    assert (measured["kappa"], measured["alike"]) == (pytest.approx(kappa), pytest.approx(4 / 6))
    assert len(tables["labels"]) == 6
    assert rows["annotators, in pairs (mean Cohen)"]["why_not"]


def asked_again(person: str) -> list[dict[str, Any]]:
    """A session that labels like the first one, and the second time somewhat otherwise."""
    first = labelled(person, [N, N, R, R, A, N])
    second = labelled(person, [N, R, R, R, A, A], kind="again")
    told = [{**two, "trial_kind": "repeat", "repeat_of": one["trial_id"]} for one, two in zip(first, second, strict=True)]
    return [*first, *told]


def test_interval_of_answers_given_again_draws_images_and_not_trials():
    # All say the same of an image: more people tell no more of it.
    of_one, of_six = asked_again("p0"), [each for person in range(6) for each in asked_again(f"p{person}")]

    intervals = [
        (each["low"], each["high"])
        for rows in (of_one, of_six)
        for each in tables_of(rows)["agreement"]
        if each["measure"] == "annotators and themselves, asked again (Cohen)"
    ]

    assert intervals[0] == pytest.approx(intervals[1])
    assert intervals[0][0] < intervals[0][1]


def test_artifact_holds_the_labels_and_tells_the_command_that_takes_them(tmp_path: Any):
    workshop = new_workshop(tmp_path)
    stored = workshop.store.write_blob(table([*ONE, *TWO]))

    made = workshop.obtain(Analysis(paper="mayilvahanan2025_domains", table=stored))

    read = csv.DictReader(io.StringIO(workshop.store.read_blob(made.file("labels.csv").sha256).decode()))
    result = workshop.store.read_blob(made.file("result.json").sha256).decode()
    assert (read.fieldnames or [])[:3] == ["image", "participant", "label"]
    assert len(list(read)) == 12
    assert f"--set labels={made.digest}" in result
    assert [file.name for file in made.files if file.name.endswith(".svg")] == ["confusion_people.svg"]
