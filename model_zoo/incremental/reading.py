"""Reads a layer for copies of one image with a square in each, in part where that is possible. Called by sweeps."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from model_zoo.activations import aggregate, channel_first, layer_output
from model_zoo.address import UnitAddress
from model_zoo.catalogue import MANIPULATED
from model_zoo.errors import InputError
from model_zoo.incremental.regions import Region, pasted
from model_zoo.incremental.spans import Span
from model_zoo.incremental.sweeping import Sweeping
from model_zoo.incremental.tracing import UntraceableError, traced
from model_zoo.loading import LoadedModel

Position: TypeAlias = tuple[int, int]
"""Top and left of a square in px of the image as the network sees it."""
TOLERANCE = 1e-4
"""Largest deviation from whole inference, as a share of the layer's largest activation, with which a network is read in part."""


class LayerReader:
    """Activations of all channels of a unit's layer for copies of an image with a square in each.

    Args:
        model: The network.
        unit: Of the layer; its row and column are read where the aggregation is by position.
        aggregation: How a map becomes one number, see `aggregate`.
        image: In [0, 1], without a square.
        side: Of the squares in px.
    """

    def __init__(
        self, model: LoadedModel, unit: UnitAddress, *, aggregation: str, image: Float[Tensor, "3 height width"], side: int
    ) -> None:
        self.model, self.unit, self.aggregation, self.image, self.side = model, unit, aggregation, image, side
        self.layout = model.card.layers[unit.layer].layout
        self.is_mean_of_maps = aggregation == "mean" and self.layout == "BCHW"
        self.sweeping: Sweeping | None = None
        self.why_whole = ""
        """Why whole copies are read; empty where only what a square can change is computed."""
        try:
            if model.card.architecture == MANIPULATED:
                raise UntraceableError("a manipulated network looks at the whole image before it computes anything")
            with torch.inference_mode():
                sweeping = Sweeping(traced(model.network_for(unit.layer), unit.layer), image=model.preprocess(image[None]))
        except UntraceableError as error:
            self.why_whole = str(error)
        else:
            self._take(sweeping)

    def read(
        self, squares: Float[Tensor, "position 3 side side"], positions: Sequence[Position]
    ) -> Float[Tensor, "position channel"]:
        """The activations for the image with each square at its position.

        Raises:
            InputError: An activation is not a finite number.
        """
        with torch.inference_mode():
            region = self._region(squares, positions)
            readings = self._in_part(self.sweeping, region) if self.sweeping else self._whole(region)
        if not readings.isfinite().all():
            raise InputError(
                field="unit",
                message=f"layer {self.unit.layer} of {self.unit.model} gives activations that are no finite numbers",
                remedy="Choose an earlier layer, or check the model's weights",
            )
        return readings

    def _in_part(self, sweeping: Sweeping, region: Region) -> Float[Tensor, "position channel"]:
        squares = Region(values=self.model.preprocess(region.values), rows=region.rows, columns=region.columns)
        return (
            sweeping.means(squares)
            if self.is_mean_of_maps
            else self._aggregated(channel_first(sweeping.outputs(squares), layout=self.layout))
        )

    def _whole(self, region: Region) -> Float[Tensor, "position channel"]:
        return self._aggregated(layer_output(self.model, self.unit.layer, images=pasted(region, base=self.image[None])))

    def _aggregated(self, output: Float[Tensor, "position ..."]) -> Float[Tensor, "position channel"]:
        return aggregate(output, aggregation=self.aggregation, row=self.unit.row, column=self.unit.column)

    def _region(self, squares: Float[Tensor, "position 3 side side"], positions: Sequence[Position]) -> Region:
        tops, lefts = np.array(positions).T
        height, width = self.image.shape[1:]
        return Region(
            values=squares,
            rows=Span(low=tops, high=tops + self.side, length=height),
            columns=Span(low=lefts, high=lefts + self.side, length=width),
        )

    def _take(self, sweeping: Sweeping) -> None:
        """Read in part from now on, if that gives the same as whole copies in two corners and in between."""
        height, width = self.image.shape[1:]
        bottom, right = height - self.side, width - self.side
        positions = [(0, 0), (bottom // 2, right // 2), (bottom, right)]
        squares = self.image.flip(0)[:, : self.side, : self.side].expand(len(positions), -1, -1, -1)
        with torch.inference_mode():
            region = self._region(squares, positions)
            whole, in_part = self._whole(region), self._in_part(sweeping, region)
        if torch.allclose(in_part, whole, rtol=0.0, atol=TOLERANCE * whole.abs().max().item(), equal_nan=True):
            self.sweeping = sweeping
        else:
            self.why_whole = "in part its activations came out otherwise"
