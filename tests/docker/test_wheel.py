"""A built wheel in an environment without the checkout: its commands, its pages, its types. Libraries are those of this one."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.services import processes
from tests.services.processes import CHECKOUT, Running

pytestmark = pytest.mark.integration

SIGN = "Listening at"
BARE = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
"""An environment that says nothing about settings, as this process's does."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m build --wheel` makes of the files that git knows, and of the built pages."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    known = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT, check=True, capture_output=True
    )
    for name in [
        *known.stdout.decode().split("\0"),
        *(str(path.relative_to(CHECKOUT)) for path in CHECKOUT.glob("static/dist/*")),
    ]:
        if name and not name.startswith(("tests/", "docs/")) and (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((CHECKOUT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and sees this environment's libraries, but not the checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # As a plain folder of modules: its own .pth files, among them that of the checkout, are not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def run(python: Path, *words: str, folder: Path) -> str:
    """What `python <words>` prints in a folder that is not the checkout."""
    done = subprocess.run([str(python), *words], cwd=folder, env=BARE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_installed_package_serves_studies_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=only-for-this-test-0123456789-0123456789-0123456789\n")
    port, log = processes.free_port(), tmp_path / "web.log"

    run(installed, "-m", "webapp", "migrate", "--verbosity", "0", folder=tmp_path)
    run(installed, "-m", "webapp", "collectstatic", "--noinput", "--verbosity", "0", folder=tmp_path)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(installed), "-m", "gunicorn", "webapp.wsgi", "--bind", f"127.0.0.1:{port}"],
            cwd=tmp_path, env=BARE, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    web = Running(process=process, log=log)
    try:
        processes.wait_ready(web, lambda: SIGN in log.read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as response:
            healthy = response.status
    finally:
        web.stop()

    assert healthy == 200
    assert (tmp_path / "var" / "db.sqlite3").exists()
    assert list((tmp_path / "var" / "static").glob("participant.*.js"))
    assert list((tmp_path / "var" / "static" / "css").glob("trial.*.css"))


def test_installed_package_knows_papers_texts_and_networks(installed: Path, tmp_path: Path) -> None:
    papers = run(installed, "-m", "experiments", "list", folder=tmp_path)
    networks = run(installed, "-m", "model_zoo", "list", folder=tmp_path)
    where = run(installed, "-c", "import experiments, webapp; print(experiments.__file__)", folder=tmp_path)

    assert "zimmermann2023_scale" in papers
    assert "efficientnet_lite0.in1k" in networks
    assert str(CHECKOUT) not in where


def test_wheel_carries_license_types_texts_and_all_extras(wheel: Path) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        told = Parser().parsestr(archive.read(metadata).decode())

    known = subprocess.run(
        ["git", "ls-files", "webapp", "experiments", "model_zoo"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    assert set(known.stdout.split()) <= set(names)
    assert {"webapp/py.typed", "experiments/py.typed", "model_zoo/py.typed"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert set(told.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    assert told["Version"] == project["version"]
    assert not [name for name in names if name.startswith(("tests/", "static/", "docker/"))]
