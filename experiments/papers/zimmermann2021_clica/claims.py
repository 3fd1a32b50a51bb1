"""Claims of Zimmermann et al. 2021, each checked on the rows that a run trained."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from experiments.contract.claims import Claim, Result
from experiments.papers.zimmermann2021_clica.analysis import shown
from experiments.papers.zimmermann2021_clica.tables.image_rows import IMAGE_ROWS
from experiments.papers.zimmermann2021_clica.tables.reported import in_words
from experiments.papers.zimmermann2021_clica.tables.rows import ROWS

PAPER = "Zimmermann et al. 2021"
SMOKE = "smoke"
"""The preset that shows that the stages fit together; it judges no claim."""
LEAST_R2 = 0.99
MOST_MCC_OF_ROTATED = 0.9
LEAST_MCC: Mapping[str, float] = {
    "mcc_box_laplace_l1_box": 0.98,
    "mcc_box_normal_l2_box": 0.99,
    "mcc_box_generalized_l3_box": 0.99,
}
ROTATED = "mcc_box_normal_l2_unbounded"
SPHERE = "r2_sphere_vmf10"
IMAGES = "rendered_normal_box"
LEAST_MCC_ON_IMAGES = 0.98
"""As reported for 3DIdent, rounded down."""

Judged = tuple[str, bool | None] | None


def _judged(result: Result, words: str, holds: bool) -> Judged:
    return words, None if result["recipe"]["preset"] == SMOKE else holds


def _with_baselines(found: Mapping[str, Any], score: Literal["r2", "mcc"]) -> str:
    """The score of a row's encoders beside those of its baselines."""
    baselines = ", ".join(f"{name} {shown(found[name][score])}" for name in ("identity", "supervised"))
    return f"{shown(found['unsupervised'][score])} ({baselines}; n = {found['latents']}, {len(found['seeds'])} seeds)"


def _sphere(result: Result) -> Judged:
    found = result["metrics"].get(SPHERE)
    if found is None:
        return None
    return _judged(result, f"R² {_with_baselines(found, 'r2')}", found["unsupervised"]["r2"]["mean"] > LEAST_R2)


def _permutation(name: str) -> Callable[[Result], Judged]:
    def check(result: Result) -> Judged:
        found = result["metrics"].get(name)
        if found is None:
            return None
        return _judged(result, f"MCC {_with_baselines(found, 'mcc')}", found["unsupervised"]["mcc"]["mean"] > LEAST_MCC[name])

    return check


def _rotation(result: Result) -> Judged:
    found = result["metrics"].get(ROTATED)
    if found is None:
        return None
    reached = found["unsupervised"]
    words = f"R² {shown(reached['r2'])}, MCC {_with_baselines(found, 'mcc')}"
    return _judged(result, words, reached["r2"]["mean"] > LEAST_R2 and reached["mcc"]["mean"] < MOST_MCC_OF_ROTATED)


def _shape(result: Result) -> Judged:
    names = (*LEAST_MCC, ROTATED)
    if not set(names) <= result["metrics"].keys():
        return None
    means = {name: result["metrics"][name]["unsupervised"]["mcc"] for name in names}
    words = "; ".join(f"{name.removeprefix('mcc_box_').replace('_', ' ')} {shown(found)}" for name, found in means.items())
    # Every seed counts: the worst that identifies lies above the best that does not.
    lowest = min(min(found["values"]) for name, found in means.items() if name != ROTATED)
    return _judged(result, f"MCC: {words}", lowest > max(means[ROTATED]["values"]))


def _images(result: Result) -> Judged:
    found = result["metrics"].get(IMAGES)
    if found is None:
        return None
    reached, supervised = found["unsupervised"], found["supervised"]
    words = (
        f"MCC {shown(reached['mcc'])}, R² {shown(reached['r2'])} "
        f"(supervised {shown(supervised['mcc'])}, {shown(supervised['r2'])}; "
        f"pixels R² {shown(found['identity'])}; our rendered set, {found['side']} px, {len(found['seeds'])} seeds)"
    )
    return _judged(result, words, reached["mcc"]["mean"] > LEAST_MCC_ON_IMAGES)


def _reported(name: str) -> str:
    figures = ROWS[name].reported
    return f"{in_words(figures.unsupervised)} (identity {in_words(figures.identity)}, supervised {in_words(figures.supervised)})"


def _claim(id_: str, statement: str, *, reported: str, source: str, check: Callable[[Result], Judged]) -> Claim:
    return Claim(id=id_, statement=statement, reported=reported, source=f"{PAPER}, {source}", verified=False, check=check)


CLAIMS = (
    _claim(
        "sphere",
        "On the sphere encoders of von Mises-Fisher pairs find the latents up to an affine map",
        reported=f"R² {_reported(SPHERE)}",
        source="Table 1",
        check=_sphere,
    ),
    *(
        _claim(
            name.removeprefix("mcc_"),
            f"In a box encoders into a box find the latents up to a permutation: {words}",
            reported=f"MCC {_reported(name)}",
            source="Table 2",
            check=_permutation(name),
        )
        for name, words in (
            ("mcc_box_laplace_l1_box", "Laplace pairs, L1"),
            ("mcc_box_normal_l2_box", "normal pairs, squared L2"),
            ("mcc_box_generalized_l3_box", "generalized normal pairs, L3 cubed"),
        )
    ),
    _claim(
        "rotation",
        "With the squared L2 in an unbounded space the latents are found up to an affine map, and not up to a permutation",
        reported=f"R² {in_words(ROWS['r2_box_normal_l2_unbounded'].reported.unsupervised)}, MCC {_reported(ROTATED)}",
        source="Tables 1 and 2",
        check=_rotation,
    ),
    _claim(
        "shape",
        "L1, L3 and a box break the rotation; the squared L2 in an unbounded space does not",
        reported="; ".join(in_words(ROWS[name].reported.unsupervised) for name in (*LEAST_MCC, ROTATED)),
        source="Table 2",
        check=_shape,
    ),
    _claim(
        "images",
        "The factors behind images are found up to a permutation, too",
        reported=f"MCC {in_words(IMAGE_ROWS['three_d_ident_normal_box'].mcc)} (3DIdent, 224 px, ResNet-18)",
        source="3DIdent; the MCC of .9831 stands in a benchmark listing",
        check=_images,
    ),
)
