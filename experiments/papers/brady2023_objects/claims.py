"""Claims of Brady et al. 2023, each checked on the networks of a run."""

from collections.abc import Callable, Sequence
from statistics import fmean, stdev

from experiments.contract.claims import Claim, Result
from experiments.papers.brady2023_objects.analysis import INVERTS, SUCCESS, Row, rank_correlation

PAPER = "Brady et al. 2023, figures; no table is published"
NEAR_ONE = "near 1 only where reconstruction error and contrast are both low"
WITHOUT = 0.15
"""Below this score a network that was trained without the contrast has not identified its slots."""
WITH: dict[int, float] = {2: 0.95, 3: 0.9}
"""What the best network with the contrast reaches, by the number of slots."""
FEWEST_SEEDS = 3
LEAST_ORDER = 0.7
LEAST_ON = 0.9
SMOKE = "smoke"
"""The preset that shows that the parts fit together; no claim is judged by it."""

Judged = tuple[str, bool | None] | None


def _judged(verdict: Callable[[Sequence[Row], Sequence[Row]], Judged]) -> Callable[[Result], Judged]:
    """A check of all synthetic and all image networks of a run that claims anything."""

    def check(result: Result) -> Judged:
        found = verdict(*(result["metrics"]["networks"][part] for part in ("synthetic", "images")))
        if found is not None and result["recipe"]["preset"] == SMOKE:
            return found[0], None
        return found

    return check


def _of(rows: Sequence[Row], *, law: str, slots: int | None = None) -> list[Row]:
    return [row for row in rows if row["latents"] == law and slots in (None, row["slots"])]


def _without(synthetic: Sequence[Row], _images: Sequence[Row]) -> Judged:
    rows = [row for row in _of(synthetic, law="independent") if not row["weight"]]
    if not rows:
        return None
    parts = []
    for slots in sorted({row["slots"] for row in rows}):
        group = _of(rows, law="independent", slots=slots)
        scores = [row["score"] for row in group]
        parts.append(f"K = {slots}: {fmean(scores):.3f}, at most {max(scores):.3f} ({_ceiling(group)}), {_errors(group)}")
    return "; ".join(parts), all(row["score"] < WITHOUT and row["error"] < INVERTS for row in rows)


def _best(slots: int) -> Callable[[Sequence[Row], Sequence[Row]], Judged]:
    def verdict(synthetic: Sequence[Row], _images: Sequence[Row]) -> Judged:
        rows = [row for row in _of(synthetic, law="independent", slots=slots) if row["weight"]]
        if not rows:
            return None
        weights = sorted({row["weight"] for row in rows})
        of_weight = {weight: [row for row in rows if row["weight"] == weight] for weight in weights}
        parts = []
        for weight, group in of_weight.items():
            succeeded = sum(row["score"] > SUCCESS * row["ceiling"] for row in group)
            best = max(row["score"] for row in group)
            parts.append(f"lambda {weight:g}: best {best:.3f}, {succeeded} of {len(group)} above {SUCCESS:g} of the ceiling")
        enough = all(len(group) >= FEWEST_SEEDS for group in of_weight.values())
        holds = max(row["score"] for row in rows) > WITH[slots]
        return f"{'; '.join(parts)} ({_ceiling(rows)})", holds if enough else None

    return verdict


def _order(synthetic: Sequence[Row], _images: Sequence[Row]) -> Judged:
    rows = [row for row in _of(synthetic, law="independent") if row["error"] < INVERTS]
    pooled = rank_correlation(rows, "contrast_plain")
    if pooled is None:
        return None
    whitened, weighted = (rank_correlation(rows, f"contrast_{form}") for form in ("whitened", "weighted"))
    apart = [
        f"K = {slots} alone {alone:.3f}"
        for slots in sorted({row["slots"] for row in rows})
        if (alone := rank_correlation(_of(rows, law="independent", slots=slots), "contrast_plain")) is not None
    ]
    further = ", ".join([*apart, f"whitened {whitened:.3f}", f"weighted {weighted:.3f}"])
    return f"{pooled:.3f} among {len(rows)} networks ({further})", pooled > LEAST_ORDER


def _dependent(synthetic: Sequence[Row], _images: Sequence[Row]) -> Judged:
    rows = [row for row in _of(synthetic, law="dependent") if row["weight"]]
    if not rows:
        return None
    best = max(rows, key=lambda row: row["score"] / row["ceiling"])
    share = fmean(row["score"] / row["ceiling"] for row in rows)
    words = (
        f"best {best['score']:.3f} of a ceiling of {best['ceiling']:.3f} (K = {best['slots']}, lambda {best['weight']:g}), "
        f"R² on {best['on']:.3f}, off {best['off']:.3f}; mean share of the ceiling {share:.2f} of {len(rows)} networks"
    )
    return words, best["on"] > LEAST_ON and best["score"] > SUCCESS * best["ceiling"]


def _images(_synthetic: Sequence[Row], images: Sequence[Row]) -> Judged:
    groups: dict[str, list[Row]] = {}
    for row in images:
        groups.setdefault(row["method"], []).append(row)
    if len(groups) < 2 or "attention" not in groups:
        return None
    scores, contrasts = (
        {name: [row[column] for row in rows] for name, rows in groups.items()} for column in ("score", "contrast_weighted")
    )
    parts = [
        f"{name} {_spread(scores[name], digits=2)} (contrast {_spread(contrasts[name], digits=0)}, {_errors(rows)})"
        for name, rows in groups.items()
    ]
    others = [name for name in groups if name != "attention"]
    verdicts = [_above(scores["attention"], scores[name]) for name in others]
    verdicts += [_above(contrasts[name], contrasts["attention"]) for name in others]
    holds = False if False in verdicts else None if None in verdicts else True
    enough = all(len(rows) >= FEWEST_SEEDS for rows in groups.values())
    return f"{'; '.join(parts)}; {_ceiling(images)}", holds if enough else None


def _above(values: Sequence[float], others: Sequence[float]) -> bool | None:
    """Whether the mean is higher; None where both means with their standard deviations over seeds overlap."""
    reach = sum(stdev(one) if len(one) > 1 else 0.0 for one in (values, others))
    distance = fmean(values) - fmean(others)
    return None if abs(distance) <= reach else distance > 0


def _spread(values: Sequence[float], *, digits: int) -> str:
    deviation = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{deviation}"


def _ceiling(rows: Sequence[Row]) -> str:
    ceilings = [row["ceiling"] for row in rows]
    return f"ceiling {min(ceilings):.3f} to {max(ceilings):.3f}"


def _errors(rows: Sequence[Row]) -> str:
    return f"error {fmean(row['error'] for row in rows):.1e}"


CLAIMS = (
    Claim(
        id="reconstruction_alone",
        statement=f"Reconstruction alone does not identify slots: with lambda 0 every score is below {WITHOUT}",
        reported=NEAR_ONE,
        source=PAPER,
        verified=False,
        check=_judged(_without),
    ),
    Claim(
        id="two_slots",
        statement=f"With the contrast two slots are identified: the best score is above {WITH[2]}",
        reported=NEAR_ONE,
        source=PAPER,
        verified=False,
        check=_judged(_best(2)),
    ),
    Claim(
        id="three_slots",
        statement=f"With the contrast three slots are identified: the best score is above {WITH[3]}",
        reported=NEAR_ONE,
        source=PAPER,
        verified=False,
        check=_judged(_best(3)),
    ),
    Claim(
        id="order",
        statement=f"Among networks that invert the generator (error below {INVERTS:g}), the lower the contrast, the higher the "
        f"score: rank correlation above {LEAST_ORDER}",
        reported=NEAR_ONE,
        source=PAPER,
        verified=False,
        check=_judged(_order),
    ),
    Claim(
        id="dependent",
        statement=f"Slots that depend on each other are identified, too: of the best network the R² of a slot from its own is "
        f"above {LEAST_ON}, and the score above {SUCCESS:g} of its ceiling",
        reported="slots may depend on each other (theorem); " + NEAR_ONE,
        source=PAPER,
        verified=False,
        check=_judged(_dependent),
    ),
    Claim(
        id="images",
        statement="On sprites Slot Attention has the highest score and the lowest contrast",
        reported="Slot Attention above MONet and the additive autoencoder, with a lower contrast; figures only",
        source=PAPER,
        verified=False,
        check=_judged(_images),
    ),
)
