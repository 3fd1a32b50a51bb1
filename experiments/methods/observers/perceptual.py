"""Perceptual distance between images after Zhang et al. 2018 (LPIPS): squared differences of a network's normalized features.

The distance of two images is the sum over layers of the mean over positions of sum_c w_c (y_c - y'_c)^2 (their eq. 1), where
y is a layer's output, scaled to length one at each position. So it is the squared Euclidean distance of two vectors, and
an image needs to go through the network once.
"""

import io
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from experiments.contract.errors import InputError
from experiments.methods.observers.seen import SeenImage
from model_zoo.activations import batch_size
from model_zoo.loading import load

SIDE = 224
"""px; every image is brought to this size, since references and queries may differ in theirs."""
TINY = 1e-10
"""Added to lengths, as in the authors' code: where all features are zero they stay zero."""
CACHE_BYTES = 2**29
MODEL = "efficientnet_lite0.in1k"
LAYERS = ("_blocks.0", "_blocks.2", "_blocks.4", "_blocks.10", "_blocks.15")
"""The last block at each of the five resolutions."""

Layers = list[Float[Tensor, "batch channel height width"]]


class Perceptual:
    """Distances between images, each embedded once as long as it is remembered."""

    def __init__(
        self, features: Callable[[Float[Tensor, "batch 3 side side"]], Layers], *, weights: Sequence[Tensor] = ()
    ) -> None:
        """`features` gives the layers for images in [0, 1]; `weights` one vector per layer, all ones if left out."""
        self.features, self.weights = features, weights
        self.embedded: OrderedDict[str, Float[Tensor, " dimension"]] = OrderedDict()
        self.known: dict[tuple[str, str], float] = {}

    def distances(self, some: Sequence[SeenImage], others: Sequence[SeenImage]) -> Float[np.ndarray, "some others"]:
        """The distance of each of `some` to each of `others`.

        Raises:
            InputError: A file is not a PNG.
        """
        unknown = [(a, b) for a in some for b in others if (a.sha256, b.sha256) not in self.known]
        if unknown:
            vectors = self._embedded({image.sha256: image for pair in unknown for image in pair})
            for a, b in unknown:
                self.known[a.sha256, b.sha256] = float((vectors[a.sha256] - vectors[b.sha256]).square().sum())
        return np.array([[self.known[a.sha256, b.sha256] for b in others] for a in some]).reshape(len(some), len(others))

    def embed(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch dimension"]:
        """The vectors whose squared Euclidean distances are the perceptual distances."""
        vectors = []
        with torch.inference_mode():
            for number, layer in enumerate(self.features(images)):
                positions = layer.shape[2] * layer.shape[3]
                unit = layer / (layer.square().sum(dim=1, keepdim=True).sqrt() + TINY)
                weight = self.weights[number].view(1, -1, 1, 1) if self.weights else torch.ones(())
                vectors.append((unit * (weight / positions).sqrt()).flatten(1))
        return torch.cat(vectors, dim=1)

    def _embedded(self, images: dict[str, SeenImage]) -> dict[str, Tensor]:
        """The vectors of images by sha256, those remembered from memory."""
        new = [image for sha256, image in images.items() if sha256 not in self.embedded]
        vectors = {sha256: self.embedded[sha256] for sha256 in images if sha256 in self.embedded}
        step = batch_size(SIDE, device="cpu")
        for start in range(0, len(new), step):
            batch = new[start : start + step]
            pixels = torch.stack([read_pixels(image.content) for image in batch])
            vectors |= zip((image.sha256 for image in batch), self.embed(pixels), strict=True)
        for sha256, vector in vectors.items():
            # A copy: a row of a batch would keep the batch alive.
            self.embedded[sha256] = vector.clone() if sha256 not in self.embedded else vector
            self.embedded.move_to_end(sha256)
        while len(self.embedded) > 1 and sum(map(_bytes, self.embedded.values())) > CACHE_BYTES:
            self.embedded.popitem(last=False)
        return vectors


def efficientnet_features() -> Callable[[Float[Tensor, "batch 3 side side"]], Layers]:
    """The layers of EfficientNet-Lite0 from which an LPIPS-like distance is made, in one forward pass."""
    model = load(MODEL, device="cpu")
    network = model.fast_network

    def features(images: Float[Tensor, "batch 3 side side"]) -> Layers:
        outputs: dict[str, Tensor] = {}

        def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
            return lambda _module, _inputs, output: outputs.update({name: output})

        hooks = [network.get_submodule(name).register_forward_hook(keep(name)) for name in LAYERS]
        try:
            network(model.preprocess(images))
        finally:
            for hook in hooks:
                hook.remove()
        return [outputs[name] for name in LAYERS]

    return features


def read_pixels(content: bytes) -> Float[Tensor, "3 side side"]:
    """The pixels of a PNG in [0, 1], resampled to `SIDE`.

    Raises:
        InputError: It is not a PNG.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            pixels = np.array(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    except (OSError, SyntaxError, ValueError) as error:
        message = f"an image cannot be read ({error})"
        raise InputError(field="image", message=message, remedy="Look at the server's artifact store") from error
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255


def _bytes(vector: Tensor) -> int:
    return vector.numel() * vector.element_size()
