"""The rows on images: 3DIdent, KITTI Masks, and the rendered set of our own that stands beside 3DIdent on two cores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from experiments.methods.identification.configuration import DOT
from experiments.methods.image_identification.configuration import DataName
from experiments.papers.zimmermann2021_clica.tables.reported import Figure
from model_zoo.sources.perceptron import OutputSpace


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """One model trained on a set of images."""

    name: str
    data: DataName
    output: OutputSpace
    power: float
    """Of the distance in the loss; 0 is the dot product."""
    conditional: Literal["normal", "laplace"] = "normal"
    furthest: int = 1
    """Frames between the images of a pair, at most; of KITTI Masks."""
    r2: Figure | None
    """Reported; None: not published."""
    mcc: Figure
    """Reported."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a configuration that the row decides."""
        names = ("data", "output", "power", "conditional", "furthest")
        return {name: getattr(self, name) for name in names}


def _identified(data: DataName, prefix: str) -> tuple[ImageRow, ...]:
    """The rows of 3DIdent, for the published set or for ours."""

    def row(
        name: str,
        output: OutputSpace,
        power: float,
        r2: Figure,
        mcc: Figure,
        conditional: Literal["normal", "laplace"] = "normal",
    ) -> ImageRow:
        return ImageRow(name=f"{prefix}_{name}", data=data, output=output, power=power, conditional=conditional, r2=r2, mcc=mcc)

    return (
        row("normal_box", "box", 2.0, (96.73, 0.10), (98.31, 0.04)),
        row("normal_unbounded", "unbounded", 2.0, (96.43, 0.03), (54.94, 0.02)),
        row("laplace_box", "box", 2.0, (96.87, 0.08), (98.38, 0.03), "laplace"),
        row("normal_sphere", "sphere", DOT, (65.74, 0.01), (42.44, 3.27)),
    )


def _masks(name: str, power: float, output: OutputSpace, near: Figure, far: Figure) -> tuple[ImageRow, ImageRow]:
    """A model of KITTI Masks on pairs that are .05 s and .15 s apart on average: at most 1 and at most 5 frames."""
    return (
        ImageRow(name=f"kitti_{name}_1", data="kitti_masks", output=output, power=power, furthest=1, r2=None, mcc=near),
        ImageRow(name=f"kitti_{name}_5", data="kitti_masks", output=output, power=power, furthest=5, r2=None, mcc=far),
    )


IMAGE_ROWS: Mapping[str, ImageRow] = {
    row.name: row
    for row in (
        *_identified("rendered", "rendered"),
        *_identified("three_d_ident", "three_d_ident"),
        *_masks("l1_unbounded", 1.0, "unbounded", (77.1, 1.0), (79.4, 1.9)),
        *_masks("l1_box", 1.0, "box", (74.1, 4.4), (80.9, 3.8)),
        *_masks("l2_unbounded", 2.0, "unbounded", (58.3, 5.4), (60.2, 8.7)),
        *_masks("l2_box", 2.0, "box", (59.9, 5.5), (68.4, 6.7)),
    )
}
"""By name."""
IMAGE_SETS: Mapping[str, tuple[str, ...]] = {
    "targets": ("rendered_normal_box",),
    "rendered": tuple(name for name, row in IMAGE_ROWS.items() if row.data == "rendered"),
    "three_d_ident": tuple(name for name, row in IMAGE_ROWS.items() if row.data == "three_d_ident"),
    "kitti": tuple(name for name, row in IMAGE_ROWS.items() if row.data == "kitti_masks"),
    "published": tuple(name for name, row in IMAGE_ROWS.items() if row.data != "rendered"),
    "none": (),
}
