"""Finds the papers by walking their folder; the only place with a dynamic import. Called by webapp, workshop and CLI."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import cast

from experiments import papers
from experiments.contract.designs import Design
from experiments.contract.errors import InputError
from experiments.contract.experiments import Experiment


@cache
def experiments() -> dict[str, Experiment]:
    """All papers by slug, in alphabetical order."""
    return {
        module.name: importlib.import_module(f"{papers.__name__}.{module.name}").EXPERIMENT
        for module in pkgutil.iter_modules(papers.__path__)
    }


def experiment(slug: str) -> Experiment:
    """The paper called `slug`.

    Raises:
        InputError: There is no such paper.
    """
    if slug not in experiments():
        raise InputError(field="paper", message=f"{slug!r} is unknown", remedy=f"Choose one of {', '.join(experiments())}")
    return experiments()[slug]


def design(slug: str) -> Design:
    """The design of a paper that asks people; torch-free.

    Raises:
        InputError: There is no such paper, or it asks nobody.
    """
    if not experiment(slug).asks_people:
        raise InputError(field="paper", message=f"{slug} asks no people", remedy="Choose a paper with a design")
    return cast(Design, part(slug, "design"))


def runnable(slug: str) -> Experiment:
    """A paper that can be run; torch-free.

    Raises:
        InputError: There is no such paper, or it has no run.
    """
    if not experiment(slug).runs:
        able = ", ".join(name for name, paper in experiments().items() if paper.runs)
        raise InputError(field="paper", message=f"{slug} has no run; it asks people", remedy=f"Choose one of {able}")
    return experiment(slug)


def runner(slug: str) -> ModuleType:
    """The `train` of a paper that can be run.

    Raises:
        InputError: As for `runnable`.
    """
    return part(runnable(slug).slug, "train")


def part(slug: str, name: str) -> ModuleType:
    """The module `name` (`design`, `stimuli`, `analysis`, `claims`, `train`) of a paper."""
    return importlib.import_module(f"{papers.__name__}.{experiment(slug).slug}.{name}")
