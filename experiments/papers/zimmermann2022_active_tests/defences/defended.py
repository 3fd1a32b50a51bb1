"""What a defence is to whoever attacks it: the model as it is deployed, and attacks on it by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from foolbox.attacks import (
    LinfAdamPGD,
    LinfBasicIterativeAttack,
    LinfFastGradientAttack,
    LinfMomentumIterativeFastGradientMethod,
    LinfPGD,
)
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled
from experiments.papers.zimmermann2022_active_tests.classifiers.library_attack import LibraryAttack

AttackCall: TypeAlias = Callable[
    [nn.Module, Float[Tensor, "batch 3 side side"], Int[Tensor, " batch"]], Float[Tensor, "batch 3 side side"]
]
Detector: TypeAlias = Callable[[Float[Tensor, "batch 3 side side"]], Float[Tensor, " batch"]]
"""Detected is what scores above 0."""
MOST_QUERIES = 200
"""Random points that stand for an attack, at most."""


@dataclass(frozen=True, kw_only=True)
class Threat:
    """What the attacker may do."""

    eps: float
    """L-infinity, of pixels in [0, 1]."""
    steps: int
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Attempt:
    """An attack, how often it asks the model about an image, and its name for people."""

    attack: AttackCall
    queries: int
    title: str
    is_matching: bool = False
    """It aims at references beyond the ball; tests of the others are made without, since each is a point of the read-out's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Defended:
    """A model of images in [0, 1] and attacks on it; the `original` one is how such defences were evaluated."""

    model: nn.Module
    attempts: Mapping[str, Attempt]
    original: str
    adequate: str
    detector: Detector | None = None
    repeats: int = 1
    """Passes over an image that a randomized model is judged by."""
    notes: Mapping[str, float] = field(default_factory=dict)
    """What is to be told of it, such as its rate of false alarms."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Undefended:
    """What a defence is made of: the classifier and the images that it was trained on."""

    model: nn.Module
    seen: Labeled
    amplitude: float = 0.1
    """Of the triggers that it was trained with, if it was."""


def usual_attempts(threat: Threat) -> dict[str, Attempt]:
    """Attacks that differentiate through whatever the model does, as foolbox has them; steps are of 2.5 eps in all."""
    steps = threat.steps
    relative = min(1.0, 2.5 / steps)
    methods = {
        "single_step": (LinfFastGradientAttack(), 1, "single step"),
        "plain": (LinfPGD(steps=steps, rel_stepsize=relative), steps, f"PGD, {steps} steps"),
        "basic_iterative": (LinfBasicIterativeAttack(steps=steps, rel_stepsize=relative), steps, "basic iterative"),
        "momentum": (LinfMomentumIterativeFastGradientMethod(steps=steps, rel_stepsize=relative), steps, "momentum"),
        "adam": (LinfAdamPGD(steps=steps, rel_stepsize=relative), steps, "PGD with Adam"),
    }
    return {
        name: Attempt(attack=LibraryAttack(method=method, eps=threat.eps, seed=threat.seed), queries=queries, title=title)
        for name, (method, queries, title) in methods.items()
    }


def projected(threat: Threat, *, steps: int) -> LibraryAttack:
    """Projected gradient descent of so many steps."""
    return LibraryAttack(method=LinfPGD(steps=steps, rel_stepsize=min(1.0, 2.5 / steps)), eps=threat.eps, seed=threat.seed)
