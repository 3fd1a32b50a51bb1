"""What simulated observers may know and participants never do: how strongly each served image activates its unit."""

import json
from pathlib import Path

from experiments import jobs
from webapp.studies.models import Study
from webapp.studies.preparation import needed_sets
from webapp.studies.selectors import study_design


def truth_write(study: Study, out: Path | None = None) -> Path:
    """Write the truth file of a study and return its path, by default `var/truth/<study id>.json`."""
    path = out or jobs.VAR / "truth" / f"{study.id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    unit_of = {recipe.digest: recipe.unit for recipe in needed_sets(study)}
    units: dict[str, dict[str, float]] = {}
    for digest, served_sha256, activation in study.images.values_list("digest", "served_sha256", "activation"):
        if activation is not None:
            units.setdefault(unit_of[digest], {})[served_sha256] = activation
    path.write_text(json.dumps({"study": str(study.id), "task": study_design(study).TASK, "units": units}))
    return path
