"""Makes observers by name for the command line; what is slow to import is imported when it is wanted."""

from collections.abc import Callable, Mapping
from pathlib import Path

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build, require
from experiments.methods.observers.noisy import Noisy, NoisySettings
from experiments.methods.observers.seen import Observer
from experiments.methods.observers.similarity import Similarity, SimilaritySettings
from experiments.methods.observers.simple import Guessing, Hasty, Lapsing, OneSided
from experiments.methods.observers.truth import Truth, read_truth

LAPSE = 0.2
"""A lapse is a guess, so that a lapsing observer is right in 90 % of its trials."""
Settings = Mapping[str, Json]
Reader = Callable[[], Truth]
"""Reads the truth file; called by the observers that need it."""


def make_observer(name: str, *, settings: Settings, truth: Path, study: str) -> Observer:
    """The observer called `name`; those that know the truth read the truth file of the study.

    Raises:
        InputError: There is no such observer, a setting is unfit, or a file that it needs is missing or unfit.
    """
    if name not in MAKERS:
        raise InputError(field="observer", message=f"{name!r} is unknown", remedy=f"Choose one of {', '.join(OBSERVERS)}")
    return MAKERS[name](settings, lambda: read_truth(truth, study=study))


def _plain(make: Callable[[Reader], Observer]) -> Callable[[Settings, Reader], Observer]:
    """The maker of an observer that has no settings."""

    def made(settings: Settings, truth: Reader) -> Observer:
        for field in settings:
            require(False, field, "this observer has no such setting", "Leave it out, or choose another --observer")
        return make(truth)

    return made


def _noisy(settings: Settings, truth: Reader) -> Observer:
    checked = build(NoisySettings, settings)
    return Noisy(truth=truth(), settings=checked)


def _similarity(settings: Settings, _truth: Reader) -> Observer:
    checked = build(SimilaritySettings, settings)
    require(bool(checked.weights) or not checked.backbone, "weights", "a backbone alone is no measure", "Give --weights too")
    from experiments.methods.observers import perceptual  # noqa: PLC0415 -- torch takes seconds, which others need not
    from experiments.methods.threads import use_threads  # noqa: PLC0415 -- torch

    use_threads()
    if not checked.weights:
        return Similarity(measure=perceptual.Perceptual(perceptual.efficientnet_features()), alpha=checked.alpha)
    remedy = "Give --backbone FILE, the torchvision AlexNet or VGG16 of these weights as safetensors"
    require(bool(checked.backbone), "backbone", "LPIPS's weights belong to a network", remedy)
    from experiments.methods.observers.lpips_weights import load_lpips  # noqa: PLC0415 -- torch

    return Similarity(measure=load_lpips(Path(checked.weights), backbone=Path(checked.backbone)), alpha=checked.alpha)


def _adversary(settings: Settings, _truth: Reader) -> Observer:
    from experiments.methods.observers.adversary import Adversary, AdversarySettings  # noqa: PLC0415 -- scikit-learn takes seconds

    return Adversary(settings=build(AdversarySettings, settings))


MAKERS: Mapping[str, Callable[[Settings, Reader], Observer]] = {
    "ideal": _plain(lambda truth: Lapsing(truth=truth(), lapse=0.0)),
    "lapsing": _plain(lambda truth: Lapsing(truth=truth(), lapse=LAPSE)),
    "noisy": _noisy,
    "random": _plain(lambda _: Guessing()),
    "left": _plain(lambda truth: OneSided(truth=truth())),
    "fast": _plain(lambda truth: Hasty(truth=truth())),
    "similarity": _similarity,
    "adversary": _adversary,
}
OBSERVERS = tuple(MAKERS)
