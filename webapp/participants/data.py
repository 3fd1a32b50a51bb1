"""What a table holds of persons. Each model declares it as `DATA`, beside its fields; the data map and its tests read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """What a field tells of a participant."""

    NONE = "none"
    """Nothing: it would be the same whoever took part."""
    PSEUDONYMOUS = "pseudonymous"
    """Something of a participant who has no name here."""
    PERSONAL = "personal"
    """By itself who somebody is: a participant, at a recruiter, or a member of staff."""
    CREDENTIAL = "credential"
    """What lets somebody in, or a hash of it; no page shows it."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Why a table is kept, until when, what an erasure does to it, and the sort of each field (names, separated by blanks)."""

    purpose: str
    kept: str
    erasure: str
    seen_by: str = ""
    """Who sees it; empty: whoever has the table's `view` permission."""
    none: str = ""
    pseudonymous: str = ""
    personal: str = ""
    credential: str = ""

    def sorts(self) -> Iterator[tuple[str, Sort]]:
        """Each field's name with its sort."""
        for sort in Sort:
            for name in str(getattr(self, sort)).split():
                yield name, sort
