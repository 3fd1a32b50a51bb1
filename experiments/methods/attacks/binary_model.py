"""The model that an attack of an active test is given: the features of the defended model, read out for each image apart.

Rows of a batch are the images under test. An attack may also call it with fewer rows, or with several for each image: then the
nearest image says whose read-out a row gets, and where that is not sure `RowsUnclear` asks for one image at a time.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.methods.attacks.encoder import Encoder
from experiments.methods.attacks.options import Norm
from experiments.methods.attacks.points import distances
from model_zoo.errors import InputError

Detector = Callable[[Float[Tensor, "image ..."]], Float[Tensor, " image"]]
"""A score for each image; above 0: detected."""


class RowsUnclear(Exception):  # noqa: N818 -- a signal between the model and the test, seen by nobody else
    """Some row cannot be told to be a version of one of the images."""


class BinaryModel(nn.Module):
    """Two logits for each image: class 1 is what its attack has to reach, all clean images are class 0.

    Args:
        encoder: The defended model.
        weight: Of the read-out of each image; its logits are the score and the score's negative.
        bias: Of the same.
        images: The clean images.
        reach: Rows this close to the image in their place are taken to be versions of it.
        norm: In which rows are compared with images.
        detector: None, or the score of the detector; the aim of an attack is a score that is not above 0.
        references: Points beyond the ball that read-outs were fitted to call class 1, or none of them.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        weight: Float[Tensor, "image feature"],
        bias: Float[Tensor, " image"],
        images: Float[Tensor, "image ..."],
        reach: float,
        norm: Norm,
        detector: Detector | None = None,
        references: Float[Tensor, "image reference ..."] | None = None,
    ) -> None:
        super().__init__()
        self.model, self.detector = encoder.model, detector
        self.training = False
        self._encoder, self._reach, self._norm, self._references = encoder, reach, norm, references
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.register_buffer("images", images)

    weight: Tensor
    bias: Tensor
    images: Tensor

    def forward(self, rows: Float[Tensor, "row ..."]) -> Float[Tensor, "row 2"]:
        """Logits, in the precision of the features; sums are made in double precision, so that small margins keep their sign."""
        owner = self._owner(rows)
        features = self._encoder(rows).features
        scores = (features.double() * self.weight[owner]).sum(1) + self.bias[owner]
        return torch.stack([-scores, scores], 1).to(features.dtype)

    def features(self, rows: Float[Tensor, "row ..."]) -> Float[Tensor, "row feature"]:
        """What the read-outs read, for attacks that match features."""
        return self._encoder(rows).features

    @property
    def references(self) -> Float[Tensor, "image reference ..."]:
        """Points beyond the ball, of class 1.

        Raises:
            InputError: The test was made without.
        """
        if self._references is None:
            raise InputError(field="references", message="the test has none", remedy="Give prepare() references=1 or more")
        return self._references

    def train(self, mode: bool = True) -> "BinaryModel":
        """Nothing: attacks must not change the mode of the model under test."""
        return self

    def _owner(self, rows: Tensor) -> slice | Int[Tensor, " row"]:
        """Number of the image of each row."""
        count = len(self.images)
        if count == 1:
            return torch.zeros(len(rows), dtype=torch.long, device=rows.device)
        if len(rows) == count and bool((distances(rows.detach(), self.images, norm=self._norm) <= self._reach).all()):
            return slice(None)
        order = float("inf") if self._norm == "linf" else 2.0
        gaps = torch.cdist(rows.detach().flatten(1), self.images.flatten(1), p=order)
        near, nearest = (part[:, :2] for part in gaps.sort(1))
        if len(rows) == count and torch.equal(nearest[:, 0], torch.arange(count, device=rows.device)):
            return slice(None)
        # A row nearer than half of the way that the next image is away can only come from one of them.
        if bool((near[:, 0] >= near[:, 1] / 2).any()):
            raise RowsUnclear
        return nearest[:, 0]
