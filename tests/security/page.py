"""Renders docs/security.md from the checklist: `python -m tests.security.page`."""

import tomllib
from pathlib import Path
from typing import Any

from tests.services.processes import CHECKOUT

CHECKLIST = Path(__file__).with_name("checklist.toml")
PAGE = CHECKOUT / "docs/security.md"
HEAD = """# Security

Every line of our checklist, after OWASP ASVS 5.0 level 2, with the tests that show it, or the reason why there is none. The page
is rendered from `tests/security/checklist.toml` by `python -m tests.security.page`; a test compares both and looks for each test.

Tell of a weakness to the maintainers in private, not in an issue.
"""


def sections() -> list[dict[str, Any]]:
    """The checklist."""
    found: list[dict[str, Any]] = tomllib.loads(CHECKLIST.read_text())["section"]
    return found


def rendered() -> str:
    """The page."""
    parts = [HEAD]
    for section in sections():
        rows = [_row(number, line) for number, line in enumerate(section["lines"], 1)]
        parts += [f"\n## {section['title']}\n", "| | what holds | shown by |", "|---|---|---|", *rows]
    return "\n".join(parts) + "\n"


def _row(number: int, line: dict[str, Any]) -> str:
    shown = [f"`{test.removeprefix('tests/')}`" for test in line.get("tests", ())]
    return f"| {number} | {line['line']} | {'<br>'.join([*shown, *([line['reason']] if 'reason' in line else [])])} |"


if __name__ == "__main__":
    PAGE.write_text(rendered())
    print(PAGE)
