"""Files of the digits, written by several processes at a time."""

from pathlib import Path

import pytest

from experiments import jobs
from experiments.datasets import digits

pytestmark = pytest.mark.unit


def test_loser_of_a_race_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "VAR", tmp_path)
    first_file, write = tmp_path / "datasets/digits/test/0/first.png", digits.png

    def png(pixels):
        # While this process writes, another one is done.
        first_file.parent.mkdir(parents=True, exist_ok=True)
        first_file.touch()
        return write(pixels)

    monkeypatch.setattr(digits, "png", png)

    folder = digits.digit_files.__wrapped__("test")

    assert [path.name for path in folder.parent.iterdir()] == ["test"]
    assert list(folder.rglob("*.png")) == [first_file]
