"""Maker of machine answers: plans sessions by a paper's design and lets a machine observer answer their main trials."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.contract.artifacts import ArtifactStore, Manifest, NewFile, Product, Workshop
from experiments.contract.designs import Design, ImageRef, PlannedTrial
from experiments.contract.fields import build, require
from experiments.contract.recipes import MachineAnswers
from experiments.methods.observers.perceptual import Perceptual, efficientnet_features
from experiments.methods.observers.seen import SeenImage, SeenTrial
from experiments.methods.observers.similarity import Similarity, SimilaritySettings

Answer = Mapping[str, Any]


def make(recipe: MachineAnswers, workshop: Workshop, *, design: Design) -> Product:
    """Obtain the stimuli of the condition, plan the sessions, and answer them.

    Raises:
        InputError: The design has no such condition or setting, or a unit does not exist.
    """
    known = ", ".join(design.CONDITIONS)
    require(recipe.condition in design.CONDITIONS, "condition", f"{recipe.condition!r} is unknown", f"Choose one of {known}")
    settings = build(design.Settings, recipe.settings)
    wanted = design.stimulus_sets(units=recipe.units, conditions=[recipe.condition], settings=settings)
    sets = {stimulus_set.digest: workshop.obtain(stimulus_set) for stimulus_set in wanted}
    observer = Similarity(measure=Perceptual(efficientnet_features()), alpha=SimilaritySettings().alpha)
    trials = list(_main_trials(recipe, design, settings=settings, sets=sets))
    answers: list[Answer] = []
    for number, trial in enumerate(trials):
        workshop.report(number, len(trials), f"a machine answers trials of {recipe.condition}")
        answers.append(_answer(observer, trial, images=_images(trial, sets, workshop.store)))
    content = json.dumps(answers, allow_nan=False).encode()
    file = NewFile(name="answers.json", content=content, media_type="application/json")
    return Product(new_files=[file], values=summary(answers), parents=list(sets))


def summary(answers: list[Answer]) -> dict[str, Any]:
    """Share of right answers, overall and by unit; a tie of the two queries counts half."""
    by_unit: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        by_unit[answer["unit"]].append(answer["score"])
    return {
        "trials": len(answers),
        "accuracy": sum(answer["score"] for answer in answers) / len(answers),
        "by_unit": {unit: sum(scores) / len(scores) for unit, scores in sorted(by_unit.items())},
    }


def _main_trials(
    recipe: MachineAnswers, design: Design, *, settings: Any, sets: Mapping[str, Manifest]
) -> Iterator[PlannedTrial]:
    """The main trials of every task; catch trials are no evidence about the references."""
    for index in range(recipe.tasks):
        planned = design.plan(
            recipe.seed + index, index=index, condition=recipe.condition, units=recipe.units, settings=settings, sets=sets
        )
        yield from (trial for trial in planned if trial.kind == "main")


def _answer(observer: Similarity, trial: PlannedTrial, *, images: Mapping[str, SeenImage]) -> Answer:
    seen = SeenTrial(participant="machine", phase="main", number=0, count=1, plan={}, images=images)
    first, second = seen.pair
    probability = observer.probability(seen)
    right = probability if trial.correct == first else 1 - probability
    choice = "" if probability == 0.5 else first if probability > 0.5 else second
    score = 0.5 if not choice else float(choice == trial.correct)
    return {"unit": trial.unit, "batch": trial.batch, "choice": choice, "score": score, "probability": right}


def _images(trial: PlannedTrial, sets: Mapping[str, Manifest], store: ArtifactStore) -> dict[str, SeenImage]:
    """The images of a trial, as an observer gets them."""

    def seen(image: ImageRef) -> SeenImage:
        sha256 = sets[image.digest].file(image.name).sha256
        return SeenImage(sha256=sha256, content=store.read_blob(sha256), url="", headers={}, seconds=0.0)

    return {place: seen(image) for place, image in trial.images.items()}
