"""A control without training: k-means on color and place shows the same exchange of precision for recall. Called by a run."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8
from sklearn.cluster import KMeans

from experiments.datasets.scenes.scene import Scenes
from experiments.methods.slots.evaluation import mask_scores

STARTS = 2


def clustered(scenes: Scenes, *, tested: Sequence[int], seed: int) -> dict[str, np.ndarray]:
    """The measures by image, named as those of a training, with as many clusters as slots."""
    arrays = {}
    for slots in tested:
        labels = np.stack([clusters(image, count=slots, seed=seed) for image in scenes.images])
        scores = mask_scores(scenes.labels, labels)
        scores["error"] = np.array([within(image, own) for image, own in zip(scenes.images, labels, strict=True)])
        arrays.update({f"{name}@{slots}": values for name, values in scores.items()})
    return arrays


def clusters(image: UInt8[np.ndarray, "side side 3"], *, count: int, seed: int) -> Int[np.ndarray, "side side"]:
    """Pixels clustered by red, green, blue, x and y, each from -1 to 1."""
    side = image.shape[0]
    places = 2 * (np.indices((side, side)) + 0.5) / side - 1
    features = np.concatenate([image / 127.5 - 1, places.transpose(1, 2, 0)], axis=-1).reshape(-1, 5).astype(np.float32)
    found = KMeans(count, n_init=STARTS, random_state=seed).fit_predict(features)
    return np.asarray(found.reshape(side, side), dtype=np.int64)


def within(image: UInt8[np.ndarray, "side side 3"], labels: Int[np.ndarray, "side side"]) -> float:
    """Mean squared distance of colors, from -1 to 1, to the mean color of their cluster."""
    colors, flat = image.reshape(-1, 3) / 127.5 - 1, labels.ravel()
    sizes = np.bincount(flat)
    centers = np.stack([np.bincount(flat, weights=channel) / np.maximum(sizes, 1) for channel in colors.T], axis=1)
    return float(((colors - centers[flat]) ** 2).mean())
