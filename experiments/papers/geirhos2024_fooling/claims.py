"""Claims of Geirhos, Zimmermann et al. 2024, each checked on every network that a run measured."""

from collections.abc import Callable, Mapping
from typing import Any

from experiments.contract.claims import Claim, Result

PAPER = "Geirhos et al. 2024"
ABSTRACT = f"{PAPER}, abstract"
NOT_PUBLISHED = "no figure published"
MOST_ACCURACY_LOST = 0.005
"""A little more than the published .004."""
LEAST_DETECTED = 0.994
"""A little less than the published .9949."""
LEAST_REDIRECTED, MOST_OWN = 0.95, 0.05
MOST_HELD_OUT_LOSS = 0.001
"""Accuracy that silent branches may cost on images that were not used to silence them."""
EARLY_HIGHEST, LAST_LOWEST = 0.2, 0.5
"""Normalized path similarity in the first two thirds of the layers, and in the last layer."""

SMOKE = "smoke"
"""The preset that shows that the stages fit together; no claim about a network is judged by it."""

Judged = tuple[str, bool | None] | None
Measured = Mapping[str, Any]
Verdict = Callable[[Measured], tuple[str, bool] | None]


def _on_every_network(verdict: Verdict) -> Callable[[Result], Judged]:
    """Holds where it holds on every network that has data for it; the figures are those of all of them."""

    def check(result: Result) -> Judged:
        found = {name: verdict(measured) for name, measured in result["metrics"].items() if name != "theory"}
        judged = {name: one for name, one in found.items() if one is not None}
        if not judged:
            return None
        value = "; ".join(f"{name.replace('_', ' ')}: {words}" for name, (words, _) in judged.items())
        if result["recipe"]["preset"] == SMOKE:
            return value, None
        return value, all(holds for _, holds in judged.values())

    return check


def _theory(result: Result) -> Judged:
    found = result["metrics"].get("theory")
    if found is None:
        return None
    words = f"twins in {found['refuted']} of {found['classes']} classes; determined: {', '.join(found['determined'])}"
    return words, found["refuted"] + len(found["determined"]) == found["classes"] and found["largest_decoding_error"] < 1e-9


def _path_shape(measured: Measured) -> tuple[str, bool] | None:
    early, last = measured.get("path_early_highest"), measured.get("path_last")
    if early is None or last is None:
        return None
    low, high = measured["path_last_interval"]
    interval = "" if low is None else f" [{low:.2f}, {high:.2f}]"
    words = f"at most {early:.2f} in the first two thirds, {last:.2f}{interval} in the last layer"
    return words, early < EARLY_HIGHEST and last > LAST_LOWEST


def _strength(measured: Measured) -> tuple[str, bool] | None:
    share = measured.get("stronger_than_natural")
    if share is None:
        return None
    won = sum(visualization > natural for visualization, natural in measured["strength"])
    words = f"{share:.0%} of the images, the best of {won} of {len(measured['strength'])} classes"
    return words, won == len(measured["strength"])


def _study(measured: Measured) -> tuple[str, bool] | None:
    if "study_natural_drop" not in measured:
        return None
    words = ", ".join(_drop_in_words(measured, condition) for condition in ("natural", "synthetic"))
    (_, natural_low, natural_high), (_, synthetic_low, _) = measured["study_natural_drop"], measured["study_synthetic_drop"]
    return f"{words}, {measured['study_units']} units", natural_low <= 0 <= natural_high and synthetic_low > 0


def _drop_in_words(measured: Measured, condition: str) -> str:
    before, after = (measured[f"study_{condition}_{network}"][0] for network in ("original", "fooled"))
    mean, low, high = measured[f"study_{condition}_drop"]
    return f"{condition} {before:.2f} to {after:.2f} (by {mean:.2f} [{low:.2f}, {high:.2f}])"


def _accuracy(measured: Measured) -> tuple[str, bool] | None:
    if "gate_natural" not in measured:
        return None
    words, lost = _lost(measured, "gate")
    return words, lost <= MOST_ACCURACY_LOST


def _silence(measured: Measured) -> tuple[str, bool] | None:
    wakes = measured.get("silent_wake_rate")
    if wakes is None:
        return None
    words, lost = _lost(measured, "silent")
    told = f"woken by {wakes['calibration']:.2%} of the calibration images and {wakes['held_out']:.2%} of others; {words}"
    return told, wakes["calibration"] == 0 and lost <= MOST_HELD_OUT_LOSS


def _lost(measured: Measured, circuit: str) -> tuple[str, float]:
    """What a circuit cost on images that were not used to make it: accuracy, or top classes where there are no labels."""
    accuracy = measured[f"{circuit}_accuracy"]
    if isinstance(accuracy, Mapping):
        before, after = accuracy["before"]["top1"], accuracy["after"]["top1"]
        return f"accuracy {before:.4f} to {after:.4f}", before - after
    natural = measured[f"{circuit}_natural"]
    return f"top class kept for {natural['agreement']:.2%} of {natural['images']} images without labels", 1 - natural["agreement"]


def _redirected(measured: Measured) -> tuple[str, bool] | None:
    shown = measured.get("gate_visualizations")
    if shown is None:
        return None
    shares = f"{shown['redirect']:.0%} of {shown['measured']} show the donor more, {shown['own']:.0%} their own unit most"
    alike = f"correlation with the donor's {shown['similarity_to_donor']:.2f}, with their own {shown['similarity_to_own']:.2f}"
    return f"{shares}; {alike}", shown["redirect"] >= LEAST_REDIRECTED and shown["own"] <= MOST_OWN


def _detector(measured: Measured) -> tuple[str, bool] | None:
    accuracy = measured.get("detector_accuracy")
    return None if accuracy is None else (f"{accuracy:.4f}", accuracy >= LEAST_DETECTED)


CLAIMS = (
    Claim(
        id="accuracy_kept",
        statement="A fooling circuit in the last layer hardly changes the accuracy",
        reported="top-1 69.146 % to 68.744 %, top-5 88.858 % to 88.330 % (Inception-V1, ImageNet)",
        source=PAPER,
        verified=True,
        check=_on_every_network(_accuracy),
    ),
    Claim(
        id="detector",
        statement="A small network tells natural images from visualizations on their way",
        reported="99.49 % on held-out images",
        source=PAPER,
        verified=True,
        check=_on_every_network(_detector),
    ),
    Claim(
        id="redirected",
        statement="Visualizations of the fooled units show what their donors' show",
        reported="every unit that is depicted, 0, 100 … 900 of the last layer; no rate published",
        source=PAPER,
        verified=True,
        check=_on_every_network(_redirected),
    ),
    Claim(
        id="silent",
        statement="Silent branches do not change the accuracy; no image that they were silenced on wakes them",
        reported="top-1 and top-5 change by 0.000 percentage points (ResNet-50, layer4.1.conv2)",
        source=PAPER,
        verified=True,
        check=_on_every_network(_silence),
    ),
    Claim(
        id="path_similarity",
        statement="Visualizations are processed along other paths than natural images of their class: only late layers agree",
        reported="in the first two thirds of the layers about as unlike as natural images of other classes, then rising",
        source=PAPER,
        verified=True,
        check=_on_every_network(_path_shape),
    ),
    Claim(
        id="strength",
        statement="Visualizations activate the class unit more than any natural image does",
        reported=NOT_PUBLISHED,
        source=PAPER,
        verified=True,
        check=_on_every_network(_strength),
    ),
    Claim(
        id="study",
        statement="In a study of a fooled network the synthetic condition drops and the natural one does not",
        reported=NOT_PUBLISHED,
        source="What the construction implies; no such study was published",
        verified=True,
        check=_on_every_network(_study),
    ),
    Claim(
        id="theory",
        statement="Visualizations determine a function only if it is constant, or affine with one input",
        reported="10 of 12 classes of functions fail",
        source=ABSTRACT,
        verified=True,
        check=_theory,
    ),
)
