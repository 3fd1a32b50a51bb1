"""The examples of docs/export.md, as they stand there, against a real web process with a real token."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest

from tests.services.deployment import Deployment
from tests.services.processes import CHECKOUT
from tests.webapp import published_tables

pytestmark = pytest.mark.integration
EXAMPLES = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"})
    yield deployment
    deployment.stop()


def test_examples_of_the_documentation_run_as_they_stand(deployment: Deployment, tmp_path: Path) -> None:
    table = tmp_path / "published.csv"
    table.write_text(published_tables.as_csv(published_tables.scale_released()))
    deployment.manage("import_responses", str(table), "--mapping", "zimmermann2023_released", "--name", "published")
    study = deployment.api.get("/api/v1/studies").json()["results"][0]["id"]
    examples = "\n".join(EXAMPLES.findall((CHECKOUT / "docs/export.md").read_text()))
    token = deployment.api.headers["Authorization"].removeprefix("Token ")
    env = {"UNITSCOPE_URL": deployment.web.url, "UNITSCOPE_TOKEN": token, "UNITSCOPE_STUDY": study, "PATH": "/usr/bin"}

    done = run([sys.executable, "-c", examples], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert list(said) == ["pandas", "polars", "duckdb", "filtered", "pages", "codebook"]
    assert [said[name].split()[0] for name in ("pandas", "polars", "filtered", "pages", "codebook")] == ["True"] * 5
    assert said["duckdb"].startswith("[('natural_hard', 4, ")
    assert "ms {'1': 'low'" in said["codebook"]
