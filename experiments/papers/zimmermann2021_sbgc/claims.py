"""Claims of Zimmermann et al. 2021, checked on the measurements of a run on digits, which are easier than CIFAR-10."""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from experiments.contract.claims import Check, Claim, Result

ABSTRACT = "Zimmermann et al. 2021, abstract"
TABLE = "Zimmermann et al. 2021, table on the project page, CIFAR-10"
LEAST_ACCURACY = 0.95
UNIFORM = math.log2(17)
"""Bits per dimension of a model that knows nothing of digits."""
LEAST_GAIN = 1.5
LARGEST_EPS = {"linf": 0.2, "l2": 1.5}
"""Perturbations from which on they count as the larger ones, chosen beforehand."""
MOST_COST = 1 / 5
NEGLIGIBLE = 0.02
"""Accuracy by which more is still "only slightly, if at all"; chosen beforehand."""

Measured = Mapping[str, Any]
Judged = tuple[str, bool | None] | None


def _of(needed: Sequence[str], verdict: Callable[[Measured], tuple[str, bool | None]]) -> Check:
    """A verdict on some measurements; at the smoke preset it is told, not judged."""

    def check(result: Result) -> Judged:
        metrics = result["metrics"]
        if any(name not in metrics for name in needed):
            return None
        words, holds = verdict(metrics)
        return words, None if result["recipe"]["preset"] == "smoke" else holds

    return check


def _accuracy(metrics: Measured) -> tuple[str, bool]:
    ours, theirs = metrics["clean_ode"], metrics["clean_discriminative"]
    words = (
        f"{_seeds(ours['accuracy'])} (10 steps, {len(ours['accuracy'])} seeds; {ours['images'][0]} images, seed 0 "
        f"{_interval(ours)}), adaptive {_seeds(metrics['clean_ode_adaptive']['accuracy'])} on "
        f"{metrics['clean_ode_adaptive']['images'][0]}; discriminative network {_seeds(theirs['accuracy'])}, difference "
        f"{_of_pairs(metrics['accuracy_difference'])}; "
        f"flow {_seeds(metrics['clean_flow']['accuracy'])}. Digits are easier than CIFAR-10"
    )
    return words, fmean(ours["accuracy"]) >= LEAST_ACCURACY


def _bits(metrics: Measured) -> tuple[str, bool]:
    ours, adaptive, flow = (metrics[name] for name in ("clean_ode", "clean_ode_adaptive", "clean_flow"))
    words = (
        f"{_seeds(ours['bits'])} given the class (no class given {_seeds(ours['bits_without_class'])}; adaptive "
        f"{_seeds(adaptive['bits'])} on {adaptive['images'][0]} images); uniform {UNIFORM:.2f}; flow {_seeds(flow['bits'])}. "
        "Bits of digits and of CIFAR-10 cannot be compared"
    )
    return words, UNIFORM - fmean(ours["bits"]) > LEAST_GAIN


def _corruptions(metrics: Measured) -> tuple[str, bool | None]:
    """Neither form of the classifier is more robust."""
    found = metrics["corruption_difference"]
    words = (
        f"mean over 15 kinds and 5 severities: discriminative {_seeds(metrics['corrupted_discriminative']['accuracy'])}, "
        f"noise predicted {_seeds(metrics['corrupted_noise_16']['accuracy'])}, difference {_of_pairs(found['noise_16'])} "
        f"(relative to clean {_of_pairs(found['noise_16_relative'])}); flow {_of_pairs(found['flow_quick'])}; ODE "
        f"{_of_pairs(found['ode_quick'])} on {found['ode_quick']['images']} images"
    )
    holds = _not_more([found["noise_16"], found["ode_quick"]])
    return words + _unsettled(holds), holds


def _adversarial(metrics: Measured) -> tuple[str, bool | None]:
    """Neither form is more robust at any larger perturbation, and somewhere the accuracy of noise prediction is below half."""
    found, own, theirs = metrics["attack_difference"], metrics["attack_noise_16"], metrics["attack_discriminative"]
    larger = [(form, norm, eps) for form in ("noise_16", "ode_quick") for norm, eps in _larger(found[form])]
    words = [
        f"{norm} {eps}: {own[norm][eps]:.2f} against {theirs[norm][eps]:.2f}, {_of_pairs(found[form][norm][eps])}"
        if form == "noise_16"
        else f"ODE {norm} {eps}: {_of_pairs(found[form][norm][eps])} on {found[form][norm][eps]['images']} images"
        for form, norm, eps in larger
    ]
    broken = any(own[norm][eps] < 0.5 for form, norm, eps in larger if form == "noise_16")
    verdict = metrics["tested_readout"]["verdict"]
    holds = broken and _not_more([found[form][norm][eps] for form, norm, eps in larger])
    return f"{'; '.join(words)}{_unsettled(holds)}. Active test of the attack: {verdict['outcome']}", holds


def _larger(found: Mapping[str, Measured]) -> list[tuple[str, str]]:
    """Norms and eps that count as the larger ones."""
    return [(norm, eps) for norm, eps_from in LARGEST_EPS.items() for eps in found[norm] if float(eps) >= eps_from]


def _not_more(differences: Sequence[Measured]) -> bool | None:
    """Whether no difference is above what is negligible, by the intervals; None where one is too wide to say."""
    if any(one["low"] > 0 and one["high"] > NEGLIGIBLE for one in differences):
        return False
    return True if all(one["high"] <= NEGLIGIBLE for one in differences) else None


def _bound(metrics: Measured) -> tuple[str, bool]:
    noise, ode, speed = metrics["clean_noise_16"], metrics["clean_ode_adaptive"], metrics["cost"]["noise_speed"]
    fixed, fixed_speed = metrics["clean_ode"], metrics["cost"]["noise_speed_fixed"]
    words = (
        f"{_seeds(noise['accuracy'])} against {_seeds(ode['accuracy'])} (adaptive), {speed:.0f} times as quick, and "
        f"{_seeds(fixed['accuracy'])} (10 steps, mean of 2 draws, each of which takes {fixed_speed:.1f} times as long)"
    )
    return words, fmean(noise["accuracy"]) >= fmean(fixed["accuracy"]) and 1 / speed < MOST_COST and 1 / fixed_speed < MOST_COST


def _ways(metrics: Measured) -> tuple[str, bool]:
    latents, pixels = (metrics["paths_ode_quick"][way] for way in ("latents", "pixels"))
    words = (
        f"bits/dim in the middle: through latents {latents['bits_middle']:.2f}, through pixels {pixels['bits_middle']:.2f} (ends "
        f"{pixels['bits_ends']:.2f}); a third class on {latents['third_class']:.0%} and {pixels['third_class']:.0%} of the ways"
    )
    return words, latents["bits_middle"] < pixels["bits_middle"]


def _strangers(metrics: Measured) -> tuple[str, bool | None]:
    found = {kind: one for kind, one in metrics["strangers_ode_quick"].items() if isinstance(one, Mapping)}
    words = "; ".join(
        f"{kind} {one['bits']:.2f}" + (f" (AUROC {one['auroc']:.2f}, sure by {one['confidence']:.2f})" if "auroc" in one else "")
        for kind, one in found.items()
    )
    # No figure of the paper is known, so that there is nothing to hold.
    return f"bits/dim, no class given: {words}", None


def _unsettled(holds: bool | None) -> str:
    return f". Not settled: an interval reaches above {NEGLIGIBLE:.2f}" if holds is None else ""


def _of_pairs(found: Mapping[str, float]) -> str:
    return f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def _interval(found: Measured) -> str:
    low, high = found["interval"]
    return f"[{low:.3f}, {high:.3f}]"


def _seeds(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f}" + (f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else "")


CLAIMS = (
    Claim(
        id="accuracy",
        statement="A score-based generative classifier reaches the accuracy that is expected of it on digits, .95 or more",
        reported="95.04 % on CIFAR-10; discriminative WRN-28-12 95.42 %, the next best generative classifiers 92.90 % (JEM), "
        "89.73 % (flow)",
        source=TABLE,
        verified=True,
        check=_of(("clean_ode", "clean_ode_adaptive", "clean_discriminative", "clean_flow", "accuracy_difference"), _accuracy),
    ),
    Claim(
        id="likelihood",
        statement="At the same time it has a good likelihood, in bits per dimension",
        reported="3.11 on CIFAR-10; GLOW 3.53, flow 5.25, VDM 2.49",
        source=TABLE,
        verified=True,
        check=_of(("clean_ode", "clean_ode_adaptive", "clean_flow"), _bits),
    ),
    Claim(
        id="corruptions",
        statement="It is only slightly, if at all, more robust to common corruptions than a discriminative network: "
        "neither by the ODE nor by predicting noise",
        reported="only slightly, if at all (CIFAR-10-C); figures not known to us",
        source=ABSTRACT,
        verified=True,
        check=_of(("corruption_difference", "corrupted_discriminative", "corrupted_noise_16"), _corruptions),
    ),
    Claim(
        id="adversarial",
        statement="It is prone to adversarial perturbations: neither by predicting noise nor by the ODE more robust than a "
        "discriminative network to the larger ones",
        reported="prone, contrary to earlier results on MNIST; 0.00 robust accuracy at linf 8/255, l2 .5",
        source=f"{ABSTRACT}; figures of Chen et al. 2024, table 1",
        verified=False,
        check=_of(("attack_difference", "attack_noise_16", "attack_discriminative", "tested_readout"), _adversarial),
    ),
    Claim(
        id="noise_prediction",
        statement="Predicting noise classifies no worse than the ODE's likelihood, at less than a fifth of its cost",
        reported="not of this paper; Li et al. 2023, whose author calls the likelihood sequential and its trace noisy",
        source="Li et al. 2023, issue 2 of its code",
        verified=True,
        check=_of(("clean_noise_16", "clean_ode", "clean_ode_adaptive", "cost"), _bound),
    ),
    Claim(
        id="ways",
        statement="Between two images a way through latents keeps to likelier images than one through pixels",
        reported="interpolations are shown; protocol and figures not known to us",
        source=ABSTRACT,
        verified=False,
        check=_of(("paths_ode_quick",), _ways),
    ),
    Claim(
        id="strangers",
        statement="What likelihood images of no class get",
        reported="no figure known to us",
        source="Zimmermann et al. 2021",
        verified=False,
        check=_of(("strangers_ode_quick",), _strangers),
    ),
)
