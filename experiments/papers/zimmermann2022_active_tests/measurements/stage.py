"""A measurement as a stage of a run: accuracies of a defence, claimed and true, and the active tests of its attacks."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import Training
from experiments.methods.attacks import ActiveTest, prepare
from experiments.methods.attacks.active_test import Report
from experiments.methods.training.journal import journal_file
from experiments.papers.zimmermann2022_active_tests.defences.defended import MOST_QUERIES, Attempt, Defended, Threat
from experiments.papers.zimmermann2022_active_tests.figures.sheet import sheet
from experiments.papers.zimmermann2022_active_tests.measurements.accuracies import attacked, clean_counts, robust_counts
from experiments.papers.zimmermann2022_active_tests.measurements.configuration import Measurement
from experiments.papers.zimmermann2022_active_tests.measurements.subject import Subject, subject_of
from experiments.papers.zimmermann2022_active_tests.networks import DEFENCES

EXAMPLES, VERDICTS = "examples.png", "verdicts.json"
ATTACKER = 10_000
"""Added to the seed of attacks: who knew the seed that judges would know what a randomized defence will draw."""
SHOWN = 8
"""Images of the sheet."""


def measure(recipe: Training, measurement: Measurement, *, workshop: Workshop) -> Product:
    """Measure a defence.

    Files: `verdicts.json`, all of each active test, sample by sample; `examples.png`, a row of clean images, one for each attack.

    Raises:
        InputError: Images or weights are not there, or the test cannot be made of this model.
        Cancelled: The job was cancelled.
    """
    (seed,) = recipe.seeds
    subject = subject_of(measurement, seed=seed, workshop=workshop)
    defence = DEFENCES[measurement.defence]
    require(
        measurement.version == defence.version,
        "version",
        f"the code of this defence is version {defence.version}, not {measurement.version}",
        "Start the run anew",
    )
    threat = Threat(eps=measurement.eps, steps=measurement.steps, seed=seed + ATTACKER)
    defended = defence.defend(subject.undefended, threat)
    attempts = {name: defended.attempts[_own(name, defended)] for name in measurement.attacks}
    accuracies, files = _accuracies(defended, attempts, subject, measurement=measurement, seed=seed, workshop=workshop)
    tests = _tests(defended, attempts, subject, measurement=measurement, seed=seed, workshop=workshop)
    values = {
        "model": subject.model,
        "notes": dict(defended.notes),
        **accuracies,
        "attacks": {name: {"title": attempt.title, "queries": attempt.queries} for name, attempt in attempts.items()},
        "tests": {kind: {name: _short(verdict) for name, verdict in found.items()} for kind, found in tests.items()},
    }
    whole = NewFile(name=VERDICTS, content=json.dumps(tests, indent=1).encode(), media_type="application/json")
    return Product(new_files=(*files, whole, journal_file([])), values=values, parents=subject.parents)


def _own(name: str, defended: Defended) -> str:
    return {"original": defended.original, "adequate": defended.adequate}.get(name, name)


def _accuracies(
    defended: Defended,
    attempts: Mapping[str, Attempt],
    subject: Subject,
    *,
    measurement: Measurement,
    seed: int,
    workshop: Workshop,
) -> tuple[dict[str, Any], list[NewFile]]:
    """Counts on clean and on attacked images, and a sheet of these."""
    if not measurement.images:
        return {}, []
    shown = subject.held_out.first(measurement.images)
    robust, rows = {}, [shown.images[:SHOWN]]
    by_title: dict[str, Any] = {}
    for number, (name, attempt) in enumerate(attempts.items()):
        workshop.report(number, len(attempts), f"{measurement.defence}: accuracy under {attempt.title}")
        # Two names may stand for one attack.
        if attempt.title not in by_title:
            found = attacked(defended, attempt, shown)
            by_title[attempt.title] = robust_counts(defended, found, shown, eps=measurement.eps, seed=seed)
            rows.append(found[:SHOWN])
        robust[name] = by_title[attempt.title]
    return {"clean": clean_counts(defended, shown, seed=seed), "robust": robust}, [NewFile(name=EXAMPLES, content=sheet(rows))]


def _tests(
    defended: Defended,
    attempts: Mapping[str, Attempt],
    subject: Subject,
    *,
    measurement: Measurement,
    seed: int,
    workshop: Workshop,
) -> dict[str, dict[str, Any]]:
    """The verdict on each attack; beside a detector also that of the inverted test."""
    # No more random points than the attack that asks most has queries.
    controls = min(MOST_QUERIES, max(attempt.queries for attempt in attempts.values()))
    kinds = ("normal",) if defended.detector is None else ("normal", "inverted")
    tests: dict[str, dict[str, Any]] = {}
    groups = [{name: one for name, one in attempts.items() if one.is_matching == matching} for matching in (False, True)]
    for kind, group in product(kinds, filter(None, groups)):
        report = _reporting(workshop, f"{measurement.defence}: {kind} test")
        test = prepare(
            defended.model,
            subject.held_out.images[: measurement.samples],
            eps=measurement.eps,
            samples=measurement.samples,
            inner=measurement.inner,
            closeness=measurement.closeness,
            gap=measurement.gap,
            controls=controls,
            repeats=defended.repeats,
            detector=defended.detector,
            inverted=kind == "inverted",
            references=measurement.references if any(one.is_matching for one in group.values()) else 0,
            rounds=measurement.rounds,
            batch=measurement.batch,
            seed=seed,
            report=report,
        )
        tests.setdefault(kind, {}).update(_verdicts(test, group, report=report))
    return tests


def _reporting(workshop: Workshop, doing: str) -> Report:
    return lambda done, total, what: workshop.report(done, total, f"{doing}, {what}")


def _verdicts(test: ActiveTest, attempts: Mapping[str, Attempt], *, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {}
    by_title: dict[str, Any] = {}
    for name, attempt in attempts.items():
        if attempt.title not in by_title:
            queries = min(MOST_QUERIES, attempt.queries)
            verdict = test.run(attempt.attack, name=attempt.title, queries=queries, report=report)
            by_title[attempt.title] = verdict.as_json()
        found[name] = by_title[attempt.title]
    return found


def _short(verdict: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in verdict.items() if name != "per_sample"}
