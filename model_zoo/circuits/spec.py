"""What a circuit's card says about its structure; the numbers are in the weights."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from model_zoo.catalogue import Layout


@dataclass(frozen=True, kw_only=True)
class CircuitSpec:
    """The structure of a circuit within its base."""

    base: str
    """Id of the model that it was put into."""
    construction: Literal["gate", "silent"]
    layer: str
    """Where units are manipulated, verbatim."""
    layout: Layout
    count: int
    """How many units are manipulated."""
    shows: Literal["units", "image"] = "units"
    """What a gate opens for."""
    template_side: int = 0
    """px; 0 where no image is shown."""
    convolution: str = ""
    """The convolution that a silent branch stands beside: the layer itself, or the last one within it."""

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Read the spec of a card."""
        return cls(**body)

    def as_json(self) -> dict[str, Any]:
        """The spec of a card."""
        return dataclasses.asdict(self)
