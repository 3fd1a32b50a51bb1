"""Claims of Rusak et al. 2024, checked on the trainings of a run."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from experiments.contract.claims import Check, Claim, Result
from experiments.methods.statistics.intervals import bca_interval
from experiments.papers.rusak2024_aninfonce.analysis import mean_and_deviation
from experiments.papers.rusak2024_aninfonce.networks import RATIOS, TITLES

PAGE = "Rusak et al. 2024, project page"
LOGS = "training logs published with the code, n = 10"
THEORY = "Rusak et al. 2024, theory; no figure known"
LEAST_LINEAR, LARGEST_ERROR = 0.998, 0.05
LEAST_BIMODAL = 0.99
"""R² above which latents are taken to be found, up to a rotation or not."""
MOST_ROTATED = 0.9
"""MCC below which latents are taken to be found up to a rotation only."""
LOST, KEPT = 0.1, 0.9
LARGEST_HARD_ERROR = 0.1
SMOKE = "smoke"
READ = "features"
"""What linear readouts read: the representation before the projection head, of a view alone."""

Measured = Mapping[str, Any]
Judged = tuple[str, bool | None] | None


def _of(stage: str, verdict: Callable[[Measured], tuple[str, bool]]) -> Check:
    """A verdict on one training; at the smoke preset it is told, not judged."""

    def check(result: Result) -> Judged:
        found = result["metrics"].get(stage)
        return None if found is None else _unless_smoke(result, verdict(found))

    return check


def _unless_smoke(result: Result, judged: tuple[str, bool]) -> Judged:
    words, holds = judged
    return words, None if result["recipe"]["preset"] == SMOKE else holds


def _linear(found: Measured) -> tuple[str, bool]:
    r2, mcc = fmean(found["r2"]), fmean(found["mcc"])
    return f"R² {spread(found['r2'])}, MCC {spread(found['mcc'])}; {seeds(found)}", min(r2, mcc) > LEAST_LINEAR


def _recovered(found: Measured) -> tuple[str, bool]:
    errors = found["precision_error"]
    return f"largest relative error {spread(errors)}; at most {max(errors):.3f}", max(errors) < LARGEST_ERROR


def _control(found: Measured) -> tuple[str, bool]:
    return f"R² {spread(found['r2'])}, MCC {spread(found['mcc'])}", _is_rotated(found)


def _is_rotated(found: Measured) -> bool:
    """Whether latents are found, but for a rotation: a network that has learned nothing is no control."""
    return fmean(found["r2"]) > LEAST_BIMODAL and fmean(found["mcc"]) < MOST_ROTATED


def _bimodal(found: Measured) -> tuple[str, bool]:
    clusters = [_in_two(one) for one in found["precisions"]]
    low, high = ([mean for pair in clusters for mean in pair[place]] for place in (1, 0))
    words = (
        f"R² {spread(found['r2'])}, MCC {spread(found['mcc'])}, R² within blocks {spread(found['block_r2'])}; "
        f"precisions {min(high):.1f} to {max(high):.1f} and {min(low):.1f} to {max(low):.1f}"
    )
    scores = min(fmean(found[name]) for name in ("r2", "block_r2"))
    return words, scores > LEAST_BIMODAL and min(high) > max(low)


def _in_two(precisions: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The larger and the smaller half of precisions in falling order."""
    half = len(precisions) // 2
    return precisions[:half], precisions[half:]


def _contrast(loss: str) -> Check:
    """Holds where at one ratio this InfoNCE loses style and AnInfoNCE keeps content and style."""

    def check(result: Result) -> Judged:
        words, holds = [], False
        for ratio in RATIOS:
            plain, ours = (result["metrics"].get(f"ratio{ratio}_{name}") for name in (loss, "aninfonce"))
            if plain is None or ours is None:
                continue
            words.append(f"{ratio}:1 {_halves(plain)} against {_halves(ours)}")
            style, kept = fmean(plain["style_r2"]), [fmean(ours[name]) for name in HALVES]
            holds = holds or (style < LOST and min(kept) > KEPT)
        return _unless_smoke(result, ("; ".join(words), holds)) if words else None

    return check


HALVES = ("content_r2", "style_r2")


def _halves(found: Measured) -> str:
    return " / ".join(spread(found[name], digits=2) for name in HALVES)


def _ensemble(result: Result) -> Judged:
    names = ("ensemble", "law1_alone", "law2_alone")
    found = [result["metrics"].get(name) for name in names]
    if None in found:
        return None
    together, *alone = found
    errors = [max(law["precision_error"]) for law in together["laws"]]
    parts = [f"R² {spread(one['r2'])}, MCC {spread(one['mcc'])}" for one in alone]
    words = (
        f"MCC {spread(together['mcc'])} together; alone {' and '.join(parts)}; "
        f"precisions within {errors[0]:.0%} and {errors[1]:.0%}"
    )
    return _unless_smoke(result, (words, fmean(together["mcc"]) > LEAST_BIMODAL and all(_is_rotated(one) for one in alone)))


def _hard(found: Measured) -> tuple[str, bool]:
    (law,) = found["laws"]
    words = f"largest relative error {spread(law['precision_error'])}; R² {spread(found['r2'])}, MCC {spread(found['mcc'])}"
    return words, max(law["precision_error"]) < LARGEST_HARD_ERROR


def _images(kind: str, mean: str, shares: str, *, direction: int) -> Check:
    """Holds where the interval of the difference of both losses, over held-out sources, lies on the claimed side of 0."""

    def check(result: Result) -> Judged:
        found, holds = [], []
        for name in ("packaged", "cifar10", "imagenet"):
            plain, ours = (result["metrics"].get(f"{name}_{loss}") for loss in ("infonce", "aninfonce"))
            if plain is None or ours is None or mean not in plain[READ]:
                continue
            values = [ours[READ][shares][source] - share for source, share in plain[READ][shares].items()]
            difference = fmean(values)
            interval = bca_interval(values, seed=0)
            # Where all sources are alike there is no interval, and the mean is what each of them says.
            low, high = (difference if end is None else end for end in (interval.low, interval.high))
            words = f"{spread(plain[READ][mean], digits=3)} to {spread(ours[READ][mean], digits=3)}"
            found.append(f"{name}: {kind} {words}, by {difference:+.3f} [{low:+.3f}, {high:+.3f}] over {len(values)} sources")
            holds.append(min(direction * low, direction * high) > 0)
        return _unless_smoke(result, ("; ".join(found), all(holds))) if found else None

    return check


def spread(values: Sequence[float], *, digits: int = 4) -> str:
    """Mean and standard deviation over seeds."""
    mean, deviation = mean_and_deviation(values)
    return f"{mean:.{digits}f} (one seed)" if deviation is None else f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def seeds(found: Measured) -> str:
    """How many."""
    return f"{len(found['r2'])} seeds"


CLAIMS = (
    Claim(
        id="linear",
        statement="With a precision of its own for each latent, AnInfoNCE finds them up to order and sign",
        reported="R² .9969, MCC .9876 after 102,000 steps",
        source=LOGS,
        verified=True,
        check=_of("linear_aninfonce", _linear),
    ),
    Claim(
        id="recovery",
        statement="The learned precisions are those of the law",
        reported="order exact, relative error up to 18 % at the bottom and 3 % at the top",
        source=LOGS,
        verified=True,
        check=_of("linear_aninfonce", _recovered),
    ),
    Claim(
        id="control",
        statement="InfoNCE on the same pairs finds latents up to a rotation only (its temperature is learned)",
        reported="block-orthogonal identification needs the precisions; no figure known",
        source=THEORY,
        verified=False,
        check=_of("linear_infonce_scaled", _control),
    ),
    Claim(
        id="bimodal",
        statement="With two precisions, 25 and 5, AnInfoNCE finds two blocks, each up to a rotation",
        reported="R² .9966, MCC .6848; precisions 23.0 to 23.1 and 5.5 to 5.6",
        source=LOGS,
        verified=True,
        check=_of("bimodal_aninfonce", _bimodal),
    ),
    Claim(
        id="contrast",
        statement=f"InfoNCE loses style, AnInfoNCE keeps content and style ({TITLES['infonce']}, the published default)",
        reported="R² of content / style .950 / .009 against .995 / .992; precisions not stated",
        source=f"{PAGE}, figure, digitized",
        verified=True,
        check=_contrast("infonce"),
    ),
    Claim(
        id="contrast_scaled",
        statement=f"The same where InfoNCE learns its temperature ({TITLES['infonce_scaled']})",
        reported="not published",
        source="A stricter control of ours",
        verified=True,
        check=_contrast("infonce_scaled"),
    ),
    Claim(
        id="ensemble",
        statement="A sum of losses, each with the precisions of its law, finds what no law shows alone",
        reported="predicted: all pairs of precisions differ, so that MCC is 1",
        source=THEORY,
        verified=False,
        check=_ensemble,
    ),
    Claim(
        id="hard_negatives",
        statement="With negatives around their anchor the learned precisions are the difference of both laws' precisions",
        reported="predicted: Λ⁺ - Λ⁻",
        source=THEORY,
        verified=False,
        check=_of("hard_negatives", _hard),
    ),
    Claim(
        id="augmentations",
        statement="A linear readout tells from AnInfoNCE's representation better which augmentations were applied",
        reported="57.7 % to 80.5 % (CIFAR-10), 74.4 % to 79.3 % (ImageNet)",
        source=f"{PAGE}, table",
        verified=True,
        check=_images("augmentations", "mean_accuracy", "accuracy_by_source", direction=1),
    ),
    Claim(
        id="cost",
        statement="That comes at the cost of the accuracy of classes",
        reported="90.9 % to 88.4 % (CIFAR-10), 68.2 % to 59.0 % (ImageNet)",
        source=f"{PAGE}, table",
        verified=True,
        check=_images("classes", "class_accuracy", "class_by_source", direction=-1),
    ),
)
