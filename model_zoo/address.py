"""Unit addresses, `<model>/<module path>:<channel>[@<row>,<column>]`: parsing and canonical text, standard library only."""

import re
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from model_zoo.errors import InputError

Index: TypeAlias = int | Literal["c"]
"""A row or column of a channel's map; `c` is the center."""

GRAMMAR = re.compile(
    r"(?P<model>[A-Za-z0-9_.-]+)/(?P<layer>[A-Za-z0-9_.-]+):(?P<channel>[0-9]{1,9})"
    r"(?:@(?P<row>[0-9]{1,9}|c),(?P<column>[0-9]{1,9}|c))?"
)


@dataclass(frozen=True)
class UnitAddress:
    """One channel of one layer of one model, or a single position of its map."""

    model: str
    layer: str
    channel: int
    row: Index | None = None
    column: Index | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; whether the unit exists is the catalogue's question.

        Raises:
            InputError: The text does not follow the grammar.
        """
        match = GRAMMAR.fullmatch(text)
        if match is None:
            raise InputError(
                field="unit",
                message=f"{text[:200]!r} is not a unit address",
                remedy="Write <model>/<layer>:<channel>, such as efficientnet_lite0.in1k/_blocks.10:5",
            )
        row, column = match["row"], match["column"]
        return cls(
            model=match["model"],
            layer=match["layer"],
            channel=int(match["channel"]),
            row=None if row is None else _index(row),
            column=None if column is None else _index(column),
        )

    def __str__(self) -> str:
        position = "" if self.row is None else f"@{self.row},{self.column}"
        return f"{self.model}/{self.layer}:{self.channel}{position}"


def _index(text: str) -> Index:
    return "c" if text == "c" else int(text)
