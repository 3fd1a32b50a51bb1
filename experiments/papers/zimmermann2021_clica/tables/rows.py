"""All rows of Tables 1 and 2: mixed latents of a space, the law of their pairs, the model, the loss, and what was reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from experiments.methods.identification.configuration import DOT, ConditionalName, MarginalName, SpaceName
from experiments.papers.zimmermann2021_clica.tables.reported import Figure, Reported
from model_zoo.sources.perceptron import OutputSpace

Claimed = Literal["r2", "mcc"]
"""Up to an affine map (Table 1, R²), or up to a permutation with signs and scales (Table 2, MCC)."""
Law = tuple[ConditionalName, float]
"""Of pairs: its name, and the concentration of a von Mises-Fisher law or the scale of another."""
Model = tuple[OutputSpace, float]
"""Space of the codes, and power of the distance in the loss: the law that the model assumes; 0 is the dot product."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table."""

    name: str
    claimed: Claimed
    space: SpaceName
    marginal: MarginalName
    conditional: Law
    model: Model
    assumptions_met: bool
    """As the table has it; whether it ticks κ = 10 on the sphere is not known, and is said to be no here."""
    reported: Reported

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a configuration that the row decides."""
        (conditional, scale), (output, power) = self.conditional, self.model
        return {
            **{"space": self.space, "marginal": self.marginal, "conditional": conditional, "conditional_scale": scale},
            **{"output": output, "power": power},
        }


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows that share their latents and their baselines."""

    claimed: Claimed
    space: SpaceName
    marginal: MarginalName
    identity: Figure
    supervised: Figure

    def row(
        self, name: str, conditional: Law, model: Model, figure: Figure, *, met: Literal["met", "not met"] = "not met"
    ) -> Row:
        """A row of the block, whose encoder was reported to reach `figure`."""
        return Row(
            name=name,
            claimed=self.claimed,
            space=self.space,
            marginal=self.marginal,
            conditional=conditional,
            model=model,
            assumptions_met=met == "met",
            reported=Reported(identity=self.identity, supervised=self.supervised, unsupervised=figure),
        )


LAPLACE: Law = ("laplace", 0.05)
NORMAL: Law = ("normal", 0.05)
GENERALIZED: Law = ("generalized_normal", 0.05)
WIDE: Law = ("normal", 1.0)
ON_SPHERE: Model = ("sphere", DOT)

_SPHERE = Block(claimed="r2", space="sphere", marginal="uniform", identity=(66.98, 2.79), supervised=(99.71, 0.05))
_BOX = Block(claimed="r2", space="box", marginal="uniform", identity=(67.93, 7.40), supervised=(99.78, 0.06))
_NORMAL_SPHERE = Block(claimed="r2", space="sphere", marginal="normal", identity=(63.37, 2.41), supervised=(99.70, 0.07))
_UNBOUNDED_LAPLACE = Block(claimed="r2", space="unbounded", marginal="laplace", identity=(62.49, 1.65), supervised=(99.65, 0.04))
_UNBOUNDED_NORMAL = Block(claimed="r2", space="unbounded", marginal="normal", identity=(63.57, 2.30), supervised=(99.61, 0.17))
_IN_BOX = Block(claimed="mcc", space="box", marginal="uniform", identity=(46.55, 1.34), supervised=(99.93, 0.03))
_OUT_OF_BOX = Block(claimed="mcc", space="box", marginal="uniform", identity=(46.55, 1.34), supervised=(99.97, 0.03))

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        _SPHERE.row("r2_sphere_vmf1", ("von_mises_fisher", 1.0), ON_SPHERE, (99.42, 0.05), met="met"),
        _SPHERE.row("r2_sphere_vmf10", ("von_mises_fisher", 10.0), ON_SPHERE, (99.86, 0.01)),
        _SPHERE.row("r2_sphere_laplace", LAPLACE, ON_SPHERE, (99.91, 0.01)),
        _SPHERE.row("r2_sphere_normal", NORMAL, ON_SPHERE, (99.86, 0.00)),
        _BOX.row("r2_box_normal_l2_unbounded", NORMAL, ("unbounded", 2.0), (99.60, 0.02)),
        _BOX.row("r2_box_laplace_l2_unbounded", LAPLACE, ("unbounded", 2.0), (99.64, 0.02)),
        _BOX.row("r2_box_laplace_l3_unbounded", LAPLACE, ("unbounded", 3.0), (99.70, 0.02)),
        _BOX.row("r2_box_normal_l3_unbounded", NORMAL, ("unbounded", 3.0), (99.69, 0.02)),
        _NORMAL_SPHERE.row("r2_normal_sphere_laplace", LAPLACE, ON_SPHERE, (99.02, 0.01)),
        _NORMAL_SPHERE.row("r2_normal_sphere_normal", NORMAL, ON_SPHERE, (99.02, 0.02)),
        _UNBOUNDED_LAPLACE.row("r2_unbounded_laplace_l2", WIDE, ("unbounded", 2.0), (98.13, 0.14)),
        _UNBOUNDED_NORMAL.row("r2_unbounded_normal_l2", WIDE, ("unbounded", 2.0), (98.76, 0.03)),
        _IN_BOX.row("mcc_box_laplace_l1_box", LAPLACE, ("box", 1.0), (98.62, 0.05), met="met"),
        _IN_BOX.row("mcc_box_generalized_l3_box", GENERALIZED, ("box", 3.0), (99.90, 0.06), met="met"),
        _IN_BOX.row("mcc_box_normal_l2_box", NORMAL, ("box", 2.0), (99.77, 0.01)),
        _IN_BOX.row("mcc_box_laplace_l2_box", LAPLACE, ("box", 2.0), (99.76, 0.02)),
        _IN_BOX.row("mcc_box_generalized_l1_box", GENERALIZED, ("box", 1.0), (98.80, 0.02)),
        _OUT_OF_BOX.row("mcc_box_laplace_l1_unbounded", LAPLACE, ("unbounded", 1.0), (98.57, 0.02)),
        _OUT_OF_BOX.row("mcc_box_generalized_l3_unbounded", GENERALIZED, ("unbounded", 3.0), (99.85, 0.01)),
        _OUT_OF_BOX.row("mcc_box_normal_l2_unbounded", NORMAL, ("unbounded", 2.0), (58.26, 3.00)),
        _OUT_OF_BOX.row("mcc_box_laplace_l2_unbounded", LAPLACE, ("unbounded", 2.0), (59.67, 2.33)),
        # The figure that is least certain.
        _OUT_OF_BOX.row("mcc_box_normal_l3_unbounded", NORMAL, ("unbounded", 3.0), (43.80, 2.15)),
    )
}
"""By name; three rows of Table 2 are trained as rows of Table 1 are, and differ in what is claimed."""
TARGETS = (
    "r2_sphere_vmf10",
    "mcc_box_laplace_l1_box",
    "mcc_box_normal_l2_box",
    "mcc_box_generalized_l3_box",
    "mcc_box_normal_l2_unbounded",
)
"""The rows that carry the claims."""
