"""What a study of some size needs: answers per second, storage, hours of making images. Arithmetic on measured constants.

`capacity.json` holds the constants and says on which machine they were measured; `manage.py capacity` prints the table.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.contract.fields import require


@dataclass(frozen=True, kw_only=True)
class Constants:
    """What was measured, see `docs/capacity.md` for how."""

    machine: str
    measured: str
    postgresql_bytes_per_response: float
    """With its trial, its share of the session, and all indexes."""
    sqlite_bytes_per_response: float
    csv_bytes_per_response: float
    backup_bytes_per_response: float
    export_rows_per_second: float
    bytes_per_image: float
    """A photograph of 224 x 224 px as PNG."""
    image_steps_per_second: float
    """Of feature visualization, on all cores."""
    pool_images_per_second: float
    """Of a pass over natural images for all units of a layer, on all cores."""

    @classmethod
    def read(cls) -> "Constants":
        """Those of this version."""
        return cls(**json.loads(Path(__file__).with_name("capacity.json").read_text()))


@dataclass(frozen=True, kw_only=True)
class Size:
    """The size of a study; by default the published one, Zimmermann et al. 2023."""

    responses: int = 130_000
    units: int = 767
    models: int = 9
    layers: int = 20
    """Of each model, in which its units lie: each costs a pass over the pool. Assumed."""
    pool: int = 1_281_167
    """Natural images to choose from."""
    per_session: int = 45
    """Answers: 40 main and 5 catch trials."""
    images_per_unit: int = 418
    """20 batches of 20 natural images, and 18 visualizations."""
    visualizations: int = 18
    steps: int = 2560
    """Of each visualization, as the designs have it; the published study made up to 20,000, and nearly all stopped sooner."""
    days: int = 7
    """In which all answers come."""

    def __post_init__(self) -> None:
        for name in ("responses", "units", "models", "layers", "pool", "per_session", "days"):
            require(getattr(self, name) >= 1, name, "it must be at least 1", "Give a positive number")

    def times(self, factor: int) -> "Size":
        """So many times the people and units of as many models: a pass over the pool serves all units of a layer."""
        return Size(**{**self.__dict__, "responses": self.responses * factor, "units": self.units * factor})


Row = Callable[[Size, Constants], str]
ROWS: Mapping[str, Row] = {
    "responses": lambda size, _: f"{size.responses:,}",
    "participants": lambda size, _: f"{-(-size.responses // size.per_session):,}",
    "units": lambda size, _: f"{size.units:,}",
    "answers per second, on average": lambda size, _: f"{size.responses / size.days / 86400:.3g}",
    "database (PostgreSQL)": lambda size, of: _bytes(size.responses * of.postgresql_bytes_per_response),
    "database (SQLite)": lambda size, of: _bytes(size.responses * of.sqlite_bytes_per_response),
    "a backup of PostgreSQL": lambda size, of: _bytes(size.responses * of.backup_bytes_per_response),
    "export, CSV": lambda size, of: _bytes(size.responses * of.csv_bytes_per_response),
    "time of the export": lambda size, of: _duration(size.responses / of.export_rows_per_second),
    "images": lambda size, _: f"{size.units * size.images_per_unit:,}",
    "artifact store": lambda size, of: _bytes(size.units * size.images_per_unit * of.bytes_per_image),
    "passes over the pool, on this CPU": lambda size, of: _duration(
        size.models * size.layers * size.pool / of.pool_images_per_second
    ),
    "visualizations, on this CPU": lambda size, of: _duration(
        size.units * size.visualizations * size.steps / of.image_steps_per_second
    ),
}


def capacity_table(sizes: Mapping[str, Size], *, constants: Constants) -> str:
    """A Markdown table: a row for each need, a column for each size."""
    head = ["", *sizes]
    rows = [[name, *(row(size, constants) for size in sizes.values())] for name, row in ROWS.items()]
    lines = [head, ["---", *("--:" for _ in sizes)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} PB"


def _duration(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.3g} s"
    hours = seconds / 3600
    return f"{hours:.3g} h" if hours < 100 else f"{hours / 24:,.0f} days"
