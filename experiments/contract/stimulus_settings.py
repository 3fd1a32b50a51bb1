"""What all studies say of their stimuli: the first part of a design's settings."""

from dataclasses import dataclass, fields
from typing import ClassVar

from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.recipes import FeatureVisualization, StimulusSet

POOL = ("pool", "pool_size", "pool_resolution", "shown_size", "seed")
DRAWN = ("size", "steps", "diversity", "transforms")


@dataclass(frozen=True, kw_only=True)
class StimulusSettings:
    """The fields that decide a stimulus set's digest; a design adds its own and its defaults. Sides in px."""

    pool: str = "photographs"
    pool_size: int
    pool_resolution: int = 224
    shown_size: int = 224
    size: int = 224
    steps: int = 2560
    diversity: float = 100.0
    transforms: str = "published"
    max_batches: int = 20
    seed: int

    DECISIVE: ClassVar[tuple[str, ...]] = (*POOL, *DRAWN, "max_batches")
    """Names of the fields that a stimulus set's recipe holds; the other ones are about sessions."""

    def __post_init__(self) -> None:
        require_range(self, "max_batches", 1, 1000)

    def stimulus_set(self, paper: str, *, part: str, unit: str) -> StimulusSet:
        """The recipe of a part for a unit."""
        return StimulusSet(paper=paper, part=part, unit=unit, settings=self.values(*self.DECISIVE))

    def check(self, unit: str, *, batch: int, least_images: int) -> None:
        """Refuse what no recipe of these stimuli allows.

        Raises:
            InputError: A setting is out of range, or there are fewer than `least_images` in the pool.
        """
        build(FeatureVisualization, {"unit": unit, **self.values(*POOL, *DRAWN), "batch": batch})
        message = f"{self.pool_size} images are too few for a batch"
        require(self.pool_size >= least_images, "pool_size", message, f"Give at least {least_images}")

    def values(self, *names: str) -> dict[str, Json]:
        """Some of the settings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name in names}
