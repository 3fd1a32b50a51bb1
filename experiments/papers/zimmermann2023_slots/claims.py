"""Claims of Zimmermann et al. 2023 as orderings: no figure of the paper is known to us, so that none is compared with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.contract.claims import Claim, Result

ABSTRACT = "Zimmermann et al. 2023, abstract"
NO_FIGURE = "no figure in the abstract"
SMOKE = "smoke"
"""The preset that shows that the stages fit together; no claim about a network is judged by it."""
SAME = 1e-5
"""Scores are kept as float32."""

Judged = tuple[str, bool | None] | None
Measured = Mapping[str, Any]
OBJECTIVES, ANNOTATIONS = ("mixture", "priced"), ("one_box", "all_boxes")
CROSSED = ("base", "monet", "stamps", "monet_stamps")


def _judged(result: Result, value: str, holds: bool | None) -> Judged:
    return value, None if result["recipe"]["preset"] == SMOKE else holds


def _compared(result: Result, names: Sequence[str]) -> dict[str, Measured]:
    """The comparisons of those variants that were made with numbers of slots that can be compared."""
    metrics = result["metrics"]
    return {name: metrics[name]["comparisons"] for name in names if "comparisons" in metrics.get(name, {})}


def _words(found: Measured) -> str:
    low, high = found["interval"]
    seeds = found["by_seed"]
    spread = f", {min(seeds):+.3f} to {max(seeds):+.3f} over {len(seeds)} seeds" if len(seeds) > 1 else ", one seed"
    return f"{found['mean']:+.3f} [{low:+.3f}, {high:+.3f}]{spread}"


def _verdict(found: Measured, *, sign: int) -> bool | None:
    """Whether a difference has a sign, interval and all; None, not settled, where seeds have different ones."""
    by_seed, ends = ([sign * value for value in found[name]] for name in ("by_seed", "interval"))
    if min(by_seed) <= 0 < max(by_seed):
        return None
    return bool(min(ends) > 0)


def _all(verdicts: Sequence[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _parts(result: Result) -> Judged:
    gaps = [found["harmonic_gap"] for found in result["metrics"].values() if "harmonic_gap" in found]
    if not gaps:
        return None
    return f"differs from the harmonic mean of precision and recall by at most {max(gaps):.1e} in any image", max(gaps) < SAME


def _below(name: str, *, wrong: Callable[[Sequence[int]], int]) -> Callable[[Result], Judged]:
    """Holds where the difference of the foreground is below 0 in the base.

    Errors stand beside it, since a network that has learned less segments less well, whatever its number of slots.
    """

    def check(result: Result) -> Judged:
        found = _compared(result, ["base"]).get("base")
        if found is None:
            return None
        base = result["metrics"]["base"]
        right, other = base["objects"] + 1, wrong(base["trained"])
        errors = (base["cells"][str(slots)][str(slots)]["error"]["mean"] for slots in (right, other))
        value = (
            f"{right} to {other} slots: foreground {_words(found[name])}; all pixels {_words(found[f'all_{name}'])}; "
            f"squared error {' to '.join(f'{error:.3f}' for error in errors)}"
        )
        return _judged(result, value, _verdict(found[name], sign=-1))

    return check


def _training(result: Result) -> Judged:
    found = _compared(result, ["base"]).get("base")
    if found is None:
        return None
    parts = ("lost_in_training", "lost_after", "training_over_test")
    in_training, after, over = (_words(found[name]) for name in parts)
    value = (
        f"index lost by wrong numbers in training alone {in_training}; after it alone {after}; difference {over}; "
        f"of all pixels {_words(found['all_training_over_test'])}"
    )
    return _judged(result, value, _verdict(found["training_over_test"], sign=1))


def _reduced(names: Sequence[str]) -> Callable[[Result], Judged]:
    """Holds where every variant loses less than the base does with the same seeds, and still something.

    Where only some lose less it is not settled: with several variants one of them may do so by chance.
    """

    def check(result: Result) -> Judged:
        found = _compared(result, ["base", *names])
        if "base" not in found or len(found) < 2:
            return None
        base = found.pop("base")["lost"]
        value = "; ".join(
            f"{name.replace('_', ' ')} loses {_words(one['lost'])}, less by {_words(one['reduced'])}"
            for name, one in found.items()
        )
        less = {_verdict(one["reduced"], sign=1) for one in found.values()}
        remains = [_verdict(one["lost"], sign=1) for one in found.values()]
        return _judged(result, f"base loses {_words(base)}; {value}", _all([less.pop() if len(less) == 1 else None, *remains]))

    return check


def _everywhere(result: Result) -> Judged:
    found = _compared(result, CROSSED)
    if len(found) < 2:
        return None
    value = "; ".join(f"{name.replace('_', ' ')} loses {_words(one['lost'])}" for name, one in found.items())
    return _judged(result, value, _all([_verdict(one["lost"], sign=1) for one in found.values()]))


def _control(result: Result) -> Judged:
    found = result["metrics"].get("k_means")
    if found is None:
        return None
    few, many = found["tested"][0], found["tested"][-1]
    rows = found["cells"]["0"]
    precision, recall = ([rows[str(k)][name]["mean"] for k in (few, many)] for name in ("all_precision", "all_recall"))
    value = (
        f"from {few} to {many} clusters precision of all pixels {precision[0]:.3f} to {precision[1]:.3f}, "
        f"recall {recall[0]:.3f} to {recall[1]:.3f}"
    )
    return value, precision[0] < precision[1] and recall[0] > recall[1]


CLAIMS = (
    Claim(
        id="parts",
        statement="Counterparts of precision and recall can be derived from the adjusted Rand index",
        reported="defined, no figure",
        source=ABSTRACT,
        verified=True,
        check=_parts,
    ),
    Claim(
        id="too_many",
        statement="Too many slots split objects: recall falls",
        reported=f"substantial oversegmentation; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_below("recall_too_many", wrong=max),
    ),
    Claim(
        id="too_few",
        statement="Too few slots merge objects: precision falls",
        reported=f"merging of separate objects; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_below("precision_too_few", wrong=min),
    ),
    Claim(
        id="training",
        statement="A wrong number of slots does more harm in training than after it",
        reported=f"especially during training; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_training,
    ),
    Claim(
        id="objectives",
        statement="Another objective reduces the problem and does not remove it",
        reported=f"reduced somewhat, not removed; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_reduced(OBJECTIVES),
    ),
    Claim(
        id="annotations",
        statement="Annotations of instances reduce the problem and do not remove it",
        reported=f"reduced somewhat, not removed; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_reduced(ANNOTATIONS),
    ),
    Claim(
        id="everywhere",
        statement="The problem persists across methods and data sets",
        reported=f"persists across multiple methods and datasets; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_everywhere,
    ),
    Claim(
        id="control",
        statement="Clustering of color and place, without training, exchanges recall for precision as well",
        reported="not in the paper; a control of ours",
        source="this project",
        verified=True,
        check=_control,
    ),
)
