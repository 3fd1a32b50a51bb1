"""Stimulus sets of the papers that ask people, asked for at a scale that the real network makes in moments."""

from typing import Any

from experiments.contract.artifacts import Manifest
from experiments.contract.recipes import StimulusSet
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.workshops import UNIT

SMALL = {
    "pool_size": 300,
    "pool_resolution": 64,
    "size": 64,
    "shown_size": 48,
    "steps": 4,
    "diversity": 1.0,
    "diversity_search": False,
    "stride": 12,
    "transforms": "standard",
}


def made(design: Any, part: str, *, workshop: LocalWorkshop, **changes: Any) -> Manifest:
    return workshop.obtain(asked(design, part, **changes))


def asked(design: Any, part: str, **changes: Any) -> StimulusSet:
    fields = design.Settings().values(*design.Settings.DECISIVE)
    small = {name: value for name, value in SMALL.items() if name in fields}
    return StimulusSet(paper=design.SLUG, part=part, unit=UNIT, settings={**fields, **small, **changes})
