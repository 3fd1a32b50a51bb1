"""What stands nowhere in our sources: ways to run what a file says, other hosts, and secrets in what the browser gets."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.unit
RUNS_CODE = (
    *("torch.hub", "torch.jit.load", "torch.package", "pickle.load", "pickle.loads", "dill", "cloudpickle", "joblib.load"),
    *("yaml.load", "eval", "exec", "os.system", "os.popen", "subprocess.getoutput", "marshal.loads", "shelve.open"),
)
SOURCES = [path for folder in ("webapp", "experiments", "model_zoo") for path in sorted((CHECKOUT / folder).rglob("*.py"))]
BUNDLES = sorted((CHECKOUT / "static/dist").glob("*.js"))
# Names that are compared and never asked: namespaces of XML.
NAMESPACES = ("http://www.w3.org/",)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_runs_what_a_file_says() -> None:
    found = [
        (str(path), name) for path in SOURCES for name, _ in calls(path) if name.startswith(RUNS_CODE[:3]) or name in RUNS_CODE
    ]

    assert len(SOURCES) > 500
    assert found == []


def test_checkpoints_are_read_as_weights_only() -> None:
    loads = [(path.name, ast.unparse(call)) for path in SOURCES for name, call in calls(path) if name == "torch.load"]

    assert [path for path, _ in loads] == ["states.py"]
    assert all("weights_only=True" in call for _, call in loads)


def test_arrays_are_read_without_pickles_and_no_model_brings_its_own_code() -> None:
    keywords = [
        (path.name, keyword.arg, ast.unparse(keyword.value))
        for path in SOURCES
        for _, call in calls(path)
        for keyword in call.keywords
        if keyword.arg in ("allow_pickle", "trust_remote_code", "shell")
    ]

    assert {(name, value) for _, name, value in keywords} == {("allow_pickle", "False")}


def test_forms_and_serializers_name_the_fields_that_can_be_set() -> None:
    """A column that somebody adds later is not open to everybody who fills in a form."""
    of_meta = [
        (path.name, ast.unparse(statement))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name == "Meta"
        for statement in node.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
    ]

    named = [name for name, text in of_meta if text.startswith("fields")]
    assert len(named) > 5
    assert [(name, text) for name, text in of_meta if text.startswith("exclude") or "__all__" in text] == []


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_bundle_has_no_other_host_no_secret_and_runs_no_text(bundle: Path) -> None:
    text = bundle.read_text()

    hosts = {url for url in re.findall(r"(?<![\w/])https?://[\w.-]+[\w/.-]*", text) if not url.startswith(NAMESPACES)}
    assert {url for url in hosts if f'fetch("{url}' in text or f'src="{url}' in text} == set()
    assert not re.search(r"correct_choice|completion_codes|is_catch|SECRET_KEY|Authorization: ?Token", text)
    assert not re.search(r"(?<![\w.])eval\(|new Function\(|\.postMessage\([^)]*[\"']\*[\"']", text)


def test_pages_load_only_what_we_serve() -> None:
    templates = sorted((CHECKOUT / "webapp/templates").rglob("*.html"))

    sources = [
        (path.name, found)
        for path in templates
        for found in re.findall(r"<(?:script|link|img|iframe|source|video)\b[^>]*?(?:src|href)=\"([^\"]+)\"", path.read_text())
    ]

    assert len(templates) > 20
    assert len(sources) > 10
    assert [one for one in sources if re.match(r"(https?:)?//", one[1])] == []
    assert [
        path.name
        for path in templates
        if re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=|\|safe\b", path.read_text())
    ] == []
