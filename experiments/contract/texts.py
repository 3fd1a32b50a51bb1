"""The texts of a design in each language, read from `texts/<language>.json` beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from experiments.contract.designs import LANGUAGES, InstructionPage
from experiments.contract.fields import require

DECIMAL_MARKS: Mapping[str, str] = {"en": ".", "de": ","}


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The texts of one design in one language, by name; `{placeholder}` in a text is replaced by a value."""

    language: str
    lines: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """The text called `name`, as it is."""
        return self.lines[name]

    def page(self, title: str, *paragraphs: str, shows_example: bool = False, **values: object) -> InstructionPage:
        """A page made of texts by name, their placeholders filled."""
        return InstructionPage(
            title=self.lines[title].format(**values),
            paragraphs=tuple(self.lines[paragraph].format(**values) for paragraph in paragraphs),
            shows_example=shows_example,
        )

    def number(self, value: float) -> str:
        """A number as people of this language write it."""
        return f"{value:g}".replace(".", DECIMAL_MARKS[self.language])


@cache
def read_texts(folder: Path, language: str) -> Texts:
    """The texts in `folder`.

    Raises:
        InputError: There are none in this language.
    """
    known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
    require(language in LANGUAGES, "language", f"{language!r} is unknown", f"Choose one of {known}")
    return Texts(language=language, lines=json.loads((folder / f"{language}.json").read_text(encoding="utf-8")))
