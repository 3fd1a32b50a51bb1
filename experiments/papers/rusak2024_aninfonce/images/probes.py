"""Linear probes of an encoder of images: the class of an object, and which augmentations made a view, with what parameters.

All are fitted on images that the encoder was trained on and scored on photographs and objects that neither has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int
from sklearn.linear_model import Ridge, RidgeClassifierCV
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from experiments.datasets.augmentations import AugmentationLaw, augment, draw_augmentations, resized
from experiments.datasets.image_sets import ImageSet
from experiments.methods.training.stacked import step_generator
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration
from model_zoo.preprocessing import Preprocess
from model_zoo.sources.convolutional_encoder import ConvolutionalEncoder
from model_zoo.sources.resnet_encoder import ResnetEncoder

SWITCHED = ("flipped", "jittered", "grayed", "blurred")
"""Augmentations that are applied or not."""
MEASURED = ("scale", "horizontal", "vertical", "brightness", "contrast", "saturation", "hue", "sigma")
"""Parameters with values."""
CHUNK = 256
PROBED = 2**41
"""A step that no training reaches: of the generator of the probes' views."""
PENALTIES = np.logspace(-2, 4, 7)
"""Among which probes, linear with squared errors, choose: by leaving one image out, or all views of a fifth of the images."""
FOLDS = 5

Fold: TypeAlias = tuple[Int[np.ndarray, " kept"], Int[np.ndarray, " left"]]
"""Views that a probe is fitted on, and those that its penalty is chosen by."""
Reading = Mapping[str, Float[np.ndarray, "view feature"]]
"""What a probe reads, by name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Views:
    """Views of images, what an encoder says of them, and what was done to them."""

    features: Float[np.ndarray, "view feature"]
    codes: Float[np.ndarray, "view latent"]
    original_features: Float[np.ndarray, "view feature"]
    """Of the image that each view is of, as a whole."""
    original_codes: Float[np.ndarray, "view latent"]
    applied: Mapping[str, Float[np.ndarray, " view"]]
    """What varies among views."""
    images: Int[np.ndarray, " view"]
    """Index of the image that each is of."""

    @property
    def firsts(self) -> Int[np.ndarray, " image"]:
        """A view of each image: of the originals, which each view repeats, every one once."""
        return np.unique(self.images, return_index=True)[1]

    @property
    def folds(self) -> list[Fold]:
        """Of the views, where all of an image are in the same."""
        folds = GroupKFold(n_splits=min(FOLDS, len(self.firsts)))
        return list(folds.split(self.images, groups=self.images))

    @property
    def readings(self) -> Reading:
        """Of views alone, and of their differences to the whole images."""
        return {
            "features": self.features,
            "codes": self.codes,
            "feature_differences": self.features - self.original_features,
            "code_differences": self.codes - self.original_codes,
        }


def probed(
    encoder: ConvolutionalEncoder | ResnetEncoder,
    configuration: ImageConfiguration,
    images: ImageSet,
    *,
    preprocess: Preprocess,
    seed: int,
) -> dict[str, Any]:
    """By reading, the scores of both kinds of probes; shares are also given by held-out source, for intervals."""
    seen, unseen = (
        views_of(encoder, configuration, images, preprocess=preprocess, seed=seed, held_out=held_out)
        for held_out in (False, True)
    )
    sources = np.array([images.sources[index] for index in unseen.images])
    found: dict[str, Any] = {"sources": sorted(set(sources.tolist()))}
    for name, reading in seen.readings.items():
        found[name] = augmentation_scores(reading, unseen.readings[name], seen=seen, unseen=unseen, sources=sources)
    found["classes"] = list(images.classes)
    if images.classes:
        for name in ("features", "codes"):
            found[name]["classes"] = class_scores(f"original_{name}", images, seen=seen, unseen=unseen)
    return found


def views_of(
    encoder: ConvolutionalEncoder | ResnetEncoder,
    configuration: ImageConfiguration,
    images: ImageSet,
    *,
    preprocess: Preprocess,
    seed: int,
    held_out: bool,
) -> Views:
    """Views of all images, held out or not; the encoder is in evaluation mode and no gradients are kept."""
    generator = step_generator(seed, step=PROBED + held_out, device="cpu")
    indices = images.indices(held_out=held_out).repeat_interleave(configuration.views)
    applied = draw_augmentations(configuration.law, len(indices), generator=generator)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("features", "codes", "original_features", "original_codes")}
    device = preprocess.mean.device
    for start in range(0, len(indices), CHUNK):
        rows = slice(start, start + CHUNK)
        originals = images.read(indices[rows]).to(device) / 255
        views = augment(originals, applied.part(rows).to(str(device)), side=configuration.side)
        for prefix, shown in (("", views), ("original_", resized(originals, side=configuration.side))):
            features = encoder.features(preprocess(shown))
            parts[f"{prefix}features"].append(features.cpu().numpy())
            parts[f"{prefix}codes"].append(encoder.project(features).cpu().numpy())
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    known = {name: getattr(applied, name).numpy().astype(float) for name in varied(configuration.law)}
    return Views(**joined, applied=known, images=indices.numpy())


def varied(law: AugmentationLaw) -> list[str]:
    """What is not the same in all views: of the rest there is nothing to tell."""
    switched = dict(zip(SWITCHED, (law.flip, law.jitter, law.gray, law.blur), strict=True))
    strengths = {name: getattr(law, name) for name in ("brightness", "contrast", "saturation", "hue")}
    measured = {
        **dict.fromkeys(("scale", "horizontal", "vertical"), 1 - law.smallest),
        **{name: law.jitter * strength for name, strength in strengths.items()},
        "sigma": law.blur,
    }
    return [*(name for name in SWITCHED if 0 < switched[name] < 1), *(name for name in MEASURED if measured[name] > 0)]


def augmentation_scores(
    fitted: Float[np.ndarray, "view feature"],
    scored: Float[np.ndarray, "other feature"],
    *,
    seen: Views,
    unseen: Views,
    sources: np.ndarray,
) -> dict[str, Any]:
    """`accuracy` of each switch (balanced, so that chance is .5) and `r2` of each parameter, their means, shares by source."""
    accuracy, weighted, folds = {}, [], seen.folds
    for name in (name for name in SWITCHED if name in seen.applied):
        truth, signs = unseen.applied[name] > 0, np.where(seen.applied[name] > 0, 1.0, -1.0)
        probe = probe_of(fitted, signs, weights=compute_sample_weight("balanced", signs), folds=folds)
        weighted.append(balanced((probe.predict(scored) > 0) == truth, truth))
        accuracy[name] = float(weighted[-1].mean())
    r2 = {}
    for name in (name for name in MEASURED if name in seen.applied):
        probe = probe_of(fitted, seen.applied[name], weights=np.ones(len(fitted)), folds=folds)
        r2[name] = float(probe.score(scored, unseen.applied[name]))
    return {
        "accuracy": accuracy,
        "mean_accuracy": float(np.mean(list(accuracy.values()))),
        "accuracy_by_source": by_source(np.mean(weighted, axis=0), sources),
        "r2": r2,
        "mean_r2": float(np.mean(list(r2.values()))),
    }


def probe_of(
    fitted: Float[np.ndarray, "view feature"],
    target: Float[np.ndarray, " view"],
    *,
    weights: Float[np.ndarray, " view"],
    folds: Sequence[Fold],
) -> Pipeline:
    """The ridge regression whose penalty has the least squared error, weighted alike, in the folds that it is not fitted on."""
    scaled, errors = StandardScaler().fit_transform(fitted), []
    for kept, left in folds:
        # As many targets as penalties: one decomposition serves them all.
        ridge = Ridge(alpha=PENALTIES, solver="svd")
        ridge.fit(scaled[kept], np.tile(target[kept, None], len(PENALTIES)), sample_weight=weights[kept])
        errors.append(np.average((ridge.predict(scaled[left]) - target[left, None]) ** 2, axis=0, weights=weights[left]))
    best = PENALTIES[np.mean(errors, axis=0).argmin()]
    return make_pipeline(StandardScaler(), Ridge(alpha=best, solver="svd")).fit(fitted, target, ridge__sample_weight=weights)


def class_scores(reading: str, images: ImageSet, *, seen: Views, unseen: Views) -> dict[str, Any]:
    """Balanced accuracy of the class from the whole images, each of them once, and its shares by source."""
    kept = {part: part.firsts[images.labels[part.images[part.firsts]] >= 0] for part in (seen, unseen)}
    (fitted, known), (scored, truth) = (
        (getattr(part, reading)[chosen], images.labels[part.images[chosen]]) for part, chosen in kept.items()
    )
    probe = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=PENALTIES, class_weight="balanced"))
    weighted = balanced(probe.fit(fitted, known).predict(scored) == truth, truth)
    sources = np.array([images.sources[index] for index in unseen.images[kept[unseen]]])
    return {"accuracy": float(weighted.mean()), "chance": 1 / len(set(truth.tolist())), "by_source": by_source(weighted, sources)}


def balanced(right: Bool[np.ndarray, " view"], truth: np.ndarray) -> Float[np.ndarray, " view"]:
    """Numbers whose mean is the mean over classes of the share of right answers."""
    kinds, places, counts = np.unique(truth, return_inverse=True, return_counts=True)
    weighted: Float[np.ndarray, " view"] = right * len(truth) / (len(kinds) * counts[places])
    return weighted


def by_source(values: Float[np.ndarray, " view"], sources: np.ndarray) -> dict[str, float]:
    """The mean over the views of each source, weighted so that the mean over sources is that over views."""
    names, places = np.unique(sources, return_inverse=True)
    sums = np.bincount(places, weights=values) * len(names) / len(values)
    return dict(zip(names.tolist(), sums.tolist(), strict=True))
