"""The same recipe gives the same bytes, in processes that know nothing of each other."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.experiments.methods.visualizations import recipe
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit
PROGRAM = """
import sys
from pathlib import Path
from tests.experiments.methods.test_feature_visualization_bytes import digests
print(digests(Path(sys.argv[1])))
"""


def digests(folder: Path) -> list[str]:
    made = new_workshop(folder).obtain(recipe(steps=4, diversity=1.0, pool_size=20))
    return [file.sha256 for file in made.files]


def test_same_recipe_gives_the_same_bytes_in_two_processes(tmp_path: Path):
    torch.manual_seed(77)
    words = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(tmp_path / "one")]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout

    found = digests(tmp_path / "two")

    assert len(found) == 2
    assert printed.strip() == str(found)
