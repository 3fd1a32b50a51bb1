"""Claims: sentences of a paper that a result can check. Declared in a paper's `claims.py`, checked at the end of its analysis."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Result = Mapping[str, Any]
"""The JSON of a result, as its analysis writes it."""
Check = Callable[[Result], tuple[str, bool | None] | None]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence of a paper, what was reported for it, and how a result of ours checks it."""

    id: str
    statement: str
    reported: str
    """The published figures, as a person would write them."""
    source: str
    """Where the figures stand: abstract, figure, table, page."""
    verified: bool
    """They were read at the source; otherwise they are shown as unverified."""
    check: Check
    """Our figures, and whether the claim holds (None: too little data to say); None where the result has no data for it."""


def check_claims(claims: Iterable[Claim], *, result: Result) -> list[dict[str, Any]]:
    """Each claim with what `result` says of it, as JSON; one that does not hold is listed like any other."""
    return [_checked(claim, result) for claim in claims]


def _checked(claim: Claim, result: Result) -> dict[str, Any]:
    value, holds = claim.check(result) or (None, None)
    return {
        "id": claim.id,
        "statement": claim.statement,
        "reported": claim.reported if claim.verified else f"{claim.reported} (unverified)",
        "source": claim.source,
        "value": value,
        "holds": holds,
    }
