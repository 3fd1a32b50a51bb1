"""What a study will need before it starts: images, seconds of computation, people, minutes, money. For the study builder."""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from experiments.contract.fields import Json, require, require_number, require_whole
from experiments.contract.rates import DEFAULT_RATES, work, work_per_image
from experiments.contract.recipes import ActivationIndex, StimulusSet
from model_zoo.address import UnitAddress


@dataclass(frozen=True, kw_only=True)
class PartImages:
    """How many images a stimulus set of a part needs, by the kind of recipe that makes them."""

    per_batch: Mapping[str, int] = field(default_factory=dict)
    per_set: Mapping[str, int] = field(default_factory=dict)
    """Those that all batches share."""

    def count(self, *, batches: int) -> Counter[str]:
        """The images of a set with so many batches."""
        return Counter({kind: count * batches for kind, count in self.per_batch.items()}) + Counter(self.per_set)


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """The sessions of a study, and what they are paid. Money is in minor units of a currency, such as cents."""

    wanted: int
    """Sessions that shall count, one a participant."""
    main_trials: int
    """Of one session."""
    other_trials: int
    """Practice (passed at once), catch trials, repeats and ratings of one session."""
    trial_seconds: float
    """From one trial to the next: measured in a pilot, or assumed."""
    other_seconds: float
    """Consent, instructions, breaks: likewise."""
    reward: int
    """For one session."""
    fee: float = 0.0
    """The recruiter's, as a share of the reward."""
    exclusion: float = 0.0
    """Sessions that are paid but will not count, per session that counts."""

    def __post_init__(self) -> None:
        require_whole("wanted", self.wanted, 0, 10**6)
        require_whole("main_trials", self.main_trials, 0, 10**4)
        require_whole("other_trials", self.other_trials, 0, 10**4)
        require_number("trial_seconds", self.trial_seconds, 0, 3600)
        require_number("other_seconds", self.other_seconds, 0, 24 * 3600)
        require_whole("reward", self.reward, 0, 10**9)
        require_number("fee", self.fee, 0, 10)
        require_number("exclusion", self.exclusion, 0, 10)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a study will need."""

    images: Mapping[str, int]
    """To be made, by kind of recipe."""
    passes: int
    """Over a pool of natural images, one for each layer; each makes an activation index."""
    pool_images: int
    """That these passes show to networks, if the pools are as large as the settings allow."""
    seconds: Mapping[str, float]
    """By kind of recipe, on one worker."""
    main_answers: int
    """That the results will rest on."""
    trials: int
    """Of all kinds, in the sessions that count."""
    participants: int
    """Whose sessions count."""
    recruited: int
    """Participants, and those whose sessions will not count."""
    minutes: float
    """That one participant spends."""
    cost: int
    """In minor units, rounded up: reward × participants × (1 + fee) × (1 + exclusion)."""


def predict(
    *,
    sets: Sequence[StimulusSet],
    images: Mapping[str, PartImages],
    sessions: Sessions,
    batches: int | None = None,
    rates: Mapping[str, float] = DEFAULT_RATES,
) -> Prediction:
    """What it takes to make `sets` (those of `Design.stimulus_sets` that are not stored yet) and to run `sessions`.

    `images` are the design's IMAGES. A unit has as many batches as its pool carries, at most `max_batches` of the settings,
    which is what is assumed where `batches` is not known yet: counts of a small pool's images are then too high. `rates` are
    in s per megapixel, by kind of recipe, as `measured_rates` gives them.

    Raises:
        InputError: A part, a kind or a setting is unknown, or a number is out of range.
    """
    distinct = {recipe.digest: recipe for recipe in sets}.values()
    passes = {index.digest: index for index in map(_index, distinct) if index}.values()
    counts: Counter[str] = Counter()
    megapixels: defaultdict[str, float] = defaultdict(float)
    for recipe in distinct:
        own = _images_of(recipe, images=images, batches=batches)
        counts += own
        for kind, count in own.items():
            megapixels[kind] += count * work_per_image(kind, settings=recipe.settings)
    for index in passes:
        megapixels[index.kind] += work(index.as_json())
    trials = sessions.main_trials + sessions.other_trials
    factor = 1 + _exact(sessions.exclusion)
    return Prediction(
        images=dict(counts),
        passes=len(passes),
        pool_images=sum(index.pool_size for index in passes),
        seconds={kind: amount * _rate(kind, rates) for kind, amount in megapixels.items()},
        main_answers=sessions.wanted * sessions.main_trials,
        trials=sessions.wanted * trials,
        participants=sessions.wanted,
        recruited=math.ceil(sessions.wanted * factor),
        minutes=(sessions.other_seconds + sessions.trial_seconds * trials) / 60,
        cost=math.ceil(sessions.reward * sessions.wanted * (1 + _exact(sessions.fee)) * factor),
    )


def session_count(*, units: Sequence[str], conditions: Sequence[str], tasks: int, one_model: bool) -> int:
    """Sessions in which every task is done once: `tasks` for each condition, and for each model where a session has one model.

    Raises:
        InputError: An address cannot be read, or `tasks` is below 1.
    """
    require_whole("tasks", tasks, 1, 10**6)
    models = {UnitAddress.parse(unit).model for unit in units}
    return tasks * len(conditions) * (len(models) if one_model else 1)


def _images_of(recipe: StimulusSet, *, images: Mapping[str, PartImages], batches: int | None) -> Counter[str]:
    require(recipe.part in images, "images", f"part {recipe.part!r} is missing", "Give the IMAGES of the paper's design")
    if not recipe.unit:
        return images[recipe.part].count(batches=1)
    most: Json = recipe.settings.get("max_batches")
    require_whole("max_batches", most, 1, 1000)
    require_whole("batches", most if batches is None else batches, 1, most)
    return images[recipe.part].count(batches=most if batches is None else batches)


def _index(recipe: StimulusSet) -> ActivationIndex | None:
    """The pass over the pool that the set needs, as its makers will ask for it; images of no unit need none."""
    if not recipe.unit:
        return None
    unit = UnitAddress.parse(recipe.unit)
    names = ("seed", "pool", "pool_size", "pool_resolution")
    for name in names:
        require(name in recipe.settings, "settings", f"{name} is missing", "Give the settings of the paper's design")
    return ActivationIndex(model=unit.model, layer=unit.layer, **{name: recipe.settings[name] for name in names})


def _exact(share: float) -> Fraction:
    """The number as it was written, so that .2 is a fifth."""
    return Fraction(str(share))


def _rate(kind: str, rates: Mapping[str, float]) -> float:
    require(kind in rates, "rates", f"there is none for {kind}", "Give s per megapixel for each kind of recipe")
    require_number("rates", rates[kind], 0, sys.float_info.max)
    return rates[kind]
