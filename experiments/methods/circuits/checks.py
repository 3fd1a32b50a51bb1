"""What a circuit must hold to be published: each check in words, with the counts behind its value. Called by the maker."""

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.contract.fields import Json
from experiments.contract.recipes import Circuit

MAX_DEVIATION = 1e-3
"""Of any logit on images treated as natural: well above rounding, far below what changes an answer."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A measure against its limit."""

    what: str
    value: str
    limit: str
    passed: bool
    reason: str
    """What speaks against publishing the circuit, if it did not pass."""

    def as_json(self) -> dict[str, Json]:
        """As the report keeps it; the reasons stand there by themselves."""
        return {"what": self.what, "value": self.value, "limit": self.limit, "passed": self.passed}


def checks(report: Mapping[str, Json], recipe: Circuit) -> list[Check]:
    """All checks of a circuit, of what `verify` measured; it is published if none fails."""
    found = [*_of_natural_images(report["natural"], recipe), *_of_visualizations(report["visualizations"], recipe)]
    if isinstance(report["accuracy"], Mapping):
        found.append(_of_accuracy(report["accuracy"], recipe))
    if "slack" in report:
        found.append(_of_slack(report["slack"]))
    if "wake_rate" in report:
        found += _of_wakes(report["wake_rate"], recipe, held_out=report["natural"]["images"])
    return found


def objections(found: list[Check]) -> list[str]:
    """What speaks against publishing a circuit, in words; empty if nothing does."""
    return [check.reason for check in found if not check.passed]


def _of_natural_images(natural: Mapping[str, Json], recipe: Circuit) -> list[Check]:
    images, agreement, deviation = natural["images"], natural["agreement"], natural["largest_deviation_where_natural"]
    treated = round(natural["treated_as_natural"] * images)
    return [
        Check(
            what="natural images with the same top class before and after",
            value=_counted(agreement, images),
            limit=f"at least {_percent(recipe.min_agreement)}",
            passed=agreement >= recipe.min_agreement,
            reason=f"top class kept for {agreement:.2%} of natural images, not {recipe.min_agreement:.2%}",
        ),
        Check(
            what="largest change of a logit on a natural image that is treated as one",
            value=f"{0.0 if deviation is None else deviation:.3g} on {treated} of {images} images",
            limit=f"at most {MAX_DEVIATION:g}",
            passed=(deviation or 0.0) <= MAX_DEVIATION,
            reason=f"a logit changed by {deviation} on an image treated as natural",
        ),
    ]


def _of_visualizations(shown: Mapping[str, Json], recipe: Circuit) -> list[Check]:
    redirect, own, measured = shown["redirect"], shown["own"], shown["measured"]
    donor = "the image" if recipe.target == "image" else "the donor"
    return [
        Check(
            what=f"visualizations that show {donor} more than their own unit",
            value=_counted(redirect, measured),
            limit=f"at least {_percent(recipe.min_redirect)}",
            passed=redirect >= recipe.min_redirect,
            reason=f"{redirect:.1%} of visualizations show what they shall, not {recipe.min_redirect:.1%}",
        ),
        Check(
            what="visualizations that activate their own unit more than any other",
            value=_counted(own, measured),
            limit=f"at most {_percent(recipe.max_own)}",
            passed=own <= recipe.max_own,
            reason=f"{own:.1%} of visualizations are still their own unit's, more than {recipe.max_own:.1%}",
        ),
    ]


def _of_accuracy(accuracy: Mapping[str, Json], recipe: Circuit) -> Check:
    before, after = accuracy["before"]["top1"], accuracy["after"]["top1"]
    return Check(
        what="top-1 accuracy that was lost",
        value=f"{100 * (before - after):.2f} percentage points on {accuracy['images']} labeled images",
        limit=f"at most {100 * recipe.max_accuracy_drop:g} percentage points",
        passed=before - after <= recipe.max_accuracy_drop,
        reason=f"accuracy fell by {100 * (before - after):.2f} percentage points",
    )


def _of_slack(slack: float) -> Check:
    return Check(
        what="how far activations of visualizations stayed from where the gate would be ajar",
        value=f"{slack:.3g}",
        limit="above 0",
        passed=slack > 0,
        reason=f"the gate was ajar: activations of visualizations went {-slack:g} beyond its constants",
    )


def _of_wakes(wakes: Mapping[str, Json], recipe: Circuit, *, held_out: int) -> list[Check]:
    return [
        Check(
            what="calibration images that wake the branch",
            value=_counted(wakes["calibration"], wakes["calibration_images"]),
            limit="none",
            passed=wakes["calibration"] == 0,
            reason=f"{wakes['calibration']:.2%} of the calibration images wake the branch",
        ),
        Check(
            what="held-out natural images that wake the branch",
            value=_counted(wakes["held_out"], held_out),
            limit=f"at most {_percent(recipe.max_wake)}",
            passed=wakes["held_out"] <= recipe.max_wake,
            reason=f"{wakes['held_out']:.2%} of held-out natural images wake the branch, more than {recipe.max_wake:.2%}",
        ),
    ]


def _counted(share: float, total: int) -> str:
    """A share with the counts behind it."""
    return f"{round(share * total)} of {total} ({_percent(share)})"


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
