"""The security page is that of the checklist, whose lines are all there and name tests that exist and run."""

import ast

import pytest

from tests.security.page import PAGE, rendered, sections
from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.unit
LINES = {
    "Participants": 8,
    "Forged and replayed answers": 7,
    "Front end": 3,
    "Researchers and API": 7,
    "Files": 3,
    "Models": 3,
    "Queue": 2,
    "Output": 3,
    "Privacy": 6,
    "Configuration and logs": 2,
    "Supply chain": 1,
    "Bad input": 7,
}
NAMED = sorted({test for section in sections() for line in section["lines"] for test in line.get("tests", ())})


def test_page_is_rendered_from_the_checklist() -> None:
    assert PAGE.read_text() == rendered(), "write it anew: python -m tests.security.page"


def test_no_line_is_missing() -> None:
    assert {section["title"]: len(section["lines"]) for section in sections()} == LINES


def test_every_line_is_shown_by_a_test_or_has_a_reason() -> None:
    assert [
        line["line"] for section in sections() for line in section["lines"] if not line.get("tests") and not line.get("reason")
    ] == []


@pytest.mark.parametrize("named", NAMED)
def test_named_test_exists_and_is_never_left_out(named: str) -> None:
    file, _, name = named.partition("::")

    functions = {
        node.name: node for node in ast.walk(ast.parse((CHECKOUT / file).read_text())) if isinstance(node, ast.FunctionDef)
    }

    assert name.startswith("test_")
    assert file.rpartition("/")[2].startswith("test_")
    assert name in functions
    # Where something is missing on the machine a test may be skipped, with its reason; never always.
    assert not [
        one for one in functions[name].decorator_list if ast.unparse(one).startswith(("pytest.mark.skip(", "pytest.mark.xfail"))
    ]
