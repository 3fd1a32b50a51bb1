r"""Mappings: how the columns of a published table become ours. A TOML file; some are shipped in `mappings/`, others are given.

paper = "borowski2021_exemplary"       # whose analysis serves the study
session = ["subject_id"]               # rows that agree in these columns are one person's session

[fields.rt]                            # one table for each of our columns; FIELDS says which there are
template = "{RT}"                      # text with columns of the file in braces
scale = 1000                           # a number is multiplied, here from s to ms
patterns = [["^(.+)$", '\1']]          # the first that matches the whole text gives the value
missing = ""                           # the value where the text is empty
"""

import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from experiments import registry
from experiments.contract.errors import InputError
from experiments.contract.fields import build, require

SHIPPED = Path(__file__).with_name("mappings")
NEEDED = ("condition", "trial_kind", "unit", "correct")
FIELDS = (
    *NEEDED,
    *("cohort", "passed_checks", "task_index", "trial_condition", "block", "batch", "choice", "confidence", "rating", "rt"),
)


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """How one of our columns is read from a row of the file."""

    template: str
    patterns: Sequence[Any] = ()
    scale: float = 1.0
    missing: str | None = None
    """None: an empty text is an error."""

    @property
    def columns(self) -> list[str]:
        """The columns of the file that it reads."""
        return [name for _, name, _, _ in string.Formatter().parse(self.template) if name]

    @cached_property
    def _compiled(self) -> list[tuple[re.Pattern[str], str]]:
        return [(re.compile(pattern), replacement) for pattern, replacement in self.patterns]

    def read(self, row: Mapping[str, str]) -> str:
        """The value in a row, as text.

        Raises:
            ValueError: It is missing, or no pattern matches it.
        """
        # Not `str.format`: a column may be called "query_image_a[0]", and braces in a value are only text.
        text = re.sub(r"\{([^{}]+)\}", lambda name: row[name[1]].strip(), self.template)
        if not text:
            if self.missing is None:
                raise ValueError("it is empty")
            return self.missing
        if not self._compiled:
            return text
        for pattern, replacement in self._compiled:
            match = pattern.fullmatch(text)
            if match:
                return match.expand(replacement)
        raise ValueError(f"{text[:100]!r} fits none of its patterns")


@dataclass(frozen=True, kw_only=True)
class ImportMapping:
    """A whole mapping."""

    name: str
    paper: str
    session: Sequence[str]
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        registry.design(self.paper)
        require(bool(self.session), "session", "no column tells sessions apart", "Name at least one column")
        for name in self.fields:
            require(name in FIELDS, name, "it is none of our columns", f"Choose among {', '.join(FIELDS)}")
        for name in NEEDED:
            require(name in self.fields, name, "the mapping does not say how to read it", f"Give [fields.{name}]")

    @cached_property
    def rules(self) -> dict[str, FieldRule]:
        """The rule of each column of ours."""
        return {name: build(FieldRule, rule) for name, rule in self.fields.items()}

    @property
    def columns(self) -> list[str]:
        """The columns that a file must have."""
        read = [*self.session, *(column for rule in self.rules.values() for column in rule.columns)]
        return list(dict.fromkeys(read))

    @classmethod
    def load(cls, name: str) -> Self:
        """The shipped mapping called `name`, or the one in the file `name`.

        Raises:
            InputError: There is none, or it cannot be understood.
        """
        shipped = {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}
        path = shipped.get(name, Path(name))
        remedy = f"Choose one of {', '.join(shipped)}, or give a TOML file"
        try:
            body = tomllib.loads(path.read_text())
            mapping = build(cls, {"name": path.stem, **body})
            for rule in mapping.rules.values():
                rule._compiled  # noqa: B018 -- bad patterns are found before the first row
        except OSError as error:
            raise InputError(field="mapping", message=f"{name} cannot be read ({error.strerror})", remedy=remedy) from error
        except (ValueError, TypeError, re.error, UnicodeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(field="mapping", message=f"{name} is no mapping: {error}", remedy=remedy) from error
        return mapping
