"""The two papers of `docs/add-a-paper.md`, as they stand there: put into a copy of the code, listed, checked, run and planned."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.contract.designs import LANGUAGES
from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.integration

PAGE = (CHECKOUT / "docs" / "add-a-paper.md").read_text(encoding="utf-8")
FILE = re.compile(r"^\*\*`(experiments/papers/[^`]+)`\*\*(?:(?!^```).)*^```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PEOPLE, NETWORKS = "doe2026_examples", "doe2026_sine"
ANALYZE = """
from experiments.papers.doe2026_examples.analysis import analyze_table
from tests.experiments.methods.response_tables import study, table

answers = study({"one": 0.55, "nine": 0.95}, units=units, sessions=12, trials=6, choices=("upper", "lower"))
print(analyze_table(table(answers)).result["claims"][0]["holds"])
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with the papers of the page in it."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(CHECKOUT / "experiments", folder / "experiments")
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    for name, content in FILE.findall(PAGE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def done_in(tree: Path, *words: str) -> str:
    """What `python …` prints in the tree."""
    env = {**os.environ, "ARTIFACT_URL": str(tree / "var" / "artifacts"), "PYTHONPATH": f"{tree}{os.pathsep}{CHECKOUT}"}
    done = subprocess.run([sys.executable, *words], cwd=tree, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def block_with(words: str) -> str:
    """The one block of the page, of no file of a paper, in which these words stand."""
    in_papers = {content for _, content in FILE.findall(PAGE)}
    (found,) = [content for _, content in BLOCK.findall(PAGE) if words in content and content not in in_papers]
    return found


def test_every_paper_of_the_page_is_listed(tree: Path) -> None:
    lines = done_in(tree, "-m", "experiments", "list").splitlines()

    assert [line.split()[0] for line in lines if "Doe. 2026" in line] == [PEOPLE, NETWORKS]


def test_papers_of_the_page_have_the_files_that_every_paper_has() -> None:
    files: dict[str, set[str]] = {PEOPLE: set(), NETWORKS: set()}
    for name, _ in FILE.findall(PAGE):
        _, _, slug, rest = name.split("/", 3)
        files[slug].add(rest)

    always = {"README.md", "__init__.py", "analysis.py", "claims.py"}
    texts = {f"texts/{language}.json" for language in LANGUAGES}
    assert files[PEOPLE] == always | texts | {"design.py", "stimuli.py", "layout.py"}
    assert files[NETWORKS] == always | {"train.py", "networks.py"}


def test_texts_of_the_page_are_the_same_in_every_language() -> None:
    texts = [list(json.loads(content)) for name, content in FILE.findall(PAGE) if "/texts/" in name]

    assert texts == [texts[0]] * len(LANGUAGES)


def test_code_of_the_page_has_the_form_of_the_house(tree: Path) -> None:
    folders = [f"experiments/papers/{slug}" for slug in (PEOPLE, NETWORKS)]

    done_in(tree, "-m", "ruff", "check", *folders)
    done_in(tree, "-m", "ruff", "format", "--check", *folders)


def test_commands_of_the_page_run_and_judge_the_claim(tree: Path) -> None:
    commands = [shlex.split(line) for line in block_with("--preset smoke").splitlines()]
    assert {tuple(words[:3]) for words in commands} == {(".venv/bin/python", "-m", "experiments")}
    program = f"from experiments.__main__ import main\nassert not any([main(words) for words in {[w[3:] for w in commands]}])"

    done_in(tree, "-c", program)

    smoke, cpu = (json.loads((tree / "var" / name / "result.json").read_text()) for name in ("sine-smoke", "sine"))
    assert [claim["holds"] for claim in smoke["claims"]] == [None]
    assert [type(claim["holds"]) for claim in cpu["claims"]] == [bool]
    readme = (tree / "experiments" / "papers" / NETWORKS / "README.md").read_text()
    assert f"| {cpu['claims'][0]['value']} |" in readme


def test_study_of_the_page_is_planned_with_real_images_and_analyzed(tree: Path) -> None:
    one, nine, holds = done_in(tree, "-c", block_with("design.plan(") + ANALYZE).splitlines()

    trials = 8
    assert one.count("'main'") == nine.count("'main'") == 6
    assert one.endswith(f" {trials * 4}")
    assert nine.endswith(f" {trials * 20}")
    assert holds == "True"
