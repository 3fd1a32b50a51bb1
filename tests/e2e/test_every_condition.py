"""One session of every condition of the three web designs in a real browser, by a simulated participant who sees what people see.

The two conditions of the laboratory's design have blocks of their own: `test_laboratory`.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from experiments import registry
from tests.e2e.conftest import SMALL, UNITS
from tests.e2e.survivor import exported
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
# The queries of the medium condition begin at the 99th percentile, beyond nine references of each sign.
SOURCES = 960
LEAST = {"main_trials": 1, "catch_trials": 1, "practice_obvious": 1, "practice_other": 0, "answer_lock": 0, "max_batches": 1}
# Two main trials have the right answer once on each side: whoever is always right passes the rule on sides.
STUDIES = {
    "zimmermann2021_causal": {**LEAST, "main_trials": 2, "stride": 32, "seed": 7},
    "zimmermann2023_scale": {**LEAST, "seed": 7, "diversity_search": "false"},
    "mayilvahanan2025_domains": {"images": 3, "main_trials": 3, "catch_trials": 1, "practice_trials": 1, "repeats": 1},
}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small photographs, each a source of its own: cut from those in scikit-image."""
    folder = tmp_path_factory.mktemp("photographs")
    photographs = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    rng = np.random.default_rng(0)
    for number in range(SOURCES):
        photograph = photographs[number % len(photographs)]
        side = int(rng.integers(64, 200))
        top, left = (int(rng.integers(size - side)) for size in photograph.shape[:2])
        cut = Image.fromarray(photograph[top : top + side, left : left + side])
        cut.resize((64, 64)).save(folder / f"{number:04d}.png")
    return folder


@pytest.fixture(scope="module", params=STUDIES)
def study(request: pytest.FixtureRequest, deployment: Deployment, pool: Path) -> dict[str, Any]:
    paper, name = request.param, f"every-{request.param.partition('_')[0]}"
    known = registry.design(paper).Settings.__dataclass_fields__
    settings = {**{key: value for key, value in SMALL.items() if key in known}, "steps": 4, **STUDIES[paper]}
    settings |= {"pool": str(pool), "pool_size": SOURCES}
    words = [f"--set={key}={value}" for key, value in settings.items() if key in known]
    conditions = registry.design(paper).CONDITIONS
    units = ("--units", *UNITS) if registry.design(paper).ASKS_ABOUT == "units" else ()
    deployment.manage("study_create", paper, "--name", name, *units, "--conditions", *conditions, *words)
    deployment.wait_open(name)
    return deployment.studies()[name]


def test_every_condition_goes_from_link_to_code(
    study: dict[str, Any], deployment: Deployment, tmp_path: Path, chromium_path: str
) -> None:
    conditions = registry.design(study["paper"]).CONDITIONS
    truth = tmp_path / "truth.json"
    deployment.manage("export_truth", "--study", study["name"], "--out", str(truth))

    count = len(conditions)
    printed = deployment.send_bots(study, "--browser", "--sessions", str(count), "--seed", "1", "--truth", str(truth))

    rows = exported(deployment, study["id"])
    sessions = {row["session_id"]: row["condition"] for row in rows}
    assert f"simulated sessions finished                {count}\n" in printed
    assert Counter(sessions.values()) == Counter(conditions)
    assert {row["session_state"] for row in rows} == {"finished"}
    assert {row["correct"] for row in rows if row["trial_kind"] in ("main", "catch")} == {"1"}
    if study["paper"] == "zimmermann2021_causal":
        assert all(row["relative_difference"] for row in rows if row["trial_kind"] == "main")
    if study["paper"] == "mayilvahanan2025_domains":
        assert Counter(row["trial_kind"] for row in rows) == {"practice": 1, "main": 3, "catch": 1, "repeat": 1}
        assert {row["choice"] for row in rows if row["trial_kind"] == "main"} == {"natural", "rendition", "ambiguous"}
        assert all(row["image"] and not row["unit"] and not row["confidence"] for row in rows)
