"""The examples of docs/export.md, as they stand there, against a real web process with a real token."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import run
from threading import Thread

import pytest

from tests.services.deployment import WAIT_SECONDS, Deployment
from tests.services.processes import CHECKOUT
from tests.webapp import published_tables

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """What the examples read from the environment, with a published study behind it."""
    folder = tmp_path_factory.mktemp("published")
    deployment = Deployment(folder, {"DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"})
    table = folder / "published.csv"
    table.write_text(published_tables.as_csv(published_tables.scale_released()))
    deployment.manage("import_responses", str(table), "--mapping", "zimmermann2023_released", "--name", "published")
    study = deployment.api.get("/api/v1/studies").json()["results"][0]["id"]
    token = deployment.api.headers["Authorization"].removeprefix("Token ")
    yield {"UNITSCOPE_URL": deployment.web.url, "UNITSCOPE_TOKEN": token, "UNITSCOPE_STUDY": study, "PATH": "/usr/bin"}
    deployment.stop()


def test_python_examples_run_as_they_stand(published: Mapping[str, str], tmp_path: Path) -> None:
    examples = _examples("python")

    done = run(
        [sys.executable, "-c", examples], cwd=tmp_path, env=published, capture_output=True, text=True, timeout=WAIT_SECONDS
    )

    assert done.returncode == 0, done.stderr
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert list(said) == ["pandas", "polars", "duckdb", "filtered", "pages", "codebook"]
    assert [said[name].split()[0] for name in ("pandas", "polars", "filtered", "pages", "codebook")] == ["True"] * 5
    assert said["duckdb"].startswith("[('natural_hard', 4, ")
    assert "ms {'1': 'low'" in said["codebook"]


def test_r_example_runs_as_it_stands(published: Mapping[str, str], tmp_path: Path) -> None:
    if not shutil.which("Rscript"):
        pytest.skip("no R; on Debian: apt-get install r-base-core r-cran-httr2 r-cran-jsonlite")
    example = tmp_path / "example.R"
    example.write_text(_examples("r"))

    done = run(["Rscript", str(example)], cwd=tmp_path, env=published, capture_output=True, text=True, timeout=WAIT_SECONDS)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rows TRUE")
    assert "natural_hard" in done.stdout


class Truncated(BaseHTTPRequestHandler):
    """Sends half of an export, and the receipt of the whole, as if what stands between had cut it off without a word."""

    WHOLE = b"trial_kind,rt\nmain,1\nmain,2\n"

    def do_GET(self) -> None:
        told = {"state": "complete", "rows": 2, "sha256": hashlib.sha256(self.WHOLE).hexdigest()}
        content = json.dumps(told).encode() if self.path == "/receipt" else self.WHOLE[:-7]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Export-Receipt", "/receipt")
        self.end_headers()
        self.wfile.write(content)


@pytest.mark.parametrize(("language", "command"), [("python", [sys.executable]), ("r", ["Rscript"])])
def test_example_sees_a_file_that_is_not_whole(tmp_path: Path, language: str, command: list[str]) -> None:
    if not shutil.which(command[0]):
        pytest.skip("no R; on Debian: apt-get install r-base-core r-cran-httr2 r-cran-jsonlite")
    example = tmp_path / "example"
    example.write_text(_examples(language))
    server = HTTPServer(("127.0.0.1", 0), Truncated)
    Thread(target=server.serve_forever, daemon=True).start()
    env = {"UNITSCOPE_URL": f"http://127.0.0.1:{server.server_port}", "UNITSCOPE_TOKEN": "t", "UNITSCOPE_STUDY": "s"}

    done = run(
        [*command, str(example)], cwd=tmp_path, env={**env, "PATH": "/usr/bin"}, capture_output=True, text=True, timeout=120
    )

    server.shutdown()
    server.server_close()
    assert done.returncode != 0
    assert "responses.csv is not whole; fetch it again" in done.stderr


def _examples(language: str) -> str:
    page = (CHECKOUT / "docs/export.md").read_text()
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
